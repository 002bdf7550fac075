package alarm

import (
	"strconv"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// Chattering: five raises within a minute are one alarm that comes and goes. It
// is told once, stays raised, and clears when it was quiet for a minute. A
// guarded alarm is never chattering: each press of a panic button rings.
const (
	chatterRaises = 5
	chatterWindow = 60 * time.Second
	chatterQuiet  = 60 * time.Second
)

// flapShow is how often at most the list shows a new count of flaps.
const flapShow = time.Second

// flap counts an edge that chattering or the firm second hides. The count
// reaches the list once a second and the retained state with the next change.
func (m *Machine) flap(now point.Instant, l *life, rise bool) {
	if !rise {
		return
	}
	l.Flaps++
	if now.Mono >= l.flapSeen+flapShow {
		l.flapSeen = now.Mono
		m.alter(l)
	}
}

// noteRaise counts a raise, told or hidden by the firm second.
func (m *Machine) noteRaise(now point.Instant, l *life) {
	if l.Guarded {
		return
	}
	l.rises[l.rising%chatterRaises] = now.Mono
	l.rising++
	if l.rising < chatterRaises {
		return
	}
	if oldest := l.rises[l.rising%chatterRaises]; now.Mono-oldest > chatterWindow {
		return
	}
	l.Chattering, l.waiting, l.rising = true, false, 0
	l.quiet = now.Mono + chatterQuiet
	m.emit(now, l, event.AlarmChattering, box, strconv.Itoa(chatterRaises))
}

// calm ends the chattering: the alarm is what its condition says.
func (m *Machine) calm(now point.Instant, l *life) {
	l.Chattering, l.quiet = false, point.Never
	m.touch(l)
	if l.Active && !l.holds && !l.OutOfService {
		m.await(now, l, max(l.fell+l.OffDelay, l.firm))
	}
}
