package alarm

import (
	"encoding/json"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// order is what a person asks of an alarm: that it is acknowledged, silenced or
// reset, named by the record that tells of it.
type order struct {
	Do      event.Type `json:"do"`
	Actor   string     `json:"actor"`
	Comment string     `json:"comment,omitempty"`
}

var deeds = map[event.Type]func(m *Machine, now point.Instant, l *life, o order) error{
	event.AlarmAcknowledged: (*Machine).acknowledge,
	event.AlarmSilenced:     (*Machine).silence,
	event.AlarmReset:        (*Machine).reset,
}

// sweep is an order for every alarm that it fits of those that were raised when it
// was given; a refusal means only that it is not for this one. Tick carries it out,
// TickSome piece by piece, so that thousands of alarms hold nothing up. What is
// left of it is retained: a power cut does not leave half of an order.
type sweep struct {
	order
	Blind  bool   `json:"blind,omitempty"`  // silent alarms are left out
	Serial uint64 `json:"serial,omitempty"` // of the newest raise that it is meant for
	rest   []*Alarm
}

// mostSweeps bounds what waits. A person sees one carried out within a blink.
const mostSweeps = 16

// sweepKey is the retained state of the sweeps that are not carried out.
const sweepKey = "sweep:alarms"

func (m *Machine) sweep(o order, blind bool) error {
	if len(m.sweeps) >= mostSweeps {
		return &Refusal{Key: Every, Why: point.Words{Zh: "前面对全部报警的操作还未做完，请稍候再试", En: "earlier orders for all alarms are still carried out, try again"}, Class: ErrRefused}
	}
	m.sweeps, m.swept = append(m.sweeps, sweep{o, blind, m.serial, m.Alarms()}), true
	return nil
}

// Sweeping is true while an order for all alarms is not yet carried out.
func (m *Machine) Sweeping() bool { return len(m.sweeps) > 0 }

// sweepSome looks at so many alarms at most, and stops once so many changes wait;
// true when more is left.
func (m *Machine) sweepSome(now point.Instant, most int) (more bool) {
	for n := 0; len(m.sweeps) > 0; n++ {
		s := &m.sweeps[0]
		if len(s.rest) == 0 {
			m.sweeps, m.swept = m.sweeps[1:], true
			continue
		}
		if n >= most || len(m.changes) >= most {
			return true
		}
		key := s.rest[0].Key
		s.rest = s.rest[1:]
		if l := m.lives[key]; l != nil && s.means(l) && deeds[s.Do](m, now, l, s.order) == nil {
			m.finish(now, l)
		}
	}
	return false
}

// means tells whether the order is for this alarm: one that asks nobody has to be
// named by whoever means it.
func (s *sweep) means(l *life) bool {
	return l.serial <= s.Serial && !l.hidden() && !(s.Blind && l.Silent)
}

// sweepAgain looks at the whole list once more: keys or lives are other ones.
func (m *Machine) sweepAgain() {
	for i := range m.sweeps {
		m.sweeps[i].rest = m.Alarms()
	}
}

// keepSweeps is their retained state; nil when none is left.
func (m *Machine) keepSweeps() []byte {
	if len(m.sweeps) == 0 {
		return nil
	}
	b, _ := json.Marshal(m.sweeps) // texts and numbers cannot fail
	return b
}

// restoreSweeps goes on with what the last run did not end. number gives the
// serial that a raise of then has now.
func (m *Machine) restoreSweeps(kept []byte, number func(uint64) uint64) {
	var sweeps []sweep
	if kept == nil || json.Unmarshal(kept, &sweeps) != nil {
		return
	}
	for _, s := range sweeps[:min(len(sweeps), mostSweeps)] {
		if deeds[s.Do] == nil {
			continue
		}
		s.Serial, s.rest = number(s.Serial), m.Alarms()
		m.sweeps = append(m.sweeps, s)
	}
	m.swept = true
}
