package backtest

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/store"
)

var (
	begin = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	room  = []point.Point{{Name: "th1/t", Kind: point.Real, Unit: "°C", Decimals: 1}, {Name: "door/c", Kind: point.Bool, Urgent: true}}
)

func real(f float64) *float64 { return &f }

func warm(limit float64, delay time.Duration) alarm.Rule {
	return alarm.Rule{ID: "warm", Points: []string{"th1/t"}, When: alarm.Condition{Above: real(limit), Deadband: 1}, Priority: 2, OnDelay: delay}
}

// tape is a record: samples of th1/t every step.
func tape(step time.Duration, values ...float64) Read {
	var list []point.Sample
	for i, v := range values {
		list = append(list, point.Sample{Point: "th1/t", Value: point.OfReal(v), At: point.Instant{Wall: begin.Add(time.Duration(i) * step)}})
	}
	return record(list...)
}

// record reads from a list, as the store does.
func record(list ...point.Sample) Read {
	return func(_ context.Context, points []point.Name, from, to time.Time, each func(point.Sample) error) (c store.Coverage, err error) {
		before := map[point.Name]point.Sample{}
		for _, x := range list {
			if x.At.Wall.Before(from) {
				before[x.Point] = x
			}
		}
		for _, n := range slices.Sorted(maps.Keys(before)) {
			if slices.Contains(points, n) && err == nil {
				err = each(before[n])
			}
		}
		for _, x := range list {
			if err == nil && slices.Contains(points, x.Point) && !x.At.Wall.Before(from) && x.At.Wall.Before(to) {
				err = each(x)
			}
		}
		return store.Coverage{Points: map[point.Name]store.Kept{}}, err
	}
}

func run(t *testing.T, old, fresh alarm.Rule, read Read) Report {
	t.Helper()
	r, err := Run(context.Background(), Request{Old: []alarm.Rule{old}, New: []alarm.Rule{fresh}, Points: room, From: begin, To: begin.Add(24 * time.Hour), Read: read})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAChangedLimit(t *testing.T) {
	r := run(t, warm(30, time.Minute), warm(27, time.Minute), tape(time.Minute, 20, 28, 28, 28, 20, 31, 31, 31, 20, 20))
	if len(r.Old.Raises) != 1 || len(r.New.Raises) != 2 || !r.New.Raises[0].Only || r.New.Raises[1].Only || r.Old.Raises[0].Only {
		t.Fatalf("old %+v\nnew %+v", r.Old.Raises, r.New.Raises)
	}
	if a := r.New.Raises[0]; !a.At.Equal(begin.Add(2*time.Minute)) || !a.Cleared.Equal(begin.Add(4*time.Minute)) || a.Value != "28.0 °C" {
		t.Errorf("%+v", a)
	}
	if c := r.Coverage; len(c) != 1 || c[0].Samples != 10 || c[0].Resolution != time.Minute {
		t.Errorf("coverage %+v", c)
	}
}

func TestARuleThatNeedsFinerDataIsRefused(t *testing.T) {
	r := run(t, warm(30, time.Minute), warm(30, 10*time.Second), tape(time.Minute, 20, 31, 31))
	if len(r.Refused) != 1 || r.Refused[0].Rule != "warm" || !strings.Contains(r.Refused[0].Why.En, "1m0s") || len(r.New.Raises) != 0 {
		t.Fatalf("%+v", r)
	}
}

func TestGapsAreStated(t *testing.T) {
	var list []point.Sample
	for i := range 300 {
		if i < 100 || i >= 160 {
			list = append(list, point.Sample{Point: "th1/t", Value: point.OfReal(20), At: point.Instant{Wall: begin.Add(time.Duration(i) * time.Minute)}})
		}
	}
	holed := record(list...)
	r := run(t, warm(30, 0), warm(30, 0), holed)
	if g := r.Coverage[0].Gaps; len(g) != 2 || g[0].To.Sub(g[0].From) != 61*time.Minute {
		t.Errorf("gaps %+v", g)
	}
}

// The same walk lived through by a machine of the box, with the same people.
func TestTheSameEngine(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 7))
	for range 50 {
		values := make([]float64, 400)
		v := 25.0
		for i := range values {
			v += rnd.Float64()*4 - 2
			values[i] = min(max(v, 15), 40)
		}
		rule := warm(30, time.Duration(rnd.IntN(4))*time.Minute)
		rule.OffDelay, rule.Latch = time.Duration(rnd.IntN(3))*time.Minute, rnd.IntN(2) == 0
		got := run(t, rule, rule, tape(time.Minute, values...))
		want := lived(rule, values)
		var raised []time.Time
		for _, a := range got.New.Raises {
			raised = append(raised, a.At)
		}
		if !slices.EqualFunc(raised, want, time.Time.Equal) {
			t.Fatalf("backtest %v\nlived %v", raised, want)
		}
	}
}

func lived(rule alarm.Rule, values []float64) (raised []time.Time) {
	m, _ := alarm.New([]alarm.Rule{rule}, room, nil)
	n := uint64(0)
	for s := range len(values) * 60 {
		now := point.Instant{Boot: "b", Mono: time.Hour + time.Duration(s)*time.Second, Wall: begin.Add(time.Duration(s) * time.Second), Clock: point.ClockSynchronised}
		m.Tick(now)
		if s%60 == 0 {
			m.Sample(now, point.Sample{Point: "th1/t", Value: point.OfReal(values[s/60]), At: now})
		}
		for _, c := range m.Take() {
			switch c.Type {
			case event.AlarmRaised:
				n++
				m.Raised(c.Alarm.Key, event.ID{Box: "b", Epoch: "e", Sequence: n})
				raised = append(raised, c.At.Wall)
			case event.AlarmCleared:
				_ = m.Acknowledge(now, c.Alarm.Key, event.ID{}, "li", "")
				_ = m.Reset(now, c.Alarm.Key, event.ID{}, "li")
			}
		}
	}
	return raised
}

func TestExplainThePast(t *testing.T) {
	q := Request{Old: []alarm.Rule{warm(30, 5*time.Minute)}, Points: room, From: begin, Read: tape(time.Minute, 20, 31, 31, 31, 20, 20, 31, 31, 31, 31, 31, 31, 31)}
	for minute, want := range map[int]string{2: alarm.VerdictWaiting, 5: alarm.VerdictQuiet, 12: alarm.VerdictRaised} {
		d, ok, err := Explain(context.Background(), q, "warm/th1/t", begin.Add(time.Duration(minute)*time.Minute))
		if err != nil || !ok || d.Verdict != want || len(d.Inputs) != 1 {
			t.Errorf("minute %d: %+v, %v, %v", minute, d, ok, err)
		}
	}
	var lost *NotKept // the minutes before a power cut, of which nobody may say that all was quiet
	if d, _, err := Explain(context.Background(), q, "warm/th1/t", begin.Add(-time.Minute)); !errors.As(err, &lost) {
		t.Errorf("before the first reading: %+v, %v", d, err)
	}
}
