package engine

import (
	"context"
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

const (
	quantum     = time.Millisecond       // of second-inlet work between looks at the first
	handful     = 32                     // changes whose records and retained state are written in about a quantum
	viewPause   = 100 * time.Millisecond // between two views when only samples changed
	longestTurn = 50 * time.Millisecond  // then every machine gets its tick, whatever still waits
	longestNap  = 500 * time.Millisecond // the engine turns at least so often: the proof of progress
	staleSweep  = 64                     // points looked at per turn
)

// Run is the engine's life. It returns when ctx ends.
func (e *Engine) Run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		e.Turn()
		timer.Reset(e.Nap())
		select {
		case <-ctx.Done():
			e.Turn()
			return
		case <-e.in.wake:
		case <-timer.C:
		}
	}
}

// Turn does what waits now, for at most longestTurn, then ticks every machine:
// the single step. A flood of samples must not stop the timers. Only the
// engine's goroutine, or a test in place of Run, may call it.
func (e *Engine) Turn() {
	start := e.clock()
	e.turned.Store(int64(start.Mono))
	for e.behind = true; e.behind && e.clock().Since(start) < longestTurn; {
		e.behind = e.drainUrgent(start) || e.drainSamples()
	}
	now := e.clock()
	e.endDue(now)
	e.Table.Stale(now, staleSweep, e.apply)
	e.Panel.Tick(now)
	for e.Alarms.TickSome(now, handful) {
		e.settle(now)
		e.behind = e.drainUrgent(start) || e.behind
		if e.clock().Since(now) >= longestTurn {
			e.behind = true
			break
		}
	}
	e.answerSweepers()
	e.Teams.Tick(now)
	e.Commands.Tick(now)
	e.Checklist.Tick(now)
	e.settle(now)
	e.show(now)
	if e.dirty && (e.hurry || now.Since(e.View().At) >= viewPause) {
		e.publish(now)
	}
}

// drainUrgent empties the first inlet; each item reaches the outputs before the
// next one is looked at, all of them the readers after the turn. True when the
// turn that began at start was too short.
func (e *Engine) drainUrgent(start point.Instant) (more bool) {
	for {
		it, ok := e.in.takeUrgent()
		if !ok {
			return false
		}
		if it.call != nil {
			it.call()
		} else {
			e.apply(it.edge)
		}
		now := e.clock()
		e.settle(now)
		e.hurry = true
		if now.Since(start) >= longestTurn {
			return true
		}
	}
}

// drainSamples works on the second inlet for at most one quantum, or until a
// handful of changes wait for their records, then settles once: what these samples
// decide reaches the outputs together. It tells whether there may be more.
func (e *Engine) drainSamples() (more bool) {
	start := e.clock()
	now, any := start, false
	for !more {
		s, waits := e.in.takeSample()
		if !waits {
			break
		}
		e.apply(s)
		now, any = e.clock(), true
		more = now.Since(start) > quantum || e.Alarms.Pending() >= handful
	}
	if any {
		e.settle(now)
	}
	return more
}

// apply carries one reading through the machines, or what is simulated in its place.
// A write is held against what is really read.
func (e *Engine) apply(s point.Sample) {
	if s.At == (point.Instant{}) {
		s.At = e.clock()
	}
	e.Commands.Sample(s.At, s)
	e.carryOn(e.standIn(s))
}

// carryOn carries a sample that counts.
func (e *Engine) carryOn(s point.Sample) {
	entry, known := e.Table.Put(s)
	if !known {
		return
	}
	e.dirty = true
	e.outlet.Sample(entry.Last)
	e.Panel.Sample(s.At, s)
	e.Alarms.Sample(s.At, s)
	e.Plan.Sample(s.At, s)
	e.Teams.Sample(s.At, s)
	e.Checklist.Sample(s.At, s)
	for _, d := range e.Derive.Sample(s.At, s) {
		e.apply(d)
	}
}

// settle carries what the machines decided to alarms, outputs and the journal.
// The levels come first, and before them nothing that takes longer the more
// alarms stand: that is for show and publish.
func (e *Engine) settle(now point.Instant) {
	signals, records, pulses := e.Panel.Take()
	for _, s := range signals {
		e.Alarms.Signal(now, s)
	}
	records = append(append(records, e.checked()...), e.issue(now)...)
	changes := e.Alarms.Take()
	for _, c := range changes {
		e.Checklist.Alarm(c)
	}
	if len(changes)+len(records) > 0 {
		e.dirty = true
	}
	news := len(changes) > 0 || e.replan
	if v := e.Panel.Version(); v != e.panelAt || e.replan {
		e.panel, e.panelAt, e.replan, news = e.Panel.View(), v, false, true
	}
	if news {
		e.Plan.Update(now, e.Alarms.Alarms(), e.panel)
	}
	e.drive(now)
	if news {
		e.Teams.Alarms(now, e.Alarms.Alarms())
	}
	for _, p := range pulses {
		e.outlet.Pulse(p)
	}
	e.record(now, records, changes)
}

// drive sets the outputs that must change now. Until the retained state is
// merged in nobody knows what the last run left sounding: an output that was
// never driven may then be switched on, not off.
func (e *Engine) drive(now point.Instant) {
	if !e.settled && now.Mono >= e.settles {
		e.settled, e.replan = true, true
		e.Plan.Settle(now)
	}
	levels, next := e.Plan.Levels(now)
	e.outputs = levels
	var moved []annunciate.Level
	for _, l := range levels {
		was, known := e.levels[l.Output]
		if was != l.On || !known && e.settled {
			e.levels[l.Output] = l.On
			moved = append(moved, l)
			e.Checklist.Level(now, l.Output, l.On)
		}
	}
	if len(moved) > 0 {
		e.dirty = true
		e.outlet.Levels(moved)
	}
	for _, s := range e.Plan.Signals() {
		e.Alarms.Signal(now, s)
		next = now.Mono // their changes leave with the next turn
	}
	if e.levelsAt = next; !e.settled {
		e.levelsAt = min(next, e.settles)
	}
}

// show brings the wall up to date.
func (e *Engine) show(now point.Instant) {
	p, next := e.Plan.Picture(now)
	if e.pictureAt = next; !p.Equal(e.picture) {
		e.picture, e.dirty = p, true
		e.outlet.Picture(p)
	}
}

// Nap is how long Run may sleep until something is due: zero while work waits, at
// most longestNap. For who calls Turn.
func (e *Engine) Nap() time.Duration {
	if e.behind {
		return 0
	}
	longest := longestNap
	if e.dirty {
		longest = viewPause
	}
	due := min(e.levelsAt, e.pictureAt, e.Alarms.Next(), e.Panel.Next(), e.Commands.Next(), e.Teams.Next(), e.Simulations.Next(), e.Checklist.Next())
	return min(max(due-e.clock().Mono, 0), longest)
}
