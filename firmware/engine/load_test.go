package engine

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/annunciate"
	"watchbox/firmware/derive"
	"watchbox/firmware/event"
	"watchbox/firmware/live"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

// The estate of the benches: 20 000 points, 5 000 rules on one point each, a
// room of every hundred devices.
const (
	estatePoints = 20_000
	estateRules  = 5_000
)

// sink takes what the engine decides and notes when the siren was told to sound.
type sink struct {
	heard  chan struct{} // the siren was told to sound
	when   time.Time     // for the last time then
	raised int
	told   func()            // called with each handful of changes; may be nil
	kept   func(event.Batch) // called with each batch; may be nil
}

func (s *sink) Record(b event.Batch) {
	if s.kept != nil {
		s.kept(b)
	}
	for i := range b.Records {
		if b.Records[i].Type == event.AlarmRaised {
			s.raised++
		}
	}
}
func (s *sink) Levels(levels []annunciate.Level) {
	for _, l := range levels {
		if l.Output == "oc/siren" && l.On {
			s.when = time.Now()
			select {
			case s.heard <- struct{}{}:
			default:
			}
		}
	}
}
func (s *sink) Picture(annunciate.Picture) {}
func (s *sink) Pulse(zone.Pulse)           {}
func (s *sink) Changes([]alarm.Change) {
	if s.told != nil {
		s.told()
	}
}
func (s *sink) Sample(point.Sample)           {}
func (s *sink) Write(point.Name, point.Value) {}

func estatePoint(i int) point.Name { return point.Name(fmt.Sprintf("d%d/v%d", i/20, i%20)) }

// newEstate is an engine of the estate on the real clock.
func newEstate(tb testing.TB, siren annunciate.Annunciator, buttons int) (*Engine, *sink) {
	tb.Helper()
	var points []point.Point
	var zones []zone.Zone
	always := map[point.Name]bool{}
	for i := range buttons {
		name := point.Name(fmt.Sprintf("oc/panic%d", i))
		points, always[name] = append(points, point.Point{Name: name, Kind: point.Bool, Urgent: true}), true
		zones = append(zones, zone.Zone{ID: fmt.Sprintf("panic%d", i), Type: "panic", Input: name})
	}
	for i := range estatePoints {
		points = append(points, point.Point{Name: estatePoint(i), Kind: point.Real, Unit: "°C", Stale: 60_000, Room: fmt.Sprintf("r%d", i/2000)})
	}
	var rules []alarm.Rule
	limit := 100.0
	for i := range estateRules {
		rules = append(rules, alarm.Rule{ID: fmt.Sprintf("rule%d", i), Points: []string{string(estatePoint(i))}, Priority: 3,
			When: alarm.Condition{Above: &limit, Deadband: 1}, Label: point.Words{Zh: "{device}{point}过高", En: "{device} {point} high"}})
	}
	panel, errs := zone.New(zone.Definition{Zones: zones})
	machine, wrong := alarm.New(rules, points, panel.Definitions())
	errs = append(errs, wrong...)
	rooms := make([]string, 10)
	for i := range rooms {
		rooms[i] = fmt.Sprintf("r%d", i)
	}
	plan, err := annunciate.New([]annunciate.Annunciator{siren}, &annunciate.Wall{Device: "wall", Rooms: rooms, Rows: []string{"alarm", "trouble", "armed"}, Pixels: 1})
	errs = append(errs, err)
	table, err := live.New(points)
	errs = append(errs, err)
	set, wrong := derive.New(nil, points)
	errs = append(errs, wrong...)
	for _, err := range errs {
		if err != nil {
			tb.Fatal(err)
		}
	}
	begin := time.Now()
	clock := func() point.Instant {
		d := time.Since(begin)
		return point.Instant{Boot: "b", Mono: d + time.Hour, Wall: begin.Add(d)}
	}
	s := &sink{heard: make(chan struct{}, 1)}
	e := New(Parts{Table: table, Derive: set, Panel: panel, Alarms: machine, Plan: plan, Always: always}, clock, s, s)
	e.Identify("box", "epoch", 1, nil)
	e.Turn()
	return e, s
}

var sirenOnly = annunciate.Annunciator{ID: "siren", Kind: "sounder", Output: "oc/siren"}

// panicSiren sounds for the panic zones alone, so that each press can be told
// from what the flood raises.
var panicSiren = annunciate.Annunciator{ID: "siren", Kind: "sounder", Output: "oc/siren", Alarms: []string{"zone/panic*"}}

func BenchmarkSampleOfEstate(b *testing.B) {
	e, _ := newEstate(b, sirenOnly, 1)
	names := make([]point.Name, estatePoints)
	for i := range names {
		names[i] = estatePoint(i)
	}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		e.Offer(point.Sample{Point: names[n%estatePoints], Value: point.OfReal(float64(20 + n%7))})
		if n%100 == 99 {
			e.Turn()
		}
	}
	var memory runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&memory)
	b.ReportMetric(float64(memory.HeapAlloc)/(1<<20), "MiB")
	runtime.KeepAlive(e)
}

// BenchmarkAlarmOfEstate is the whole life of one alarm: a sample that raises, an
// acknowledgement, a sample that clears, each with its journal record, beside as
// many others that stand.
func BenchmarkAlarmOfEstate(b *testing.B) {
	for _, others := range []int{0, 500} {
		b.Run(fmt.Sprintf("%d-standing", others), func(b *testing.B) { oneLife(b, others) })
	}
}

func oneLife(b *testing.B, others int) {
	e, s := newEstate(b, sirenOnly, 1)
	sample := func(i int, v float64) {
		e.Offer(point.Sample{Point: estatePoint(i), Value: point.OfReal(v)})
		e.Turn()
	}
	for i := range others {
		sample(estateRules-1-i, 200)
	}
	lives := 0
	b.ReportAllocs()
	for ; b.Loop(); lives++ {
		i := lives % (estateRules - others)
		sample(i, 200)
		if err := e.obey(Command{Verb: Acknowledge, Target: fmt.Sprintf("rule%d/%s", i, estatePoint(i)), Actor: "li"}); err != nil {
			b.Fatal(err)
		}
		e.Turn()
		sample(i, 20)
	}
	if s.raised < lives+others { // the flood is an alarm too
		b.Fatalf("%d raised in %d lives and %d others", s.raised, lives, others)
	}
}

// BenchmarkPanicInFlood is the time from the edge's arrival to the siren's level
// while 10 000 samples come in each second, some of them alarms. Run it with
// -benchtime 2000x. Each press is silenced, let go and acknowledged, and reset before
// its button is pressed again, so that what stands is mostly the flood's.
func BenchmarkPanicInFlood(b *testing.B) { pressUnder(b, flood) }

// BenchmarkPanicInStorm is the same while 500 rules raise at once, or clear at
// once, every 750 ms: mains fails and comes back.
func BenchmarkPanicInStorm(b *testing.B) { pressUnder(b, storm) }

func pressUnder(b *testing.B, load func(context.Context, *Engine)) {
	const buttons = 512
	e, s := newEstate(b, panicSiren, buttons)
	ctx, stop := context.WithCancel(b.Context())
	defer stop()
	go e.Run(ctx)
	go load(ctx, e)
	took := make([]time.Duration, 0, b.N)
	for i := range b.N {
		time.Sleep(time.Duration(1+i%5) * time.Millisecond)
		button, key := point.Name(fmt.Sprintf("oc/panic%d", i%buttons)), fmt.Sprintf("zone/panic%d", i%buttons)
		for i >= buttons && e.Do(ctx, Command{Verb: Reset, Target: key, Actor: "li"}) != nil { // active for a second at least
			time.Sleep(20 * time.Millisecond)
		}
		began := time.Now()
		e.Edge(point.Sample{Point: button, Value: point.OfBool(true)})
		<-s.heard
		took = append(took, time.Since(began))
		e.Edge(point.Sample{Point: button, Value: point.OfBool(false)})
		for _, v := range []Verb{Silence, Acknowledge} { // quiet again for the next one
			if err := e.Do(ctx, Command{Verb: v, Target: key, Actor: "li"}); err != nil {
				b.Fatal(err)
			}
		}
		select { // a beat of the cadence meanwhile
		case <-s.heard:
		default:
		}
	}
	b.ReportMetric(float64(len(e.View().Alarms)), "standing")
	slices.Sort(took)
	for _, q := range []struct {
		share float64
		name  string
	}{{0.5, "µs-p50"}, {0.99, "µs-p99"}, {0.999, "µs-p99.9"}, {1, "µs-worst"}} {
		b.ReportMetric(float64(took[min(int(q.share*float64(b.N)), b.N-1)].Microseconds()), q.name)
	}
}

// BenchmarkPanicBesideStanding is one press in an engine that is stepped by hand:
// what the siren waits for, and what the whole turn takes, beside as many alarms
// that stand. The siren's time must not grow with them.
func BenchmarkPanicBesideStanding(b *testing.B) {
	for _, others := range []int{0, 500, 5000} {
		b.Run(fmt.Sprintf("%d-standing", others), func(b *testing.B) { onePress(b, others) })
	}
}

func onePress(b *testing.B, others int) {
	e, s := newEstate(b, panicSiren, 1)
	clock, skipped := e.clock, time.Duration(0)
	e.clock = func() point.Instant { return clock().Add(skipped) }
	for i := range others {
		e.Offer(point.Sample{Point: estatePoint(i), Value: point.OfReal(200)})
	}
	e.Turn()
	e.Turn() // the flood is told
	press := func(on bool) { e.Edge(point.Sample{Point: "oc/panic0", Value: point.OfBool(on)}); e.Turn() }
	var waited time.Duration
	b.ReportAllocs()
	for b.Loop() {
		began := time.Now()
		press(true)
		waited += s.when.Sub(began)
		<-s.heard
		press(false)
		skipped += 2 * time.Second
		e.Turn()
		for _, v := range []Verb{Silence, Acknowledge, Reset} {
			if err := e.obey(Command{Verb: v, Target: "zone/panic0", Actor: "li"}); err != nil {
				b.Fatal(err)
			}
			e.Turn()
		}
		select {
		case <-s.heard:
		default:
		}
	}
	if len(e.View().Alarms) < others {
		b.Fatalf("%d stand, want %d", len(e.View().Alarms), others)
	}
	b.ReportMetric(float64(waited.Nanoseconds())/1000/float64(b.N), "µs-siren")
}

// flood offers 10 000 samples a second until ctx ends.
func flood(ctx context.Context, e *Engine) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for range 100 {
			n++
			e.Offer(point.Sample{Point: estatePoint(n * 37 % estatePoints), Value: point.OfReal(float64(20 + n%83))})
		}
	}
}

// storm lets 500 rules raise, then clear, then the next 500, until ctx ends: so
// seldom that none of them is chattering.
func storm(ctx context.Context, e *Engine) {
	tick := time.NewTicker(750 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		first, value := n/2*500%estateRules, []float64{200, 20}[n%2]
		for i := range 500 {
			e.Offer(point.Sample{Point: estatePoint(first + i), Value: point.OfReal(value)})
		}
	}
}
