package main

import (
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

// addressPatience is how long the start waits for an address, to name it in the first
// certificate.
const addressPatience = 10 * time.Second

// prepare is what stands between the data and the daemon's first life.
func (b *box) prepare() {
	tell(unix.Sethostname([]byte(system.HostName(b.id))))
	tell(os.WriteFile("/proc/sys/net/ipv4/ping_group_range", fmt.Appendf(nil, "%d %d", daemonID, daemonID), 0))
	b.lastBoot()
	made := b.siteFile()
	tell(b.notes.Leave(system.RunFolder, daemonID)) // whether data is lost is known by now
	log.Printf("%v, data %s, site file %s", b, word(b.notes.Lost == nil, "mounted", "lost"), word(made, "new", "kept"))
	consoles := system.Consoles(sysfs)
	handOverAll(consoles)
	go b.watchDevices(consoles)
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
	left := onData(b, "what the last life left", diskPatience, leftovers)
	last := system.CauseOf(b.bootStatus(), left.crash, left.order, b.past)
	last.Slot, last.Erased, last.Unerased = b.told.Slot, b.erased, b.unerased()
	b.notes.LastBoot = &last
	log.Printf("start because of %s %s", last.Cause, last.Why)
}

// leftovers are of the last life: its kernel's last words, and the order that ended it.
type left struct {
	crash []string
	order string
}

func leftovers(data *os.Root) (l left, err error) {
	start := bootID()
	l.crash, err = system.KeepCrash(pstore, data, crashFolder, start[:min(8, len(start))])
	l.order = system.TakeOrder(data)
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
