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
	former := m.tests
	m.watches, m.beside, m.tests = p.watches, p.beside, make(map[string]*watch, len(p.all))
	for _, w := range p.all {
		m.begin(now, w, former[w.key])
	}
	m.link(now)
	m.sweepAgain()
	if l := m.lives[RulesKey]; l.holds || l.Active {
		m.judge(now, l, false)
	}
}

// begin binds a test to its life. An unchanged one goes on with the windows that
// it had; another begins to count now.
func (m *Machine) begin(now point.Instant, w, former *watch) {
	if former != nil && former.condition.Same(w.condition) && samePoints(former, w) {
		w.test, w.verdict = former.test, former.verdict
	}
	w.life = m.lives[w.key]
	w.life.rule, m.tests[w.key] = w, w
	m.off(now, w)
	m.schedule(w.life)
}

func samePoints(a, b *watch) bool {
	return a.point.Name == b.point.Name && a.point.Kind == b.point.Kind && !a.group
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
		l.define(d)
		l.rule, l.resting = nil, false
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
	l.waiting, l.rule = false, nil
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
