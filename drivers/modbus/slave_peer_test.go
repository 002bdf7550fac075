//go:build peer

package modbus

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"watchbox/drivers/maps"
	"watchbox/drivers/modbus/modbustest"
	"watchbox/drivers/pair"
	"watchbox/drivers/peertest"
	"watchbox/drivers/serial/serialtest"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// onPty serves the plant on a pseudo-terminal at that speed until the test ends.
func onPty(t *testing.T, p *modbustest.Plant, line driver.Line) (path string) {
	t.Helper()
	path, stop, err := serialtest.Serve(func(end *os.File) { p.ServeRTU(end, line) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return path
}

func example() *modbustest.Plant {
	p := modbustest.New()
	u := p.Unit(3)
	u.Set(maps.Holding, 10, 100, 200, 300, 65535)
	u.Set(maps.Input, 1, 224, 465)
	u.Set(maps.Coil, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1)
	u.Set(maps.Discrete, 0, 0, 1, 1, 0)
	return p
}

// said is what libmodbus must print of example.
const said = `holding 100 200 300 65535
input 224 465
coil 1 0 0 0 0 0 0 0 1 1
discrete 0 1 1 0
nowhere error: Illegal data address
write coil 1
write register 1
write registers 3
holding 4711 7 8 9
`

// TestLibmodbusMaster lets a strict C master judge our slaves.
func TestLibmodbusMaster(t *testing.T) {
	peertest.Need(t, "gcc libc6-dev libmodbus-dev", "gcc")
	program := filepath.Join(t.TempDir(), "master")
	if out, err := exec.Command("gcc", "-O1", "-o", program, "-I/usr/include/modbus", "testdata/master.c", "-lmodbus").CombinedOutput(); err != nil {
		t.Fatalf("%v: apt-get install gcc libc6-dev libmodbus-dev\n%s", err, out)
	}
	t.Run("serial", func(t *testing.T) {
		path := onPty(t, example(), driver.Line{Baud: 19200})
		judge(t, program, path, "19200", "3")
	})
	t.Run("tcp", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		p := example()
		go func() { defer close(ended); p.ServeTCP(l) }()
		t.Cleanup(func() { l.Close(); p.Disconnect(); <-ended })
		judge(t, program, "127.0.0.1", fmt.Sprint(l.Addr().(*net.TCPAddr).Port), "3")
	})
}

func judge(t *testing.T, program string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, args...).CombinedOutput()
	if err != nil || strings.ReplaceAll(string(out), " \n", "\n") != said {
		t.Errorf("libmodbus: %v, said\n%s\nwant\n%s", err, out, said)
	}
}

// ups is a plant with one UPS in the middle of an ordinary day.
func ups() *modbustest.Plant {
	p := modbustest.New()
	u := p.Unit(1)
	u.Turnaround(10 * time.Millisecond)
	u.Zero(maps.Holding, 11000, 60)
	u.Zero(maps.Holding, 12000, 40)
	u.Zero(maps.Holding, 41180, 27)
	for address, v := range map[uint16]uint16{11000: 2304, 11003: 500, 11004: 2301, 11007: 501, 11008: 2200, 11011: 191, 11014: 500,
		11015: 42, 11018: 45, 11021: 283, 11024: 2, 11027: 294, 11046: 0, 12000: 2184, 12002: 3, 12003: 97, 12004: 0, 12005: 3180,
		12007: 1, 12033: 100, 19009: 200} {
		u.Set(maps.Holding, address, v)
	}
	u.Set(maps.Holding, 41188, 1<<1) // replace the battery
	u.Answer(0x2b, identify)
	return p
}

// TestNUTReadsTheSame polls one fake UPS by NUT's own driver and by ours, and
// compares: the map against the driver that it was written after.
func TestNUTReadsTheSame(t *testing.T) {
	const program = "/lib/nut/huawei-ups2000"
	peertest.Need(t, "nut-modbus", program)
	p := ups()
	theirs := peertest.Nut(t, program, onPty(t, p, driver.Line{Baud: 9600}), 1)
	if theirs == nil {
		t.Fatal("NUT refuses our UPS")
	}
	path := onPty(t, p, driver.Line{Baud: 9600})
	line := driver.Line{Baud: 9600}
	bus := NewRTU("pty", pair.New("pty", func() (driver.Port, error) { return serialtest.Open(path, line) }, line))
	defer bus.Close()
	d, err := New(driver.Spec{Name: "ups1", Unit: 1, Timeout: 10 * time.Second}, load(t, "huawei/ups2000"), bus)
	if err != nil {
		t.Fatal(err)
	}
	ours := pollAll(t, d)
	compared := 0
	for item, text := range theirs {
		v, ok := ours[point.Join("ups1", item)]
		want, numeric := point.OfReal(0), false
		if _, err := fmt.Sscanf(text, "%g", new(float64)); err == nil {
			var f float64
			fmt.Sscanf(text, "%g", &f)
			want, numeric = point.OfReal(f), true
		}
		if f, isNumber := v.Float(); ok && numeric && isNumber {
			compared++
			if g, _ := want.Float(); f != g {
				t.Errorf("%s: we read %v, NUT %s", item, v, text)
			}
		}
	}
	if compared < 14 {
		t.Errorf("only %d values to compare: %v", compared, theirs)
	}
	if !ours["ups1/alarm.battery-replace"].Truth() || !ours["ups1/alarm"].Truth() || !strings.Contains(theirs["ups.status"], "RB") {
		t.Errorf("the alarm was not seen by both: NUT says %q", theirs["ups.status"])
	}
	if s := ours["ups1/ups.status"].String(); !strings.Contains(theirs["ups.status"], s) {
		t.Errorf("we say %q, NUT %q", s, theirs["ups.status"])
	}
}
