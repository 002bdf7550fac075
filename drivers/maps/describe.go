package maps

import (
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// Product is what the page shows of a device by this map.
func (m *Map) Product() driver.Product {
	return driver.Product{Model: m.Label, Trust: m.trust(), Source: m.Source, Template: m.Template(), Brief: m.Brief}
}

// PeriodsFor is how often each rank is asked where the site file wants
// measurements in that period; 0 takes the map's. Alarms are never asked less often.
func (m *Map) PeriodsFor(wanted time.Duration) [3]time.Duration {
	p := m.Periods
	if wanted > 0 {
		p[Measure] = wanted
		p[Alarm] = min(p[Alarm], wanted)
		p[Statistic] = max(p[Statistic], wanted)
	}
	return p
}

// staleAfter is how many periods a value lives, and staleLeast the least: a bus
// that serves dead devices may run late.
const (
	staleAfter = 4
	staleLeast = 30 * time.Second
)

// Describe is the point of that device, asked for in that period.
func (p *Point) Describe(spec driver.Spec, period time.Duration) point.Point {
	low, high := p.Writable()
	described := point.Point{
		Name: point.Join(spec.Name, p.Item), Label: p.Label, Kind: p.Kind(), Unit: p.Unit, Decimals: p.Decimals,
		States: p.States, Room: spec.Room, Source: p.Provenance(), Trust: string(p.Confidence),
		Stale: max(staleAfter*period, staleLeast).Milliseconds(), Period: period.Milliseconds(), Write: p.Write,
		Confirm: p.Confirm, Clear: p.Clear, Says: p.Says,
	}
	if p.Write {
		described.Low, described.High = low, high
	}
	if p.Feedback != "" {
		described.Feedback = point.Join(spec.Name, p.Feedback)
	}
	return described
}

// Rests is what becomes of the items that can be written when nobody talks to the
// device of that name.
func (m *Map) Rests(device string) (all []driver.Rest) {
	for i := range m.Points {
		if p := &m.Points[i]; p.Write {
			all = append(all, driver.Rest{Point: point.Join(device, p.Item), Label: p.Label, State: m.Loss.State, Hold: m.Loss.After, Source: m.Loss.Source})
		}
	}
	return all
}
