package alarm

import (
	"fmt"
	"testing"
	"time"

	"watchbox/firmware/event"
)

// BenchmarkStorm raises and clears alarms among 5 000 definitions, each with
// causes, a group and a label: one step of the engine, with its numbers, list,
// retained state and decisions. ns/alarm must not grow with the alarms of a step.
func BenchmarkStorm(b *testing.B) {
	for _, n := range []int{1, 50, 500, 5000} {
		b.Run(fmt.Sprintf("%d-alarms", n), func(b *testing.B) {
			m := estate(b)
			now := time.Duration(0)
			for b.Loop() {
				for _, on := range []bool{true, false} {
					now += 2 * time.Second
					storm(m, now, n, on)
				}
				now += 10 * time.Minute
				m.Tick(at(now))
				m.Take()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/alarm")
		})
	}
}

func estate(b *testing.B) *Machine {
	var defs []Definition
	for i := range 5000 {
		defs = append(defs, Definition{Key: fmt.Sprintf("device/%d", i), Priority: 1 + i%4, Group: fmt.Sprint("g", i%100),
			Causes: []string{fmt.Sprintf("bus/%d", i%50), "mains*"}})
	}
	for i := range 50 {
		defs = append(defs, Definition{Key: fmt.Sprintf("bus/%d", i), Priority: 2, Causes: []string{"mains*"}})
	}
	m, errs := New(nil, nil, append(defs, Definition{Key: "mains", Priority: 1}))
	if len(errs) > 0 {
		b.Fatal(errs)
	}
	return m
}

func storm(m *Machine, now time.Duration, n int, on bool) {
	for i := range n {
		_ = m.Signal(at(now), Signal{Key: fmt.Sprintf("device/%d", i), Active: on})
		if !on {
			_ = m.Acknowledge(at(now), fmt.Sprintf("device/%d", i), event.ID{}, "li", "")
		}
	}
	m.Tick(at(now))
	for i, c := range m.Take() {
		if c.Type == event.AlarmRaised {
			m.Raised(c.Alarm.Key, event.ID{Box: "b", Epoch: "e", Sequence: uint64(i + 1)})
		}
	}
	m.Alarms()
	m.Retained()
	m.Decisions()
}

// BenchmarkMains is one cause that takes 5 000 alarms under it and lets them go.
func BenchmarkMains(b *testing.B) {
	m := estate(b)
	now := time.Duration(0)
	for b.Loop() {
		now += time.Hour
		_ = m.Signal(at(now), Signal{Key: "mains", Active: true})
		storm(m, now, 5000, true)
		_ = m.Signal(at(now+2*time.Second), Signal{Key: "mains"})
		storm(m, now+3*time.Second, 5000, false)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*5000), "ns/alarm")
}
