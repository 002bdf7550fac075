package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"watchbox/cmd/fieldsim/room"
	"watchbox/drivers/onewire/onewiretest"
)

// pace is how often the room is told that time has passed.
const pace = 100 * time.Millisecond

// fastest bounds `speed`: an hour of the room in a second.
const fastest = 3600

// order is what the command line asks for.
type order struct {
	dir     string // of the wires
	secrets string // where demo secrets are written; empty: nowhere
	at      addresses
	air     time.Duration // one part of a short message
	story   string        // a file or the name of a built-in story; empty: none
}

// field is the whole simulated site. start makes it, close ends it; between
// them all methods may be called from any goroutine.
type field struct {
	order
	context.Context // ends with close
	cancel          func()
	room            *room.Room
	diary           diary
	lines           *lines
	loops           *loops
	chain           onewiretest.Chain
	bus             *bus
	old             *oldMaster
	meter           *meter
	network         *network
	phone           *phone
	door, inner     *wire // of the card readers outside and inside the machine room
	wall            *wall
	mail            *mailHost
	page            *page
	deeds           deeds
	stories         stories

	mutex sync.Mutex
	speed float64

	ends []func() error // in the order of start
	done sync.WaitGroup
}

// start serves the site. What was made before a failure is ended again.
func start(o order) (f *field, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	f = &field{order: o, Context: ctx, cancel: cancel, room: room.New(), speed: 1}
	f.ends = append(f.ends, func() error { cancel(); return nil })
	f.deeds = f.everything()
	for _, step := range []func() error{f.folder, f.wires, f.devices, f.time, f.servers} {
		if err := step(); err != nil {
			return nil, errors.Join(err, f.close())
		}
	}
	return f, nil
}

// close ends everything in the reverse order of start.
func (f *field) close() (err error) {
	for i := len(f.ends) - 1; i >= 0; i-- {
		err = errors.Join(err, f.ends[i]())
	}
	f.ends = nil
	return err
}

// began notes how to end what was started, or passes the failure on.
func (f *field) began(err error, end func() error) error {
	if err == nil {
		f.ends = append(f.ends, end)
	}
	return err
}

// folder takes the folder for this process alone and clears what an earlier one
// left behind.
func (f *field) folder() error {
	if err := os.MkdirAll(f.dir, 0o755); err != nil {
		return err
	}
	lock, err := os.OpenFile(filepath.Join(f.dir, "lock"), os.O_RDWR|os.O_CREATE|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		lock.Close()
		return fmt.Errorf("folder %s: another fieldsim runs here", f.dir)
	}
	f.ends = append(f.ends, lock.Close)
	if f.secrets != "" {
		err = writeSecrets(f.secrets, siteFile)
	}
	return errors.Join(err, gone(filepath.Join(f.dir, "ready")))
}

// wires makes the terminals of the box.
func (f *field) wires() (err error) {
	f.lines, err = newLines(filepath.Join(f.dir, "gpio.sock"), f.room, f.diary.tell)
	if err := f.began(err, func() error { return f.lines.close() }); err != nil {
		return err
	}
	if f.loops, err = newLoops(filepath.Join(f.dir, "adc"), f.diary.tell); err != nil {
		return err
	}
	if f.chain, err = newChain(filepath.Join(f.dir, "w1_bus_master1")); err != nil {
		return err
	}
	f.bus, err = newBus(filepath.Join(f.dir, "rs485-1"), f.room)
	if err := f.began(err, func() error { return f.bus.close() }); err != nil {
		return err
	}
	centre, err := newCentre(filepath.Join(f.dir, "rs485-2"), f.room)
	if err := f.began(err, func() error { return centre.cut() }); err != nil {
		return err
	}
	f.old, err = newOldMaster(filepath.Join(f.dir, "rs485-3"), f.room)
	if err := f.began(err, func() error { return f.old.close() }); err != nil {
		return err
	}
	f.phone, err = newPhone(filepath.Join(f.dir, "modem"), f.air, f.diary.tell)
	if err := f.began(err, func() error { return f.phone.close() }); err != nil {
		return err
	}
	f.door, err = newWire(filepath.Join(f.dir, "reader1"), drain)
	if err := f.began(err, func() error { return f.door.cut() }); err != nil {
		return err
	}
	f.inner, err = newWire(filepath.Join(f.dir, "reader2"), drain)
	return f.began(err, func() error { return f.inner.cut() })
}

// devices serves what hangs on the network.
func (f *field) devices() (err error) {
	f.meter, err = newMeter(f.at.Meter, f.room)
	if err := f.began(err, func() error { return f.meter.close() }); err != nil {
		return err
	}
	f.network, err = newNetwork(f.at, secret(f.secrets, "firewall1-community"), f.room)
	if err := f.began(err, func() error { return f.network.close() }); err != nil {
		return err
	}
	f.wall, err = newWall(f.at.Wall)
	if err := f.began(err, func() error { return f.wall.close() }); err != nil {
		return err
	}
	f.mail, err = newMailHost(f.at.Mail, f.diary.tell)
	return f.began(err, func() error { return f.mail.close() })
}

// time begins to pass.
func (f *field) time() error {
	f.room.Step(pace)
	f.done.Go(f.live)
	f.ends = append(f.ends, func() error { f.cancel(); f.done.Wait(); return nil })
	return nil
}

// servers opens the page and then says that all is there.
func (f *field) servers() (err error) {
	f.page, err = newPage(f)
	if err := f.began(err, func() error { return f.page.close() }); err != nil {
		return err
	}
	f.at = addresses{Page: f.page.address(), Meter: f.meter.address(), Switch: f.network.core.address(),
		Firewall: f.network.firewall.address(), Card: f.network.card.address(), Wall: f.wall.Addr(), Mail: f.mail.listener.Addr().String()}
	if err := os.WriteFile(filepath.Join(f.dir, "site.yaml"), []byte(f.at.site(siteFile)), 0o644); err != nil {
		return err
	}
	f.page.open()
	ready := filepath.Join(f.dir, "ready")
	return f.began(f.at.announce(f.dir), func() error { return gone(ready) })
}

// live lets time pass until the field is closed.
func (f *field) live() {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for {
		select {
		case <-f.Done():
			return
		case <-tick.C:
			d := time.Duration(float64(pace) * f.tempo())
			f.room.Step(d)
			f.lines.sync()
			f.network.step(d, f.room.Look().Clock)
		}
	}
}

func (f *field) tempo() float64 {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.speed
}

func (f *field) hurry(speed float64) error {
	if !(speed >= 0 && speed <= fastest) {
		return fmt.Errorf("speed %v: want 0 to %d", speed, fastest)
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.speed = speed
	return nil
}

// do does what the words say and writes it into the diary.
func (f *field) do(words string) error {
	err := f.deeds.do(words)
	if err == nil {
		f.diary.tell("做："+words, "did: "+words)
	}
	return err
}
