package alarm

import (
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// firm is how long a raise stands at least before it may clear, so that a
// bouncing contact is one raise and not ten.
const firm = time.Second

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

// judge takes the condition as it is seen now.
func (m *Machine) judge(now point.Instant, l *life, holds bool) {
	m.ensure(now)
	edge := holds != l.holds
	hidden := edge && holds && l.waiting && l.Active && now.Mono >= l.fell+l.OffDelay
	l.unsure, l.known, l.holds = false, true, holds
	if edge && !holds {
		l.fell = now.Mono
	}
	if edge && holds {
		l.outdate(now.Mono)
	}
	switch {
	case holds && l.pretended() && !l.simulated():
		m.comeTrue(now, l)
	case l.Chattering:
		if edge {
			l.quiet = now.Mono + chatterQuiet
			m.flap(now, l, holds)
		}
	case holds == l.Active:
		l.waiting, l.bound, l.held = false, false, l.held && holds
		if hidden {
			m.pressed(now, l)
		}
		if !holds && l.heldBack() {
			m.lift(now, l)
			m.settle(l)
		}
	case l.held || l.heldBack():
	case holds:
		m.await(now, l, now.Mono+l.delay())
	default:
		m.await(now, l, max(now.Mono+l.OffDelay, l.firm))
	}
	m.schedule(l)
	m.ponder(now, l)
}

// pressed is a raise that the firm second hides: it is counted. A guarded alarm that
// a person has dealt with already rings anew: each press of a panic button rings.
func (m *Machine) pressed(now point.Instant, l *life) {
	if l.Guarded && (l.Silenced || l.Acknowledged) {
		m.clear(now, l)
		m.raise(now, l)
		return
	}
	m.flap(now, l, true)
	m.noteRaise(now, l)
}

// doubt notes that the newest sample is bad. A delay that runs goes on, but its
// end waits for the next usable sample.
func (m *Machine) doubt(now point.Instant, l *life) {
	if !l.unsure {
		l.unsure = true
		m.schedule(l)
		m.ponder(now, l)
	}
}

// await starts the delay unless it runs, and ends it when it is over.
func (m *Machine) await(now point.Instant, l *life, due time.Duration) {
	if !l.waiting {
		l.waiting, l.due = true, due
	}
	m.fire(now, l)
}

func (m *Machine) fire(now point.Instant, l *life) {
	if !l.waiting || l.unsure || now.Mono < l.due {
		return
	}
	if l.bound = !l.holds && l.dependent(); l.bound {
		return
	}
	l.waiting = false
	if l.holds {
		m.raise(now, l)
	} else {
		m.clear(now, l)
	}
}

// raise begins an occurrence: unacknowledged, loud. What a person put aside is
// only noted, and what a standing cause explains is held back.
func (m *Machine) raise(now point.Instant, l *life) {
	if l.shelved() || l.removed() {
		l.held = true
		return
	}
	if cause := m.explain(l); cause != nil {
		m.holdBack(now, l, cause)
		return
	}
	m.serial++
	began := m.count(now, l)
	m.enter(l)
	l.raised, l.serial, l.firm, l.aged = true, m.serial, now.Mono+firm, now.Mono+standing
	l.Occurrence, l.Raised, l.Cleared, l.Sounded = event.ID{}, now, point.Instant{}, now
	l.Active, l.Latched, l.Acknowledged, l.Silenced = true, false, false, false
	l.Simulated = l.simulated()
	l.AckedBy, l.AckComment = "", ""
	l.Quiet, l.Old, l.Flaps = m.flood.On && l.minor(), false, 0
	l.Count++
	l.show()
	l.arm(now)
	m.emit(now, l, event.AlarmRaised, box, "")
	m.noteRaise(now, l)
	m.remember(now, l)
	m.weigh(now, l)
	if began {
		m.beginFlood(now)
	}
}

// show freezes what was read at the raise.
func (l *life) show() {
	l.Text = l.Label
	if l.watched != nil {
		l.Value, l.ValueText = meaning(l.reading, l.watched, l.Text)
		if w := l.says(); !w.IsZero() {
			l.Value, l.ValueText = w.Zh, w
		}
		return
	}
	l.Value, l.ValueText = l.said.Value, l.said.ValueText
	if !l.said.Text.IsZero() {
		l.Text = l.said.Text
	}
}

// arm starts the re-sound timer.
func (l *life) arm(now point.Instant) {
	l.resound = point.Never
	if l.Resound > 0 {
		l.resound = now.Mono + l.Resound
	}
}

// clear: the condition is gone. A latched alarm waits for a person's reset.
func (m *Machine) clear(now point.Instant, l *life) {
	l.Active, l.Latched, l.Cleared = false, l.Latch, now
	l.Old, l.aged = false, point.Never
	if !l.Latched {
		l.resound = point.Never
	}
	m.emit(now, l, event.AlarmCleared, box, "")
	if l.Suppressed != "" {
		m.lift(now, l)
		l.Acknowledged = l.Acknowledged || !l.Latched // its cause was told instead: it asks nobody
	}
	m.settle(l)
	m.weigh(now, l)
}

// settle ends the occurrence when nothing is left of it.
func (m *Machine) settle(l *life) {
	if l.Active || l.Latched || !l.Acknowledged {
		return
	}
	l.raised, l.serial, l.resound, l.aged = false, 0, point.Never, point.Never
	m.leave(l)
	old := l.Alarm
	l.Alarm = Alarm{Definition: l.Definition, Acknowledged: true, OutOfService: l.OutOfService}
	l.Alarm.aside(old)
	m.touch(l)
}

// aside carries over how the alarm was put aside, which outlives an occurrence.
func (a *Alarm) aside(old Alarm) {
	a.Shelved, a.ShelvedBy = old.Shelved, old.ShelvedBy
	a.RemovedUntil, a.RemovedBy, a.RemovedWhy = old.RemovedUntil, old.RemovedBy, old.RemovedWhy
	if old.Suppressed != "" {
		a.Suppressed, a.SuppressedBy, a.SuppressedSince = old.Suppressed, old.SuppressedBy, old.SuppressedSince
		a.SuppressedCount, a.Text, a.Value, a.ValueText = old.SuppressedCount, old.Text, old.Value, old.ValueText
	}
}

// again lets the noise begin anew.
func (m *Machine) again(now point.Instant, l *life) {
	l.Silenced, l.Sounded = false, now
	if !l.Acknowledged {
		l.arm(now)
	}
}
