package app

import (
	"context"
	"fmt"
	"time"
)

// watch turns once a second: the proof of progress, the view of devices and
// inputs, the terminals that are out, the state of journal and upstream, the servers
// for other masters, the wall clock. It returns when ctx ends.
func (a *App) watch(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	wall, registers, shared := &timeWatch{}, newServing(a), newProxies(a)
	defer registers.end()
	defer shared.end()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			a.refreshDevices()
			a.refreshInputs()
			a.refreshLines()
			a.checkUpstream()
			registers.look()
			shared.look()
			if r := wall.look(a.clock()); r != nil {
				a.Journal(*r)
			}
			a.prove()
		}
	}
}

// progressLimit is how long engine and output writer may stand still.
const progressLimit = 10 * time.Second

// prove pets the watchdog only if engine and output writer have turned.
func (a *App) prove() {
	behind := a.behind(a.clock().Mono)
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

// behind is how long the slower of engine and output writer has stood still.
func (a *App) behind(now time.Duration) time.Duration {
	return max(now-a.engine.Turned(), now-a.outputs.slowest(now))
}
