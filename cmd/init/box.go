package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"watchbox/board"
	"watchbox/drivers/gpio"
	"watchbox/drivers/system"
)

const (
	dataFolder  = "/data"
	tlsFolder   = "tls"   // of data: the page's certificate and key
	crashFolder = "crash" // of data: the last words of dead kernels
	pstore      = "/sys/fs/pstore"
	sysfs       = "/sys"
)

// box is PID 1 of the image. Its order of life: the hardware watchdog, output lines
// at rest, mounts, the boot state, the data partition, then the daemon, the network
// and what else may take its time.
type box struct {
	told     system.Told
	profile  *board.Profile
	lines    *gpio.Cdev
	outputs  []output
	watchdog *system.Watchdog
	notes    system.Notes
	ordered  bool // a factory reset, by the button, at this start
	erased   bool // data, for that
	past     system.Past
	crashed  bool                     // the last life may have ended by itself (system.Crashed)
	state    *stateKeeper             // nil when there is no boot state
	memory   func() (*os.Root, error) // stands in for data
	id       string                   // of the box; "" when there is no boot state
	root     *os.Root                 // data
	children *children
	network  *service
	sensors  *service
	end      context.CancelCauseFunc // wraps errRestart or errPowerOff, with what for
}

// errPowerOff is the cause of an end for good.
var errPowerOff = errors.New("power off")

// live is the life of PID 1. It does not return.
func (b *box) live() {
	ctx, end := context.WithCancelCause(context.Background())
	b.end = end
	keeper := b.startKeeper(ctx)
	b.outputsAtRest()
	for _, m := range system.Kernel {
		tell(m.Do())
	}
	loopbackUp()
	b.hearSignals()
	b.state = b.bootState()
	b.hearButton()
	b.openData()
	b.eraseData()
	b.prepare()
	b.children = newReaper()
	b.network = &service{name: "network", command: []string{"/proc/self/exe", "network"}, children: b.children}
	b.sensors = &service{name: "sensors", command: []string{"/proc/self/exe", "sensors", b.told.Board}, children: b.children}
	go b.network.run(ctx)
	if b.profile.Has("i2c") {
		go b.sensors.run(ctx)
	}
	go b.certify()
	b.hold(ctx, keeper)
	b.leave(context.Cause(ctx))
}

// outputsAtRest is the first thing that happens to the box's terminals.
func (b *box) outputsAtRest() {
	tell(system.Kernel[0].Do()) // the command line is in /proc
	text, err := os.ReadFile("/proc/cmdline")
	tell(err)
	b.told = system.ParseCommandLine(string(text))
	log.Printf("board %q, slot %q", b.told.Board, b.told.Slot)
	profile, err := board.Load(b.told.Board)
	if err != nil {
		log.Printf("no output is held: %v", err)
		profile = &board.Profile{}
	}
	b.profile = profile
	b.lines = gpio.NewCdev(outputLines(profile), nil)
	b.outputs = openOutputs(context.Background(), b.lines, profile)
}

// hearSignals: SIGINT is the kernel's ctrl-alt-del, SIGTERM asks for the end.
func (b *box) hearSignals() {
	tell(unix.Reboot(unix.LINUX_REBOOT_CMD_CAD_OFF))
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		if <-heard == syscall.SIGINT {
			b.end(fmt.Errorf("%w: ctrl-alt-del", errRestart))
			return
		}
		b.end(fmt.Errorf("%w: SIGTERM", errPowerOff))
	}()
}

// startKeeper opens the hardware watchdog before anything else: from here on the box
// starts again when init itself hangs. Until then the one counts that the loader
// started (board/*/uboot.env). It takes no time from the outputs.
func (b *box) startKeeper(ctx context.Context) *keeper {
	tell(system.Devices.Do())
	console()
	w, err := system.OpenWatchdog("/dev/watchdog")
	if err != nil {
		log.Printf("no hardware watchdog: %v", err)
	} else {
		log.Printf("hardware watchdog: %d s", w.Timeout())
	}
	b.watchdog = w
	k := newKeeper(w, func() { b.end(fmt.Errorf("%w: no progress", errRestart)) })
	k.unproven, k.proven = noteUnproven, b.proven
	go k.run(ctx)
	return k
}

// hold runs the daemon until the box ends.
func (b *box) hold(ctx context.Context, k *keeper) {
	h := newHolder(b.outputs)
	h.say, h.stuck = log.Printf, k.stuck
	s := &starter{command: append([]string{"/proc/self/exe", "confined"}, append(daemonCommand, "-standard", b.standardSite())...), lines: b.lines, outputs: h.terminals(),
		children: b.children, rights: rights(), hear: func(o system.Order) { b.obey(o, k) }}
	h.start = func() (*daemon, error) {
		d, err := s.start()
		if err == nil {
			d.died = told(d.died, k.deaths)
		}
		return d, err
	}
	h.run(ctx)
}

// told hands a death on, and tells the keeper of it.
func told(died <-chan string, deaths chan struct{}) <-chan string {
	on := make(chan string, 1)
	go func() {
		how := <-died
		once(deaths)
		on <- how
	}()
	return on
}

// obey does what the daemon asks for.
func (b *box) obey(o system.Order, k *keeper) {
	switch o.Word {
	case system.OrderPet:
		once(k.proofs)
	case system.OrderSite:
		b.network.tell(syscall.SIGHUP)
		b.sensors.tell(syscall.SIGHUP)
	case system.OrderRestart:
		b.end(fmt.Errorf("%w: %s", errRestart, o.Why))
	case system.OrderPowerOff:
		b.end(fmt.Errorf("%w: %s", errPowerOff, o.Why))
	}
}

// diskPart is what each step that needs the disk may take at the end: a disk that
// hangs may be why the machine ends.
const diskPart = 3 * time.Second

// leave ends the machine in order. A restart leaves the hardware watchdog
// running: one that hangs ends too.
func (b *box) leave(cause error) {
	log.Printf("the machine ends: %v", cause)
	_, why, _ := strings.Cut(cause.Error(), ": ")
	tell(system.InTime(diskPart, func() error { return b.noteEnd(why) }))
	b.network.wait(2 * time.Second)
	b.sensors.wait(time.Second)
	tell(system.InTime(diskPart, closeData))
	if errors.Is(cause, errPowerOff) {
		if b.watchdog != nil {
			b.watchdog.Disarm()
		}
		powerOff()
	}
	end(unix.LINUX_REBOOT_CMD_RESTART)
}

// noteEnd is the last that is written to data.
func (b *box) noteEnd(why string) error {
	if b.root == nil {
		return nil
	}
	defer b.root.Close()
	return system.NoteOrder(b.root, why)
}

func closeData() error {
	if unix.Unmount(dataFolder, 0) == nil {
		return nil
	}
	return unix.Mount("", dataFolder, "", unix.MS_REMOUNT|unix.MS_RDONLY, "")
}

// String names the box for the console.
func (b *box) String() string { return fmt.Sprintf("%s (%s)", system.HostName(b.id), b.told.Board) }
