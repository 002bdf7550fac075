// Command siren measures the siren path of the whole product: contact to
// contact, through the running daemon, while everything else is hung or
// saturated. It stands in for the wires: it moves the panic contact and waits
// for the siren relay, both over the simulated board's socket.
//
// What hangs: every slave on the RS-485 bus is silent, every SNMP agent and the
// mail host are black holes, each fsync of the daemon is delayed (strace injects
// it), and browsers stream the page.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"watchbox/drivers/gpio/gpiotest"
	"watchbox/drivers/serial/serialtest"
)

const settle = 45 * time.Second

func main() {
	daemon := flag.String("daemon", "bin/watchboxd", "the daemon")
	site := flag.String("site", "cmd/fieldsim/site.yaml", "the site file; its addresses answer nothing here")
	presses := flag.Int("presses", 1000, "panic presses to measure")
	browsers := flag.Int("browsers", 20, "open event streams")
	stall := flag.Duration("stall", 500*time.Millisecond, "delay of each fsync; 0 runs without strace")
	flag.Parse()
	if err := run(*daemon, *site, *presses, *browsers, *stall); err != nil {
		log.Fatalf("siren bench: %v", err)
	}
}

func run(daemon, site string, presses, browsers int, stall time.Duration) error {
	dir, err := os.MkdirTemp("", "watchbox-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	room, err := wires(dir)
	if err != nil {
		return err
	}
	defer room.Close()
	box, err := start(daemon, site, dir, stall)
	if err != nil {
		return err
	}
	defer box.stop()
	if err := box.setUp(); err != nil {
		return err
	}
	if err := box.browse(browsers); err != nil {
		return err
	}
	time.Sleep(settle) // until every dead thing has had its own alarm
	if err := box.quiet(); err != nil {
		return err
	}
	times, err := press(room, box, presses)
	if err != nil {
		return err
	}
	report(times, browsers, stall, box.resident())
	return nil
}

// wires makes the simulated board: contacts and relays that work, a bus and
// serial ports on which nobody ever answers.
func wires(dir string) (*gpiotest.Server, error) {
	l, err := net.Listen("unix", filepath.Join(dir, "gpio.sock"))
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"rs485-1", "rs485-2", "modem", "reader1"} {
		_, path, err := serialtest.NewPty()
		if err != nil {
			return nil, err
		}
		if err := os.Symlink(path, filepath.Join(dir, name)); err != nil {
			return nil, err
		}
	}
	room := gpiotest.Serve(l)
	for _, rest := range []string{"DI1", "DI4", "DI6", "DI8"} {
		room.Set(rest, true) // these rest closed
	}
	return room, nil
}

// contact is one input whose alarm rings the siren day and night.
type contact struct {
	terminal, alarm string
	rest            bool // its level while all is well
}

// Three latching contacts take turns, so that one rests while the others are measured.
var contacts = []contact{{"DI1", "zone/panic", true}, {"DI3", "zone/smoke", false}, {"DI5", "zone/fire", false}}

// press moves a contact and waits for the relay, over and over.
func press(room *gpiotest.Server, b *box, presses int) ([]time.Duration, error) {
	moved := make(chan time.Time, 64)
	room.OnOutput(func(terminal string, level bool) {
		if terminal == "DO1" && level {
			select {
			case moved <- time.Now():
			default:
			}
		}
	})
	var times []time.Duration
	for n := range presses {
		c := contacts[n%len(contacts)]
		if n >= len(contacts) {
			if err := b.reset(c.alarm); err != nil {
				return nil, fmt.Errorf("press %d: %w; standing: %s", n+1, err, b.standing())
			}
		}
		took, err := once(room, c, moved)
		if err != nil {
			return nil, fmt.Errorf("press %d: %w; standing: %s", n+1, err, b.standing())
		}
		times = append(times, took)
		if err := b.letGo(room, c.alarm); err != nil {
			return nil, fmt.Errorf("press %d, siren after %v: %w; standing: %s", n+1, took, err, b.standing())
		}
	}
	return times, nil
}

// once measures one press, from the contact's move to the relay's.
func once(room *gpiotest.Server, c contact, moved chan time.Time) (time.Duration, error) {
	time.Sleep(50 * time.Millisecond) // a last turn of the cadence may be on its way
	for len(moved) > 0 {
		<-moved
	}
	begin := time.Now()
	room.Set(c.terminal, !c.rest)
	defer room.Set(c.terminal, c.rest)
	select {
	case at := <-moved:
		return at.Sub(begin), nil
	case <-time.After(5 * time.Second):
		return 0, fmt.Errorf("%s moved: no siren within 5 s", c.terminal)
	}
}

// command is the daemon, under strace when fsync is to stall.
func command(daemon, dir string, stall time.Duration, args ...string) *exec.Cmd {
	if stall == 0 {
		return exec.Command(daemon, args...)
	}
	trace := []string{"-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync",
		"-e", fmt.Sprintf("inject=fsync,fdatasync:delay_enter=%d", stall.Microseconds()), daemon}
	return exec.Command("strace", append(trace, args...)...)
}
