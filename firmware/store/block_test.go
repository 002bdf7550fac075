package store

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"watchbox/firmware/point"
)

func readingsOf(values ...point.Value) *run {
	r := &run{}
	for i, v := range values {
		q := point.Quality{}
		if v.IsNone() {
			q = point.BadBecause(point.Timeout)
		}
		r.add(Reading{At: time.UnixMilli(1748764800000 + int64(i)*10_000 + int64(i%3)*10), Value: v, Quality: q})
	}
	return r
}

func TestBlocksKeepWhatTheyAreGiven(t *testing.T) {
	none := point.Value{}
	long := []point.Value{}
	for i := range blockMost {
		long = append(long, point.OfReal(float64(200+i%7)/10))
	}
	for name, values := range map[string][]point.Value{
		"empty":      {},
		"one":        {point.OfInt(-5)},
		"only bad":   {none, none},
		"bools":      {point.OfBool(true), point.OfBool(false), none, point.OfBool(true)},
		"integers":   {point.OfInt(math.MinInt64), point.OfInt(math.MaxInt64), point.OfInt(0)},
		"counts":     {point.OfCount(math.MaxUint64), point.OfCount(3), point.OfCount(1 << 63)},
		"tenths":     {none, point.OfReal(22.5), point.OfReal(-0.3), none, point.OfReal(23)},
		"energy":     {point.OfReal(123456.78), point.OfReal(123456.79)},
		"extremes":   {point.OfReal(1e300), point.OfReal(math.Inf(1)), point.OfReal(-1e-300)},
		"texts":      {point.OfText("正常"), point.OfText(""), none, point.OfText("正常")},
		"long block": long,
	} {
		r := readingsOf(values...)
		got, err := decodeBlock(r.encode())
		if err != nil || len(got) != len(values) {
			t.Errorf("%s: %d readings, %v", name, len(got), err)
			continue
		}
		for i, x := range got {
			if want := r.readings[i]; !x.At.Equal(want.At) || x.Quality != want.Quality || x.Value != want.Value {
				t.Errorf("%s %d: %+v, want %+v", name, i, x, want)
				break
			}
		}
	}
}

func TestComputedRealsKeepSixDigits(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, scale := range []float64{1e-6, 1, 1e4, 1e9} {
		r := &run{}
		for i := range 500 {
			r.add(Reading{At: time.UnixMilli(int64(i) * 1000), Value: point.OfReal(scale * (1 + random.Float64()))})
		}
		got, err := decodeBlock(r.encode())
		if err != nil {
			t.Fatal(err)
		}
		for i, x := range got {
			have, _ := x.Value.Float()
			want, _ := r.readings[i].Value.Float()
			if math.Abs(have-want) > want*1e-6 {
				t.Fatalf("scale %g: %v, want %v", scale, have, want)
			}
		}
	}
}

// The budget of DESIGN.md 7, for what a room gives: polled every ten seconds
// with the jitter of a busy bus.
func TestSamplesFitTheirBudget(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	walk := 22.0
	total, samples := 0, 0
	for name, next := range map[string]func(i int) point.Value{
		"temperature, tenths": func(int) point.Value {
			walk += float64(random.IntN(3)-1) / 10
			return point.OfReal(math.Round(walk*10) / 10)
		},
		"voltage with noise": func(int) point.Value { return point.OfReal(float64(2300+random.IntN(21)-10) / 10) },
		"latency, computed":  func(int) point.Value { return point.OfReal(0.8 + random.ExpFloat64()*0.1) },
		"state":              func(i int) point.Value { return point.OfBool(i%300 == 0) },
		"energy":             func(i int) point.Value { return point.OfReal(math.Round(81234.5*10+float64(i)*0.8) / 10) },
		"octets":             func(i int) point.Value { return point.OfCount(uint64(i)*1_250_000 + uint64(random.IntN(100_000))) },
	} {
		r := &run{}
		for i := range 2160 { // six hours
			jitter := time.Duration(random.IntN(30)) * time.Millisecond
			r.add(Reading{At: time.UnixMilli(1748764800000).Add(time.Duration(i)*10*time.Second + jitter).Truncate(timeStep), Value: next(i)})
		}
		size := len(r.encode())
		t.Logf("%-20s %.2f bytes a sample", name, float64(size)/float64(len(r.readings)))
		total, samples = total+size, samples+len(r.readings)
	}
	if each := float64(total) / float64(samples); each > 2.5 {
		t.Errorf("%.2f bytes a sample, want at most 2.5", each)
	}
}

func TestDamagedBlocks(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for _, values := range [][]point.Value{{point.OfReal(1), point.OfReal(2.5)}, {point.OfText("a"), point.OfText("b")}, {point.OfInt(7)}} {
		whole := readingsOf(values...).encode()
		for i := range whole {
			if _, err := decodeBlock(whole[:i]); err == nil {
				t.Errorf("cut at %d of %d: no error", i, len(whole))
			}
		}
		for range 2000 {
			b := append([]byte(nil), whole...)
			b[random.IntN(len(b))] ^= 1 << random.IntN(8)
			decodeBlock(b)
		}
	}
	if _, err := decodeBlock(append(readingsOf(point.OfInt(1)).encode(), 0)); err == nil {
		t.Error("a byte too many: no error")
	}
}

func FuzzDecodeBlock(f *testing.F) {
	for _, r := range []*run{
		readingsOf(), readingsOf(point.OfInt(1), point.Value{}), readingsOf(point.OfReal(22.5), point.OfReal(1e300)),
		readingsOf(point.OfText("开"), point.OfText("关")), readingsOf(point.OfBool(true)), readingsOf(point.OfCount(9)),
	} {
		f.Add(r.encode())
	}
	long := &run{}
	for i := range 300 {
		long.add(Reading{At: time.UnixMilli(int64(i) * 1000), Value: point.OfReal(float64(i % 5))})
	}
	f.Add(long.encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		readings, err := decodeBlock(b)
		if err != nil {
			return
		}
		if len(readings) > blockMost {
			t.Fatalf("%d readings", len(readings))
		}
		r := &run{}
		for _, x := range readings {
			if !r.fits(x) {
				t.Fatal("decoded readings do not fit one block")
			}
			r.add(x)
		}
		again, err := decodeBlock(r.encode())
		if err != nil || len(again) != len(readings) {
			t.Fatalf("again: %d of %d, %v", len(again), len(readings), err)
		}
		for i := range again {
			if !again[i].At.Equal(readings[i].At) || again[i].Quality != readings[i].Quality {
				t.Fatal(fmt.Sprint(again[i], readings[i]))
			}
		}
	})
}
