package backtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/condition"
	"watchbox/firmware/derive"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/store"
)

func minutes(n float64) time.Time { return begin.Add(time.Duration(n * float64(time.Minute))) }

func reading(n point.Name, minute float64, v point.Value) point.Sample {
	return point.Sample{Point: n, Value: v, At: point.Instant{Wall: minutes(minute)}}
}

func bad(n point.Name, minute float64) point.Sample {
	x := reading(n, minute, point.Value{})
	x.Quality = point.BadBecause(point.Timeout)
	return x
}

func one(t *testing.T, q Request) Report {
	t.Helper()
	if q.From.IsZero() {
		q.From, q.To = begin, begin.Add(24*time.Hour)
	}
	r, err := Run(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func times(raises []Raise) (list []string) {
	for _, a := range raises {
		end := "…"
		if !a.Cleared.IsZero() {
			end = fmt.Sprint(a.Cleared.Sub(begin).Minutes())
		}
		list = append(list, fmt.Sprintf("%s %v–%s", a.Key, a.At.Sub(begin).Minutes(), end))
	}
	return list
}

func expect(t *testing.T, what string, raises []Raise, want ...string) {
	t.Helper()
	got := times(raises)
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Errorf("%s: %d and %d raises, from number %d on\ngot  %q\nwant %q", what, len(got), len(want), i, got[i:min(i+3, len(got))], want[i:min(i+3, len(want))])
			return
		}
	}
}

// A point that may be silent for two minutes and is for an hour: neither the
// delay that runs nor the alarm that stands ends in the gap.
func TestAGapIsDoubt(t *testing.T) {
	points := []point.Point{{Name: "th1/t", Kind: point.Real, Stale: 120_000}}
	rule := warm(30, 10*time.Minute)
	rule.OffDelay = 10 * time.Minute
	var list []point.Sample
	every := func(from, to int, v float64) {
		for m := from; m < to; m++ {
			list = append(list, reading("th1/t", float64(m), point.OfReal(v)))
		}
	}
	every(0, 1, 20)
	every(1, 3, 31)   // the delay would end at 11
	every(60, 90, 31) // back: raised at once
	every(90, 95, 20) // the off-delay would end at 100
	every(130, 140, 20)
	r := one(t, Request{New: []alarm.Rule{rule}, Points: points, From: begin, To: minutes(140), Read: record(list...)})
	expect(t, "with a gap", r.New.Raises, "warm/th1/t 60–130")
	if g := r.Coverage[0].Gaps; len(g) != 2 || !g[0].From.Equal(minutes(2)) || !g[0].To.Equal(minutes(60)) {
		t.Errorf("gaps %+v", g)
	}
	list = nil
	every(0, 5, 31)
	for m := 5; m < 30; m++ {
		list = append(list, bad("th1/t", float64(m)))
	}
	every(30, 32, 31)
	points[0].Stale = 0
	r = one(t, Request{New: []alarm.Rule{rule}, Points: points, Read: record(list...)})
	expect(t, "recorded as bad", r.New.Raises, "warm/th1/t 30–…")
}

// The alarm stands over a restart; a delay begins again after it.
func TestTheBoxWasOff(t *testing.T) {
	door := alarm.Rule{ID: "open", Points: []string{"door/c"}, When: alarm.Condition{Is: "true"}, Priority: 2, OnDelay: 10 * time.Minute}
	q := Request{New: []alarm.Rule{door, warm(30, 0)}, Points: room, Read: record(
		reading("th1/t", 0, point.OfReal(35)), reading("door/c", 0, point.OfBool(false)), reading("door/c", 1, point.OfBool(true)),
		reading("door/c", 62, point.OfBool(true)), reading("th1/t", 62, point.OfReal(35)), reading("th1/t", 90, point.OfReal(20)))}
	r := one(t, q)
	expect(t, "always on", r.New.Raises, "warm/th1/t 0–90", "open/door/c 11–…")
	q.Off = []Gap{{minutes(5), minutes(60)}}
	r = one(t, q)
	expect(t, "off for an hour", r.New.Raises, "warm/th1/t 0–90", "open/door/c 72–…")
	if len(r.Off) != 1 {
		t.Errorf("%+v", r.Off)
	}
}

// A contact that moved last week is known to stand open today.
func TestWhatWasBefore(t *testing.T) {
	door := alarm.Rule{ID: "open", Points: []string{"door/c"}, When: alarm.Condition{Is: "true"}, Priority: 2, OnDelay: time.Minute}
	r := one(t, Request{New: []alarm.Rule{door}, Points: room, Read: record(reading("door/c", -7*24*60, point.OfBool(true)))})
	expect(t, "open for a week", r.New.Raises, "open/door/c 1–…")
	if c := r.Coverage[0]; !c.Before || c.Samples != 0 {
		t.Errorf("%+v", c)
	}
}

func TestWrongRulesAreRefusedAndTheOthersGoOn(t *testing.T) {
	var many []point.Point
	for i := range store.SamplesPoints + 1 {
		many = append(many, point.Point{Name: point.Name(fmt.Sprintf("net/p%d", i)), Kind: point.Real})
	}
	nowhere := warm(30, 0)
	nowhere.ID, nowhere.Points = "nowhere", []string{"no/such"}
	wide := warm(30, 0)
	wide.ID, wide.Points = "wide", []string{"net/*"}
	r := one(t, Request{Old: []alarm.Rule{wide, warm(30, 0)}, New: []alarm.Rule{nowhere, wide, warm(30, 0)}, Points: append(many, room...),
		Read: record(reading("th1/t", 0, point.OfReal(31)))})
	expect(t, "the good one", r.New.Raises, "warm/th1/t 0–…")
	var ids []string
	for _, x := range r.Refused {
		ids = append(ids, x.Rule)
		if x.Why.Zh == "" || x.Why.En == "" || x.Rule == "nowhere" && x.Why.Zh != "规则有误：points 的 \"no/such\"，没有这样的点" {
			t.Errorf("%+v", x)
		}
	}
	if !slices.Contains(ids, "nowhere") || !slices.Contains(ids, "wide") {
		t.Errorf("refused %v", r.Refused)
	}
}

// Data that were thinned are fine for a rule that thinks in hours.
func TestThinnedData(t *testing.T) {
	slow, quick, plain := warm(30, 2*time.Hour), warm(30, 10*time.Second), warm(30, 0)
	slow.ID, quick.ID, plain.ID = "slow", "quick", "plain"
	read := record(reading("th1/t", 0, point.OfReal(31)), reading("th1/t", 5, point.OfReal(31)))
	thinned := func(ctx context.Context, n []point.Name, from, to time.Time, each func(point.Sample) error) (store.Coverage, error) {
		c, err := read(ctx, n, from, to, each)
		c.Points["th1/t"] = store.Kept{Thinned: 5 * time.Minute}
		return c, err
	}
	r := one(t, Request{Old: []alarm.Rule{quick}, New: []alarm.Rule{slow, quick, plain}, Points: room, Read: thinned})
	expect(t, "slow", r.New.Raises, "slow/th1/t 120–…")
	expect(t, "old", r.Old.Raises)
	if len(r.Refused) != 2 || !strings.Contains(r.Refused[0].Why.En, "5m0s") || r.Coverage[0].Thinned != 5*time.Minute {
		t.Errorf("%+v", r.Refused)
	}
	// Samples as the box reads them today are what it would judge on.
	polled := []point.Point{{Name: "th1/t", Kind: point.Real, Stale: 20 * 60_000}}
	r = one(t, Request{New: []alarm.Rule{quick}, Points: polled, Read: read})
	if len(r.Refused) != 0 || len(r.New.Raises) != 1 {
		t.Errorf("refused %+v, raises %v", r.Refused, times(r.New.Raises))
	}
}

func TestTheDifferenceIsTold(t *testing.T) {
	old, fresh := warm(30, 5*time.Minute), warm(30, time.Minute)
	old.ID, fresh.Was = "hot", "hot" // renamed, and quicker
	var list []point.Sample
	for i, v := range []float64{20, 31, 31, 20, 20, 31, 31, 31, 31, 31, 31, 31, 20} {
		list = append(list, reading("th1/t", float64(i), point.OfReal(v)))
	}
	r := one(t, Request{Old: []alarm.Rule{old}, New: []alarm.Rule{fresh}, Points: room, Read: record(list...)})
	expect(t, "old", r.Old.Raises, "hot/th1/t 10–12")
	expect(t, "new", r.New.Raises, "warm/th1/t 2–3", "warm/th1/t 6–12")
	if !r.New.Raises[0].Only || r.New.Raises[1].Shift != -4*time.Minute || r.Old.Raises[0].Shift != 4*time.Minute || r.Old.Raises[0].Only {
		t.Errorf("%+v", r)
	}
	if want := (Tally{Rule: "warm", Old: 1, New: 2, Moved: 1, Added: 1}); len(r.Rules) != 1 || r.Rules[0] != want {
		t.Errorf("%+v", r.Rules)
	}
}

func TestRaisesAreBounded(t *testing.T) {
	var list []point.Sample
	const n = 3 * raisesMost
	for i := range n {
		list = append(list, reading("th1/t", float64(2*i), point.OfReal(31)), reading("th1/t", float64(2*i+1), point.OfReal(20)))
	}
	r := one(t, Request{Old: []alarm.Rule{warm(35, 0)}, New: []alarm.Rule{warm(30, 0)}, Points: room, Read: record(list...)})
	if len(r.New.Raises) != raisesMost || r.New.More != n-raisesMost || r.Rules[0].New != n || r.Rules[0].Added != raisesMost || r.Rules[0].Old != 0 {
		t.Errorf("%d listed, %d more, %+v", len(r.New.Raises), r.New.More, r.Rules)
	}
}

func TestComputedPoints(t *testing.T) {
	rate := derive.Definition{Point: "net/rate", Kind: "rate", From: []point.Name{"net/octets"}, Unit: "B/s"}
	points := []point.Point{{Name: "net/octets", Kind: point.Count}, {Name: "net/rate", Kind: point.Real}}
	busy := alarm.Rule{ID: "busy", Points: []string{"net/rate"}, When: alarm.Condition{Above: real(50)}, Priority: 3}
	list := []point.Sample{reading("net/octets", 0, point.OfCount(0)), reading("net/octets", 1, point.OfCount(600)),
		reading("net/octets", 2, point.OfCount(6600)), reading("net/octets", 3, point.OfCount(6660))}
	q := Request{New: []alarm.Rule{busy}, Points: points, Derived: []derive.Definition{rate}, Read: record(list...)}
	r := one(t, q)
	expect(t, "computed", r.New.Raises, "busy/net/rate 2–3")
	if c := r.Coverage[1]; c.Point != "net/rate" || !c.Computed || c.Samples == 0 {
		t.Errorf("%+v", r.Coverage)
	}
	// Recorded as something else: the record counts.
	q.Read = record(append(list, reading("net/rate", -1, point.OfReal(0)), reading("net/rate", 2.5, point.OfReal(70)))...)
	r = one(t, q)
	expect(t, "recorded", r.New.Raises, "busy/net/rate 2.5–…")
}

func TestTheContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	n := 0
	endless := func(_ context.Context, _ []point.Name, _, _ time.Time, each func(point.Sample) error) (store.Coverage, error) {
		for i := 0; ; i++ {
			if n++; n == 1000 {
				cancel()
			}
			if err := each(reading("th1/t", float64(i)/60, point.OfReal(20))); err != nil || n > 100_000 {
				return store.Coverage{}, err
			}
		}
	}
	_, err := Run(ctx, Request{New: []alarm.Rule{warm(30, 0)}, Points: room, From: begin, To: begin.Add(24 * time.Hour), Read: endless})
	if !errors.Is(err, context.Canceled) || n > 5000 {
		t.Errorf("%v after %d samples", err, n)
	}
}

// TestTheSameAsTheBoxLivedIt records random days into a real store while a
// machine lives them, and replays them through the same rules.
func TestTheSameAsTheBoxLivedIt(t *testing.T) {
	for seed := range uint64(8) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		points := []point.Point{{Name: "th1/t", Kind: point.Real, Stale: 90_000}, {Name: "th2/t", Kind: point.Real}, {Name: "door/c", Kind: point.Bool, Urgent: true}}
		rules := []alarm.Rule{
			{ID: "hot", Points: []string{"th*/t"}, When: alarm.Condition{Above: real(28), Deadband: 2}, Priority: 2, OnDelay: 3 * time.Minute, OffDelay: time.Minute},
			{ID: "steps", Points: []string{"th1/t"}, Limits: &alarm.Limits{High: real(27), HighHigh: real(31), Deadband: 1}, Priority: 2},
			{ID: "leap", Points: []string{"th2/t"}, When: alarm.Condition{Rises: &condition.Change{By: 4, Within: 16 * time.Minute}}, Priority: 3},
			{ID: "door", Points: []string{"door/c"}, When: alarm.Condition{Is: "true"}, Priority: 1, Latch: true, CausedBy: []string{"hot/th2/t"}},
			{ID: "lost", Points: []string{"th2/t"}, When: alarm.Condition{Stale: 5 * time.Minute}, Priority: 4, Class: alarm.ClassTrouble},
		}
		s, _, err := store.Open(t.TempDir(), store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		want := live(t, rnd, s, rules, points)
		q := Request{Old: rules, New: rules, Points: points, From: begin, To: begin.Add(8 * time.Hour), Read: s.Samples}
		r := one(t, q)
		expect(t, fmt.Sprint("seed ", seed), r.New.Raises, want...)
		expect(t, fmt.Sprint("old, seed ", seed), r.Old.Raises, want...)
		for _, x := range r.Rules {
			if x.Same != x.Old || x.Old != x.New || x.Gone+x.Added+x.Moved != 0 {
				t.Errorf("seed %d: %+v", seed, x)
			}
		}
		if len(want) < 5 || len(r.Refused) > 0 {
			t.Errorf("seed %d: %d raises, refused %v", seed, len(want), r.Refused)
		}
		s.Close()
	}
}

// live is eight hours of a box: each sample goes to its machine and its store.
func live(t *testing.T, rnd *rand.Rand, s *store.Store, rules []alarm.Rule, points []point.Point) []string {
	t.Helper()
	program, errs := alarm.Compile(rules, points, nil)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	m, _ := alarm.New(nil, nil, nil)
	instant := func(d time.Duration) point.Instant {
		return point.Instant{Boot: "live", Mono: time.Hour + d, Wall: begin.Add(d), Clock: point.ClockSynchronised}
	}
	m.Swap(instant(0), program)
	var raises []Raise
	open, n := map[string]int{}, uint64(0)
	settle := func(now point.Instant) {
		for _, c := range m.Take() {
			switch c.Type {
			case event.AlarmRaised:
				n++
				m.Raised(c.Alarm.Key, event.ID{Box: "b", Epoch: "e", Sequence: n})
				open[c.Alarm.Key] = len(raises)
				raises = append(raises, Raise{Key: c.Alarm.Key, At: c.At.Wall})
			case event.AlarmCleared, event.AlarmSuppressed:
				if i, ok := open[c.Alarm.Key]; ok {
					raises[i].Cleared = now.Wall
					delete(open, c.Alarm.Key)
				}
				_ = m.Acknowledge(now, c.Alarm.Key, event.ID{}, "li", "")
				_ = m.Reset(now, c.Alarm.Key, event.ID{}, "li")
			}
		}
	}
	tick := func(until time.Duration) {
		for m.Next() <= time.Hour+until {
			now := instant(max(m.Next()-time.Hour, 0)) // what is due since ever is due now
			m.Tick(now)
			settle(now)
		}
	}
	take := func(at time.Duration, p point.Name, v point.Value, q point.Quality) {
		tick(at)
		x := point.Sample{Point: p, Value: v, Quality: q, At: instant(at)}
		s.AppendSamples([]point.Sample{x})
		m.Sample(x.At, x)
		settle(x.At)
	}
	a, b, shut := 25.0, 25.0, false
	for at := 10 * time.Millisecond; at < 8*time.Hour; at += 30 * time.Second {
		a, b = min(max(a+rnd.Float64()*3-1.5, 18), 35), min(max(b+rnd.Float64()*4-2, 15), 38)
		quality := point.Quality{}
		if rnd.IntN(40) == 0 {
			quality = point.BadBecause(point.Timeout)
		}
		take(at, "th1/t", point.OfReal(float64(int(a*10))/10), quality)
		if rnd.IntN(10) > 0 && (at/time.Hour)%3 != 1 { // silent for an hour now and then
			take(at+10*time.Millisecond, "th2/t", point.OfReal(float64(int(b*10))/10), point.Quality{})
		}
		if rnd.IntN(100) == 0 {
			shut = !shut
			take(at+time.Duration(rnd.IntN(2000))*10*time.Millisecond+20*time.Millisecond, "door/c", point.OfBool(shut), point.Quality{})
		}
		if rnd.IntN(200) == 0 {
			if err := s.FlushHistory(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	tick(8 * time.Hour)
	return times(raises)
}

func BenchmarkAMonthOfOnePoint(b *testing.B) {
	read := func(_ context.Context, _ []point.Name, from, to time.Time, each func(point.Sample) error) (store.Coverage, error) {
		for at := from; at.Before(to); at = at.Add(10 * time.Second) {
			if err := each(point.Sample{Point: "th1/t", Value: point.OfReal(float64(at.Unix() % 40)), At: point.Instant{Wall: at}}); err != nil {
				return store.Coverage{}, err
			}
		}
		return store.Coverage{}, nil
	}
	for b.Loop() {
		if _, err := Run(context.Background(), Request{Old: []alarm.Rule{warm(30, time.Minute)}, New: []alarm.Rule{warm(29, time.Minute)}, Points: room,
			From: begin, To: begin.Add(30 * 24 * time.Hour), Read: read}); err != nil {
			b.Fatal(err)
		}
	}
}
