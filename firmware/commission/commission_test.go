package commission

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

var points = []point.Point{{Name: "oc/panic", Kind: point.Bool, Label: point.Words{Zh: "按钮", En: "Button"}, States: map[int64]point.Words{0: {Zh: "静止", En: "at rest"}, 1: {Zh: "按下", En: "pressed"}}},
	{Name: "gate/card", Kind: point.Text}, {Name: "gate/contact", Kind: point.Bool}, {Name: "oc/siren", Kind: point.Bool, Write: true}, {Name: "oc/heard", Kind: point.Bool}, {Name: "th/temperature", Kind: point.Real, Unit: "°C", Decimals: 1}}

func items() []Item {
	return Items([]zone.Zone{{ID: "panic", Input: "oc/panic", Label: point.Words{Zh: "紧急", En: "Panic"}}},
		[]zone.Door{{ID: "gate", Contact: "gate/contact", Reader: "gate/card"}}, []Relay{{Point: "oc/siren", Feedback: "oc/heard"}}, points)
}

func at(d time.Duration) point.Instant {
	return point.Instant{Boot: "b", Mono: time.Hour + d, Wall: time.Date(2026, 11, 27, 14, 3, 0, 0, time.UTC).Add(d)}
}

func nothing(point.Name) point.Value { return point.Value{} }

func (m *Machine) line(key string) ItemView {
	for _, v := range m.Views() {
		if v.Key == key {
			return *v
		}
	}
	return ItemView{}
}

func TestItemsOfASite(t *testing.T) {
	var keys []string
	for _, i := range items() {
		keys = append(keys, i.Key)
		if i.Label.Zh == "" || len(i.Watch) == 0 {
			t.Errorf("%+v", i)
		}
	}
	if got := strings.Join(keys, " "); got != "zone/panic door/gate output/oc/siren point/oc/panic point/gate/card point/gate/contact point/oc/heard point/th/temperature" {
		t.Error(got)
	}
}

func TestWhatTheBoxSawStandsBesideThePersonsWord(t *testing.T) {
	m := New(items(), points)
	rest := func(point.Name) point.Value { return point.OfBool(false) }
	if err := m.Begin(at(0), "zone/panic", "gong", rest); err != nil {
		t.Fatal(err)
	}
	m.Sample(at(time.Second), point.Sample{Point: "oc/panic", Value: point.OfBool(false)}) // polled again: no news
	m.Sample(at(10*time.Second), point.Sample{Point: "oc/panic", Value: point.OfBool(true)})
	m.Sample(at(11*time.Second), point.Sample{Point: "oc/panic", Quality: point.BadBecause(point.Timeout)})
	m.Alarm(alarm.Change{Type: event.AlarmRaised, At: at(10 * time.Second), Alarm: alarm.Alarm{Definition: alarm.Definition{Key: "zone/panic", Label: point.Words{Zh: "紧急", En: "Panic"}, Priority: 1}}})
	m.Alarm(alarm.Change{Type: event.AlarmRaised, At: at(10 * time.Second), Alarm: alarm.Alarm{Definition: alarm.Definition{Key: "zone/panicky"}}})
	if err := m.Sign(at(20*time.Second), "zone/panic", "gong", true, ""); err != nil {
		t.Fatal(err)
	}
	e := m.line("zone/panic").Entry
	if e == nil || !e.Passed || e.By != "gong" || e.How != Real || len(e.Saw) != 2 {
		t.Fatalf("%+v", e)
	}
	if s := e.Saw[0]; s.Text.Zh != "按钮：静止 → 按下" || s.Text.En != "Button: at rest → pressed" || s.At.Format("15:04:05") != "14:03:10" {
		t.Errorf("%+v", s)
	}
	if r := m.Take(); len(r) != 1 || r[0].Type != event.Commissioned || r[0].Actor != "gong" || !strings.Contains(r[0].Text.En, "passed") {
		t.Errorf("%+v", r)
	}
	// The next run has it.
	next := New(items(), points)
	kept := map[string][]byte{"commission:broken": []byte("{"), "alarm:x": []byte("{}")}
	for _, r := range m.Retained() {
		kept[r.Key] = r.Value
	}
	next.Restore(kept)
	if e := next.line("zone/panic").Entry; e == nil || len(e.Saw) != 2 || len(m.Retained()) != 0 {
		t.Errorf("%+v", e)
	}
}

func TestByWhichMeansItWasTested(t *testing.T) {
	for name, c := range map[string]struct {
		do     func(m *Machine)
		remark string
		want   How
	}{
		"simulated": {func(m *Machine) {
			m.Sample(at(1), point.Sample{Point: "oc/panic", Value: point.OfBool(true), Quality: point.Simulation})
		}, "", Simulated},
		"simulated and over": {func(m *Machine) {
			m.Sample(at(1), point.Sample{Point: "oc/panic", Value: point.OfBool(true), Quality: point.Simulation})
			m.Sample(at(2), point.Sample{Point: "oc/panic", Value: point.OfBool(false)})
			m.Sample(at(3), point.Sample{Point: "oc/panic", Value: point.OfBool(false)})
		}, "", Simulated},
		"both": {func(m *Machine) {
			m.Sample(at(1), point.Sample{Point: "oc/panic", Value: point.OfBool(true), Quality: point.Simulation})
			m.Sample(at(2), point.Sample{Point: "oc/panic", Value: point.OfBool(false)})
			m.Sample(at(3), point.Sample{Point: "oc/panic", Value: point.OfBool(true)})
		}, "", Real},
		"heard only":      {func(*Machine) {}, "heard it", Unseen},
		"of another item": {func(m *Machine) { m.Sample(at(1), point.Sample{Point: "oc/heard", Value: point.OfBool(true)}) }, "x", Unseen},
		"nothing at all":  {func(*Machine) {}, "", ""},
	} {
		m := New(items(), points)
		if err := m.Begin(at(0), "zone/panic", "gong", nothing); err != nil {
			t.Fatal(err)
		}
		c.do(m)
		err := m.Sign(at(5), "zone/panic", "gong", true, c.remark)
		var r *Refusal
		if errors.As(err, &r) != (c.want == "") {
			t.Errorf("%s: %v", name, err)
		}
		if e := m.line("zone/panic").Entry; c.want != "" && (e == nil || e.How != c.want) {
			t.Errorf("%s: %+v", name, e)
		}
		if c.want == "" && m.line("zone/panic").Test == nil {
			t.Errorf("%s: a refused signature ended the test", name)
		}
	}
}

func TestASirenIsSeenToSound(t *testing.T) {
	m := New(items(), points)
	check(t, m.Begin(at(0), "output/oc/siren", "gong", nothing))
	m.Level(at(1), "oc/siren", true)
	m.Sample(at(2), point.Sample{Point: "oc/heard", Value: point.OfBool(true)})
	for i := range 30 { // it beats
		m.Level(at(time.Duration(3+i)*time.Second), "oc/siren", i%2 == 1)
	}
	saw := m.line("output/oc/siren").Test.Saw
	if len(saw) != seenLimit || saw[0].Text.En != "output switched on" || saw[seenLimit-1].At != at(32*time.Second).Wall {
		t.Errorf("%+v", saw)
	}
}

// The breath of a quiet room is no proof of a sensor, a warm hand is.
func TestNoiseProvesNothing(t *testing.T) {
	m := New(items(), points)
	check(t, m.Begin(at(0), "point/th/temperature", "gong", func(point.Name) point.Value { return point.OfReal(21) }))
	for i, v := range []float64{21.1, 20.8, 21.9, 22.4, 21} {
		m.Sample(at(time.Duration(i)*time.Second), point.Sample{Point: "th/temperature", Value: point.OfReal(v)})
	}
	if saw := m.line("point/th/temperature").Test.Saw; len(saw) != 2 || saw[0].Text.En != "th/temperature: 21.0 °C → 22.4 °C" {
		t.Errorf("%+v", saw)
	}
}

// A card that is read is shown by its last places only.
func TestACardIsNotWrittenDown(t *testing.T) {
	m := New(items(), points)
	check(t, m.Begin(at(0), "door/gate", "gong", nothing))
	for i, number := range []string{"0012345678", "4711"} {
		m.Sample(at(time.Duration(1+i)), point.Sample{Point: "gate/card", Value: point.OfText(number)})
	}
	if text := fmt.Sprint(m.line("door/gate").Test.Saw); !strings.Contains(text, "***5678") || strings.Contains(text, "12345") || strings.Contains(text, "4711") {
		t.Error(text)
	}
}

func TestTheChecklistIsBounded(t *testing.T) {
	m := New(items(), points)
	for _, key := range []string{"", "zone/none", "point/" + strings.Repeat("x", 1000)} {
		if m.Begin(at(0), key, "gong", nothing) == nil || m.Sign(at(0), key, "gong", true, "x") == nil || m.Attach(at(0), key, "gong", "x.jpg") == nil || m.Cancel(key) == nil {
			t.Errorf("%q was taken", key)
		}
	}
	check(t, m.Begin(at(0), "zone/panic", "gong", nothing))
	if m.Begin(at(0), "zone/panic", "li", nothing) == nil {
		t.Error("two test the same")
	}
	if m.Sign(at(0), "zone/panic", "gong", true, strings.Repeat("x", MostRemark+1)) == nil || m.Attach(at(0), "zone/panic", "gong", "x.jpg") == nil {
		t.Error("a remark without end, or a picture of what is not signed")
	}
	m.Tick(at(TestFor))
	if m.line("zone/panic").Test != nil || m.Next() != point.Never {
		t.Error("it goes on for ever")
	}
	check(t, m.Begin(at(0), "zone/panic", "gong", nothing))
	m.Reload(items()[1:], points)
	if m.line("zone/panic").Key != "" || len(m.watched) != 0 {
		t.Error("the test of what is gone goes on")
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// What tells of a silent button is not for a screen in the room.
func TestASilentItemLeavesSilentRecords(t *testing.T) {
	list := items()
	list[0].Silent = true
	m := New(list, points)
	check(t, m.Sign(at(0), "zone/panic", "gong", true, "heard it"))
	check(t, m.Attach(at(0), "zone/panic", "gong", "x.jpg"))
	check(t, m.Sign(at(0), "door/gate", "gong", true, "seen it"))
	for _, r := range m.Take() {
		if r.Silent != (r.Subject == "zone/panic") {
			t.Errorf("%+v", r)
		}
	}
}

// A list that was handed out stays as it was; of the next one only the lines that
// changed are new.
func TestAViewIsNeverWrittenTo(t *testing.T) {
	m := New(items(), points)
	before := m.Views()
	check(t, m.Begin(at(0), "zone/panic", "gong", nothing))
	begun := m.Views()
	m.Sample(at(1), point.Sample{Point: "oc/panic", Value: point.OfBool(true)})
	check(t, m.Sign(at(2), "zone/panic", "gong", true, ""))
	signed := m.Views()
	if v := before[0]; v.Test != nil || v.Entry != nil {
		t.Errorf("before: %+v", v)
	}
	if v := begun[0]; v.Test == nil || len(v.Test.Saw) != 0 || v.Entry != nil {
		t.Errorf("begun: %+v", v)
	}
	if v := signed[0]; v.Test != nil || v.Entry == nil || len(v.Entry.Saw) != 1 {
		t.Errorf("signed: %+v", v)
	}
	for i := range before[1:] {
		if before[1+i] != signed[1+i] {
			t.Errorf("%s was made anew", before[1+i].Key)
		}
	}
	if again := m.Views(); &again[0] != &signed[0] {
		t.Error("nothing changed and the list was made anew")
	}
}
