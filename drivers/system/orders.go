package system

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"watchbox/firmware/driver"
)

// EnvironmentInit is the descriptor of a pipe on which the daemon speaks to
// init, one line a word:
//
//	pet               engine and outputs made progress: feed the hardware watchdog
//	site              the site file changed: network and firewall are to follow
//	restart WHY       start the machine again, in order
//	power-off WHY     end it, in order
//
// Nothing comes back. Whoever holds the pipe can restart the box and nothing more.
const EnvironmentInit = "WATCHBOX_INIT"

// The words.
const (
	OrderPet      = "pet"
	OrderSite     = "site"
	OrderRestart  = "restart"
	OrderPowerOff = "power-off"
)

// Order is one line of the daemon.
type Order struct{ Word, Why string }

// orderSize bounds a line, in bytes.
const orderSize = 256

// ParseOrder reads one line; ok is false for anything else. Pure.
func ParseOrder(line string) (o Order, ok bool) {
	o.Word, o.Why, _ = strings.Cut(strings.TrimSpace(line), " ")
	switch o.Word {
	case OrderPet, OrderSite:
		return o, o.Why == ""
	case OrderRestart, OrderPowerOff:
		return o, len(o.Why) <= orderSize
	}
	return Order{}, false
}

// HearOrders hands on each order until the pipe closes. What is no order is
// passed over; a line without an end closes the ear. Blocks.
func HearOrders(r io.Reader, hear func(Order)) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 2*orderSize), 2*orderSize)
	for lines.Scan() {
		if o, ok := ParseOrder(lines.Text()); ok {
			hear(o)
		}
	}
}

// Init is the daemon's end of the pipe. Its methods never block: a word that
// init does not fetch in time is lost, as init is. Any goroutine.
type Init struct{ pipe *os.File }

// FindInit takes the descriptor from the environment; without init around the
// daemon every method does nothing. Call it once, first thing.
func FindInit() (*Init, error) {
	value := os.Getenv(EnvironmentInit)
	if value == "" {
		return &Init{}, nil
	}
	os.Unsetenv(EnvironmentInit)
	fd, err := strconv.Atoi(value)
	if err != nil || fd < 3 {
		return &Init{}, fmt.Errorf("system: %s: %.40q is no descriptor: %w", EnvironmentInit, value, driver.ErrGarbage)
	}
	unix.CloseOnExec(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		return &Init{}, fmt.Errorf("system: %s: %w", EnvironmentInit, err)
	}
	return &Init{os.NewFile(uintptr(fd), "init")}, nil
}

// Present is true when init can be spoken to.
func (i *Init) Present() bool { return i.pipe != nil }

// Pet proves progress.
func (i *Init) Pet() { i.tell(OrderPet) }

// SiteChanged asks network and firewall to follow the site file.
func (i *Init) SiteChanged() { i.tell(OrderSite) }

// Restart asks for an orderly restart of the machine.
func (i *Init) Restart(why string) error { return i.ask(OrderRestart, why) }

// PowerOff asks for an orderly end of the machine.
func (i *Init) PowerOff(why string) error { return i.ask(OrderPowerOff, why) }

func (i *Init) ask(word, why string) error {
	if i.pipe == nil {
		return fmt.Errorf("%s: there is no init to ask: %w", word, driver.ErrNotPresent)
	}
	why = strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, why)
	return i.tell(word + " " + strings.ToValidUTF8(why[:min(len(why), orderSize)], ""))
}

func (i *Init) tell(line string) error {
	if i.pipe == nil {
		return nil
	}
	raw, err := i.pipe.SyscallConn()
	if err != nil {
		return err
	}
	written := error(nil)
	err = raw.Write(func(fd uintptr) bool {
		_, written = unix.Write(int(fd), []byte(line+"\n")) // short lines go into a pipe whole
		return true
	})
	if err == nil {
		err = written
	}
	return err
}
