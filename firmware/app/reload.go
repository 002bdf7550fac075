package app

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"watchbox/firmware/config"
	"watchbox/firmware/dialout"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// Reload checks the site file on disk and swaps it in without a restart:
// unchanged devices, alarms, zones and timers live on. A bad file changes
// nothing but for a trouble and a record; its error lists every problem.
func (a *App) Reload(ctx context.Context, actor string) error {
	a.reload.Lock()
	defer a.reload.Unlock()
	site, problems := readSite(a.options)
	if site == nil {
		err := fmt.Errorf("%w:\n%s", ErrSite, list(problems))
		a.refuseSite(actor, err)
		return err
	}
	if err := a.swap(ctx, site); err != nil {
		a.refuseSite(actor, err)
		return err
	}
	a.accept()
	a.troubles.set(troubleConfig, nil)
	a.Journal(event.Record{Type: event.ConfigApplied, Actor: actor,
		Text: point.Words{Zh: "新的站点配置已生效", En: "New site file is in force"}})
	return nil
}

func (a *App) refuseSite(actor string, err error) {
	a.troubles.set(troubleConfig, err)
	a.Journal(event.Record{Type: event.ConfigRefused, Actor: actor,
		Text: point.Words{Zh: "站点配置未被采用，继续按原配置运行", En: "Site file refused; the one in force stays"}})
}

// swap puts the new site in force: first everything that can fail, then the
// engine in one turn, then devices and channels.
func (a *App) swap(ctx context.Context, site *config.Site) error {
	old := a.site.Load()
	if old.Board != site.Board {
		return fmt.Errorf("%w: board changes from %s to %s only with a restart", ErrSite, old.Board, site.Board)
	}
	keep := func(d config.Device) bool { f, ok := a.fitted[d.ID]; return ok && same(f.Spec, d) }
	f, err := a.options.Builder.Build(site, keep, a.desk)
	if err != nil {
		return err
	}
	next := map[string]Fitted{}
	for i, d := range f.Devices {
		if d.Device == nil {
			d = a.fitted[d.Spec.ID]
			f.Devices[i] = d
			if ch, speaks := d.Device.(dialout.Channel); speaks { // a modem is both
				f.Channels[d.Spec.ID] = ch
			}
		}
		next[d.Spec.ID] = d
	}
	c, faults := compile(site, f)
	if len(faults) > 0 {
		discard(f, a.fitted)
		return fmt.Errorf("%w: %w", ErrSite, errors.Join(faults...))
	}
	if err := a.engine.Reload(ctx, c.into); err != nil {
		return err
	}
	a.site.Store(site)
	a.exchange(next)
	a.rewire(old, site, f)
	return nil
}

func same(a, b any) bool { return reflect.DeepEqual(a, b) }

// discard closes the devices that were built for a site that was then refused.
func discard(f Fittings, running map[string]Fitted) {
	for _, d := range f.Devices {
		if running[d.Spec.ID].Device != d.Device {
			d.Device.Close()
		}
	}
}

// exchange takes away the devices that went or changed, then adds the new ones.
func (a *App) exchange(next map[string]Fitted) {
	for id, f := range a.fitted {
		if next[id].Device != f.Device {
			if err := a.scan.Remove(id); err != nil {
				a.log("reload: %v", err)
			}
		}
	}
	for id, f := range next {
		if a.fitted[id].Device != f.Device {
			a.addDevice(f)
		}
	}
	a.fitted = next
}

// rewire takes over dial-out and the wall of the new site, and starts channels
// and paths anew when the site file changed them.
func (a *App) rewire(old, site *config.Site, f Fittings) {
	a.desk.tell(func(point.Instant) { a.desk.pure.Reload(deskParts(site, f.Kinds)) })
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
