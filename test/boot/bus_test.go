//go:build bootproof

package boot

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"watchbox/drivers/maps"
	"watchbox/drivers/modbus/modbustest"
	"watchbox/firmware/driver"
	"watchbox/test/qemu"
)

// TestBusHangs: the transmitter of one port stands still, and the kernel holds the
// program in it. The program restarts itself once, the box resets itself once; it
// happens again, and from then on the box guards on without that bus. All the while
// the other bus is polled and the panic button rings.
func TestBusHangs(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	first := h.Order("pid watchboxd")
	h.hangs()
	h.restarts(first)
	h.stands("bus/hall")
	h.guardsOn()
	h.resets()
	h.heal()
	h.reads("hall", 226)
	h.Step("the reset has helped: the bus is polled")
	h.staysUp(h.hangs)
}

// hall is a box with two buses: RS485-1, and RS485-2 whose port can be stopped.
type hall struct {
	*box
	slaves map[string]*modbustest.Plant // on the buses room and hall
	in     *os.File                     // to the port of the bus hall
	out    *os.File                     // what it sends
	served chan struct{}                // closed when nobody answers there any more
}

func newHall(t *testing.T) *hall {
	h := &hall{slaves: map[string]*modbustest.Plant{"room": modbustest.New(), "hall": modbustest.New()}}
	folder := t.TempDir()
	h.in, h.out = pipe(t, folder+"/hall.in"), pipe(t, folder+"/hall.out")
	h.answer()
	h.box = stallBox(t, "-chardev", "pipe,id=hall,path="+folder+"/hall", "-device", "pci-serial,chardev=hall",
		"-chardev", "socket,id=room,path="+h.room(t), "-serial", "chardev:room")
	const bus = "\n  - {id: %s, label: {zh: %[1]s, en: %[1]s}, room: oc, driver: modbus-rtu, bus: %[1]s, unit: 1, map: xymd02, period: 1s, timeout: 1s}"
	h.changeSite(func(site string) string {
		site = strings.Replace(site, "\ndevices:", "\ndevices:"+fmt.Sprintf(bus, "room")+fmt.Sprintf(bus, "hall"), 1)
		return site + "\nbuses:\n  - {id: room, terminal: RS485-1, baud: 9600}\n  - {id: hall, terminal: RS485-2, baud: 9600}\n"
	})
	h.reads("room", 224)
	h.reads("hall", 225)
	h.Step("two buses are polled")
	return h
}

// pipe makes a named pipe and opens it, for both directions: it then waits for nobody.
func pipe(t *testing.T, path string) *os.File {
	t.Helper()
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// room serves the healthy bus.
func (h *hall) room(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "room")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for conn, err := l.Accept(); err == nil; conn, err = l.Accept() {
			h.slaves["room"].ServeRTU(conn, driver.Line{})
		}
	}()
	return path
}

// answer serves the bus hall until it is stopped.
func (h *hall) answer() {
	h.out.SetReadDeadline(time.Time{})
	served := make(chan struct{})
	h.served = served
	go func() {
		defer close(served)
		h.slaves["hall"].ServeRTU(struct {
			reader
			writer
		}{h.out, h.in}, driver.Line{})
	}()
}

type (
	reader interface{ Read([]byte) (int, error) }
	writer interface{ Write([]byte) (int, error) }
)

// stop lets nobody read what the port sends, and fills the way there: QEMU's 16550
// then keeps what it has, as one does whose clock has stopped.
func (h *hall) stop() {
	h.t.Helper()
	h.out.SetReadDeadline(time.Unix(1, 0))
	<-h.served
	for _, size := range []int{4096, 1} {
		h.out.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
		for full := error(nil); full == nil; {
			_, full = h.out.Write(make([]byte, size))
		}
	}
}

// heal empties the way and answers again.
func (h *hall) heal() {
	h.out.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	for b, err := make([]byte, 4096), error(nil); err == nil; {
		_, err = h.out.Read(b)
	}
	h.answer()
}

// hangs stops the port of the bus hall. That alone is a device that does not answer.
// Then something else closes the port: the kernel waits there for the bytes to
// leave, and the program waits for the kernel.
func (h *hall) hangs() {
	h.t.Helper()
	h.stop()
	h.stands("device/hall")
	h.AwaitIn(2*time.Minute, "the port cannot be closed", qemu.Is("ok"), func() string {
		if h.alarm("bus/hall") == "stands" {
			h.t.Fatal("a port that stands still holds the program")
		}
		return h.Send("clog /dev/ttyS0")
	})
	before := time.Now()
	h.AwaitIn(2*time.Minute, "the program does not wait in the kernel", qemu.Is("waits"), func() string {
		began := time.Now()
		answer := h.waits("tty_lock_interruptible")
		if answer != "waits" {
			before = began
		}
		return answer
	})
	h.stands("bus/hall")
	h.Step("the kernel holds the program in the port, alarm after at most " + time.Since(before).Round(100*time.Millisecond).String())
	h.guardsOn()
}

// waits is "waits" when a thread of the program does, in that function of the kernel.
func (h *hall) waits(function string) string {
	var all []string
	for _, file := range strings.Fields(h.Order("find", "/proc/"+h.Order("pid watchboxd")+"/task/*/wchan")) {
		where := h.Try("read " + file)
		if where == function {
			return "waits"
		}
		all = append(all, where)
	}
	return strings.Join(all, " ")
}

// guardsOn sees that the other bus is polled and the panic button rings.
func (h *hall) guardsOn() {
	h.t.Helper()
	h.reads("room", 200+uint16(h.Since().Seconds())%100)
	rings(h.box)
	h.Step("the other bus is polled, panic rings")
}

// reads puts a value into the slave of a bus and waits until the box has it.
func (h *hall) reads(bus string, tenths uint16) {
	h.t.Helper()
	h.slaves[bus].Unit(1).Set(maps.Input, 1, tenths, 500)
	h.AwaitText("bus "+bus, qemu.Is(fmt.Sprint(float64(tenths)/10, " good")), func() string {
		p, err := h.api.Point(bus + "/ambient.temperature")
		if err != nil {
			return err.Error()
		}
		return p.Value.String() + " " + p.Quality
	})
}
