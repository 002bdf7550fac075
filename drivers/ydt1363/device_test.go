package ydt1363

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/drivers/maps"
	"watchbox/drivers/modbus/modbustest"
	"watchbox/drivers/pair"
	"watchbox/drivers/ydt1363/ydt1363test"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// rig is a GXE at address 1 on a line of its own.
type rig struct {
	*testing.T
	device *Device
	unit   *ydt1363test.Unit
	plant  *ydt1363test.Plant
	end    io.Writer // the unit's end of the line
	got    map[point.Name]point.Sample
}

// gxe answers as the paper has it: 230.1 V in, 220.5 V out, no frequency known.
func gxe(u *ydt1363test.Unit) {
	analog := make([]byte, 45)
	for i := range analog {
		analog[i] = 0x20 // not measured
	}
	put := func(at int, n uint16) { analog[at], analog[at+1] = byte(n>>8), byte(n) }
	analog[0] = 0
	put(1, 23010)
	put(7, 22050)
	put(33, 52)
	put(41, 1250)
	alarms := make([]byte, 73)
	alarms[17], alarms[10], alarms[11], alarms[12] = 0xf0, 0x20, 0x0e, 0x77
	u.Answer(0x42, func() []byte { return slices.Clone(analog) })
	u.Answer(0x43, func() []byte { return []byte{0x11, 1, 0, 0xe2, 0xe3, 0xe1} })
	u.Answer(0x44, func() []byte { return alarms })
}

func inBubble(t *testing.T, version byte, f func(r *rig)) {
	onLine(t, version, driver.Line{Baud: 9600}, 0, f)
}

// late hands a whole question on so much later.
type late struct {
	io.ReadWriter
	by time.Duration
}

func (l late) Read(b []byte) (n int, err error) {
	if n, err = l.ReadWriter.Read(b); n > 0 && b[n-1] == eoi {
		time.Sleep(l.by)
	}
	return n, err
}

// onLine is a rig on a line of that speed, whose unit answers so much later.
func onLine(t *testing.T, version byte, line driver.Line, by time.Duration, f func(r *rig)) {
	synctest.Test(t, func(t *testing.T) {
		port, end := modbustest.Wire()
		r := &rig{T: t, plant: &ydt1363test.Plant{Char: pair.PaceOf(line).Char}, end: end, got: map[point.Name]point.Sample{}}
		r.unit = r.plant.Unit(1, 0x2a, version)
		gxe(r.unit)
		done := make(chan struct{})
		go func() { _ = r.plant.Serve(late{end, by}); close(done) }()
		m, err := (*maps.Set)(nil).LoadFor(maps.YDT1363, "vertiv/gxe")
		if err != nil {
			t.Fatal(err)
		}
		p := pair.New("rs485-1", func() (driver.Port, error) { return port, nil }, line)
		if r.device, err = New(driver.Spec{Name: "ups1", Unit: 1}, m, p); err != nil {
			t.Fatal(err)
		}
		f(r)
		p.Close()
		end.Close()
		<-done
	})
}

// poll asks the block of that command once, with the time that it asks for.
func (r *rig) poll(command string) error {
	i := slices.IndexFunc(r.device.Blocks(), func(b driver.Block) bool { return b.Name == command })
	ctx, cancel := context.WithTimeout(context.Background(), r.device.Blocks()[i].Timeout)
	defer cancel()
	return r.device.Poll(ctx, i, func(s point.Sample) { r.got[s.Point] = s })
}

func (r *rig) want(item, value, quality string) {
	r.Helper()
	s := r.got[point.Join("ups1", item)]
	if s.Value.String() != value || s.Quality.String() != quality {
		r.Errorf("%s: %q %v, want %q %s", item, s.Value.String(), s.Quality, value, quality)
	}
}

func TestAGXEIsRead(t *testing.T) {
	inBubble(t, 0x21, func(r *rig) {
		for _, b := range r.device.Blocks() {
			if err := r.poll(b.Name); err != nil {
				r.Fatal(err)
			}
		}
		r.want("input.voltage", "230.1", "good")
		r.want("output.voltage", "220.5", "good")
		r.want("ups.realpower", "520", "good")
		r.want("battery.runtime", "75000", "good")
		r.want("input.frequency", "", "bad/not-present")
		r.want("output.source", "1", "good")
		r.want("rectifier.source", "226", "good")
		r.want("alarm.overload", "true", "good")
		r.want("alarm.over-temperature", "", "bad/not-present")
		r.want("alarm.fan", "false", "good")
		r.want("alarm.neutral", "true", "uncertain/out-of-range")
		r.want("alarm.inverter", "false", "good")
		if got := r.device.Blocks(); got[0].Name != "43H" || got[1].Name != "44H" || got[2].Name != "42H" {
			r.Errorf("alarms are not asked first: %v", got)
		}
		for _, c := range r.unit.Asked() {
			if c < 0x41 || c > 0x44 {
				r.Errorf("command %02XH was sent", c)
			}
		}
	})
}

func TestVersionIsFoundOut(t *testing.T) {
	inBubble(t, 0x20, func(r *rig) {
		if err := r.poll("42H"); !errors.Is(err, driver.ErrRefused) || !strings.Contains(err.Error(), "version not spoken") {
			r.Fatal(err)
		}
		for range 3 {
			if err := r.poll("42H"); err != nil {
				r.Fatal(err)
			}
		}
	})
	inBubble(t, 0x20, func(r *rig) { // and of one that does not say so
		r.unit.Fault(ydt1363test.Silent)
		if err := r.poll("42H"); !errors.Is(err, driver.ErrTimeout) {
			r.Fatal(err)
		}
		r.unit.Fault(ydt1363test.Healthy)
		if err := r.poll("42H"); err != nil {
			r.Fatal(err)
		}
	})
}

func TestFaultsHaveTheirClass(t *testing.T) {
	for fault, class := range map[string]error{
		ydt1363test.Silent: driver.ErrTimeout, ydt1363test.BadSum: driver.ErrGarbage, ydt1363test.BadSize: driver.ErrGarbage, ydt1363test.Short: driver.ErrGarbage,
		ydt1363test.Stranger: driver.ErrTimeout, ydt1363test.Slow: driver.ErrTimeout, ydt1363test.Foreign: nil, ydt1363test.Noise: nil, ydt1363test.Healthy: nil,
	} {
		inBubble(t, 0x21, func(r *rig) {
			if err := r.poll("43H"); err != nil {
				r.Fatal(err)
			}
			r.unit.Fault(fault)
			if err := r.poll("43H"); !errors.Is(err, class) || class == nil && err != nil {
				r.Errorf("%q: %v", fault, err)
			}
			r.unit.Fault(ydt1363test.Healthy)
			if err := r.poll("43H"); err != nil {
				r.Errorf("after %q: %v", fault, err)
			}
		})
	}
}

func TestAnAnswerOfAnotherLengthIsNotBelievedAtOnce(t *testing.T) {
	inBubble(t, 0x21, func(r *rig) {
		_ = r.poll("43H")
		r.unit.Answer(0x43, func() []byte { return make([]byte, 45) })
		if err := r.poll("43H"); !errors.Is(err, driver.ErrGarbage) {
			r.Error(err)
		}
		if err := r.poll("43H"); err != nil { // it stays so: the device is another now
			r.Error(err)
		}
	})
}

// A cabinet of rectifiers says more than a UPS, and takes its time at 9600 baud.
func TestALongAnswerHasTheTimeThatItNeeds(t *testing.T) {
	for _, characters := range []int{300, 1500, 4094} {
		inBubble(t, 0x21, func(r *rig) {
			r.unit.Answer(0x43, func() []byte { return append([]byte{0x11, 1, 0, 0xe2, 0xe3, 0xe1}, make([]byte, characters/2-6)...) })
			for range 2 { // the second time its length is known
				if err := r.poll("43H"); err != nil {
					r.Fatalf("%d characters: %v", characters, err)
				}
			}
			r.want("output.source", "1", "good")
			r.unit.Fault(ydt1363test.Short)
			if err := r.poll("43H"); !errors.Is(err, driver.ErrGarbage) {
				r.Errorf("half of %d characters: %v", characters, err)
			}
			r.unit.Fault(ydt1363test.Healthy)
			if err := r.poll("44H"); err != nil {
				r.Errorf("after it: %v", err)
			}
		})
	}
}

// A unit was replaced by one that is silent to the version that its predecessor spoke.
func TestAnotherUnitInItsPlace(t *testing.T) {
	inBubble(t, 0x21, func(r *rig) {
		if err := r.poll("42H"); err != nil {
			r.Fatal(err)
		}
		r.unit.Fault(ydt1363test.Stranger) // silent, on a port that is not
		for range patience {
			if err := r.poll("42H"); !errors.Is(err, driver.ErrTimeout) {
				r.Fatal(err)
			}
		}
		r.unit.Fault(ydt1363test.Healthy)
		r.unit.Speak(0x20)
		if err := r.poll("42H"); err != nil {
			r.Error(err)
		}
		r.unit.Speak(0x21) // and back, which it says itself
		_ = r.poll("42H")
		if err := r.poll("42H"); err != nil {
			r.Error(err)
		}
	})
}

func TestUnknownCommandsAndProbe(t *testing.T) {
	inBubble(t, 0x21, func(r *rig) {
		r.unit.Answer(0x44, nil)
		if err := r.poll("44H"); !errors.Is(err, driver.ErrNotPresent) {
			r.Error(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := r.device.Probe(ctx); err != nil {
			r.Error(err)
		}
		r.unit.Fault(ydt1363test.Silent)
		if err := r.device.Probe(ctx); !errors.Is(err, driver.ErrTimeout) {
			r.Error(err)
		}
	})
}

func TestNew(t *testing.T) {
	m, _ := maps.Load("vertiv/gxe")
	for _, unit := range []int{0, 255, -1} {
		if _, err := New(driver.Spec{Name: "x", Unit: unit}, m, nil); !errors.Is(err, driver.ErrUnsupported) {
			t.Errorf("unit %d: %v", unit, err)
		}
	}
	if _, err := (*maps.Set)(nil).LoadFor(maps.YDT1363, "xymd02"); !errors.Is(err, driver.ErrUnsupported) {
		t.Error(err)
	}
	d, err := New(driver.Spec{Name: "x", Unit: 1}, m, nil)
	if err != nil || len(d.Describe()) != len(m.Points) {
		t.Fatal(err)
	}
	if err := d.Poll(context.Background(), 0, nil); !errors.Is(err, driver.ErrUnsupported) {
		t.Error(err)
	}
}

// What goes with a question is sent, and each question of a command has its own answer.
func TestQuestionsOfACommand(t *testing.T) {
	const text = "version: 1\nprotocol: ydt1363\nclass: 0x2a\nversions: [0x21]\nlabel: {zh: 表, en: m}\nidentity: {zh: 表, en: m}\nsource: paper\nconfidence: captured\npoints:\n" +
		"  - {info: 0x42, at: 1, item: plain, label: {zh: 甲, en: a}, type: u8}\n" +
		"  - {info: 0x42, ask: [0xff, 1], at: 1, item: group, label: {zh: 乙, en: b}, type: u8}\n" +
		"  - {info: 0x42, ask-address: true, at: 1, item: own, label: {zh: 丙, en: c}, type: u24}\n"
	m, err := maps.Parse("m.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	inBubble(t, 0x21, func(r *rig) {
		if r.device, err = New(driver.Spec{Name: "ups1", Unit: 1}, m, r.device.pair); err != nil {
			t.Fatal(err)
		}
		r.unit.Answer(0x42, func() []byte { return []byte{0, 7} })
		r.unit.AnswerTo(0x42, "\xff\x01", func() []byte { return []byte{0, 8, 9} })
		r.unit.AnswerTo(0x42, "\x01", func() []byte { return []byte{0, 1, 2, 3, 4} })
		for range 2 {
			for _, name := range []string{"42H", "42H FF 01", "42H address"} {
				if err := r.poll(name); err != nil {
					t.Fatal(name, err)
				}
			}
		}
		r.want("plain", "7", "good")
		r.want("group", "8", "good")
		r.want("own", "66051", "good")
	})
}
