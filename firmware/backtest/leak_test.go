package backtest

import (
	"context"
	"testing"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/point"
)

// TestALeakIsReplayedWithItsDistance: what is told beside a contact is read along, though
// no rule watches it.
func TestALeakIsReplayedWithItsDistance(t *testing.T) {
	points := []point.Point{
		{Name: "cable/leak", Kind: point.Bool, Says: point.Words{Zh: "{far} 处", En: "at {far}"}},
		{Name: "cable/far", Kind: point.Real, Unit: "m", Decimals: 1},
	}
	rule := alarm.Rule{ID: "leak", Label: point.Words{Zh: "漏水", En: "Leak"}, Points: []string{"cable/leak"}, When: alarm.Condition{Is: "true"}, Priority: 2}
	at := func(n point.Name, after time.Duration, v point.Value) point.Sample {
		return point.Sample{Point: n, Value: v, At: point.Instant{Wall: begin.Add(after)}}
	}
	r, err := Run(context.Background(), Request{Old: []alarm.Rule{rule}, New: []alarm.Rule{rule}, Points: points, From: begin, To: begin.Add(time.Hour),
		Read: record(at("cable/far", 0, point.OfReal(0)), at("cable/leak", time.Second, point.OfBool(false)),
			at("cable/leak", time.Minute, point.OfBool(true)), at("cable/far", time.Minute+time.Second, point.OfReal(12.3)))})
	if err != nil {
		t.Fatal(err)
	}
	if a := r.New.Raises; len(a) != 1 || a[0].Value != "12.3 m 处" || !a[0].At.Equal(begin.Add(time.Minute+time.Second)) {
		t.Errorf("%+v", a)
	}
}
