package wiring

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"watchbox/board"
	"watchbox/drivers/all"
	"watchbox/drivers/gpio"
	"watchbox/firmware/config"
	"watchbox/firmware/dialout"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// trial makes everything of a site once, on no wire, for the names of its points
// and for what its drivers have to say of the site file.
type trial struct {
	builder         *Builder
	site            *config.Site
	board           *board.Profile
	in              all.Environment
	names, writable []point.Name
	texts           []point.Name
	worst           map[string]time.Duration
	problems        []config.Problem
}

func (b *Builder) try(site *config.Site, p *board.Profile) *trial {
	scratch := b.scratch(b.set.Load())
	t := &trial{builder: b, site: site, board: p, in: scratch.environment(site, p, deaf{}), writable: []point.Name{}, worst: map[string]time.Duration{}}
	if d, err := gpio.New(terminalSpec(site, p), nil); err == nil {
		t.describe(d) // with the counters of the edges
	}
	t.devices()
	t.channels()
	t.upstream()
	t.walls()
	return t
}

func (t *trial) describe(d driver.Device) {
	for _, p := range d.Describe() {
		if t.names = append(t.names, p.Name); p.Write {
			t.writable = append(t.writable, p.Name)
		}
		if p.Kind == point.Text {
			t.texts = append(t.texts, p.Name)
		}
	}
}

// refuse tells what a driver says of its entry: at the key and in both languages where
// it is the entry's own, else in the driver's words.
func (t *trial) refuse(list string, i int, err error) {
	if wrong := (*driver.Unfit)(nil); errors.As(err, &wrong) {
		t.problems = append(t.problems, t.site.Problem(strings.TrimSuffix(fmt.Sprintf("%s[%d].%s", list, i, wrong.Key), "."), wrong.Read, wrong.Allowed))
		return
	}
	t.problems = append(t.problems, t.site.Problem(fmt.Sprintf("%s[%d]", list, i),
		point.Words{Zh: "驱动不接受的内容（" + err.Error() + "）", En: err.Error()}, point.Words{Zh: "该驱动支持的内容", En: "what its driver can do"}))
}

func (t *trial) devices() {
	for i, d := range t.site.Devices {
		if d.Driver == "ledwall" || !t.builder.known(t.site, t.board, d) {
			continue
		}
		m, err := all.Device(specOf(withStandIns(d)), d.Bus, t.in)
		if err != nil {
			t.refuse("devices", i, err)
			continue
		}
		t.describe(m.Device)
		if r, told := m.Device.(driver.Replier); told {
			t.worst[d.ID] = r.WorstReply()
		}
		for _, r := range m.Rates {
			t.names = append(t.names, r.Point)
		}
		m.Device.Close()
	}
}

func (t *trial) channels() {
	for i, c := range t.site.Channels {
		_, d, err := channelOf(config.Device{ID: c.ID, Driver: c.Driver, Address: c.Address, Options: c.Options}, t.in)
		switch {
		case err != nil:
			t.refuse("channels", i, err)
		case d != nil:
			t.describe(d)
			d.Close()
		}
	}
}

func (t *trial) upstream() {
	for i, u := range t.site.Upstream {
		path, err := pathOf(u)
		if err != nil {
			t.refuse("upstream", i, err)
			continue
		}
		path.Close()
	}
}

// walls are those on the network; the lamps on the box's own pins need no trial.
func (t *trial) walls() {
	for i, d := range t.site.Devices {
		if d.Driver != "ledwall" || d.Options["kind"] == "apa102" {
			continue
		}
		if _, err := network(d, behind(d, t.site)); err != nil {
			t.refuse("devices", i, err)
		}
		if _, err := matrix(d, t.site); err != nil {
			t.refuse("devices", i, err)
		}
	}
}

// known is false for a device whose driver, map, bus or port does not exist:
// config says that better than the driver could.
func (b *Builder) known(site *config.Site, p *board.Profile, d config.Device) bool {
	onBus := !config.NeedsBus(d.Driver) || slices.ContainsFunc(site.Buses, func(b config.Bus) bool { return b.ID == d.Bus })
	mapped := !config.NeedsMap(d.Driver) || b.mapped(d.Map)
	_, ported := p.Port(d.Address)
	return onBus && mapped && (ported || config.HostPort(d.Address) || d.Driver != "megatec") && slices.Contains(all.Drivers(), d.Driver)
}

// deaf is the inbox of a channel that is only tried.
type deaf struct{}

func (deaf) Report(dialout.Report) {}
func (deaf) Reply(dialout.Reply)   {}
