package app

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"watchbox/firmware/config"
	"watchbox/firmware/dialout"
	"watchbox/firmware/engine"
	"watchbox/firmware/event"
	"watchbox/firmware/person"
	"watchbox/firmware/point"
	"watchbox/firmware/scan"
	"watchbox/firmware/store"
)

// App is the running appliance. Make it with New, run it with Run; the methods
// of web.Box may be called while it runs.
type App struct {
	options  Options
	clock    func() point.Instant
	log      func(format string, args ...any)
	engine   *engine.Engine
	scan     *scan.Scanner
	outputs  *outputs
	wall     *wall
	desk     *desk
	journal  *journal
	upstream atomic.Pointer[upstream]
	troubles *edgesOnly
	persons  atomic.Pointer[person.Directory]
	store    atomic.Pointer[store.Store]
	site     atomic.Pointer[config.Site]
	fitted   map[string]Fitted // by device id; of the reload's goroutine
	reload   sync.Mutex
	setup    atomic.Value // string: the one-time set-up code
	refused  error        // why the site file on disk is not in force
	safe     bool
	armed    func()         // given to Run
	channels sync.WaitGroup // dial-out, ledger and the ways upstream
}

const (
	storePatience = 3 * time.Second // the start waits so long for the store, then buses and channels begin without it
	storeLimit    = time.Minute     // then the box runs from memory until its next start
)

// New reads the site file and compiles it. It touches no wire and no database.
// Problems are those of the site file; with a broken file the last accepted one
// is used, and the error is nil as long as the box can guard at all.
func New(o Options) (*App, []config.Problem, error) {
	a := &App{options: o, clock: o.Clock, log: o.Log, fitted: map[string]Fitted{}}
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
	early := a.countStart()
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
	a.outputs.start(a.writeOutput, func(p point.Name, err error) { a.troubles.set(outputKey(p), err) })
	watched := make(chan struct{})
	go func() { defer close(watched); a.watch(ctx) }()
	down.push("watch", func() { <-watched })
	a.startRest(ctx, down, fittings)
	a.engine.Note(event.Record{Type: event.BoxStarted, Actor: "box", Text: a.startText(early)})
	a.tellStart()
	ready()
	<-ctx.Done()
	a.engine.Note(event.Record{Type: event.BoxStopped, Actor: "box", Text: point.Words{Zh: "设备正常停止", En: "Box stopped in order"}})
	a.forgetStarts()
	return nil
}

// startRest brings up what the siren does not need: store, buses, channels, the
// way upstream. A disk that is slow to answer holds up nothing but its own.
func (a *App) startRest(ctx context.Context, down *stack, f Fittings) {
	a.upstream.Store(newUpstream(a, f.Paths))
	opened := a.openStore()
	adopted := a.awaitStore(ctx, down, opened, f, storePatience)
	if !adopted {
		a.troubles.set(troubleJournal, fmt.Errorf("store %s: the disk has not answered for %v", a.options.DataDir, storePatience))
	}
	a.startScan(down, f, false)
	a.startChannels(down, f)
	if !adopted && !a.awaitStore(ctx, down, opened, f, storeLimit) {
		a.withoutStore(fmt.Errorf("store %s: the disk has not answered for %v", a.options.DataDir, storeLimit))
	}
	a.startUpstream(down)
}

// tellStart says what is odd about this start.
func (a *App) tellStart() {
	if a.safe {
		a.troubles.set(troubleSafeMode, errors.New("three early deaths within ten minutes"))
		a.engine.SetSafeMode()
	} else {
		a.troubles.set(troubleSafeMode, nil)
	}
	if a.refused != nil {
		a.refuseSite("box", a.refused)
	} else {
		a.troubles.set(troubleConfig, nil)
	}
}

// fit builds the drivers; in safe mode only the terminals of the box.
func (a *App) fit() (Fittings, error) {
	site := a.site.Load()
	if a.safe {
		site = safeSite(site)
		a.site.Store(site)
	}
	a.desk = newDesk(a)
	f, err := a.options.Builder.Build(site, func(config.Device) bool { return false }, a.desk)
	if err != nil {
		return f, fmt.Errorf("start: %w", err)
	}
	for _, d := range f.Devices {
		a.fitted[d.Spec.ID] = d
	}
	a.desk.pure = dialout.NewDesk(deskParts(site, f.Kinds))
	return f, nil
}

func (a *App) startEngine(down *stack, f Fittings) error {
	site := a.site.Load()
	c, problems := compile(site, f)
	for _, p := range problems {
		a.log("site file: %v", p)
	}
	a.journal = newJournal(a)
	// The wall is there before the engine is: its first frame may be the only one.
	a.wall = newWall(f.Display, func(err error) { a.troubles.set(troubleWall, err) })
	a.engine = engine.New(c.parts(a.clock()), a.clock, a.journal, outlet{a})
	a.troubles = newEdgesOnly(a.engine.Signal)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); a.engine.Run(ctx) }()
	down.push("engine", func() { stop(); <-done })
	wallCtx, stopWall := context.WithCancel(context.Background())
	wallDone := make(chan struct{})
	go func() { defer close(wallDone); a.wall.run(wallCtx) }()
	down.push("wall", func() { stopWall(); <-wallDone })
	return nil
}

// startScan adds the devices of the first (terminals) or the second wave.
func (a *App) startScan(down *stack, f Fittings, first bool) {
	if first {
		a.scan = scan.New(sink{a}, a.clock, a.log)
		a.scan.OnDevice(a.guarding(f, a.armed))
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan struct{})
		a.addDevices(f, true)
		go func() {
			defer close(done)
			if err := a.scan.Run(ctx); err != nil {
				a.log("stop devices: %v", err)
			}
		}()
		down.push("scan", func() { stop(); <-done })
		return
	}
	a.addDevices(f, false)
	a.refreshDevices()
}

func (a *App) addDevices(f Fittings, first bool) {
	for _, d := range f.Devices {
		if d.First == first {
			a.addDevice(d)
		}
	}
}

func (a *App) addDevice(d Fitted) {
	var err error
	if d.Pooled {
		err = a.scan.AddPooled(d.Spec.ID, d.Device)
	} else {
		err = a.scan.Add(d.Bus, d.Spec.ID, d.Device)
	}
	if err != nil {
		a.troubles.set(deviceKey(d.Spec.ID), err)
	}
}

// opened is what became of opening the store.
type opened struct {
	store  *store.Store
	report store.OpenReport
	err    error
}

// openStore opens the store in a goroutine of its own: a disk that hangs leaves
// that one behind, and the box guards on.
func (a *App) openStore() <-chan opened {
	answer := make(chan opened, 1)
	go func() {
		s, r, err := store.Open(a.options.DataDir, store.Options{Now: a.clock})
		answer <- opened{s, r, err}
	}()
	return answer
}

// awaitStore waits for the store and takes it into use; false when it has not
// answered within patience.
func (a *App) awaitStore(ctx context.Context, down *stack, answer <-chan opened, f Fittings, patience time.Duration) bool {
	select {
	case o := <-answer:
		if o.err != nil {
			a.withoutStore(o.err)
		} else {
			a.adoptStore(down, f, o)
		}
		return true
	case <-time.After(patience):
	case <-ctx.Done():
	}
	return false
}

// watch turns once a second: the proof of progress, the view of devices, the
// state of journal and upstream. It returns when ctx ends.
func (a *App) watch(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			a.refreshDevices()
			a.checkUpstream()
			a.prove()
		}
	}
}

// progressLimit is how long engine and output writer may stand still.
const progressLimit = 10 * time.Second

// prove pets the watchdog only if engine and output writer have turned.
func (a *App) prove() {
	now := a.clock().Mono
	behind := max(now-a.engine.Turned(), now-a.outputs.slowest(now))
	if behind < progressLimit {
		if a.options.Pet != nil {
			a.options.Pet()
		}
		return
	}
	a.log("engine or outputs stand still since %v", behind)
	if a.options.Exit != nil {
		a.options.Exit(fmt.Sprintf("no progress for %v", behind))
	}
}

// stack is the order of death: the reverse of the order of life, under one deadline.
type stack struct {
	names []string
	calls []func()
	log   func(string, ...any)
}

// deathLimit bounds the whole shutdown.
const deathLimit = 10 * time.Second

func (s *stack) push(name string, f func()) {
	s.names, s.calls = append(s.names, name), append(s.calls, f)
}

func (s *stack) unwind() {
	deadline := time.After(deathLimit)
	for i := len(s.calls) - 1; i >= 0; i-- {
		done := make(chan struct{})
		go func() { defer close(done); s.calls[i]() }()
		select {
		case <-done:
		case <-deadline:
			s.log("stop: %s did not end within %v", s.names[i], deathLimit)
			return
		}
	}
}

// accepted reads the last accepted site file.
func (a *App) accepted() (*config.Site, error) {
	data, err := config.LoadAccepted(a.options.DataDir)
	if err != nil {
		return nil, err
	}
	site, problems := config.Parse("accepted site file", data)
	if site != nil {
		site, problems = site.Resolve(a.options.Secrets)
	}
	if site == nil {
		return nil, fmt.Errorf("accepted site file: %s", list(problems))
	}
	return site, nil
}
