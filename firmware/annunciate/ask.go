package annunciate

import (
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/point"
)

// ask is what one alarm asks of one output.
type ask struct {
	rank          rank          // of its noise; quiet: none
	until, newest time.Duration // the noise's end and beginning
	raise         time.Duration // when it was raised, in this run, while it is lit; of a relay's alarms only
	lit           bool          // active or latched
	unseen        bool          // unacknowledged
}

// asks is what all of them ask. A new alarm is added to it whatever else stands;
// only when the longest or newest noise goes the others are looked at again.
type asks struct {
	of          map[*alarm.Alarm]ask // nil before the first alarm list
	until       [ranks]time.Duration // end of each rank's noise
	newest      [ranks]time.Duration // when its newest noise began
	raise       time.Duration        // newest raise of what is lit
	lit, unseen int
}

// differ tells what left the list since the last Update and what came. What stays
// keeps its order there: two short walks, whatever stands. In a list of another
// order something may have done both.
func (p *Planner) differ(list []*alarm.Alarm) (gone, come []*alarm.Alarm) {
	old := p.alarms
	for len(old) > 0 && len(list) > 0 {
		switch a := list[0]; {
		case a == old[0]:
			old, list = old[1:], list[1:]
		case p.first[a.Key].of == a: // it is further on
			gone, old = append(gone, old[0]), old[1:]
		default:
			come, list = append(come, a), list[1:]
		}
	}
	return append(gone, old...), append(come, list...)
}

// take sums up what the alarms ask of the output.
func (o *output) take(now point.Instant, began time.Duration, gone, come []*alarm.Alarm, first map[string]sight) {
	spent := false
	for _, a := range gone {
		spent = o.drop(a) || spent
	}
	for _, a := range come {
		if !a.Standing() || !o.shows(a) || o.hidden && !savesLives(a) {
			continue
		}
		q := ask{lit: a.Active || a.Latched, unseen: !a.Acknowledged}
		if !a.Silenced {
			q.rank, q.until, q.newest = rankOf(a), o.end(a, first[a.Key]), sounded(a)
		}
		if o.Kind == "relay" && q.lit && a.Raised.Boot == now.Boot && a.Raised.Mono >= began {
			q.raise = a.Raised.Mono
		}
		o.add(a, q)
	}
	if spent {
		o.recount()
	}
}

func (s *asks) add(a *alarm.Alarm, q ask) {
	s.of[a] = q
	s.until[q.rank], s.newest[q.rank] = max(s.until[q.rank], q.until), max(s.newest[q.rank], q.newest)
	s.raise = max(s.raise, q.raise)
	s.lit, s.unseen = s.lit+count(q.lit), s.unseen+count(q.unseen)
}

// drop forgets what the alarm asked; true when its noise or raise was the outermost.
func (s *asks) drop(a *alarm.Alarm) (spent bool) {
	q, asked := s.of[a]
	if !asked {
		return false
	}
	delete(s.of, a)
	s.lit, s.unseen = s.lit-count(q.lit), s.unseen-count(q.unseen)
	return q.rank != quiet && (q.until == s.until[q.rank] || q.newest == s.newest[q.rank]) || q.raise > 0 && q.raise == s.raise
}

// recount adds everything up again.
func (s *asks) recount() {
	of := s.of
	*s = asks{of: of}
	for a, q := range of {
		s.add(a, q)
	}
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}
