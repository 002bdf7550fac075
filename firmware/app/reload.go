package app

import (
	"context"
	"fmt"
	"io"
	"reflect"
	"time"

	"watchbox/firmware/config"
	"watchbox/firmware/dialout"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// Reload checks the site file on disk and swaps it in without a restart:
// unchanged devices, alarms, zones and timers live on. A bad file changes
// nothing but for a trouble and a record; its error lists every problem. Waits
// for the end of the start, and for another reload, or for ctx. In safe mode
// only what safe mode keeps of the new file comes into force. A trial that runs
// is over: who reloads means this file.
func (a *App) Reload(ctx context.Context, actor string) error {
	return a.alone(ctx, func() error { return a.reloadFile(actor, 0) })
}

// alone runs f while nobody else changes the site.
func (a *App) alone(ctx context.Context, f func() error) error {
	select {
	case <-a.reload:
		defer func() { a.reload <- struct{}{} }()
	case <-ctx.Done():
		return fmt.Errorf("reload: the box starts, stops or reloads already: %w", ctx.Err())
	}
	return f()
}

func (a *App) reloadFile(actor string, confirm time.Duration) error {
	site, text, problems := readSite(a.options)
	if site == nil {
		err := fmt.Errorf("%w:\n%w", ErrSite, config.Problems(problems))
		a.refuseSite(actor, err)
		return err
	}
	return a.enforce(site, text, actor, confirm)
}

// enforce puts a checked site in force: for good, or on trial.
func (a *App) enforce(site *config.Site, text []byte, actor string, confirm time.Duration) error {
	if a.safe {
		site = safeSite(site)
	}
	former, marked := config.LoadMark(a.options.DataDir)
	err := a.mark(text, actor, confirm)
	if err == nil {
		err = a.swap(site, everything)
	}
	if err != nil {
		a.remark(former, marked)
		a.refuseSite(actor, err)
		return err
	}
	a.troubles.set(troubleConfig, nil)
	defer a.siteChanged() // it looks at the mark
	defer a.tellLost()
	if confirm > 0 {
		a.beginTrial(text, actor, confirm)
		return nil
	}
	a.accept(text, actor)
	a.endTrial()
	a.Journal(event.Record{Type: event.ConfigApplied, Actor: actor,
		Text: point.Words{Zh: "新的站点配置已生效", En: "New site file is in force"}})
	return nil
}

func (a *App) refuseSite(actor string, err error) {
	a.troubles.set(troubleConfig, err)
	a.Journal(event.Record{Type: event.ConfigRefused, Actor: actor,
		Text: point.Words{Zh: "站点配置未被采用，继续按原配置运行", En: "Site file refused; the one in force stays"}})
}

// demand is how much of a site must work for it to come into force.
type demand bool

const (
	everything demand = true
	whatWorks  demand = false // as at a start: a rule that lacks its point costs no other
)

// swap puts the new site in force: first everything that can fail, then the
// engine in one turn, then devices and channels.
func (a *App) swap(site *config.Site, wants demand) error {
	old, running := a.site.Load(), *a.fitted.Load()
	if old.Board != site.Board {
		return fmt.Errorf("%w:\n%w", ErrSite, config.Problems{site.Problem("board", words(point.Words{}, site.Board),
			point.Words{Zh: old.Board + "；换板型须重启", En: old.Board + ": another board needs a restart"})})
	}
	keep := func(d config.Device) bool { f, ok := running[d.ID]; return ok && same(f.Spec, d) }
	f, err := a.options.Builder.Build(site, keep, a.desk)
	if err != nil {
		discard(f, running)
		return err
	}
	next := join(f, running)
	c, faults := compile(site, f)
	if len(faults) > 0 && wants == everything {
		discard(f, running)
		return fmt.Errorf("%w:\n%w", ErrSite, site.Faults(faults))
	}
	for _, fault := range faults {
		a.log("%v", site.Fault(fault))
	}
	c.briefs(a.brief)
	// From here on nobody may give up half-way: the engine's turn takes milliseconds.
	if err := a.engine.Reload(context.Background(), c.into); err != nil {
		return err
	}
	a.site.Store(site)
	a.troubles.keep(troubles(site))
	a.buses.reload(site)
	a.exchange(next)
	a.rewire(old, site, f)
	return nil
}

func same(a, b any) bool { return reflect.DeepEqual(a, b) }

// join puts the running devices where the builder left them out, and gives all
// by their id.
func join(f Fittings, running map[string]Fitted) map[string]Fitted {
	next := map[string]Fitted{}
	for i, d := range f.Devices {
		if d.Device == nil {
			d = running[d.Spec.ID]
			f.Devices[i] = d
			if ch, speaks := d.Device.(dialout.Channel); speaks { // a modem is both
				f.Channels[d.Spec.ID] = ch
			}
		}
		next[d.Spec.ID] = d
	}
	return next
}

// discard closes what was built for a site that was then refused.
func discard(f Fittings, running map[string]Fitted) {
	for _, d := range f.Devices {
		if d.Device != nil && running[d.Spec.ID].Device != d.Device {
			d.Device.Close()
		}
	}
	for _, p := range f.Paths {
		p.Close()
	}
	if c, ok := f.Display.(io.Closer); ok {
		c.Close()
	}
}

// exchange takes away the devices that went or changed, then adds the new ones.
// A new device starts with its outputs at rest, so it is told again what sounds.
func (a *App) exchange(next map[string]Fitted) {
	a.endSearches() // a bus may have changed
	running := *a.fitted.Load()
	a.fitted.Store(&next)
	for id, f := range running {
		if next[id].Device != f.Device {
			if err := a.scan.Remove(id); err != nil {
				a.log("reload: %v", err)
			}
		}
	}
	for id, f := range next {
		if running[id].Device != f.Device {
			a.addDevice(f)
			a.outputs.repeat(f.points())
		}
	}
}

// rewire takes over dial-out and the wall of the new site, and starts channels
// and paths anew when the site file changed them.
func (a *App) rewire(old, site *config.Site, f Fittings) {
	a.desk.tell(func(point.Instant) { a.desk.pure.Reload(a.deskParts(site, f.Kinds)) })
	a.wall.swap(f.Display)
	if !same(old.Channels, site.Channels) {
		a.desk.rewire(f.Channels)
	}
	if !same(old.Upstream, site.Upstream) {
		a.upstream.Load().rewire(f.Paths)
		return
	}
	for _, p := range f.Paths {
		p.Close()
	}
}
