// Package wiring is the one place that sees the board, the drivers and the
// firmware together: it makes of a site file what firmware/app runs.
package wiring

import (
	"errors"
	"fmt"
	stdmaps "maps"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"watchbox/board"
	"watchbox/drivers/all"
	"watchbox/drivers/gpio"
	"watchbox/drivers/maps"
	"watchbox/firmware/app"
	"watchbox/firmware/config"
	"watchbox/firmware/dialout"
	"watchbox/firmware/driver"
	"watchbox/firmware/forward"
	"watchbox/firmware/point"
)

// terminalsDevice is the name of the box's own inputs and outputs as a device.
const terminalsDevice = driver.Terminals

// Builder makes fittings; it meets app.Builder. Used by one goroutine at a time.
type Builder struct {
	// Stamp turns the kernel's time of an edge into the box's, for the terminals of
	// a real board; nil leaves the time of arrival. Set it before the first Build.
	Stamp func(kernel time.Duration) point.Instant

	// Holds is told for each output terminal how long its level outlives the daemon,
	// whenever a site file is fitted; may be nil. Set it before the first Build.
	Holds func(map[string]time.Duration)

	dataDir   string
	inherited map[string]*os.File // outputs that a holder opened before us
	buses     *buses
	set       atomic.Pointer[maps.Set] // any goroutine
}

// New makes a builder. It takes over the output lines that a holder opened, and reads
// the installer's own maps. Blocks on the disk.
func New(dataDir string) (*Builder, error) {
	inherited, err := gpio.Inherited(os.Getenv(gpio.EnvironmentLines))
	if err != nil {
		return nil, err
	}
	b := &Builder{dataDir: dataDir, inherited: inherited, buses: newBuses()}
	b.set.Store(maps.NewSet(config.OwnMapsOf(dataDir).Load()))
	return b, nil
}

// Build fits a site: terminals first, then devices, channels and paths. What
// keep tells to be unchanged gets no device; the running one lives on.
func (b *Builder) Build(site *config.Site, keep func(config.Device) bool, inbox dialout.Inbox) (app.Fittings, error) {
	profile, err := board.Load(site.Board)
	if err != nil {
		return app.Fittings{}, err
	}
	f := app.Fittings{Channels: map[string]dialout.Channel{}, Kinds: map[string]string{}, Paths: map[string]forward.Path{}}
	e := b.environment(site, profile, inbox)
	faults := []error{b.terminals(site, profile, keep, &f)}
	for _, d := range site.Devices {
		faults = append(faults, b.device(d, site, profile, keep, e, &f))
	}
	for _, c := range site.Channels {
		faults = append(faults, b.channel(c, keep, e, &f))
	}
	for _, u := range site.Upstream {
		path, err := pathOf(u)
		if faults = append(faults, err); err == nil {
			f.Paths[u.ID] = path
		}
	}
	return f, errors.Join(faults...)
}

// terminals fits the box's own inputs and outputs as one device.
func (b *Builder) terminals(site *config.Site, p *board.Profile, keep func(config.Device) bool, f *app.Fittings) error {
	if len(site.Inputs)+len(site.Outputs) == 0 {
		return nil
	}
	spec, p := terminalSpec(site, p), holding(site, p)
	entry := app.Fitted{Spec: config.Device{ID: terminalsDevice, Driver: "gpio", Options: fingerprint(spec, p)}, First: true,
		Product: driver.Product{Source: "board/" + p.Name}, Rests: terminalRests(site, p)}
	entry.Spec.Label = p.Label
	if keep(entry.Spec) {
		f.Devices = append(f.Devices, entry)
		return nil
	}
	backend, err := b.backend(p)
	if err != nil {
		return err
	}
	device, err := gpio.New(spec, backend)
	if err != nil {
		return err
	}
	if p.GPIO == "cdev" { // a simulated room's clock is its own
		device.Stamp = b.Stamp
	}
	entry.Device = device
	f.Devices = append(f.Devices, entry)
	b.declare(p)
	return nil
}

// fingerprint lets a reload see whether a terminal changed.
func fingerprint(spec driver.Spec, p *board.Profile) map[string]string {
	return map[string]string{"terminals": fmt.Sprintf("%+v %+v", spec.Inputs, p.Outputs)}
}

func (b *Builder) device(d config.Device, site *config.Site, p *board.Profile, keep func(config.Device) bool, e all.Environment, f *app.Fittings) error {
	if d.Driver == "ledwall" {
		if site.Wall == nil || site.Wall.Device != d.ID {
			return nil
		}
		w, err := wall(d, site, p)
		if err != nil {
			return err // and no nil wall in an interface
		}
		f.Display = w
		return nil
	}
	entry := app.Fitted{Spec: b.onLine(d, site), Bus: d.Bus}
	if keep(entry.Spec) {
		f.Devices = append(f.Devices, entry)
		return nil
	}
	m, err := all.Device(specOf(withStandIns(d)), d.Bus, e)
	if err != nil {
		return err
	}
	entry.Device, entry.Bus, entry.Pooled, entry.Product = muted(m.Device, d), m.Bus, m.Pooled, m.Product
	for _, r := range m.Rates {
		entry.Counters = append(entry.Counters, app.Counter{Point: r.Point, From: r.Counter, Clock: r.Clock, Label: r.Label, Unit: r.Unit, Scale: r.Scale, Room: r.Room})
	}
	f.Devices = append(f.Devices, entry)
	return nil
}

// onLine adds to a device what its bus and its own map are, so that a reload builds it
// anew when one of them changed: another terminal, another speed, another name on its
// chain, another register.
func (b *Builder) onLine(d config.Device, site *config.Site) config.Device {
	if text, kept := b.set.Load().Text(d.Map); kept && strings.HasPrefix(d.Map, driver.OwnMap) {
		d.Options = with(d.Options, "(map)", config.Digest(text))
	}
	for _, bus := range site.Buses {
		if d.Bus == "" || bus.ID != d.Bus {
			continue
		}
		d.Options = with(d.Options, "(bus)", fmt.Sprintf("%+v", bus))
		if d.Driver == "onewire" {
			d.Options = with(d.Options, "(chain)", fmt.Sprint(romsOf(site, bus.ID)))
		}
	}
	return d
}

// with is a copy of the options with one more.
func with(options map[string]string, key, value string) map[string]string {
	more := map[string]string{key: value}
	stdmaps.Copy(more, options)
	return more
}

// channel fits one way to people. A modem is a device too: its signal and
// registration are points.
func (b *Builder) channel(c config.Channel, keep func(config.Device) bool, e all.Environment, f *app.Fittings) error {
	spec := config.Device{ID: c.ID, Driver: c.Driver, Address: c.Address, Options: c.Options}
	if c.Driver == dialout.Modem {
		spec.Label = point.Words{Zh: "短信模块 " + c.ID, En: "SMS modem " + c.ID}
	}
	f.Kinds[c.ID] = c.Driver
	if keep(spec) {
		f.Devices = append(f.Devices, app.Fitted{Spec: spec})
		return nil
	}
	ch, device, err := channelOf(spec, e)
	if err != nil {
		return err
	}
	f.Channels[c.ID] = ch
	if device != nil {
		f.Devices = append(f.Devices, app.Fitted{Spec: spec, Device: device})
	}
	return nil
}

// channelOf makes one way to people.
func channelOf(c config.Device, e all.Environment) (dialout.Channel, driver.Device, error) {
	secret := config.LacksAny(c.Address, c.Options)
	if secret != "" && c.Driver != dialout.Modem {
		return muteChannel{fmt.Errorf("channel %s: %w", c.ID, config.LackedSecret(secret))}, nil, nil
	}
	ch, device, err := all.Channel(specOf(withStandIns(c)), e)
	if err != nil || secret == "" {
		return ch, device, err
	}
	device = muted(device, c)
	return device.(dialout.Channel), device, nil
}

// pathOf makes one way upstream.
func pathOf(u config.Upstream) (forward.Path, error) {
	if secret := config.LacksAny(u.Address, u.Options); secret != "" {
		return mutePath{fmt.Errorf("upstream %s: %w", u.ID, config.LackedSecret(secret))}, nil
	}
	return all.Path(u.ID, u.Driver, u.Address, u.Options)
}

func specOf(d config.Device) driver.Spec {
	return driver.Spec{Name: d.ID, Room: d.Room, Label: d.Label, Driver: d.Driver, Map: d.Map, Address: d.Address,
		Unit: d.Unit, Period: d.Period, Timeout: d.Timeout, Options: d.Options}
}

// World is what the site file may refer to on its board, and what the drivers
// have to say of their devices.
func (b *Builder) World(site *config.Site) (config.World, []config.Problem) {
	w := config.World{Terminals: map[string]string{}, Drivers: all.Drivers(), Maps: b.set.Load().Names(), Own: b.ownMaps(site)}
	profile, err := board.Load(site.Board)
	if err != nil {
		w.Terminals = nil // which it has is not known: one mistake is one problem
		return w, []config.Problem{site.Problem("board", point.Words{Zh: site.Board, En: site.Board}, point.Words{Zh: strings.Join(board.Names(), "、"), En: strings.Join(board.Names(), ", ")})}
	}
	for _, in := range profile.Inputs {
		w.Terminals[in.Terminal] = "input"
	}
	for _, out := range profile.Outputs {
		w.Terminals[out.Terminal] = "output"
	}
	for _, a := range profile.Analog {
		w.Terminals[a.Terminal] = "analog"
	}
	for _, p := range profile.Ports {
		w.Terminals[p.Terminal] = portKind(p)
	}
	if profile.Reset != nil {
		delete(w.Terminals, profile.Reset.Terminal) // the box's own button
	}
	t := b.try(site, profile)
	w.Points, w.Writable, w.Texts, w.Worst = t.names, t.writable, t.texts, t.worst
	return w, t.problems
}

// portKind is what the site file may hang on a port.
func portKind(p board.Port) string {
	switch p.Kind {
	case "spi", "i2c", "1-wire":
		return p.Kind
	case "rs232":
		return "modem"
	}
	return "serial"
}
