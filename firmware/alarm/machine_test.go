package alarm

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

var epoch = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// at is d after the start of boot "b1", with a trusted clock.
func at(d time.Duration) point.Instant {
	return point.Instant{Boot: "b1", Mono: time.Hour + d, Wall: epoch.Add(d), Clock: point.ClockSynchronised}
}

func real(f float64) *float64 { return &f }

const temperature = point.Name("th1/temperature")

func temperaturePoint() point.Point {
	return point.Point{Name: temperature, Kind: point.Real, Unit: "°C", Decimals: 1, Room: "mr",
		Label: point.Words{Zh: "温度", En: "temperature"}}
}

// rig drives one machine and collects what it says.
type rig struct {
	*Machine
	t    testing.TB
	next uint64
}

func newRig(t testing.TB, d ...Definition) *rig {
	m, errs := New(nil, nil, d)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return &rig{Machine: m, t: t}
}

func ruleRig(t testing.TB, r Rule, p point.Point) *rig {
	r.ID, r.Points, r.Priority = "r", []string{string(p.Name)}, 2
	m, errs := New([]Rule{r}, []point.Point{p}, nil)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return &rig{Machine: m, t: t}
}

// types takes the changes, numbers the raises and lists the types: "raised cleared".
func (r *rig) types() string {
	var list []string
	for _, c := range r.Take() {
		if c.Type == event.AlarmRaised {
			r.next++
			r.Raised(c.Alarm.Key, event.ID{Box: "box1", Epoch: "e1", Sequence: r.next})
		}
		list = append(list, strings.TrimPrefix(string(c.Type), "alarm."))
	}
	return strings.Join(list, " ")
}

func (r *rig) want(types string) {
	r.t.Helper()
	if got := r.types(); got != types {
		r.t.Errorf("changes: got %q, want %q", got, types)
	}
}

func (r *rig) read(d time.Duration, v float64, q ...point.Quality) {
	s := point.Sample{Point: temperature, Value: point.OfReal(v), At: at(d)}
	if len(q) > 0 {
		s.Quality = q[0]
	}
	r.Sample(at(d), s)
}

func (r *rig) set(d time.Duration, active bool) {
	r.t.Helper()
	if err := r.Signal(at(d), Signal{Key: "k", Active: active}); err != nil {
		r.t.Fatal(err)
	}
}

// run ticks at every deadline up to d.
func (r *rig) run(d time.Duration) {
	r.t.Helper()
	end := at(d).Mono
	for i := 0; r.Next() <= end; i++ {
		due := r.Next()
		r.Tick(at(due - time.Hour))
		if i > 10_000 {
			r.t.Fatal("a timer does not go on")
		}
	}
	r.Tick(at(d))
}

func (r *rig) alarm() Alarm { a, _ := r.Alarm("k"); return a }

func TestReRaiseIsANewOccurrence(t *testing.T) {
	r := reach(t, "latched")
	first := r.alarm().Occurrence
	_ = r.Silence(at(4*time.Second), "k", event.ID{}, "li")
	r.set(5*time.Second, true)
	r.want("silenced raised")
	a := r.alarm()
	if a.Occurrence == first || a.Count != 2 || a.Silenced || a.Acknowledged {
		t.Errorf("re-raise: %+v", a)
	}
	err := r.Acknowledge(at(6*time.Second), "k", first, "li", "")
	if !errors.Is(err, ErrRefused) {
		t.Errorf("an order for the earlier occurrence: got %v", err)
	}
	if err := r.Acknowledge(at(6*time.Second), "k", a.Occurrence, "li", "on my way"); err != nil {
		t.Error(err)
	}
	if a := r.alarm(); a.AckedBy != "li" || a.AckComment != "on my way" {
		t.Errorf("acknowledged: %+v", a)
	}
}

func TestDelays(t *testing.T) {
	limit := Rule{When: Condition{Above: real(30), Deadband: 2}, OnDelay: 10 * time.Second, OffDelay: 20 * time.Second}
	bad, shaky := point.BadBecause(point.Timeout), point.UncertainBecause(point.Overflow)
	steps := []struct {
		name string
		do   func(*rig)
		want string
	}{
		{"shorter than the on-delay", func(r *rig) { r.read(0, 31); r.read(9*time.Second, 29); r.run(time.Minute) }, ""},
		{"on-delay passed", func(r *rig) { r.read(0, 31); r.run(10 * time.Second) }, "raised"},
		{"deadband does not help before the raise", func(r *rig) { r.read(0, 31); r.read(5*time.Second, 29.5); r.run(time.Minute) }, ""},
		{"inside the deadband it stays", func(r *rig) { r.read(0, 31); r.run(10 * time.Second); r.read(20*time.Second, 28.5); r.run(time.Hour) }, "raised"},
		{"clears past the deadband and the off-delay", func(r *rig) {
			r.read(0, 31)
			r.run(10 * time.Second)
			r.read(20*time.Second, 28)
			r.run(39 * time.Second)
			r.run(40 * time.Second)
		}, "raised cleared"},
		{"back within the off-delay", func(r *rig) {
			r.read(0, 31)
			r.run(10 * time.Second)
			r.read(20*time.Second, 20)
			r.read(30*time.Second, 31)
			r.run(time.Hour)
		}, "raised"},
		{"bad never raises", func(r *rig) { r.read(0, 99, bad); r.run(time.Hour) }, ""},
		{"bad during the on-delay holds it", func(r *rig) { r.read(0, 31); r.read(5*time.Second, 31, bad); r.run(time.Hour) }, ""},
		{"good again raises at once when the delay is over", func(r *rig) {
			r.read(0, 31)
			r.read(5*time.Second, 31, bad)
			r.run(time.Minute)
			r.read(time.Minute, 31)
		}, "raised"},
		{"bad never clears", func(r *rig) { r.read(0, 31); r.run(10 * time.Second); r.read(11*time.Second, 0, bad); r.run(time.Hour) }, "raised"},
		{"bad during the off-delay holds it", func(r *rig) {
			r.read(0, 31)
			r.run(10 * time.Second)
			r.read(11*time.Second, 20)
			r.read(12*time.Second, 20, bad)
			r.run(time.Hour)
		}, "raised"},
		{"uncertain may raise", func(r *rig) { r.read(0, 31, shaky); r.run(10 * time.Second) }, "raised"},
	}
	for _, s := range steps {
		t.Run(s.name, func(t *testing.T) {
			r := ruleRig(t, limit, temperaturePoint())
			r.t = t
			s.do(r)
			r.want(s.want)
		})
	}
}

func TestValueIsFrozenAtTheRaise(t *testing.T) {
	r := ruleRig(t, Rule{When: Condition{Above: real(30)}, Label: point.Words{Zh: "{room}{point}过高", En: "{point} high in {room}"}}, temperaturePoint())
	r.Rooms(map[string]point.Words{"mr": {Zh: "机房", En: "machine room"}})
	r.read(0, 31.24)
	r.read(time.Second, 35)
	a := r.Alarms()[0]
	if a.Value != "31.2 °C" || a.Text.Zh != "机房温度过高" || a.Text.En != "temperature high in machine room" {
		t.Errorf("value %q, text %+v", a.Value, a.Text)
	}
}

func TestChatteringIsOneRaiseOneNoticeOneClear(t *testing.T) {
	r := newRig(t, Definition{Key: "k", Priority: 2})
	for i := range 1000 {
		d := time.Duration(i) * 60 * time.Millisecond
		r.run(d)
		r.set(d, i%2 == 0)
	}
	r.want("raised chattering")
	if !r.alarm().Chattering {
		t.Error("not marked as chattering")
	}
	last := 999 * 60 * time.Millisecond
	r.run(last + 59*time.Second)
	r.want("")
	r.run(last + 60*time.Second)
	r.want("cleared")
}

func TestEveryPressOfAPanicButtonIsARaise(t *testing.T) {
	r := newRig(t, Definition{Key: "k", Priority: 1, Latch: true, Guarded: true})
	for n := range 8 {
		from := time.Duration(n) * 4 * time.Second
		_ = r.Signal(at(from), Signal{Key: "k", Active: true})
		r.types()
		if err := r.Silence(at(from), "k", event.ID{}, "li"); err != nil {
			t.Fatal(err)
		}
		_ = r.Signal(at(from+2*time.Second), Signal{Key: "k", Active: false})
		r.Tick(at(from + 3*time.Second))
		if a, _ := r.Alarm("k"); a.Chattering || a.Count != n+1 {
			t.Fatalf("press %d: chattering %v, count %d", n+1, a.Chattering, a.Count)
		}
	}
}

func TestAPressAfterAHandOnTheAlarmRingsWithinTheSameSecond(t *testing.T) {
	for verb, hand := range map[string]func(*rig) error{
		"":             func(*rig) error { return nil },
		"silenced":     func(r *rig) error { return r.Silence(at(300*time.Millisecond), "k", event.ID{}, "li") },
		"acknowledged": func(r *rig) error { return r.Acknowledge(at(300*time.Millisecond), "k", event.ID{}, "li", "") },
	} {
		r := newRig(t, Definition{Key: "k", Priority: 1, Latch: true, Guarded: true})
		r.set(0, true)
		r.set(200*time.Millisecond, false)
		if err := hand(r); err != nil {
			t.Fatal(err)
		}
		r.types()
		r.set(500*time.Millisecond, true)
		if again := verb != ""; again {
			r.want("cleared raised")
		} else {
			r.want("") // it still rings
		}
		if a := r.alarm(); !a.Active || a.Silenced || a.Acknowledged {
			t.Errorf("%q, pressed again: %+v", verb, a)
		}
	}
}

func TestSlowChatterStaysRaised(t *testing.T) {
	r := newRig(t, Definition{Key: "k", Priority: 2})
	for i := range 20 {
		r.set(time.Duration(i)*5*time.Second, i%2 == 0)
		r.run(time.Duration(i) * 5 * time.Second)
	}
	r.want("raised cleared raised cleared raised cleared raised cleared raised chattering")
	r.run(time.Hour)
	r.want("cleared")
}

func TestResoundUntilAcknowledged(t *testing.T) {
	r := newRig(t, Definition{Key: "k", Priority: 1, Latch: true, Guarded: true, Resound: 15 * time.Minute})
	r.set(0, true)
	r.set(2*time.Second, false)
	_ = r.Silence(at(time.Minute), "k", event.ID{}, "li")
	r.types()
	r.run(15 * time.Minute)
	r.want("resounded")
	a := r.alarm()
	if a.Silenced || a.Sounded != at(15*time.Minute) || a.Acknowledged {
		t.Errorf("after the re-sound: %+v", a)
	}
	_ = r.Acknowledge(at(16*time.Minute), "k", event.ID{}, "li", "")
	r.types()
	r.run(24 * time.Hour)
	r.want("")
}

func TestShelf(t *testing.T) {
	r := newRig(t, Definition{Key: "k", Priority: 2}, Definition{Key: "panic", Priority: 1, Guarded: true})
	refused := []error{
		r.Shelve(at(0), "panic", at(time.Hour).Wall, "li", "no"),
		r.Shelve(at(0), "k", at(time.Hour).Wall, "li", ""),
		r.Shelve(at(0), "k", at(-time.Hour).Wall, "li", "x"),
		r.Shelve(at(0), "k", at(31*24*time.Hour).Wall, "li", "x"),
		r.Unshelve(at(0), "k", "li"),
	}
	for i, err := range refused {
		if !errors.Is(err, ErrRefused) {
			t.Errorf("order %d: got %v, want a refusal", i, err)
		}
	}
	if err := r.Shelve(at(0), "none", at(time.Hour).Wall, "li", "x"); !errors.Is(err, ErrUnknown) {
		t.Errorf("unknown key: %v", err)
	}
	if err := r.Shelve(at(0), "k", at(time.Hour).Wall, "li", "works"); err != nil {
		t.Fatal(err)
	}
	r.set(time.Minute, true)
	r.want("shelved")
	if len(r.Alarms()) != 1 {
		t.Error("a shelved alarm is not listed")
	}
	r.run(time.Hour)
	r.want("unshelved raised")
}

func TestShelfEndsByEitherClock(t *testing.T) {
	jump := func(d time.Duration) point.Instant {
		i := at(time.Minute)
		i.Wall = i.Wall.Add(d)
		return i
	}
	r := newRig(t, Definition{Key: "k", Priority: 2})
	_ = r.Shelve(at(0), "k", at(time.Hour).Wall, "li", "works")
	r.Tick(jump(-14 * 24 * time.Hour))
	r.want("shelved")
	late := at(time.Hour)
	late.Wall = late.Wall.Add(-14 * 24 * time.Hour)
	r.Tick(late)
	r.want("unshelved")
	_ = r.Shelve(at(2*time.Hour), "k", at(3*time.Hour).Wall, "li", "works")
	r.Tick(point.Instant{Boot: "b1", Mono: at(2 * time.Hour).Mono, Wall: epoch.AddDate(0, 0, 14), Clock: point.ClockUnknown})
	r.want("shelved")
	r.Tick(point.Instant{Boot: "b1", Mono: at(2 * time.Hour).Mono, Wall: epoch.AddDate(0, 0, 14), Clock: point.ClockRTC})
	r.want("unshelved")
}

func TestOrdersForEveryAlarm(t *testing.T) {
	r := newRig(t, Definition{Key: "a", Priority: 1, Latch: true}, Definition{Key: "b", Priority: 2, Latch: true}, Definition{Key: "c", Priority: 3})
	for _, k := range []string{"a", "b"} {
		_ = r.Signal(at(0), Signal{Key: k, Active: true})
	}
	_ = r.Signal(at(2*time.Second), Signal{Key: "a"})
	_ = r.Silence(at(3*time.Second), Every, event.ID{}, "li")
	_ = r.Acknowledge(at(3*time.Second), Every, event.ID{}, "li", "")
	_ = r.Reset(at(3*time.Second), Every, event.ID{}, "li")
	r.Tick(at(3 * time.Second))
	r.want("raised raised cleared silenced silenced acknowledged acknowledged reset")
	if list := r.Alarms(); len(list) != 1 || list[0].Key != "b" {
		t.Errorf("standing: %v", list)
	}
}

func TestUrgentFirstThenNewest(t *testing.T) {
	var defs []Definition
	for i := range 6 {
		defs = append(defs, Definition{Key: fmt.Sprint(i), Priority: 1 + i%2})
	}
	r := newRig(t, defs...)
	for i := range 6 {
		_ = r.Signal(at(0), Signal{Key: fmt.Sprint(i), Active: true})
	}
	var keys string
	for _, a := range r.Alarms() {
		keys += a.Key
	}
	if keys != "420531" {
		t.Errorf("order %s, want 420531", keys)
	}
	if before := r.Alarms(); &before[0] != &r.Alarms()[0] {
		t.Error("the list is made anew although nothing changed")
	}
}

func TestAPanickingRuleIsOutOfServiceAlone(t *testing.T) {
	p := []point.Point{temperaturePoint(), {Name: "th2/temperature", Kind: point.Real}}
	m, errs := New([]Rule{{ID: "hot", Points: []string{"th*/temperature"}, When: Condition{Above: real(30)}, Priority: 2}}, p, nil)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	r := &rig{Machine: m, t: t}
	m.Inject(func(key string) {
		if key == "hot/th1/temperature" {
			panic("division by zero")
		}
	})
	r.read(0, 31)
	r.want("rule.out-of-service raised")
	r.read(0, 32)
	m.Sample(at(0), point.Sample{Point: "th2/temperature", Value: point.OfReal(31)})
	r.want("raised")
	if a, _ := r.Alarm("hot/th1/temperature"); !a.OutOfService || a.Active {
		t.Errorf("failed rule: %+v", a)
	}
	if a, _ := r.Alarm(RulesKey); !a.Active || !strings.Contains(a.Text.Zh, "hot/th1") {
		t.Errorf("trouble: %+v", a)
	}
	m.Inject(nil)
	m.Swap(at(5*time.Second), mustCompile(t, p))
	r.read(6*time.Second, 31)
	r.want("cleared raised")
}

func mustCompile(t *testing.T, p []point.Point) *Program {
	prog, errs := Compile([]Rule{{ID: "hot", Points: []string{"th*/temperature"}, When: Condition{Above: real(30)}, Priority: 2}}, p, nil)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return prog
}

func TestSignalForNobody(t *testing.T) {
	if err := newRig(t).Signal(at(0), Signal{Key: "zone/none", Active: true}); !errors.Is(err, ErrUnknown) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkSample(b *testing.B) {
	r := ruleRig(b, Rule{When: Condition{Above: real(30), Deadband: 1}}, temperaturePoint())
	b.ReportAllocs()
	for i := range b.N {
		r.read(time.Duration(i), 21)
	}
}
