package app

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"watchbox/firmware/config"
	"watchbox/firmware/engine"
	"watchbox/firmware/event"
	"watchbox/firmware/person"
	"watchbox/firmware/point"
	"watchbox/firmware/scan"
	"watchbox/firmware/store"
	"watchbox/firmware/update"
)

// App is the running appliance. Make it with New, run it with Run; the methods
// of web.Box may be called while it runs.
type App struct {
	options   Options
	clock     func() point.Instant
	log       func(format string, args ...any)
	engine    *engine.Engine
	scan      *scan.Scanner
	outputs   *outputs
	wall      *wall
	desk      *desk
	journal   *journal
	upstream  atomic.Pointer[upstream]
	troubles  *edgesOnly
	losses    lossWatch // the watch goroutine's own
	buses     *buses
	searches  searches
	persons   atomic.Pointer[person.People] // nil until the store is open
	store     atomic.Pointer[store.Store]
	site      atomic.Pointer[config.Site]
	fitted    atomic.Pointer[map[string]Fitted] // by device id; replaced whole, never written to
	reload    chan struct{}                     // holds one token while the box runs: who has it may reload
	accepting sync.Mutex                        // the start leaves one behind on a disk that hangs
	kept      *time.Time                        // Machine.Kept by now: who has the reload token, or is the start
	keeper    *siteKeeper                       // keeps the accepted site file outside of data
	attaching sync.Mutex                        // one picture of the checklist after the other
	refused   error                             // why the site file on disk is not in force
	safe      bool
	ownEpoch  string                         // of a start whose store did not open in time
	defines   func(key string) bool          // whether the site of the start can raise the alarm
	armed     func()                         // given to Run
	channels  sync.WaitGroup                 // dial-out, ledger and the ways upstream
	onTrial   atomic.Pointer[siteTrial]      // the site file that is in force until somebody confirms it
	trial     atomic.Pointer[update.Verdict] // the gate's last word, while new firmware is on trial
	stick     atomic.Pointer[point.Words]    // what became of the last USB stick
}

// New reads the site file and compiles it. It touches no wire and no database.
// Problems are those of the site file; with a broken file the last accepted one
// is used, and the error is nil as long as the box can guard at all.
func New(o Options) (*App, []config.Problem, error) {
	a := &App{options: o, clock: o.Clock, log: o.Log, kept: o.Machine.Kept, reload: make(chan struct{}, 1)}
	a.keeper = newSiteKeeper(o.Machine.Keep, func(err error) { a.troubles.set(troubleKept, err) })
	a.sweep()
	a.restoreFiles()
	site, problems, err := a.firstSite()
	if err != nil {
		return nil, problems, err
	}
	a.site.Store(site)
	return a, problems, nil
}

// Run is the life of the appliance, from outputs at rest to the way upstream,
// and its death in the reverse order. armed is called when panic and tamper are
// guarded (once, from a goroutine of its own; never while the terminals cannot be read), ready when the
// page may be served; it returns when ctx ends and everything has stopped.
func (a *App) Run(ctx context.Context, armed, ready func()) error {
	began := a.clock()
	early, calm := a.countStart()
	defer calm.Stop()
	a.safe = early >= safeAfter
	down := &stack{log: a.log}
	defer down.unwind()

	outer, stopOutputs := context.WithCancel(context.Background())
	down.push("outputs", func() { stopOutputs(); a.outputs.group.Wait() })
	a.outputs = newOutputs(outer, a.clock)

	fittings, err := a.fit()
	if err != nil {
		return err
	}
	if err := a.startEngine(down, fittings); err != nil {
		return err
	}
	a.armed = armed
	a.startScan(down, fittings, true)
	a.outputs.start(a.writeOutput, func(p point.Name, err error) { a.troubles.set(outputKey(p), err) }, a.commandAnswered)
	watched := make(chan struct{})
	go func() { defer close(watched); a.watch(ctx) }()
	down.push("watch", func() { <-watched })
	go a.remedyStandstill(ctx) // it may hang in its medium: nobody waits for its end
	opens, kept := a.openStore(ctx), &stack{log: a.log}
	down.push("store", kept.unwind)
	adopted := a.startRest(ctx, down, fittings, opens, kept)
	a.engine.Note(event.Record{Type: event.BoxStarted, Actor: "box", Text: a.startText(early), Detail: startDetail(began)})
	a.tellStart()
	a.startUpdates(down)
	a.startSticks(down)
	a.tellMachine()
	a.reload <- struct{}{}
	ready()
	go a.keeper.run(ctx) // it may hang in its medium: nobody waits for its end
	if adopted || a.adoptLate(ctx, opens, kept) {
		a.heardMachine()
	}
	<-ctx.Done()
	down.push("reload", func() { <-a.reload; a.holdTrial(); a.sayGoodbye() })
	down.push("searches", a.endSearches)
	inTime(context.Background(), startsPatience, func() any { a.forgetStarts(); return nil })
	return nil
}

// sayGoodbye is the last record: it waits until the journal has it in its queue.
func (a *App) sayGoodbye() {
	a.engine.Note(event.Record{Type: event.BoxStopped, Actor: "box", Text: point.Words{Zh: "设备正常停止", En: "Box stopped in order"}})
	told := make(chan struct{})
	a.engine.After(func() { close(told) })
	<-told
}

// startRest brings up what the siren does not need: store, buses, channels, the
// way upstream. A disk that is slow to answer holds up nothing but its own: the
// answer is false while the store is not open.
func (a *App) startRest(ctx context.Context, down *stack, f Fittings, opens <-chan opened, kept *stack) bool {
	a.upstream.Store(newUpstream(a, f.Paths))
	missing := a.awaitStore(ctx, opens, kept)
	a.startScan(down, f, false)
	a.startChannels(down, f)
	a.startUpstream(down)
	if missing != nil {
		a.withoutStore(missing) // only now is there a way upstream for what happened meanwhile
	}
	return missing == nil
}

// tellMachine hands on what the operating system found at its start.
func (a *App) tellMachine() {
	for _, r := range a.options.Machine.Told {
		a.engine.Note(r)
	}
	a.tellLost()
}

// heardMachine says that this was taken to the journal: the daemon's next life
// need not tell it again.
func (a *App) heardMachine() {
	if m := a.options.Machine; len(m.Told) > 0 && m.Heard != nil {
		a.engine.After(m.Heard)
	}
}

// tellStart says what is odd about this start.
func (a *App) tellStart() {
	if a.safe {
		a.troubles.set(troubleSafeMode, errors.New("three early deaths within ten minutes"))
		a.engine.SetSafeMode()
	} else {
		a.troubles.set(troubleSafeMode, nil)
	}
	if a.refused == errUnconfirmed {
		a.siteChanged()
	}
	if a.refused != nil {
		a.refuseSite("box", a.refused)
	} else {
		a.troubles.set(troubleConfig, nil)
	}
}
