package engine

import (
	"cmp"
	"runtime"
	"slices"
	"testing"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// BenchmarkAcknowledgeAll is one order for 5 000 standing alarms: how long the
// engine looks at no inlet while it is carried out, which is what a panic button
// may have to wait for, and how long the whole takes.
func BenchmarkAcknowledgeAll(b *testing.B) {
	e, s := newEstate(b, panicSiren, 1)
	clock, skipped := e.clock, time.Duration(0)
	e.clock = func() point.Instant { return clock().Add(skipped) }
	var pieces []time.Duration
	var whole time.Duration
	for range b.N {
		for _, v := range []float64{20, 200} { // those that were acknowledged go, and all come anew
			skipped += 20 * time.Minute // none of them is chattering
			for i := range estateRules {
				e.Offer(point.Sample{Point: estatePoint(i), Value: point.OfReal(v)})
			}
			for e.Turn(); e.behind; e.Turn() {
			}
		}
		began := time.Now()
		last := began
		s.told = func() { pieces, last = append(pieces, time.Since(last)), time.Now() }
		if err := e.obey(Command{Verb: Acknowledge, Target: alarm.Every, Actor: "li"}); err != nil {
			b.Fatal(err)
		}
		for e.Turn(); slices.ContainsFunc(e.Alarms.Alarms(), func(a *alarm.Alarm) bool { return !a.Acknowledged }); e.Turn() {
		}
		whole, s.told = whole+last.Sub(began), nil
	}
	slices.Sort(pieces)
	b.ReportMetric(float64(pieces[len(pieces)/2].Microseconds()), "µs-piece-p50")
	b.ReportMetric(float64(pieces[len(pieces)*99/100].Microseconds()), "µs-piece-p99")
	b.ReportMetric(float64(whole.Microseconds())/1000/float64(b.N), "ms-whole")
}

// TestAPanicButtonIsServedAmidAnOrderForAll: after the first piece the button is
// pressed; the siren sounds before the second. The person's order is one record,
// in one batch with what is retained of it; whoever gave it is answered at its end.
func TestAPanicButtonIsServedAmidAnOrderForAll(t *testing.T) {
	e, s := newEstate(t, panicSiren, 1)
	for i := range 500 {
		e.Offer(point.Sample{Point: estatePoint(i), Value: point.OfReal(200)})
	}
	for e.Turn(); e.behind; e.Turn() {
	}
	pieces, sounded, orders := 0, 0, 0
	s.told = func() {
		if pieces++; pieces == 1 {
			e.Edge(point.Sample{Point: "oc/panic0", Value: point.OfBool(true)})
		}
		select {
		case <-s.heard:
			sounded = cmp.Or(sounded, pieces) // later ones are beats of its cadence
		default:
		}
	}
	s.kept = func(b event.Batch) {
		for _, r := range b.Records {
			if r.Type == event.AlarmsOrdered {
				orders++
				if r.Actor != "li" || !slices.ContainsFunc(b.Retained, func(k event.Retained) bool { return k.Key == "sweep:alarms" && k.Value != nil }) {
					t.Errorf("the order and what is left of it are not one: %+v", r)
				}
			}
		}
	}
	answer := make(chan error)
	go func() {
		answer <- e.Do(t.Context(), Command{Verb: Acknowledge, Target: alarm.Every, Actor: "li", Comment: "seen"})
	}()
	for !e.in.waits() {
		runtime.Gosched()
	}
	for e.Turn(); e.sweepers != nil; e.Turn() {
	}
	if pieces < 10 || sounded != 2 || orders != 1 {
		t.Errorf("%d pieces, the siren sounded at piece %d, %d orders in the journal", pieces, sounded, orders)
	}
	if err := <-answer; err != nil {
		t.Error(err)
	}
	for _, a := range e.Alarms.Alarms() {
		if a.Acknowledged == (a.Key == "zone/panic0") {
			t.Errorf("%s: acknowledged %v", a.Key, a.Acknowledged)
		}
	}
}
