package alarm

import (
	"fmt"
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
	beside  map[point.Name][]*watch
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
	for _, w := range m.beside[s.Point] {
		m.hear(now, w, s)
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
