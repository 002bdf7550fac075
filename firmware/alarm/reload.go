package alarm

import (
	"maps"
	"slices"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// Reload compiles and swaps in other rules and definitions. With errors nothing
// changes. Afterwards the owner feeds the newest sample of each point again, so
// that changed limits are judged at once.
func (m *Machine) Reload(now point.Instant, rules []Rule, points []point.Point, more []Definition) []error {
	p, errs := Compile(rules, points, more)
	if len(errs) == 0 {
		m.Swap(now, p)
	}
	return errs
}

// Swap takes a compiled program: unchanged keys keep their state and timers, a
// renamed one takes the state of its former key, vanished ones end as removed
// by configuration. Rules that were out of service get another chance.
func (m *Machine) Swap(now point.Instant, p *Program) {
	old := m.lives
	m.lives = make(map[string]*life, len(p.definitions))
	fresh := make(map[string]bool, len(p.definitions))
	for _, d := range p.definitions {
		fresh[d.Key] = true
	}
	for _, d := range p.definitions {
		m.adopt(now, old, d, fresh)
	}
	for _, key := range slices.Sorted(maps.Keys(old)) {
		m.drop(now, old[key])
	}
	m.watches = p.watches
	for _, list := range m.watches {
		for _, w := range list {
			w.life = m.lives[w.key]
			w.life.rule = w
		}
	}
	m.stale = true
	m.link(now)
	if l := m.lives[RulesKey]; l.holds || l.Active {
		m.judge(now, l, false)
	}
}

// adopt gives the definition its life: the one of its key, of its former key,
// or a new one.
func (m *Machine) adopt(now point.Instant, old map[string]*life, d Definition, fresh map[string]bool) {
	from, guarded := d.Key, d.Guarded
	l := old[from]
	if l == nil && d.Was != "" && !fresh[d.Was] {
		from = d.Was
		l = old[from]
	}
	if l == nil {
		l = newLife(d)
	} else {
		delete(old, from)
		m.dirty[from] = true
		guarded = l.Guarded
		l.rule = nil
		l.define(d)
		m.touch(l)
	}
	l.place(m.rooms)
	m.lives[d.Key] = l
	if l.shelved() || l.removed() {
		m.aside[d.Key] = true
	}
	if l.Guarded && l.shelved() {
		m.unshelve(now, l, box, "guarded by configuration")
	}
	if l.Guarded && !guarded && l.removed() {
		m.inService(now, l, box, "guarded by configuration")
	}
}

// drop ends an alarm that nobody defines any more.
func (m *Machine) drop(now point.Instant, l *life) {
	l.stopTimers()
	l.waiting = false
	m.schedule(l)
	if l.raised {
		m.removed(now, l.Alarm)
	}
	if l.kept() {
		m.dirty[l.Key] = true
	}
}

// removed tells that an alarm ended because its definition is gone.
func (m *Machine) removed(now point.Instant, a Alarm) {
	a.Active, a.Latched, a.Acknowledged, a.Silenced = false, false, true, false
	m.changes = append(m.changes, Change{Type: event.AlarmRemoved, Alarm: a, Actor: box, At: now})
}
