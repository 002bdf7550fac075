package team

import (
	"fmt"
	"slices"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// Machine runs every team of a site. One goroutine may use it; it reads no clock.
type Machine struct {
	crews   []*crew
	by      map[point.Name][]*crew
	dropped []string // retained keys to delete
	views   []TeamView
	stale   bool
	live    bool // the retained state is merged in
}

// New makes a machine of every team that is right; the errors name the others.
// The wall clock is read in zone. It orders nothing before Restore: nobody knows
// yet which unit a person has taken in hand.
func New(list []Team, zone *time.Location) (*Machine, []error) {
	m := &Machine{stale: true}
	crews, errs := compile(list, zone)
	m.crews = crews
	m.index()
	return m, errs
}

func compile(list []Team, zone *time.Location) (crews []*crew, errs []error) {
	for _, d := range list {
		t, err := newCrew(d, zone)
		if err != nil {
			errs = append(errs, fmt.Errorf("team %s: %w", d.ID, err))
			continue
		}
		crews = append(crews, t)
	}
	return crews, errs
}

// index finds the teams by the points that they hear of.
func (m *Machine) index() {
	m.by = map[point.Name][]*crew{}
	add := func(p point.Name, t *crew) {
		if p != "" && !slices.Contains(m.by[p], t) {
			m.by[p] = append(m.by[p], t)
		}
	}
	for _, t := range m.crews {
		add(t.Mains, t)
		add(t.Temperature, t)
		for _, u := range t.units {
			add(u.state(), t)
			for _, f := range u.Failed {
				add(point.Name(f), t)
			}
		}
	}
}

// Tick decides what is due.
func (m *Machine) Tick(now point.Instant) {
	if !m.live {
		return
	}
	for _, t := range m.crews {
		t.begin(now.Mono)
		if t.dirty || now.Mono >= t.due {
			t.decide(now)
			m.stale = true
		}
	}
}

// Next is when Tick has something to do.
func (m *Machine) Next() time.Duration {
	next := point.Never
	if !m.live {
		return next
	}
	for _, t := range m.crews {
		if t.dirty {
			return 0
		}
		next = min(next, t.due)
	}
	return next
}

// Take hands over what is to be ordered, journaled and told to the alarms.
func (m *Machine) Take() (orders []Order, records []event.Record, signals []alarm.Signal) {
	for _, t := range m.crews {
		orders, records, signals = append(orders, t.orders...), append(records, t.records...), append(signals, t.signals...)
		t.orders, t.records, t.signals = nil, nil, nil
	}
	return orders, records, signals
}

// Views are the teams as they are. Nobody writes to the slice; a change replaces it.
func (m *Machine) Views() []TeamView {
	if !m.stale {
		return m.views
	}
	m.stale, m.views = false, nil
	for _, t := range m.crews {
		m.views = append(m.views, t.view())
	}
	return m.views
}

func (t *crew) view() TeamView {
	v := TeamView{ID: t.ID, Label: t.label(), Room: t.Room, Duty: t.Duty, Needed: t.needed(), Assist: t.assist, Blackout: t.dark, Short: t.isShort, Why: t.why}
	if t.RotateDay != "" && !t.rotated.IsZero() {
		v.Next = t.nextTurn(t.rotated)
	}
	for _, u := range t.units {
		v.Units = append(v.Units, u.view())
	}
	return v
}
