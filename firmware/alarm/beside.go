package alarm

import (
	"time"

	"watchbox/firmware/point"
)

// A contact may say in its map what else a person needs at once when it alarms: a leak
// is told with its distance, "at 12.3 m". What was read there before the condition came
// belongs to an earlier leak or to none, so the raise waits for a reading that came
// after; not for long, and without one the alarm is told with the word of its state.

// besideMost is how long a raise waits for what is told beside it: three rounds of the
// alarms of a map that asks them every second.
const besideMost = 3 * time.Second

// beside is one point that an alarm's text names.
type beside struct {
	point *point.Point
	last  point.Sample
	fresh bool // usable, and read since the condition came
}

// accompany finds the points that the words of the watched point name.
func (c *compiler) accompany(w *watch) {
	if w.group || w.point.Says.IsZero() {
		return
	}
	w.beside = map[point.Name]*beside{}
	w.point.Says.Fill(func(item string) point.Words {
		n := point.Join(w.point.Name.Device(), item)
		if p := c.index.byName[n]; p != nil && w.beside[n] == nil {
			w.beside[n] = &beside{point: p}
			c.program.beside[n] = append(c.program.beside[n], w)
		}
		return point.Words{}
	})
}

// delay is how long the condition must hold before it raises.
func (l *life) delay() time.Duration {
	if l.rule != nil && l.rule.lacks() {
		return max(l.OnDelay, besideMost)
	}
	return l.OnDelay
}

// lacks is true while something that the text names was not read since the condition came.
func (w *watch) lacks() bool {
	for _, b := range w.beside {
		if !b.fresh {
			return true
		}
	}
	return false
}

// outdate: the condition has just come, and nothing was read since.
func (l *life) outdate(now time.Duration) {
	l.rose = now
	if l.rule != nil {
		for _, b := range l.rule.beside {
			b.fresh = false
		}
	}
}

// hear takes a reading of what is told beside the rule's point; a raise that waited for
// it comes.
func (m *Machine) hear(now point.Instant, w *watch, s point.Sample) {
	b, l := w.beside[s.Point], w.life
	if !s.Quality.Usable() || s.Value.IsNone() || l.holds && s.At.Mono < l.rose { // a reload tells it again
		return
	}
	b.last, b.fresh = s, true
	if l.waiting && l.holds && !l.Active && !w.lacks() {
		l.due = min(l.due, l.rose+l.OnDelay)
		m.come(now, l)
		m.schedule(l)
	}
}

// hurry raises what waited for a reading beside it alone, when none is to be waited for
// any more: the condition is over, cannot be read, or is no longer judged. It was, and
// is told.
func (m *Machine) hurry(now point.Instant, l *life) {
	if l.waiting && l.holds && !l.Active && l.rule != nil && l.rule.lacks() && now.Mono >= l.rose+l.OnDelay {
		l.due = now.Mono
		m.come(now, l)
	}
}

// come fires outside a judgement, and tells why.
func (m *Machine) come(now point.Instant, l *life) {
	m.ensure(now)
	m.fire(now, l)
	m.ponder(now, l)
}

// says is what the words of the watched point tell of this raise; empty when something in
// them is not known, or is simulated and the alarm is not.
func (l *life) says() point.Words {
	known := l.rule != nil && !l.watched.Says.IsZero() && l.reading.Truth()
	if !known {
		return point.Words{}
	}
	text := l.watched.Says.Fill(func(item string) point.Words {
		b := l.rule.beside[point.Join(l.watched.Name.Device(), item)]
		if b == nil || !b.fresh || b.last.Quality.IsSimulated() && !l.Simulated {
			known = false
			return point.Words{}
		}
		return valueOf(b.last.Value, b.point)
	})
	if !known {
		return point.Words{}
	}
	return text
}
