package app

import (
	"context"
	"errors"
	"fmt"

	"watchbox/firmware/config"
	"watchbox/firmware/dialout"
	"watchbox/firmware/engine"
	"watchbox/firmware/scan"
)

// fit builds the drivers; in safe mode only the terminals of the box. It fails
// only when nothing at all can be built.
func (a *App) fit() (Fittings, error) {
	site := a.site.Load()
	if a.safe {
		site = safeSite(site)
		a.site.Store(site)
	}
	a.desk = newDesk(a)
	f, err := a.options.Builder.Build(site, func(config.Device) bool { return false }, a.desk)
	if err != nil && len(f.Devices) == 0 {
		return f, fmt.Errorf("start: %w", err)
	}
	if err != nil { // one thing that cannot be made must not cost the rest
		a.refused = errors.Join(a.refused, err)
	}
	fitted := map[string]Fitted{}
	for _, d := range f.Devices {
		fitted[d.Spec.ID] = d
	}
	a.fitted.Store(&fitted)
	a.desk.pure = dialout.NewDesk(a.deskParts(site, f.Kinds))
	return f, nil
}

func (a *App) startEngine(down *stack, f Fittings) error {
	site := a.site.Load()
	c, problems := compile(site, f)
	for _, p := range problems {
		a.log("%v", site.Fault(p))
	}
	c.briefs(a.brief)
	a.defines = c.program.Defines
	a.journal = newJournal(a)
	// The wall is there before the engine is: its first frame may be the only one.
	a.wall = newWall(f.Display, a.clock, func(err error) { a.troubles.set(troubleWall, err) })
	a.engine = engine.New(c.parts(a.clock()), a.clock, a.journal, outlet{a})
	a.troubles = newEdgesOnly(a.engine.Signal)
	a.buses = newBuses(site, func(key string, err error) { a.troubles.set(key, err) })
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
