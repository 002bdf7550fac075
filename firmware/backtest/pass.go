package backtest

import (
	"time"

	"watchbox/firmware/point"
)

// pass lets time go by until end: timers, points that fall silent, what the
// journal tells, and the times when the box was off, each in its order.
func (s *stream) pass(end time.Duration) {
	for {
		on, told := point.Never, point.Never
		if len(s.off) > 0 {
			on = s.mono(s.off[0].To)
		}
		if len(s.journal) > 0 {
			told = s.mono(s.journal[0].At.Wall)
		}
		switch {
		case min(on, told) > end:
			s.flow(end)
			return
		case on <= told:
			g := s.off[0]
			s.flow(max(s.mono(g.From), s.now))
			s.now, s.off = max(on, s.now), s.off[1:]
			s.restart()
		default:
			s.flow(max(told, s.now))
			s.follow(s.journal[0])
			s.journal = s.journal[1:]
		}
	}
}

// flow is pass while the box is on.
func (s *stream) flow(end time.Duration) {
	for s.ctx.Err() == nil {
		until := min(end, s.silent)
		for _, l := range s.lanes {
			if !l.pass(s, until) {
				return
			}
		}
		s.now = max(s.now, until)
		if s.silent > end {
			return
		}
		s.sweep()
	}
}

// sweep doubts the points that were not heard of for too long.
func (s *stream) sweep() {
	next := point.Never
	for _, t := range s.watched {
		if t.doubted || !t.seen {
			continue
		}
		if t.last+t.limit <= s.now {
			s.feed(point.Sample{Point: t.name, Quality: point.BadBecause(point.Stale), At: s.instantAt(s.now)})
			continue
		}
		next = min(next, t.last+t.limit)
	}
	s.silent = next
}

// restart is what a start of the box does to rules: timers and windows begin
// again, alarms stand as they were retained, and nothing was read yet.
func (s *stream) restart() {
	s.fresh()
	s.silent = point.Never
	for _, t := range s.kept {
		t.seen, t.doubted = false, false
	}
	for _, l := range s.lanes {
		l.start(s.instantAt(s.now))
	}
}
