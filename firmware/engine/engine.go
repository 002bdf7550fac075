package engine

import (
	"maps"
	"sync/atomic"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/annunciate"
	"watchbox/firmware/command"
	"watchbox/firmware/commission"
	"watchbox/firmware/derive"
	"watchbox/firmware/event"
	"watchbox/firmware/live"
	"watchbox/firmware/point"
	"watchbox/firmware/simulation"
	"watchbox/firmware/team"
	"watchbox/firmware/zone"
)

// Outlet takes what the engine decided to the outside. No method blocks.
type Outlet interface {
	Levels([]annunciate.Level)     // the outputs that changed
	Picture(annunciate.Picture)    // the wall, when it changed
	Pulse(zone.Pulse)              // a door's strike
	Changes([]alarm.Change)        // for dial-out, in order
	Sample(point.Sample)           // for the history
	Write(point.Name, point.Value) // a command; Answered tells how it ended
}

// Parts are the pure machines that the engine drives. Compiled outside, swapped
// in whole by Reload.
type Parts struct {
	Table  *live.Table
	Derive *derive.Set
	Panel  *zone.Panel
	Alarms *alarm.Machine
	Plan   *annunciate.Planner
	// Commands are the writes under way; nil makes a fresh machine.
	Commands *command.Machine
	// Teams may be nil too: no unit is in one.
	Teams *team.Machine
	// Simulations are what people have put in the place of readings; nil makes a
	// fresh machine.
	Simulations *simulation.Machine
	// Checklist is what a handover has to test; nil is an empty one.
	Checklist *commission.Machine
	Always    map[point.Name]bool // inputs of 24-hour zones: the first inlet, never dropped
	Urgent    map[point.Name]bool // points whose samples are edges
	Rooms     map[string]point.Words
}

// Engine is the goroutine that decides. Make it with New, run it with Run; all
// other methods may be called from any goroutine and do not wait for it, except
// Do, which waits for its answer.
type Engine struct {
	Parts
	clock    func() point.Instant
	recorder event.Recorder
	outlet   Outlet
	in       *inlet

	numbering numbering
	levels    map[point.Name]bool
	outputs   []annunciate.Level // the same, in order
	picture   annunciate.Picture
	panel     zone.View // as the planner knows it
	panelAt   uint64    // its version
	replan    bool      // the planner has to look again whatever changed
	dirty     bool      // something a reader wants to see changed
	hurry     bool      // and it wants to see it after this turn
	health    Health
	devices   []DeviceView
	inputs    []InputView
	levelsAt  time.Duration  // when the levels may change by themselves
	settled   bool           // outputs may be driven off: what the last run left is known, or over
	settles   time.Duration  // without a journal, then
	pictureAt time.Duration  // and the wall
	behind    bool           // the last turn left work for the next one
	sweepers  []chan<- error // who gave an order for all alarms and waits for its end

	always  atomic.Pointer[map[point.Name]bool] // Parts.Always, for those who bring edges
	view    atomic.Pointer[View]
	changed atomic.Pointer[chan struct{}]
	turned  atomic.Int64 // monotonic nanoseconds of the last turn
}

// New makes an engine of its parts. It has no identity until Identify: records
// made before wait for it.
func New(parts Parts, clock func() point.Instant, recorder event.Recorder, outlet Outlet) *Engine {
	e := &Engine{Parts: parts, clock: clock, recorder: recorder, outlet: outlet, in: newInlet(),
		levels: map[point.Name]bool{}, dirty: true, replan: true, settles: point.Never}
	if e.Commands == nil {
		e.Commands = command.New()
	}
	if e.Teams == nil {
		e.Teams, _ = team.New(nil, nil)
	}
	if e.Simulations == nil {
		e.Simulations = simulation.New()
	}
	if e.Checklist == nil {
		e.Checklist = commission.New(nil, nil)
	}
	e.health.Started = clock().Wall
	e.health.JournalOK = true
	ch := make(chan struct{})
	e.changed.Store(&ch)
	e.always.Store(&parts.Always)
	e.settle(clock())
	e.show(clock())
	e.publish(clock())
	return e
}

// Edge takes a sample of an urgent point or a 24-hour zone. Never blocks.
func (e *Engine) Edge(s point.Sample) {
	e.in.put(item{edge: s, always: (*e.always.Load())[s.Point]})
}

// Offer takes any other sample. Never blocks; the newest per point is kept.
func (e *Engine) Offer(s point.Sample) { e.in.sample(s) }

// LostEdges tells which points lost how many edges because the first inlet was
// full, since the start. Never waits for the engine.
func (e *Engine) LostEdges() map[point.Name]uint64 {
	e.in.mutex.Lock()
	defer e.in.mutex.Unlock()
	return maps.Clone(e.in.lostOf)
}

// post runs f in the engine's goroutine, soon. Never blocks.
func (e *Engine) post(f func()) { e.in.put(item{call: f}) }

// Signal tells the state of a condition of the box itself: a dead device, a
// failed journal.
func (e *Engine) Signal(s alarm.Signal) {
	e.post(func() { e.Alarms.Signal(e.clock(), s); e.dirty = true })
}

// View is the newest view. Never blocks.
func (e *Engine) View() *View { return e.view.Load() }

// Changed is closed when a newer view than the present one is there.
func (e *Engine) Changed() <-chan struct{} { return *e.changed.Load() }

// Turned is when the engine last went round, as monotonic time: the watchdog's
// proof of progress.
func (e *Engine) Turned() time.Duration { return time.Duration(e.turned.Load()) }
