package megatec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/drivers/megatec/megatectest"
	"watchbox/drivers/modbus/modbustest"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// harmless are the questions of the family that change nothing in a unit.
var harmless = map[string]bool{"Q1": true, "QS": true, "QGS": true, "QMOD": true, "QWS": true, "QBV": true, "QPI": true, "F": true, "I": true}

// rig is a device with a UPS behind it, both in one bubble.
type rig struct {
	*Device
	t    *testing.T
	ups  *megatectest.UPS
	end  io.Closer // the far end of the present port
	down error     // what open answers while the adapter is away
	open int       // how often it was asked
	sent []string  // every write to the port
	last map[string]point.Sample
}

// noting notes what is written, byte for byte.
type noting struct {
	driver.Port
	r *rig
}

func (n noting) Write(b []byte) (int, error) {
	n.r.sent = append(n.r.sent, string(b))
	return n.Port.Write(b)
}

// withUPS runs f in a bubble with a UPS of that dialect and a device with those
// options ("key=value").
func withUPS(t *testing.T, dialect string, f func(r *rig), options ...string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{t: t, ups: megatectest.New(dialect), last: map[string]point.Sample{}}
		var serving sync.WaitGroup
		spec := driver.Spec{Name: "ups5", Room: "oc", Options: map[string]string{}}
		for _, o := range options {
			key, value, _ := strings.Cut(o, "=")
			spec.Options[key] = value
		}
		var err error
		r.Device, err = New(spec, func() (driver.Port, error) {
			r.open++
			if r.down != nil {
				return nil, r.down
			}
			port, end := modbustest.Wire()
			r.end = end
			serving.Go(func() { r.ups.Serve(end) })
			return noting{port, r}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		defer serving.Wait()
		defer r.Close()
		f(r)
	})
}

// poll polls once, as scan would.
func (r *rig) poll() error {
	ctx, cancel := context.WithTimeout(context.Background(), r.Blocks()[0].Timeout)
	defer cancel()
	clear(r.last)
	return r.Poll(ctx, 0, func(s point.Sample) { r.last[s.Point.Item()] = s })
}

func (r *rig) probe() error {
	ctx, cancel := context.WithTimeout(context.Background(), r.Blocks()[0].Timeout)
	defer cancel()
	return r.Probe(ctx)
}

// must polls until n polls went well.
func (r *rig) must(n int) {
	r.t.Helper()
	for range n {
		if err := r.poll(); err != nil {
			r.t.Fatal(err)
		}
	}
}

// want holds an item against its value and quality as a person reads them.
func (r *rig) want(item, value, quality string) {
	r.t.Helper()
	s, told := r.last[item]
	if got := s.Value.String(); !told || got != value || s.Quality.String() != quality {
		r.t.Errorf("%s: %q %s, want %q %s", item, got, s.Quality, value, quality)
	}
}

func (r *rig) wantError(err error, class error, texts ...string) {
	r.t.Helper()
	if !errors.Is(err, class) {
		r.t.Fatalf("%v, want %v", err, class)
	}
	for _, text := range append(texts, "megatec ups5: ") {
		if !strings.Contains(err.Error(), text) {
			r.t.Errorf("%q does not say %q", err, text)
		}
	}
}

// asked is what the UPS heard since the last call.
func (r *rig) asked(since *int) string {
	all := r.ups.Heard()
	defer func() { *since = len(all) }()
	return strings.Join(all[*since:], " ")
}

func TestQ1(t *testing.T) {
	withUPS(t, megatectest.Q1, func(r *rig) {
		r.ups.Say("Q1", "(226.0 195.0 227.0 014 49.0 2.27 30.0 10001001")
		r.must(2)
		for item, want := range map[string]string{
			"input.voltage": "226", "input.voltage.fault": "195", "output.voltage": "227", "ups.load": "14", "input.frequency": "49",
			"battery.voltage": "217.92", "ups.temperature": "30", "input.failed": "true", "battery.low": "false", "ups.bypass": "false",
			"alarm.fault": "false", "alarm": "false", "ups.type": "3", "battery.test": "false", "ups.shutdown": "false", "ups.beeper.status": "true",
			"output.source": "3", "ups.status": "OB", "ups.dialect": "q1", "input.voltage.nominal": "220", "battery.voltage.nominal": "24",
			"device.mfr": "SANTAK", "device.model": "C3K", "ups.firmware": "VT12046Q",
		} {
			r.want(item, want, "good")
		}
		for _, item := range []string{"battery.charge", "ups.mode", "alarm.fan", "output.current"} {
			r.want(item, "", "bad/not-present")
		}
	}, "cells=96", "baud=2400")
}

func TestVoltronic(t *testing.T) {
	withUPS(t, megatectest.Voltronic, func(r *rig) {
		r.ups.Say("QGS", "(234.9 50.0 229.8 50.1 002.0 017 369.1 ---.- 026.5 ---.- 018.8 100000000001")
		r.ups.Change(func(s *megatectest.State) { s.Mode, s.Warnings = 'E', []int{10, 61} })
		r.must(3)
		for item, want := range map[string]string{
			"input.voltage": "234.9", "input.frequency": "50", "output.voltage": "229.8", "output.frequency": "50.1", "output.current": "2",
			"ups.load": "17", "battery.voltage": "26.5", "ups.temperature": "18.8", "ups.type": "2", "input.failed": "false",
			"ups.beeper.status": "true", "battery.charge": "100", "battery.runtime": "4080", "ups.mode": "69", "output.source": "5",
			"alarm": "true", "alarm.fan": "true", "alarm.overload": "false", "alarm.fault": "false", "ups.alarm": "10, 61",
			"ups.dialect": "voltronic", "ups.firmware.aux": "P01", "device.model": "C3K", "input.current.nominal": "13",
		} {
			r.want(item, want, "good")
		}
		r.want("input.voltage.fault", "", "bad/not-present")
		r.ups.Change(func(s *megatectest.State) { s.Warnings = nil })
		r.must(1)
		r.want("alarm", "false", "good")
		r.ups.Say("QGS", "(234.9 50.0 229.8 50.1 002.0 017 369.1 ---.- 026.5 ---.- 018.8 100001000001")
		r.must(1)
		r.want("alarm", "true", "good") // by the fault bit alone
	})
}

// The bits of Q1 and what they mean for a person.
func TestBits(t *testing.T) {
	withUPS(t, megatectest.Q1, func(r *rig) {
		for bits, want := range map[string]struct{ source, status, alarm string }{
			"00000000": {"2", "OL", "false"}, "10000000": {"3", "OB", "false"}, "11000000": {"3", "OB LB", "false"},
			"00100000": {"1", "OL BYPASS", "false"}, "00010000": {"2", "OL", "true"}, "00000110": {"2", "OL CAL FSD", "false"},
		} {
			r.ups.Say("Q1", "(220.0 195.0 220.0 014 50.0 27.5 30.0 "+bits)
			r.must(1)
			r.want("output.source", want.source, "good")
			r.want("ups.status", want.status, "good")
			r.want("alarm", want.alarm, "good")
		}
		for output, want := range map[string]string{"180.0": "OL TRIM", "250.0": "OL BOOST"} {
			r.ups.Say("Q1", "(220.0 195.0 "+output+" 014 50.0 27.5 30.0 00101000")
			r.must(1)
			r.want("ups.status", want, "good")
			r.want("output.source", "2", "good")
		}
	})
}

// A unit that lacks one thing keeps the others.
func TestABitThatIsNotSupported(t *testing.T) {
	withUPS(t, megatectest.Q1, func(r *rig) {
		r.ups.Say("Q1", "(220.0 ---.- 220.0 014 50.0 27.5 @@.@ -0000000")
		r.must(1)
		for _, item := range []string{"input.voltage.fault", "ups.temperature", "input.failed", "output.source", "ups.status"} {
			r.want(item, "", "bad/not-present")
		}
		r.want("input.voltage", "220", "good")
		r.want("battery.low", "false", "good")
	})
}

// TestOnlyQuestionsAreSent: whatever the unit and however it fails, nothing leaves
// us that a unit of the family could obey.
func TestOnlyQuestionsAreSent(t *testing.T) {
	for _, d := range dialects {
		for _, q := range slices.Concat([]*query{d.main}, d.others, d.ratings) {
			if !harmless[q.text] {
				t.Errorf("dialect %s sends %q", d.name, q.text)
			}
		}
	}
	for _, dialect := range []string{megatectest.Q1, megatectest.QS, megatectest.Voltronic, "none"} {
		for fault := megatectest.Healthy; fault <= megatectest.Refusing; fault++ {
			withUPS(t, dialect, func(r *rig) {
				r.ups.Fault(fault, 3*time.Second)
				for range 12 {
					r.poll()
					r.probe()
				}
				for _, b := range r.sent {
					if question, whole := strings.CutSuffix(b, "\r"); !whole || !harmless[question] {
						t.Errorf("a unit of dialect %s, fault %d, was sent %q", dialect, fault, b)
					}
				}
				if len(r.ups.Obeyed()) > 0 || len(r.ups.Heard()) < 6 {
					t.Errorf("a unit of dialect %s, fault %d, obeyed %q and heard %d lines", dialect, fault, r.ups.Obeyed(), len(r.ups.Heard()))
				}
			})
		}
	}
}

func TestDialectIsFound(t *testing.T) {
	for dialect, want := range map[string]string{megatectest.Q1: "Q1 F", megatectest.Voltronic: "Q1 QGS QMOD QWS QBV F", megatectest.QS: "Q1 QGS QS F"} {
		withUPS(t, dialect, func(r *rig) {
			var since int
			r.must(1)
			if got := r.asked(&since); got != want {
				t.Errorf("%s: found by %s, want %s", dialect, got, want)
			}
			r.want("ups.dialect", dialect, "good")
			r.must(1)
			if got := r.asked(&since); strings.Fields(got)[0] != strings.Fields(want)[len(strings.Fields(want))-map[string]int{"q1": 2, "voltronic": 5, "qs": 2}[dialect]] {
				t.Errorf("%s: then asked %s", dialect, got)
			}
		})
	}
}

func TestAUnitThatKnowsNothingIsRefused(t *testing.T) {
	withUPS(t, megatectest.Q1, func(r *rig) {
		r.ups.Fault(megatectest.Refusing, 0)
		r.wantError(r.poll(), driver.ErrRefused, "knows none of Q1, QGS, QS")
		if err := r.probe(); err != nil {
			t.Errorf("it lives: %v", err)
		}
	})
}

func TestGarbageIsToldAsItCame(t *testing.T) {
	for fault, want := range map[megatectest.Kind]string{
		megatectest.Short:    `Q1 answered 23 characters "(226.0 195.0 220.1 014 ", want 46`,
		megatectest.Long:     `Q1 answered 51 characters "(226.0 195.0`,
		megatectest.Garbled:  `"2x6.0" cannot be input.voltage`,
		megatectest.Endless:  `46 bytes without an end of line: "(226.0`,
		megatectest.Babbling: `bytes without an end of line: "\xff\x00`,
	} {
		withUPS(t, megatectest.Q1, func(r *rig) {
			r.ups.Fault(fault, 0)
			r.wantError(r.poll(), driver.ErrGarbage, want)
			if len(r.last) > 0 {
				t.Errorf("fault %d gave %v", fault, r.last)
			}
			r.ups.Fault(megatectest.Healthy, 0)
			for range 3 {
				if r.poll() == nil {
					return
				}
			}
			t.Errorf("after fault %d it was not found again", fault)
		})
	}
}

// A dead UPS costs one question of its reply time, and each dialect has its turn.
func TestSilenceIsCheap(t *testing.T) {
	withUPS(t, megatectest.QS, func(r *rig) {
		r.ups.Fault(megatectest.Silent, 0)
		var since int
		for _, question := range []string{"Q1", "QGS", "QS", "Q1"} {
			began := time.Now()
			r.wantError(r.probe(), driver.ErrTimeout, "silent for 1s")
			if took := time.Since(began); took > 1500*time.Millisecond {
				t.Errorf("a probe took %v", took)
			}
			if got := r.asked(&since); got != question {
				t.Errorf("probed with %q, want %s", got, question)
			}
		}
	})
}

// One lost answer is not another unit; three in a row may be.
func TestAnotherUnitIsFound(t *testing.T) {
	withUPS(t, megatectest.Q1, func(r *rig) {
		r.must(2)
		r.ups.Fault(megatectest.Silent, 0)
		r.wantError(r.poll(), driver.ErrTimeout)
		r.ups.Fault(megatectest.Healthy, 0)
		var since int
		r.asked(&since)
		r.must(1)
		if got := r.asked(&since); got != "Q1" {
			t.Errorf("after one lost answer: %s", got)
		}
		r.want("device.mfr", "SANTAK", "good")
		r.ups.Become(megatectest.Voltronic) // it says NAK to Q1
		r.must(1)
		r.want("ups.dialect", "voltronic", "good")
		r.want("input.voltage.fault", "", "bad/not-present") // the other one's
		r.ups.Become(megatectest.Q1)
		r.ups.Say("QGS", "") // and this one is silent
		for i := range 4 {
			if err := r.poll(); err == nil {
				return
			} else if i == 3 {
				t.Errorf("not found: %v", err)
			}
		}
	})
}

// What a unit is slow or too simple for costs its state nothing.
func TestOnlyTheStateMustBeAnswered(t *testing.T) {
	withUPS(t, megatectest.Voltronic, func(r *rig) {
		r.ups.Say("QWS", "")
		r.ups.Say("I", "I")
		r.ups.Say("F", "#220.0 013")
		var since, asked int
		for range 10 {
			r.must(1)
			asked += strings.Count(r.asked(&since), "QWS")
			r.want("alarm.fan", "", "bad/timeout")
			r.want("alarm", "", "bad/timeout")
			r.want("input.failed", "false", "good")
		}
		r.want("device.mfr", "", "bad/not-present")
		r.want("input.voltage.nominal", "", "bad/comm-failure")
		r.want("ups.firmware.aux", "P01", "good")
		if asked != patience {
			t.Errorf("a question that is never answered was put %d times", asked)
		}
		time.Sleep(rest + time.Second)
		r.ups.Say("QWS", "(NAK")
		r.must(2)
		r.want("alarm.fan", "", "bad/not-present")
		r.want("alarm", "false", "good") // of the fault bit alone
	})
}

func TestRatingsAreAskedOnceAnHour(t *testing.T) {
	withUPS(t, megatectest.Q1, func(r *rig) {
		for range 90 {
			r.must(1)
			time.Sleep(time.Minute)
		}
		count := map[string]int{}
		for _, q := range r.ups.Heard() {
			count[q]++
		}
		if count["Q1"] != 90 || count["F"] != 2 || count["I"] != 2 {
			t.Errorf("asked %v", count)
		}
		r.want("device.mfr", "SANTAK", "good")
	})
}

// The answer to an earlier question is waited over.
func TestALateAnswerIsNotTakenForAnother(t *testing.T) {
	withUPS(t, megatectest.Q1, func(r *rig) {
		r.must(2)
		r.ups.Fault(megatectest.Late, 1100*time.Millisecond) // Q1 needs 0.2 s more at 2400 baud
		r.ups.Say("Q1", "(111.0 195.0 220.1 014 50.0 27.3 30.2 00000001")
		r.must(1)
		r.want("input.voltage", "111", "good")
		r.ups.Say("F", "#999.9 099 099.9 99.9")
		r.Device.turns = map[*query]*turn{}
		r.must(1) // F comes after its time
		r.want("input.voltage.nominal", "", "bad/timeout")
		r.ups.Fault(megatectest.Healthy, 0)
		r.must(1)
		r.want("input.voltage", "111", "good")
	})
}

// A unit may think for nearly a second and then needs the time of its characters.
func TestASlowUnitIsHeardOut(t *testing.T) {
	withUPS(t, megatectest.Voltronic, func(r *rig) {
		r.ups.Pace(2400)
		r.ups.Fault(megatectest.Late, 950*time.Millisecond)
		r.must(4)
		r.want("input.voltage", "226", "good")
		r.want("alarm.fan", "false", "good")
		r.want("battery.runtime", "4080", "good")
		r.want("device.model", "C3K", "good")
	})
}

// What came after its time is no news when the question is put again.
func TestAStaleAnswerIsThrownAway(t *testing.T) {
	withUPS(t, megatectest.Q1, func(r *rig) {
		r.must(2)
		r.ups.Fault(megatectest.Late, 1500*time.Millisecond)
		r.wantError(r.poll(), driver.ErrTimeout, "Q1: no answer in time: silent for 1s")
		time.Sleep(time.Second)
		r.ups.Fault(megatectest.Healthy, 0)
		r.ups.Change(func(s *megatectest.State) { s.Input = 101 })
		r.must(1)
		r.want("input.voltage", "101", "good")
	})
}

// A unit that chatters does not keep us.
func TestAFloodOfLinesEnds(t *testing.T) {
	withUPS(t, megatectest.Q1, func(r *rig) {
		r.ups.Say("Q1", strings.Repeat("hello\r", 1000))
		began := time.Now()
		r.wantError(r.poll(), driver.ErrGarbage, `Q1 answered 5 characters "hello", want 46`)
		if took := time.Since(began); took > time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

func TestUnplugAndReplug(t *testing.T) {
	withUPS(t, megatectest.Q1, func(r *rig) {
		r.must(1)
		r.down = fmt.Errorf("no adapter: %w", driver.ErrDisconnect)
		r.end.Close()
		r.wantError(r.poll(), driver.ErrDisconnect)
		r.wantError(r.poll(), driver.ErrDisconnect, "open: no adapter")
		r.wantError(r.probe(), driver.ErrDisconnect)
		r.down = errors.New("strange")
		r.wantError(r.poll(), driver.ErrDisconnect, "strange")
		r.down = nil
		r.must(1)
		// Some USB adapters hang: after three silent questions the port is opened anew.
		r.open = 0
		r.ups.Fault(megatectest.Silent, 0)
		for _, want := range []int{0, 0, 0, 1, 1, 1, 2} {
			if r.probe(); r.open != want {
				t.Errorf("the port was opened %d times, want %d", r.open, want)
			}
		}
	})
}

func TestWhoGivesUpIsHeardAtOnce(t *testing.T) {
	withUPS(t, megatectest.Q1, func(r *rig) {
		r.ups.Fault(megatectest.Silent, 0)
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(100*time.Millisecond, cancel)
		began := time.Now()
		if err := r.Poll(ctx, 0, func(point.Sample) {}); !errors.Is(err, driver.ErrTimeout) {
			t.Errorf("%v", err)
		}
		if took := time.Since(began); took > 150*time.Millisecond {
			t.Errorf("it took %v", took)
		}
	})
}

func TestOptions(t *testing.T) {
	for text, want := range map[string]string{
		"baud=9600": "", "dialect=auto": "", "dialect=voltronic": "", "parity=even": "", "stop-bits=2": "", "cells=20": "",
		"baud=300": "1200 to 115200", "baud=x": "1200 to 115200", "parity=mark": "none, even, odd", "stop-bits=3": "1 to 2", "cells=0": "1 to 480",
		"dialect=q4": "auto, q1, voltronic, qs", "command=T": "dialect, baud, parity",
	} {
		key, value, _ := strings.Cut(text, "=")
		d, err := New(driver.Spec{Name: "ups5", Options: map[string]string{key: value}}, nil)
		switch {
		case want == "" && (err != nil || d == nil):
			t.Errorf("%s: %v", text, err)
		case want != "" && (!errors.Is(err, driver.ErrUnsupported) || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	line, err := Line(driver.Spec{})
	if err != nil || line != (driver.Line{Baud: 2400, Parity: "none"}) {
		t.Errorf("usual line %+v, %v", line, err)
	}
}

// Every point says what it is in both languages and where it is known from, and
// every field of every dialect has one.
func TestDescribe(t *testing.T) {
	d, err := New(driver.Spec{Name: "ups5", Room: "oc", Period: 5 * time.Second}, nil)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]point.Point{}
	for _, p := range d.Describe() {
		if p.Name.Check() != nil || p.Label.Zh == "" || p.Label.En == "" || p.Source == "" || p.Stale < 20000 || p.Period < 5000 || p.Room != "oc" {
			t.Errorf("%+v", p)
		}
		if p.Kind == point.Bool && (p.States[0].Zh == "" || p.States[1].En == "") {
			t.Errorf("%s has no states", p.Name)
		}
		seen[p.Name.Item()] = p
	}
	for _, s := range dialects {
		for _, q := range slices.Concat([]*query{s.main}, s.others, s.ratings) {
			for _, f := range q.fields {
				if _, has := seen[f.item]; !has && f.item != warnings {
					t.Errorf("%s of %s is no point", f.item, q.text)
				}
			}
		}
	}
	if len(seen) != len(items) {
		t.Errorf("%d points of %d items", len(seen), len(items))
	}
	only, err := New(driver.Spec{Name: "ups5", Options: map[string]string{"dialect": "q1"}}, nil)
	if err != nil || len(only.Describe()) >= len(seen) || slices.ContainsFunc(only.Describe(), func(p point.Point) bool { return p.Name == "ups5/ups.mode" }) {
		t.Errorf("of q1 alone: %v, %v", only.Describe(), err)
	}
}
