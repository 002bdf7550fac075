package alarm

import (
	"cmp"
	"slices"

	"watchbox/firmware/point"
)

// weigh tells those whom the condition explains that it came or went.
func (m *Machine) weigh(now point.Instant, l *life) {
	stands := l.standing()
	switch {
	case stands == l.design.stands:
	case stands:
		m.arise(l)
		m.stay(l)
		m.absorb(now, l)
	default:
		m.fall(now, l)
	}
}

// arise puts the condition on its ties, behind those that stand already.
func (m *Machine) arise(l *life) {
	m.arisen++
	l.design.stands, l.arose = true, m.arisen
	for _, t := range l.design.over {
		t.standing = append(t.standing, l)
	}
}

// stay: the cause is back before those that it explained were let go.
func (m *Machine) stay(l *life) {
	for _, e := range l.design.hides {
		if l.explains(e) {
			e.design.release, e.design.told = point.Never, l.arose
			m.schedule(e)
		}
	}
}

// fall: another cause takes over whom this one explained, or their last delay
// begins. Clears that waited for it come.
func (m *Machine) fall(now point.Instant, l *life) {
	l.design.stands = false
	var free []*life
	for _, t := range l.design.over {
		t.standing = slices.DeleteFunc(t.standing, func(c *life) bool { return c == l })
		free = append(free, t.unbind()...)
	}
	hides := l.design.hides
	l.design.hides = nil
	for _, e := range hides {
		e.design.cause = nil
	}
	slices.SortFunc(hides, youngest)
	for _, e := range hides {
		m.inherit(now, e, l)
	}
	for _, d := range free {
		m.fire(now, d)
		m.schedule(d)
		m.ponder(now, d)
	}
}

// youngest first: in a circle the younger one finds the elder before that looks.
func youngest(a, b *life) int { return cmp.Compare(b.arose, a.arose) }

// inherit finds e another cause; until its last delay is over it stays with the
// one that went, so that its coming back is noticed.
func (m *Machine) inherit(now point.Instant, e, gone *life) {
	if e.Suppressed == "" {
		return
	}
	if m.rebind(now, e); e.design.cause == nil {
		e.attach(gone)
	}
	m.ponder(now, e)
}

// remember notes a raise that a cause may yet explain.
func (m *Machine) remember(now point.Instant, l *life) {
	if len(l.design.under) == 0 || !l.explainable() {
		return
	}
	old := 0
	for old < len(m.recent) && (m.recent[old].until <= now.Mono || len(m.recent)-old >= recentLimit) {
		old++
	}
	m.recent = append(m.recent[old:], recent{l, l.serial, now.Mono + causeGrace})
}

// absorb puts what was raised a moment ago, and nobody has taken yet, under its cause.
func (m *Machine) absorb(now point.Instant, cause *life) {
	if len(cause.design.over) == 0 {
		return
	}
	m.recent = slices.DeleteFunc(m.recent, func(r recent) bool {
		l := r.life
		if r.until <= now.Mono || r.serial != l.serial || !l.raised || !l.Active || l.Acknowledged || l.Suppressed != "" {
			return true
		}
		if !l.follows(cause) || !cause.explains(l) {
			return false
		}
		l.Silenced, l.resound = true, point.Never
		m.suppress(now, l, cause)
		m.schedule(l)
		m.ponder(now, l)
		return true
	})
}
