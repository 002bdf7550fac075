package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"watchbox/drivers/system"
	"watchbox/drivers/system/network"
)

// How long the start waits for what may not come.
const (
	diskPatience    = 5 * time.Second  // for a partition to appear, and for an answer of the disk
	addressPatience = 10 * time.Second // for an address, to name it in the first certificate
)

// bootState reads the boot state, gives a confirmed slot its tries back and notes
// a fall. The state is nil when there is no boot state: the box guards without.
func (b *box) bootState() *stateKeeper {
	ctx, cancel := context.WithTimeout(context.Background(), diskPatience)
	defer cancel()
	node, err := system.AwaitPartition(ctx, sysfs, system.StatePartition)
	if err != nil {
		log.Printf("boot state: %v", err)
		return nil
	}
	k := &stateKeeper{node: node}
	b.remedy = asked(system.Ledger{Path: node}.TakeReset)
	if err := k.read(); err != nil {
		log.Printf("boot state: %v: the loader's own is assumed", err)
		k.state = system.FreshState()
	}
	next, fallen := k.state.AtStart(b.told.Slot)
	b.notes.Fallen = fallen
	if fallen != nil {
		log.Printf("slot %s did not start: %s runs", fallen.Failed, fallen.Running)
	}
	tell(k.keep(next))
	return k
}

// asked is what the disk answers in time, or else nothing. A disk that takes no
// write any more must not keep PID 1 from the daemon: the hardware watchdog would
// make a loop of the reset that was to help.
func asked[T any](question func() (T, error)) (answer T) {
	var late T
	err := system.InTime(diskPatience, func() (err error) { late, err = question(); return err })
	if tell(err); !errors.Is(err, system.ErrHung) { // then it is nobody's to read
		answer = late
	}
	return answer
}

// stateKeeper reads and writes the partition of the boot state.
type stateKeeper struct {
	node  string
	state system.State
}

func (k *stateKeeper) read() error {
	f, err := os.Open(k.node)
	if err != nil {
		return err
	}
	defer f.Close()
	s, err := system.ReadState(f)
	if err == nil {
		k.state = s
	}
	return err
}

// keep writes what differs from what is there.
func (k *stateKeeper) keep(next system.State) error {
	if string(next.Bytes()) == string(k.state.Bytes()) {
		return nil
	}
	f, err := os.OpenFile(k.node, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("boot state: %w", err)
	}
	defer f.Close()
	if err := system.WriteState(f, next); err != nil {
		return err
	}
	k.state = next
	return nil
}

func (k *stateKeeper) keepBox(id string) error {
	next := k.state
	next.Box = id
	return k.keep(next)
}

// openData mounts the data, or memory in its place.
func (b *box) openData(k *stateKeeper) {
	err := b.mountData(k)
	if err != nil {
		log.Printf("the box runs on memory: %v", err)
		b.notes.Lost = &system.Lost{Why: err.Error()}
		tell(system.MountMemory(dataFolder))
	}
	if b.root, err = os.OpenRoot(dataFolder); err != nil {
		log.Print(err)
		return
	}
	if k != nil && b.notes.Lost == nil {
		b.settleBox(k)
	}
	if b.id == "" {
		b.id = system.NewBoxID() // until the power goes
	}
}

func (b *box) mountData(k *stateKeeper) error {
	if k == nil {
		return fmt.Errorf("without a boot state no data partition is touched")
	}
	b.id = k.state.Box
	ctx, cancel := context.WithTimeout(context.Background(), diskPatience)
	defer cancel()
	node, err := system.AwaitPartition(ctx, sysfs, system.DataPartition)
	if err != nil {
		return err
	}
	b.id, err = system.RealData(node, dataFolder).Open(b.id, k.keepBox)
	return err
}

// settleBox makes boot state and data agree on who this box is. A boot state
// that was destroyed gets its id back from the data.
func (b *box) settleBox(k *stateKeeper) {
	if b.id == "" {
		b.id = system.KeptBox(b.root)
	}
	if b.id == "" {
		b.id = system.NewBoxID()
	}
	tell(k.keepBox(b.id))
	tell(system.KeepBox(b.root, b.id))
}

// prepare is what stands between the data and the daemon's first life.
func (b *box) prepare() {
	tell(unix.Sethostname([]byte(system.HostName(b.id))))
	tell(os.WriteFile("/proc/sys/net/ipv4/ping_group_range", fmt.Appendf(nil, "%d %d", daemonID, daemonID), 0))
	b.lastBoot()
	tell(b.notes.Leave(system.RunFolder, daemonID))
	consoles := system.Consoles(sysfs)
	handOverAll(consoles)
	go b.watchDevices(consoles)
	if b.root == nil {
		return
	}
	tell(b.root.Chown(".", daemonID, daemonID))
	made, err := system.FirstSite(b.root, "/etc/watchbox/site-"+b.told.Board+".yaml", daemonID)
	tell(err)
	log.Printf("%v, data %s, site file %s", b, word(b.notes.Lost == nil, "mounted", "lost"), word(made, "new", "kept"))
}

// handOverAll gives the daemon what is there.
func handOverAll(consoles []string) {
	nodes, err := system.Ours("/dev", consoles)
	tell(err)
	for _, node := range nodes {
		handOver(node)
	}
	tell(system.LendSticks(sysfs, "/dev", daemonID))
	tell(handOverSlots())
}

// handOver gives the daemon one device. A serial port is to be closed without a
// wait: nobody waits here for its driver, which may ask the adapter for seconds.
func handOver(node string) {
	tell(system.HandOver("/dev", node, daemonID))
	if strings.HasPrefix(node, "tty") {
		go func() {
			if err := system.SetClosing("/dev/"+node, system.CloseAtOnce); !errors.Is(err, unix.EINVAL) { // a number without a port
				tell(err)
			}
		}()
	}
}

// handOverSlots gives the daemon the boot state and the slot that does not run:
// it writes updates there. The slot that runs stays out of its reach.
func handOverSlots() error {
	slots, err := system.FindSlots("/")
	if errors.Is(err, system.ErrNoSlots) {
		return nil
	}
	for _, node := range []string{slots.State, slots.Other()} {
		if err == nil {
			err = system.HandOver("/dev", strings.TrimPrefix(node, "/dev/"), daemonID)
		}
	}
	return err
}

// bootID is the kernel's name for this start of the machine.
func bootID() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	tell(err)
	return strings.TrimSpace(string(id))
}

func word(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
}

// lastBoot finds out why the box starts.
func (b *box) lastBoot() {
	status := 0
	if b.watchdog != nil {
		status = b.watchdog.BootStatus()
	}
	left := asked(b.leftovers)
	last := system.CauseOf(status, left.crash, left.order, b.remedy)
	last.Slot, last.Erased = b.told.Slot, b.erased
	b.notes.LastBoot = &last
	log.Printf("start because of %s %s", last.Cause, last.Why)
}

// leftovers are of the last life: its kernel's last words, and the order that ended it.
type leftovers struct {
	crash []string
	order string
}

func (b *box) leftovers() (l leftovers, err error) {
	if b.root == nil {
		return l, nil
	}
	start := bootID()
	l.crash, err = system.KeepCrash(pstore, b.root, crashFolder, start[:min(8, len(start))])
	l.order = system.TakeOrder(b.root)
	return l, err
}

// watchDevices hands over what is plugged in later. The whole folder is looked
// at when the kernel's messages fail. Of a USB stick the daemon may read the bare
// disk: nothing of it is mounted, and init reads no byte of it (system/stick).
func (b *box) watchDevices(consoles []string) {
	for {
		err := system.WatchDevices(func(node string) {
			switch {
			case system.ForDaemon(node, consoles):
				handOver(node)
			case system.IsStick(sysfs, node):
				log.Printf("USB stick %s is plugged in", node)
				tell(system.Lend("/dev", node, daemonID))
			}
		})
		log.Print(err)
		time.Sleep(10 * time.Second)
		handOverAll(consoles)
	}
}

// certify makes the page's certificate at the first boot. It waits for random
// numbers, and a while for an address to put into it; the daemon guards meanwhile
// and opens the page when both files are there.
func (b *box) certify() {
	if b.root == nil {
		return
	}
	var addresses []net.IP
	if _, err := b.root.Stat(tlsFolder + "/" + system.CertificateFile); err != nil && len(network.Present(sysfs)) > 0 {
		addresses = awaitAddresses(addressPatience)
	}
	print, err := system.KeepCertificate(b.root, tlsFolder, system.HostName(b.id), addresses, time.Now(), daemonID)
	if err != nil {
		log.Print(err)
		return
	}
	log.Printf("page: certificate SHA-256 %s", print)
}

// awaitAddresses are those of the box on its networks.
func awaitAddresses(patience time.Duration) (found []net.IP) {
	for end := time.Now().Add(patience); len(found) == 0 && time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		all, _ := net.InterfaceAddrs()
		for _, a := range all {
			if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() {
				found = append(found, n.IP)
			}
		}
	}
	return found
}
