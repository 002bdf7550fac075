package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"watchbox/firmware/annunciate"
	"watchbox/firmware/condition"
	"watchbox/firmware/event"
	"watchbox/firmware/live"
	"watchbox/firmware/point"
)

// ErrUnknownVerb is a command that the engine does not know.
var ErrUnknownVerb = errors.New("unknown command")

// SetDevices replaces the devices that the view shows. Never blocks.
func (e *Engine) SetDevices(d []DeviceView) {
	e.post(func() { e.devices, e.dirty = d, true })
}

// SetInputs replaces the contacts that the view shows. Never blocks.
func (e *Engine) SetInputs(list []InputView) {
	e.post(func() { e.dirty = e.dirty || !slices.Equal(e.inputs, list); e.inputs = list })
}

// SetJournal tells how the journal is. Never blocks.
func (e *Engine) SetJournal(ok bool, why string) {
	e.post(func() { e.health.JournalOK, e.health.Journal, e.dirty = ok, why, true })
}

// SetLostEdges tells how many edges were lost before they reached the engine,
// since the drivers were made. Never blocks.
func (e *Engine) SetLostEdges(n uint64) {
	e.post(func() { e.dirty, e.health.LostEdges = e.dirty || e.health.LostEdges != n, n })
}

// SetSafeMode says that the box guards with the 24-hour zones only.
func (e *Engine) SetSafeMode() {
	e.post(func() { e.health.SafeMode, e.dirty = true, true })
}

// publish makes a new view for readers.
func (e *Engine) publish(now point.Instant) {
	if !e.dirty {
		return
	}
	e.dirty, e.hurry = false, false
	v := &View{At: now, Points: e.Table.Freeze(), Alarms: e.Alarms.Alarms(), Panel: e.panel, Outputs: e.outputs,
		Wall: e.picture, Devices: e.devices, Inputs: e.inputs, Health: e.health, Flood: e.Alarms.Flood(), Commands: e.Commands.Recent(), Teams: e.Teams.Views(), Simulations: e.Simulations.Views(), Checklist: e.Checklist.Views()}
	lost, replaced := e.in.losses()
	v.Health.LostEdges, v.Health.Dropped = v.Health.LostEdges+lost, replaced
	if old := e.view.Load(); old != nil {
		v.Number = old.Number + 1
	}
	e.view.Store(v)
	fresh := make(chan struct{})
	close(*e.changed.Swap(&fresh))
}

// Reload runs change in the engine's goroutine, in one turn: it swaps in what was
// compiled outside. Samples of points that stay are carried over and judged
// again, so that a changed limit counts at once. Waits for it or for ctx.
func (e *Engine) Reload(ctx context.Context, change func(now point.Instant, p *Parts)) error {
	done := make(chan struct{})
	e.post(func() {
		defer close(done)
		old, now := e.Table.Freeze(), e.clock()
		change(now, &e.Parts)
		e.replan = true
		always := e.Always // not the field: the next reload writes to that
		e.always.Store(&always)
		e.carry(old, now)
		e.keepSimulating(now)
		e.letGo(now)
		e.Commands.Reload(now, e.writable)
	})
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("reload: %w", ctx.Err())
	}
}

// carry tells the machines what was known before the reload: a contact that does
// not move is told by nobody else.
func (e *Engine) carry(old live.Snapshot, now point.Instant) {
	for i := range old.Len() {
		entry := old.At(i)
		if !entry.Seen {
			continue
		}
		e.Table.Put(entry.Good)
		if _, stays := e.Table.Put(entry.Last); stays && entry.Last.Quality.Usable() {
			e.Panel.Recall(now, entry.Last)
			e.Alarms.Sample(now, entry.Last)
			e.Plan.Sample(now, entry.Last)
			e.Teams.Sample(now, entry.Last)
		}
	}
	e.dirty = true
}

// letGo switches off what no annunciator drives any more: nobody else would.
func (e *Engine) letGo(now point.Instant) {
	levels, _ := e.Plan.Levels(now)
	driven := map[point.Name]bool{}
	for _, l := range levels {
		driven[l.Output] = true
	}
	for output, on := range e.levels {
		if driven[output] {
			continue
		}
		delete(e.levels, output)
		if on {
			e.outlet.Levels([]annunciate.Level{{Output: output}})
		}
	}
}

// After runs f in the engine's goroutine once everything handed in before is
// done and seen in the view. f must not block.
func (e *Engine) After(f func()) {
	e.post(func() { e.dirty = true; e.settle(e.clock()); e.show(e.clock()); e.publish(e.clock()); f() })
}

// Commit numbers and journals what another part decided, with its retained
// state, in one batch. Never blocks.
func (e *Engine) Commit(b event.Batch) {
	e.post(func() { e.commit(e.clock(), b.Records, nil, b.Retained) })
}

// embellish adds what the alarm machine cannot know of an alarm that no rule
// raises: the reading, and what the panel thinks of one of its own.
func (e *Engine) embellish(d *event.Decision) {
	for i, in := range d.Inputs {
		if read, ok := e.reading(in.Point); ok && in.Value == "" {
			d.Inputs[i].Value, d.Inputs[i].Quality = read.Value, read.Quality
		}
	}
	e.Panel.Explain(d, e.reading)
}

// reading is the newest reading of a point: the last value that could be read,
// and how good the newest sample is.
func (e *Engine) reading(n point.Name) (event.Input, bool) {
	entry, known := e.Table.Get(n)
	if !known || !entry.Seen {
		return event.Input{}, false
	}
	return condition.Told(entry.Point, entry.Good.Value, entry.Last), true
}

// Explain answers why an alarm rings or does not, as the engine sees it now; ok
// is false for an unknown key. Waits for the engine or for ctx.
func (e *Engine) Explain(ctx context.Context, key string) (d event.Decision, ok bool, err error) {
	type answer struct {
		d  event.Decision
		ok bool
	}
	got := make(chan answer, 1)
	e.post(func() {
		d, ok := e.Alarms.Explain(key)
		d.At = e.clock()
		e.embellish(&d)
		got <- answer{d, ok}
	})
	select {
	case a := <-got:
		return a.d, a.ok, nil
	case <-ctx.Done():
		return d, false, fmt.Errorf("explain %s: %w", key, ctx.Err())
	}
}
