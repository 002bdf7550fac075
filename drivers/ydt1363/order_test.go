package ydt1363

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/drivers/maps"
	"watchbox/drivers/ydt1363/ydt1363test"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

const cooler = "version: 1\nprotocol: ydt1363\nclass: 0x2a\nversions: [0x21, 0x20]\nlabel: {zh: 表, en: m}\nidentity: {zh: 表, en: m}\nsource: paper\nconfidence: captured\n" +
	"on-loss: {state: hold, source: paper}\nsettle: 300ms\npause: 100ms\nworst: 2s\npoints:\n" +
	"  - {info: 0x43, at: 1, item: unit.on, label: {zh: 开关, en: Unit}, type: u8, states: {0: {zh: 关, en: \"off\"}, 1: {zh: 开, en: \"on\"}}, write: true, order: {command: 0x45, values: {0: [0x1f], 1: [0x10]}}}\n" +
	"  - {info: 0x47, at: 0, item: setpoint, label: {zh: 设定, en: Set-point}, type: s16, scale: 0.1, decimals: 1, unit: °C, write: true, write-min: 16, write-max: 30, order: {command: 0x49, info: [0x86]}}\n" +
	"  - {info: 0x4d, at: 0, item: clock, label: {zh: 时钟, en: Clock}, type: clock, rank: statistic}\n"

// air is the fake that the map above fits.
type air struct {
	*rig
	on       byte
	setpoint [2]byte
}

func withCooler(t *testing.T, f func(a *air)) {
	m, err := maps.Parse("m.yaml", []byte(cooler))
	if err != nil {
		t.Fatal(err)
	}
	inBubble(t, 0x20, func(r *rig) {
		if r.device, err = New(driver.Spec{Name: "ups1", Unit: 1}, m, r.device.pair); err != nil {
			t.Fatal(err)
		}
		a := &air{rig: r, setpoint: [2]byte{0, 250}}
		r.unit.Answer(0x43, func() []byte { return []byte{0, a.on} })
		r.unit.Answer(0x47, func() []byte { return a.setpoint[:] })
		r.unit.Answer(0x4d, func() []byte { return []byte{0x07, 0xea, 11, 27, 23, 19, 10} })
		r.unit.Obey(0x45, "\x10", func([]byte) byte { a.on = 1; return 0 })
		r.unit.Obey(0x45, "\x1f", func([]byte) byte { a.on = 0; return 0 })
		r.unit.Obey(0x49, "\x86", func(v []byte) byte {
			if len(v) != 2 {
				return 5
			}
			a.setpoint = [2]byte(v)
			return 0
		})
		f(a)
	})
}

func (a *air) meet() {
	for range 2 { // the first time it says that it speaks another version
		_ = a.poll("43H")
	}
	a.want("unit.on", "0", "good")
}

func (a *air) order(item string, v point.Value) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return a.device.Write(ctx, item, v)
}

// sent is how often the command reached the unit.
func (a *air) sent(command byte) (n int) {
	for _, c := range a.unit.Asked() {
		if c == command {
			n++
		}
	}
	return n
}

func TestAnOrderIsObeyed(t *testing.T) {
	withCooler(t, func(a *air) {
		if err := a.order("unit.on", point.OfInt(1)); !errors.Is(err, driver.ErrTimeout) || a.sent(0x45) > 0 {
			t.Fatalf("of a unit that nobody has heard: %v", err)
		}
		a.meet()
		if err := errors.Join(a.order("unit.on", point.OfInt(1)), a.order("setpoint", point.OfReal(22.5))); err != nil {
			t.Fatal(err)
		}
		if a.on != 1 || a.setpoint != [2]byte{0, 225} {
			t.Errorf("unit %d, set-point % X", a.on, a.setpoint)
		}
		began := time.Now()
		if err := errors.Join(a.poll("43H"), a.poll("47H"), a.poll("4DH")); err != nil {
			t.Fatal(err)
		}
		if time.Since(began) < 300*time.Millisecond {
			t.Error("it was asked before it had settled")
		}
		a.want("unit.on", "1", "good")
		a.want("setpoint", "22.5", "good")
		a.want("clock", "2026-11-27 23:19:10", "good")
		if r := a.device.Rests(); len(r) != 2 || r[0].State != driver.RestHold || r[0].Point != "ups1/unit.on" {
			t.Errorf("%+v", r)
		}
		for _, p := range a.device.Describe() {
			if p.Name == "ups1/setpoint" && (!p.Write || *p.Low != 16 || *p.High != 30) {
				t.Errorf("%+v", p)
			}
		}
	})
}

// What must not be ordered is not sent.
func TestWhatIsNotOrdered(t *testing.T) {
	withCooler(t, func(a *air) {
		a.meet()
		for item, v := range map[string]point.Value{"setpoint": point.OfReal(31), "unit.on": point.OfInt(2), "clock": point.OfText("now"), "fan": point.OfInt(1)} {
			if err := a.order(item, v); !errors.Is(err, driver.ErrUnsupported) {
				t.Errorf("%s: %v", item, err)
			}
		}
		if a.sent(0x45)+a.sent(0x49) > 0 {
			t.Errorf("sent % X", a.unit.Asked())
		}
	})
}

func TestHowAnOrderFails(t *testing.T) {
	for fault, c := range map[string]struct {
		class   error
		zh      string
		obeyed  bool
		ordered int
	}{
		ydt1363test.Refusing: {driver.ErrRefused, "返回码 E1H（操作失败）", false, 1},
		ydt1363test.Idle:     {nil, "", false, 1},
		ydt1363test.Lost:     {driver.ErrUnsure, "", true, 1},
		ydt1363test.Silent:   {driver.ErrUnsure, "", true, 1},
		ydt1363test.BadSum:   {driver.ErrUnsure, "", true, 1},
		ydt1363test.Short:    {driver.ErrUnsure, "", true, 1},
		ydt1363test.Slow:     {driver.ErrUnsure, "", true, 1},
		ydt1363test.Stranger: {driver.ErrUnsure, "", true, 1},
		ydt1363test.Noise:    {nil, "", true, 1},
		ydt1363test.Foreign:  {nil, "", true, 1},
	} {
		withCooler(t, func(a *air) {
			a.meet()
			a.unit.Fault(fault)
			err := a.order("unit.on", point.OfInt(1))
			if !errors.Is(err, c.class) || c.class == nil && err != nil || driver.Said(err).Zh != c.zh {
				t.Errorf("%s: %v %+v", fault, err, driver.Said(err))
			}
			synctest.Wait() // for the unit
			if (a.on == 1) != c.obeyed || a.sent(0x45) != c.ordered {
				t.Errorf("%s: the unit is %d, ordered %d times", fault, a.on, a.sent(0x45))
			}
			a.unit.Fault(ydt1363test.Healthy)
			if err := a.poll("43H"); err != nil {
				t.Errorf("after %s: %v", fault, err)
			}
		})
	}
}

// A return code tells in both languages why.
func TestARefusalIsTold(t *testing.T) {
	for code, want := range map[byte][2]string{0xe0: {"无权限", "no permission"}, 0xe1: {"操作失败", "could not be done"}, 6: {"无效数据", "data not accepted"},
		4: {"命令无效", "command not known"}, 0xe9: {"厂家自定", "the vendor's own code"}} {
		withCooler(t, func(a *air) {
			a.meet()
			a.unit.Obey(0x45, "\x10", func([]byte) byte { return code })
			err := a.order("unit.on", point.OfInt(1))
			if said := driver.Said(err); !strings.Contains(said.Zh, want[0]) || !strings.Contains(said.En, want[1]) || !strings.HasPrefix(err.Error(), "ydt1363 ups1: write unit.on: return code") {
				t.Errorf("%02X: %v %+v", code, err, said)
			}
		})
	}
}

// An order that never went out is no question of whether it was obeyed.
func TestAnOrderThatDidNotGoOut(t *testing.T) {
	withCooler(t, func(a *air) {
		a.meet()
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		if err := a.device.Write(ctx, "unit.on", point.OfInt(1)); !errors.Is(err, driver.ErrTimeout) || a.sent(0x45) > 0 {
			t.Error(err)
		}
	})
}

// What another master orders is no reading: a map that was learnt from it must not ask it.
func TestAnOverheardOrderIsNoReading(t *testing.T) {
	var o Overhearing
	for command, reading := range map[byte]bool{0x42: true, 0x45: false, 0x48: false, 0x49: false, 0x4d: true, 0x4e: false, 0xe0: true} {
		o.Hear([]byte(ydt1363test.Frame(0x21, 1, 0x60, command, []byte{0x10})))
		if _, ok := o.Hear([]byte(ydt1363test.Frame(0x21, 1, 0x60, 0, []byte{1, 2}))); ok != reading {
			t.Errorf("%02XH: a reading %v", command, ok)
		}
	}
}
