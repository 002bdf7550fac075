package alarm

import (
	"time"

	"watchbox/firmware/point"
)

// box is the actor of what nobody ordered.
const box = "box"

// life is one definition with everything that is known of it. The states:
//
//	raised Active Acknowledged Latched
//	  no     –        –          –      normal
//	  yes   yes      no         no      active, unacknowledged
//	  yes   yes      yes        no      active, acknowledged
//	  yes   no       no         no      cleared, unacknowledged
//	  yes   no       no         yes     cleared, latched, unacknowledged
//	  yes   no       yes        yes     cleared, latched, acknowledged
//
// cleared and acknowledged without latch is normal again. Every timer is a
// monotonic deadline, point.Never when it does not run.
type life struct {
	Alarm
	raised bool   // an occurrence exists that has not ended
	serial uint64 // order of raises, over all alarms

	known   bool          // the condition was judged since start
	holds   bool          // its last judgement
	unsure  bool          // the newest sample is bad: nothing raises, nothing clears
	waiting bool          // a delay runs: to raise while holds, else to clear
	due     time.Duration // its end
	fell    time.Duration // when the condition last went
	rose    time.Duration // and last came
	firm    time.Duration // may not clear before
	held    bool          // would have been raised, but a person put it aside
	bound   bool          // its clear waits for its causes: clear mode dependent

	resound  time.Duration // next re-sound
	quiet    time.Duration // end of chattering
	rises    [chatterRaises]time.Duration
	rising   int           // raises noted in rises
	shelfEnd time.Duration // the shelf's end by the monotonic clock
	shelfFor time.Duration // its original length

	removedEnd time.Duration // end of a removal from service by the monotonic clock
	removedFor time.Duration // its original length
	aged       time.Duration // when it has stood for a day
	flapSeen   time.Duration // when its flaps were last shown

	design  design // suppression by design
	group   *group // who shares its first-out; nil: nobody
	mind    mind   // the why-log's state
	arose   uint64 // order in which conditions came to stand
	counted bool   // its group counts it

	label   point.Words // with {room} still in it
	first   point.Words // instruction, the same
	reading point.Value // newest usable value of a rule's point
	watched *point.Point
	newest  point.Sample // of a rule's point, usable or not
	rule    *watch       // the rule that raises it; nil for a zone's or the box's own
	resting bool         // the rule's schedule puts it to rest now
	said    Signal       // newest signal, of alarms that no rule raises
	saidAt  point.Instant
	row     row  // its place in the list
	altered bool // which is not what it should be

	at    time.Duration // place in the timetable
	index int
}

func newLife(d Definition) *life {
	l := &life{at: point.Never, index: -1}
	l.stopTimers()
	l.Acknowledged = true
	l.define(d)
	return l
}

// define takes a new definition over the state that is.
func (l *life) define(d Definition) {
	l.Definition = d
	l.label, l.first = d.Label, d.Instruction
	l.OutOfService = false
	if d.Clear == ClearManual {
		l.Latch = true
	}
}

// stopTimers stops every timer but the delays.
func (l *life) stopTimers() {
	l.resound, l.quiet, l.shelfEnd = point.Never, point.Never, point.Never
	l.removedEnd, l.aged, l.design.release = point.Never, point.Never, point.Never
}

// place fills in the room's label.
func (l *life) place(rooms map[string]point.Words) {
	name, ok := rooms[l.Room]
	if !ok {
		name = point.Words{Zh: l.Room, En: l.Room}
	}
	l.RoomLabel = name
	l.Label = fill(l.label, "{room}", name)
	l.Instruction = fill(l.first, "{room}", name)
}

// deadline is the earliest of the timers.
func (l *life) deadline() time.Duration {
	d := min(l.resound, l.quiet, l.shelfEnd, l.removedEnd, l.aged)
	if l.rule != nil && !l.OutOfService {
		d = min(d, l.rule.next())
	}
	if l.unsure {
		return d
	}
	if l.waiting && !l.bound {
		d = min(d, l.due)
	}
	return min(d, l.design.release)
}

func (l *life) shelved() bool { return !l.Shelved.IsZero() }
