package megatec

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"watchbox/drivers/megatec/megatectest"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

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
