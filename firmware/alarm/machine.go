package alarm

import (
	"container/heap"
	"fmt"
	"math"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// Machine runs the life of every alarm. One goroutine may use it. It reads no
// clock: each call brings the time. A sample may bring the time of its edge, a
// little earlier than the last Tick.
//
// One step of its owner is: feed it (Sample, Signal, an order, Tick), Take the
// changes, number each raise and tell it by Raised, then take Retained.
type Machine struct {
	lives   map[string]*life
	watches map[point.Name][]*watch
	rooms   map[string]point.Words
	table   timetable
	changes []Change
	dirty   map[string]bool // retained state to write
	list    []*Alarm
	rows    []row   // the same with its order
	spare   []row   // room for the next rows
	altered []*life // of which the list is not what it should be
	serial  uint64
	inject  func(key string)

	calendars Schedule
	tests     map[string]*watch // by key
	continued map[event.ID]event.ID
	unlinked  bool            // ties and groups are not what they should be
	arisen    uint64          // conditions that came to stand so far
	recent    []recent        // raises that a cause may yet explain
	aside     map[string]bool // keys that a person put aside
	flood     flood
	why       why
	sweeps    []sweep // orders for all alarms, the oldest first
	swept     bool    // and they are not as they were retained
}

// New compiles and starts a machine with every alarm normal. It always returns
// a machine: what the errors name is missing from it, the rest guards.
func New(rules []Rule, points []point.Point, more []Definition) (*Machine, []error) {
	p, errs := Compile(rules, points, more)
	m := &Machine{lives: map[string]*life{}, dirty: map[string]bool{}, aside: map[string]bool{}}
	m.FloodLimits(10, 5, 10*time.Minute)
	m.Swap(point.Instant{}, p)
	return m, errs
}

// Rooms tells the rooms' labels by their id, for {room} and for texts. Call it
// after New, and before Reload when they changed.
func (m *Machine) Rooms(labels map[string]point.Words) {
	m.rooms = labels
	for _, l := range m.lives {
		l.place(labels)
	}
	m.relist()
}

// Inject is for tests: f is called before each evaluation of a rule, within the
// guard, so that a panic in it is a panic of that rule.
func (m *Machine) Inject(f func(key string)) { m.inject = f }

// Define adds a definition at run time, or replaces one and keeps its state.
// The next Reload forgets it unless it is told again there.
func (m *Machine) Define(_ point.Instant, d Definition) error {
	d, err := complete(d)
	if err != nil {
		return err
	}
	l := m.lives[d.Key]
	if l == nil {
		l = newLife(d)
		m.lives[d.Key] = l
	}
	l.define(d)
	l.place(m.rooms)
	m.alter(l)
	m.unlinked = true
	return nil
}

// Sample evaluates the rules on the sample's point. A bad sample neither raises
// nor clears; an uncertain one may do both.
func (m *Machine) Sample(now point.Instant, s point.Sample) {
	for _, w := range m.watches[s.Point] {
		m.look(now, w, s)
	}
}

// fail puts the rule on this point out of service until the next Reload. Its
// alarm keeps its state, and a raise whose delay runs still comes; the trouble "box/rules" tells a person.
func (m *Machine) fail(now point.Instant, w *watch, failure string) {
	w.life.OutOfService = true
	w.life.waiting = w.life.waiting && w.life.holds
	m.emit(now, w.life, event.RuleOutOfService, box, failure)
	m.schedule(w.life)
	m.ponder(now, w.life)
	_ = m.Signal(now, Signal{Key: RulesKey, Active: true, Text: point.Words{
		Zh: "报警规则停用：" + w.key, En: "alarm rule out of service: " + w.key}})
}

// Signal takes the state of a condition that a zone, a door or the box itself
// sees. An error means that nobody defined such an alarm.
func (m *Machine) Signal(now point.Instant, s Signal) error {
	l := m.lives[s.Key]
	if l == nil {
		return fmt.Errorf("alarm %s: %w", s.Key, ErrUnknown)
	}
	if s.Active || l.said.Key == "" {
		if s != l.said && l.Active {
			m.alter(l) // Now is another one
		}
		l.said = s
	}
	l.saidAt = now
	m.judge(now, l, s.Active)
	return nil
}

// Tick runs the timers that are due. Call it when Next is reached; more often
// does no harm.
func (m *Machine) Tick(now point.Instant) { m.TickSome(now, math.MaxInt) }

// TickSome is a Tick that stops once so many changes wait to be taken; true when
// it did, and more is due.
func (m *Machine) TickSome(now point.Instant, changes int) (more bool) {
	m.ensure(now)
	if m.sweepSome(now, changes) {
		return true
	}
	for len(m.table) > 0 && m.table[0].at <= now.Mono {
		if len(m.changes) >= changes {
			return true
		}
		l := m.table[0]
		m.tick(now, l)
		m.schedule(l)
		m.ponder(now, l)
	}
	m.endAside(now)
	m.endFlood(now)
	return false
}

func (m *Machine) tick(now point.Instant, l *life) {
	if l.shelfEnd <= now.Mono {
		m.unshelve(now, l, box, "")
	}
	if l.removedEnd <= now.Mono {
		m.inService(now, l, box, "")
	}
	if l.aged <= now.Mono {
		m.grow(now, l)
	}
	if l.quiet <= now.Mono {
		m.calm(now, l)
	}
	if l.rule != nil {
		m.wait(now, l.rule)
	}
	if l.design.release <= now.Mono && !l.unsure {
		m.unsuppress(now, l)
	}
	m.fire(now, l)
	if l.resound <= now.Mono {
		m.soundAgain(now, l)
	}
}

// soundAgain: nobody has acknowledged for so long; the noise begins anew. A
// alarm that is put aside stays quiet.
func (m *Machine) soundAgain(now point.Instant, l *life) {
	l.resound = point.Never
	if l.Aside() {
		l.arm(now)
		return
	}
	m.again(now, l)
	m.emit(now, l, event.AlarmResounded, box, "")
}

// Next is the monotonic time of the next timer, or point.Never.
func (m *Machine) Next() time.Duration {
	if m.Sweeping() {
		return 0
	}
	if len(m.table) == 0 {
		return m.flood.due
	}
	return min(m.table[0].at, m.flood.due)
}

// Take hands over the changes since the last Take, in the order in which they
// happened. Later changes of the machine do not touch them.
func (m *Machine) Take() []Change {
	c := m.changes
	m.changes = nil
	return c
}

// Pending is how many changes Take would hand over.
func (m *Machine) Pending() int { return len(m.changes) }

func (m *Machine) emit(now point.Instant, l *life, t event.Type, actor, text string) {
	m.changes = append(m.changes, Change{Type: t, Alarm: l.Alarm, Actor: actor, Text: text, At: now})
	m.touch(l)
}

// touch marks the alarm as changed, for the list and for the retained state.
func (m *Machine) touch(l *life) {
	m.dirty[l.Key] = true
	m.alter(l)
}

// schedule puts the life where its earliest timer belongs.
func (m *Machine) schedule(l *life) {
	at := l.deadline()
	switch {
	case at == point.Never && l.index >= 0:
		heap.Remove(&m.table, l.index)
	case at == point.Never || at == l.at && l.index >= 0:
	case l.index >= 0:
		l.at = at
		heap.Fix(&m.table, l.index)
	default:
		l.at = at
		heap.Push(&m.table, l)
	}
}

// timetable is a heap of the lives with a running timer, earliest first.
type timetable []*life

func (t timetable) Len() int           { return len(t) }
func (t timetable) Less(i, j int) bool { return t[i].at < t[j].at }
func (t timetable) Swap(i, j int) {
	t[i], t[j] = t[j], t[i]
	t[i].index, t[j].index = i, j
}

// Push and Pop are container/heap's.
func (t *timetable) Push(x any) {
	l := x.(*life)
	l.index = len(*t)
	*t = append(*t, l)
}

// Pop takes the last one off.
func (t *timetable) Pop() any {
	last := len(*t) - 1
	l := (*t)[last]
	l.index, l.at = -1, point.Never
	*t = (*t)[:last]
	return l
}
