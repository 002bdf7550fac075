package alarm

import (
	"cmp"
	"slices"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// Suppression by design (ISA-18.2 / IEC 62682): while a cause stands, what
// follows from it is listed under it and makes no noise of its own. An alarm
// that was raised a moment before its cause came goes under it too. When the
// cause is gone and the alarm is not, it is raised in full.
const (
	causeGrace   = 30 * time.Second // a cause may come so long after what it explains
	shortestStay = 5 * time.Second  // an alarm must outlive its cause by its on-delay, at least so long
	recentLimit  = 1024             // raises that a cause may yet explain; a full list forgets the oldest, which stays loud
	chainLimit   = 16               // causes of causes; what lies deeper rings
)

// design is what suppression by design knows of one life.
type design struct {
	under, over []*tie        // whose causes explain it; whom it explains
	stands      bool          // its condition stands: it may explain others
	cause       *life         // that explains it now
	hides       []*life       // whom it explains now, and whose last delay it may yet stop
	place       int           // in its cause's hides
	release     time.Duration // when it is raised in full, its cause being gone
	told        uint64        // arose of the cause that it was last told under: once each
}

// recent is a raise that a cause may yet explain.
type recent struct {
	life   *life
	serial uint64
	until  time.Duration
}

// Suppression is one alarm that its cause explains.
type Suppression struct {
	Key, Cause string
	Since      point.Instant
	Count      int // raises held back
}

// Suppressions lists what is suppressed by design now, by key.
func (m *Machine) Suppressions() []Suppression {
	var list []Suppression
	for _, a := range m.Alarms() {
		if a.Suppressed != "" {
			list = append(list, Suppression{Key: a.Key, Cause: a.Suppressed, Since: a.SuppressedSince, Count: a.SuppressedCount})
		}
	}
	slices.SortFunc(list, func(a, b Suppression) int { return cmp.Compare(a.Key, b.Key) })
	return list
}

// heldBack is an alarm that was never raised because of its cause; hidden is one
// that was raised before it.
func (l *life) heldBack() bool { return l.Suppressed != "" && !l.Active }
func (l *life) hidden() bool   { return l.Suppressed != "" && l.Active }

// explainable: panic, tamper and fire are never suppressed.
func (l *life) explainable() bool { return !l.Guarded && l.Kind != KindFire }

// standing tells whether the condition may explain others. What a person put
// aside explains nothing: else nobody would hear of either. What is itself
// suppressed does: its own cause is heard.
func (l *life) standing() bool {
	return (l.Active || l.Suppressed != "") && !l.shelved() && !l.removed()
}

// explain finds the cause that stands longest and is not itself explained by l:
// of a circle of causes the first to come explains the others.
func (m *Machine) explain(l *life) (cause *life) {
	if !l.explainable() {
		return nil
	}
	for _, t := range l.design.under {
		for _, c := range t.standing {
			if c.explains(l) {
				if cause == nil || c.arose < cause.arose {
					cause = c
				}
				break
			}
		}
	}
	return cause
}

// explains follows the causes of l up to the one that is heard. One that a flood
// keeps quiet does not explain what the flood would let through.
func (l *life) explains(e *life) bool {
	for range chainLimit {
		if l == e {
			return false
		}
		if l.Simulated && !e.simulated() {
			return false
		}
		if l.design.cause == nil {
			return !l.Quiet || e.minor()
		}
		l = l.design.cause
	}
	return false
}

// holdBack notes a raise that its cause explains: no occurrence, no noise.
func (m *Machine) holdBack(now point.Instant, l, cause *life) {
	if !l.raised {
		l.show()
	}
	l.SuppressedCount++
	m.suppress(now, l, cause)
}

// suppress puts the alarm under its cause, and tells so once per cause's raise.
func (m *Machine) suppress(now point.Instant, l, cause *life) {
	l.SuppressedSince = now
	l.under(cause)
	m.review(now, l)
	if l.design.told != cause.arose {
		l.design.told = cause.arose
		m.emit(now, l, event.AlarmSuppressed, box, "")
	}
	m.touch(l)
	m.weigh(now, l)
}

func (l *life) under(cause *life) {
	l.detach()
	l.Suppressed, l.SuppressedBy = cause.Key, cause.Label
	l.design.release = point.Never
	l.attach(cause)
}

func (l *life) attach(cause *life) {
	l.design.cause, l.design.place = cause, len(cause.design.hides)
	cause.design.hides = append(cause.design.hides, l)
}

func (l *life) detach() {
	c := l.design.cause
	if c == nil {
		return
	}
	last := len(c.design.hides) - 1
	moved := c.design.hides[last]
	c.design.hides[l.design.place], moved.design.place = moved, l.design.place
	c.design.hides = c.design.hides[:last]
	l.design.cause = nil
}

// release takes the alarm from under its cause.
func (l *life) release() {
	l.detach()
	l.Suppressed, l.SuppressedBy, l.SuppressedSince = "", point.Words{}, point.Instant{}
	l.design.release = point.Never
}

// lift takes the alarm from under its cause; nothing is told.
func (m *Machine) lift(now point.Instant, l *life) {
	l.release()
	m.touch(l)
	m.weigh(now, l)
}

// rebind finds a suppressed alarm its cause: the one that it has while that
// stands, else another; else it has outlived them and its last delay begins.
func (m *Machine) rebind(now point.Instant, l *life) {
	cause := m.lives[l.Suppressed]
	if cause == nil || !l.follows(cause) || !cause.design.stands || !l.explainable() || !cause.explains(l) {
		cause = m.explain(l)
	}
	if cause != nil {
		l.under(cause)
		l.design.told = cause.arose
		m.review(now, l)
		m.touch(l)
	} else if l.design.release == point.Never {
		l.design.release = now.Mono + max(l.OnDelay, shortestStay)
	}
	m.schedule(l)
}

func (l *life) follows(cause *life) bool {
	return slices.ContainsFunc(l.design.under, func(t *tie) bool { return t.members[cause] })
}

// unsuppress: the cause is gone for long enough and the alarm is not. One that
// was raised before its cause goes on with its occurrence and is loud again.
func (m *Machine) unsuppress(now point.Instant, l *life) {
	if cause := m.explain(l); cause != nil {
		m.rebind(now, l)
		return
	}
	back := l.heldBack()
	l.release()
	if !back && !l.Acknowledged && !l.Aside() {
		m.again(now, l)
	}
	m.emit(now, l, event.AlarmUnsuppressed, box, "")
	if back {
		m.raise(now, l)
	}
	m.weigh(now, l)
	m.review(now, l)
}
