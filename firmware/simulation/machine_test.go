package simulation

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/live"
	"watchbox/firmware/point"
)

// A day of a box on which people simulate, and points are read well and badly: what is
// kept beside is what a table without simulations holds, every simulation is in the
// journal twice, none outlives its time, and the state that is kept names those that run.
func TestWhatIsKeptBesideIsWhatIsRead(t *testing.T) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 7))
		points := []point.Point{{Name: "d/a", Kind: point.Real}, {Name: "d/b", Kind: point.Bool}, {Name: "d/c", Kind: point.Int}}
		shown, _ := live.New(points)
		truth, _ := live.New(points)
		m, now := New(), point.Instant{Boot: "b", Mono: time.Hour, Wall: time.Unix(1e9, 0)}
		kept, began, ended := map[string][]byte{}, 0, 0
		end := func(n point.Name) {
			if real, ok := m.End(now, n, "box", point.Words{Zh: "完", En: "over"}); ok {
				shown.Set(real)
			}
		}
		for range 300 {
			now = now.Add(time.Duration(r.IntN(40)) * time.Second)
			p := points[r.IntN(len(points))]
			switch n := p.Name; r.IntN(6) {
			case 0:
				e, _ := shown.Get(n)
				if m.Begin(now, e, point.OfReal(float64(r.IntN(3))), time.Duration(r.IntN(300))*time.Second, "gong", "") == nil {
					shown.Put(m.Sample(now, n))
				}
			case 1:
				end(n)
			default:
				s := point.Sample{Point: n, Value: point.OfReal(r.Float64()), At: now}
				if r.IntN(3) == 0 {
					s.Quality = point.BadBecause(point.Timeout)
				}
				truth.Put(s)
				shown.Put(m.Stand(s))
			}
			for _, n := range m.Due(now) {
				end(n)
			}
			for _, rec := range m.Take() {
				began, ended = began+btoi(rec.Type == event.SimulationBegan), ended+btoi(rec.Type == event.SimulationEnded)
				if rec.Text.Zh == "" || rec.Text.En == "" || !rec.Simulated {
					t.Fatalf("%+v", rec)
				}
			}
			for _, k := range m.Retained() {
				if kept[k.Key] = k.Value; k.Value == nil {
					delete(kept, k.Key)
				}
			}
			if len(kept) != len(m.Views()) || m.Next() <= now.Mono {
				t.Fatalf("seed %d: %d kept, %d run", seed, len(kept), len(m.Views()))
			}
			for i := range truth.Len() {
				want, got := truth.At(i), shown.At(i)
				if got.Last.Quality.IsSimulated() != m.Runs(want.Point.Name) {
					t.Fatalf("seed %d: %v", seed, got)
				}
				if !m.Runs(want.Point.Name) && fmt.Sprint(got.Last, got.Good, got.Seen) != fmt.Sprint(want.Last, want.Good, want.Seen) {
					t.Fatalf("seed %d: %v, want %v", seed, got, want)
				}
			}
		}
		if began < ended || began == 0 {
			t.Fatalf("seed %d: %d began, %d ended", seed, began, ended)
		}
		next := New()
		next.Restore(now, kept)
		if told := next.Take(); len(told) != len(kept) {
			t.Fatalf("seed %d: the next run tells of %d, %d were under way", seed, len(told), len(kept))
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestAValueFitsItsPoint(t *testing.T) {
	states := map[int64]point.Words{0: {En: "off"}, 2: {En: "on"}}
	for _, c := range []struct {
		point point.Point
		value point.Value
		want  point.Value // nothing: refused
	}{
		{point.Point{Kind: point.Bool}, point.OfReal(1), point.OfBool(true)},
		{point.Point{Kind: point.Bool}, point.OfReal(2), point.Value{}},
		{point.Point{Kind: point.Int, States: states}, point.OfReal(2), point.OfInt(2)},
		{point.Point{Kind: point.Int, States: states}, point.OfReal(1), point.Value{}},
		{point.Point{Kind: point.Int, States: states}, point.OfReal(0.5), point.Value{}},
		{point.Point{Kind: point.Int}, point.OfReal(-3), point.OfInt(-3)},
		{point.Point{Kind: point.Count}, point.OfInt(-3), point.Value{}},
		{point.Point{Kind: point.Count}, point.OfReal(3), point.OfCount(3)},
		{point.Point{Kind: point.Real}, point.OfInt(3), point.OfReal(3)},
		{point.Point{Kind: point.Real}, point.OfReal(1e300), point.Value{}},
		{point.Point{Kind: point.Real}, point.Value{}, point.Value{}},
		{point.Point{Kind: point.Text}, point.OfText("x"), point.OfText("x")},
		{point.Point{Kind: point.Text}, point.OfInt(1), point.Value{}},
	} {
		got, err := fit(&c.point, c.value)
		if (err != nil) != c.want.IsNone() || err == nil && got != c.want {
			t.Errorf("%v for %v: %v, %v", c.value, c.point.Kind, got, err)
		}
	}
}

// The length is told as a person says it.
func TestHowLongASimulationLasts(t *testing.T) {
	table, _ := live.New([]point.Point{{Name: "d/b", Kind: point.Bool}})
	e, _ := table.Get("d/b")
	m := New()
	if err := m.Begin(point.Instant{}, e, point.OfBool(true), 90*time.Second, "gong", ""); err != nil {
		t.Fatal(err)
	}
	if w := m.Take()[0].Text; !strings.Contains(w.Zh, "，1 分 30 秒后自动结束") || !strings.Contains(w.En, "in 1 min 30 s") {
		t.Errorf("%+v", w)
	}
	if err := m.Begin(point.Instant{}, e, point.OfBool(true), Most+1, "gong", ""); err == nil || !strings.Contains(err.Error(), "10 s to 4 h") {
		t.Error(err)
	}
}
