package gpiotest

import (
	"time"

	"watchbox/drivers/gpio"
)

type line struct {
	level  bool // what the wire is
	rest   bool
	output bool
	fault  error // gpio.Absent or gpio.Busy: nobody gets it
	hold   time.Duration
	owners int         // connections that declared the output
	death  *time.Timer // runs while nobody owns it and its level is held
}

// at gives the line of a terminal, made on first use. Under mu.
func (s *Server) at(terminal string) *line {
	l := s.lines[terminal]
	if l == nil {
		l = &line{}
		s.lines[terminal] = l
	}
	return l
}

// reading is the answer about one terminal. Under mu.
func (s *Server) reading(terminal string) gpio.Reading {
	if fault := s.at(terminal).fault; fault != nil {
		return gpio.Reading{Fault: fault}
	}
	return gpio.Reading{Level: s.settled(terminal)}
}

// settled is the level that a reading gives: as the kernel does, that before a
// change which has not stood long enough yet, so that a reading never tells what
// the edges will not. Under mu.
func (s *Server) settled(terminal string) bool {
	for c := range s.clients {
		if w := c.watched[terminal]; w != nil && w.settle != nil {
			return w.told
		}
	}
	return s.at(terminal).level
}

// drive sets an output and tells whom it may concern. Under mu.
func (s *Server) drive(terminal string, level bool) {
	l := s.at(terminal)
	if l.level == level {
		return
	}
	l.level = level
	if s.onOutput != nil {
		s.onOutput(terminal, level)
	}
}

// own notes that a connection declared the output.
func (s *Server) own(terminal string, m gpio.Message) {
	l := s.at(terminal)
	if l.death != nil {
		l.death.Stop()
		l.death = nil
	} else if l.owners == 0 {
		s.drive(terminal, m.Levels[0]) // held by nobody: it takes its rest level
	}
	l.output, l.rest, l.hold = true, m.Levels[0], m.Hold
	l.owners++
}

// disown starts the hold time when the last owner is gone. Under mu.
func (s *Server) disown(terminal string) {
	l := s.at(terminal)
	l.owners--
	if l.owners > 0 || s.closed {
		return
	}
	wait := l.hold
	if wait < 0 {
		wait = 1<<63 - 1
	}
	var timer *time.Timer
	timer = time.AfterFunc(wait, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if l.death == timer {
			l.death = nil
			s.drive(terminal, l.rest)
		}
	})
	l.death = timer
}
