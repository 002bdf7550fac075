package derive

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/point"
)

func described(names ...point.Name) (all []point.Point) {
	for _, n := range names {
		all = append(all, point.Point{Name: n})
	}
	return all
}

func at(seconds float64) point.Instant {
	return point.Instant{Boot: "b", Mono: time.Duration(seconds * float64(time.Second))}
}

func one(t *testing.T, d Definition, from ...point.Name) *Set {
	t.Helper()
	s, errs := New([]Definition{d}, described(from...))
	if len(errs) != 0 {
		t.Fatal(errs)
	}
	return s
}

// said shows what came out: "", a value, or a quality.
func said(out []point.Sample) string {
	var all []string
	for _, s := range out {
		w := s.Quality.String()
		if f, ok := s.Value.Float(); ok {
			w = strings.TrimSuffix(fmt.Sprintf("%.4g %s", f, w), " good")
		}
		all = append(all, w)
	}
	return strings.Join(all, ", ")
}

func TestRate(t *testing.T) {
	const big = 1 << 32
	type reading struct {
		at    float64
		count uint64
		want  string
	}
	for name, readings := range map[string][]reading{
		"rises":               {{0, 100, ""}, {10, 200, "10"}, {15, 200, "0"}, {16, 1200, "1000"}},
		"wraps at 32 bits":    {{0, big - 100, ""}, {10, 100, "20"}},
		"wraps at 64 bits":    {{0, math.MaxUint64 - 99, ""}, {10, 100, "20"}},
		"restarted":           {{0, 3000, ""}, {10, 5, ""}, {20, 105, "10"}},
		"restarted, 64 bits":  {{0, 50 * big, ""}, {10, 5, ""}, {20, 105, "10"}},
		"told twice":          {{0, 100, ""}, {0, 100, ""}, {0.01, 150, ""}, {10, 200, "10"}},
		"clock steps back":    {{10, 100, ""}, {5, 200, ""}, {15, 300, "10"}},
		"as large as can be":  {{0, 0, ""}, {1, 1<<64 - 1, "1.845e+19"}},
		"restarted near wrap": {{0, big / 2, ""}, {10, 5, ""}},
	} {
		t.Run(name, func(t *testing.T) {
			s := one(t, Definition{Point: "d/rate", Kind: "rate", From: []point.Name{"d/count"}}, "d/count")
			for i, r := range readings {
				out := s.Sample(at(r.at), point.Sample{Point: "d/count", Value: point.OfCount(r.count)})
				if said(out) != r.want {
					t.Errorf("reading %d: %q, want %q", i, said(out), r.want)
				}
			}
		})
	}
}

func TestRateWithAClock(t *testing.T) {
	type poll struct {
		uptime uint64 // hundredths
		count  uint64
		want   string
	}
	const end = 1<<32 - 500
	stories := map[string][]poll{
		"rises":                   {{1000, 100, ""}, {2000, 200, "10"}},
		"restarted, count higher": {{90000, 100, ""}, {500, 200, ""}, {1500, 300, "10"}},
		"restarted, count lower":  {{90000, 1<<32 - 10, ""}, {500, 200, ""}, {1500, 300, "10"}},
		"wraps":                   {{1000, 1<<32 - 10, ""}, {2000, 990, "100"}},
		"up-time wraps":           {{end, 100, ""}, {500, 200, "10"}},
		"restarts near its wrap":  {{end, 300, ""}, {500, 200, ""}},
	}
	for name, polls := range stories {
		for _, clockFirst := range []bool{true, false} {
			t.Run(fmt.Sprint(name, clockFirst), func(t *testing.T) {
				s := one(t, Definition{Point: "d/rate", Kind: "rate", From: []point.Name{"d/count"}, Clock: "d/uptime"}, "d/count", "d/uptime")
				for i, p := range polls {
					pair := []point.Sample{{Point: "d/uptime", Value: point.OfCount(p.uptime)}, {Point: "d/count", Value: point.OfCount(p.count)}}
					if !clockFirst {
						pair[0], pair[1] = pair[1], pair[0]
					}
					var out []point.Sample
					for j, x := range pair {
						x.At = at(float64(10*i) + float64(j)/1000)
						out = append(out, s.Sample(x.At, x)...)
					}
					got := said(out)
					if got != "" && math.Abs(mustFloat(out[0])-mustRead(p.want)) < 0.1 {
						got = p.want
					}
					if got != p.want {
						t.Errorf("poll %d: %q, want %q", i, said(out), p.want)
					}
				}
			})
		}
	}
}

func mustFloat(s point.Sample) float64 { f, _ := s.Value.Float(); return f }

func mustRead(s string) (f float64) { fmt.Sscan(s, &f); return f }

func TestRateOfBadReadings(t *testing.T) {
	s := one(t, Definition{Point: "d/rate", Kind: "rate", From: []point.Name{"d/count"}, Scale: 8}, "d/count")
	tell := func(seconds float64, v point.Value, q point.Quality) string {
		return said(s.Sample(at(seconds), point.Sample{Point: "d/count", Value: v, Quality: q}))
	}
	tell(0, point.OfCount(0), point.Quality{})
	if got := tell(10, point.Value{}, point.BadBecause(point.Timeout)); got != "bad/timeout" {
		t.Error(got)
	}
	if got := tell(20, point.OfCount(100), point.UncertainBecause(point.Overflow)); got != "40 uncertain/overflow" {
		t.Error(got)
	}
	if got := tell(30, point.OfText("x"), point.Quality{}); got != "" {
		t.Error(got)
	}
}

func TestDewPoint(t *testing.T) {
	// Check values by hand from the formula's table of saturation pressures:
	// 20 °C holds 23.4 hPa, half of it saturates at 9.3 °C.
	for _, c := range []struct{ t, h, want float64 }{{20, 50, 9.26}, {25, 100, 25}, {25, 104, 25}, {30, 60, 21.4}, {0, 50, -9.2}} {
		if got, ok := magnus(c.t, c.h); !ok || math.Abs(got-c.want) > 0.1 {
			t.Errorf("%v °C %v %%: %.2f, want %.2f", c.t, c.h, got, c.want)
		}
	}
	for _, c := range [][2]float64{{61, 50}, {-46, 50}, {20, 0}, {20, 106}, {math.NaN(), 50}, {20, math.NaN()}} {
		if got, ok := magnus(c[0], c[1]); ok {
			t.Errorf("%v: %v", c, got)
		}
	}
	s := one(t, Definition{Point: "r/dew", Kind: "dew-point", From: []point.Name{"th/t", "th/h"}}, "th/t", "th/h")
	tell := func(n point.Name, v float64, q point.Quality) string {
		return said(s.Sample(at(1), point.Sample{Point: n, Value: point.OfReal(v), Quality: q}))
	}
	if got := tell("th/t", 20, point.Quality{}); got != "" {
		t.Error(got)
	}
	if got := tell("th/h", 100, point.Quality{}); got != "20" {
		t.Error(got)
	}
	if got := tell("th/h", 0, point.Quality{}); got != "bad/out-of-range" {
		t.Error(got)
	}
	if got := tell("th/t", 0, point.BadBecause(point.DeviceFault)); got != "bad/device-fault" {
		t.Error(got)
	}
	if u := s.Points()[0].Unit; u != "°C" {
		t.Error(u)
	}
}

func TestCountOf(t *testing.T) {
	s := one(t, Definition{Point: "r/n", Kind: "count-of", From: []point.Name{"a/1", "a/2", "a/3"}}, "a/1", "a/2", "a/3")
	for _, c := range []struct{ story, want string }{
		{"1=1", ""}, {"2=0", ""}, {"3=1", "2"}, {"2=1", "3"}, {"1=0", "2"},
		{"2=?", "2 uncertain/timeout"}, {"3=0", "1 uncertain/timeout"}, {"2=0", "0"},
		{"1=?", "0 uncertain/timeout"}, {"2=?", "0 uncertain/timeout"}, {"3=?", "bad/timeout"},
	} {
		n, v, _ := strings.Cut(c.story, "=")
		in := point.Sample{Point: point.Name("a/" + n), Value: point.OfBool(v == "1")}
		if v == "?" {
			in.Quality = point.BadBecause(point.Timeout)
		}
		if got := said(s.Sample(at(1), in)); got != c.want {
			t.Errorf("%s: %q, want %q", c.story, got, c.want)
		}
	}
}

func TestBrokenDefinitionsAreLeftOutAndNamed(t *testing.T) {
	a := []point.Name{"a/a"}
	s, errs := New([]Definition{
		{Point: "x/ok", Kind: "rate", From: a},
		{Point: "x/chain", Kind: "count-of", From: []point.Name{"x/ok"}},
		{Point: "x/ok", Kind: "rate", From: a},
		{Point: "a/a", Kind: "rate", From: a},
		{Point: "Bad", Kind: "rate", From: a},
		{Point: "x/1", Kind: "integral", From: a},
		{Point: "x/2", Kind: "dew-point", From: a},
		{Point: "x/3", Kind: "rate", From: []point.Name{"x/4"}},
		{Point: "x/4", Kind: "rate", From: []point.Name{"x/4"}},
		{Point: "x/5", Kind: "rate", From: a, Clock: "no/clock"},
	}, described("a/a"))
	if len(errs) != 8 || len(s.Points()) != 2 {
		t.Errorf("%d points, %v", len(s.Points()), errs)
	}
	for _, err := range errs {
		if !strings.HasPrefix(err.Error(), "derived point ") {
			t.Error(err)
		}
	}
}

func FuzzRate(f *testing.F) {
	f.Add(uint64(1), uint64(2), uint64(3), uint64(10), uint64(20), uint64(5), true)
	f.Add(uint64(1<<32-1), uint64(2), uint64(1<<63), uint64(1<<32-1), uint64(1), uint64(0), false)
	f.Fuzz(func(t *testing.T, a, b, c, u, v, w uint64, clocked bool) {
		d := Definition{Point: "d/rate", Kind: "rate", From: []point.Name{"d/count"}}
		if clocked {
			d.Clock = "d/uptime"
		}
		s := one(t, d, "d/count", "d/uptime")
		for i, pair := range [][2]uint64{{a, u}, {b, v}, {c, w}} {
			for _, x := range []point.Sample{{Point: "d/uptime", Value: point.OfCount(pair[1])}, {Point: "d/count", Value: point.OfCount(pair[0])}} {
				for _, o := range s.Sample(at(float64(i)*10), x) {
					if r, ok := o.Value.Float(); !ok || r < 0 || math.IsInf(r, 0) || math.IsNaN(r) {
						t.Fatalf("rate %v", o)
					}
				}
			}
		}
	})
}
