package wiring

import (
	"fmt"
	"slices"
	"strings"

	"watchbox/board"
	"watchbox/drivers/all"
	"watchbox/drivers/gpio"
	"watchbox/drivers/maps"
	"watchbox/firmware/config"
	"watchbox/firmware/dialout"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// tryDevices makes every device and channel once, on no wire, for the names of
// their points and for what their drivers have to say of the site file.
func (b *Builder) tryDevices(site *config.Site, p *board.Profile) (names, writable []point.Name, problems []config.Problem) {
	writable = []point.Name{}
	note := func(d driver.Device) {
		for _, p := range d.Describe() {
			if names = append(names, p.Name); p.Write {
				writable = append(writable, p.Name)
			}
		}
	}
	if d, err := gpio.New(terminalSpec(site, p), nil); err == nil {
		note(d) // with the counters of the edges
	}
	scratch := &Builder{dataDir: b.dataDir, buses: newBuses()}
	e := scratch.environment(site, p, deaf{})
	refuse := func(list string, i int, err error) {
		problems = append(problems, site.Problem(fmt.Sprintf("%s[%d]", list, i), err.Error(), "what its driver can do"))
	}
	for i, d := range site.Devices {
		if d.Driver == "ledwall" || !known(site, d) {
			continue
		}
		m, err := all.Device(specOf(d), d.Bus, e)
		if err != nil {
			refuse("devices", i, err)
			continue
		}
		note(m.Device)
		for _, r := range m.Rates {
			names = append(names, r.Point)
		}
		m.Device.Close()
	}
	for i, c := range site.Channels {
		_, d, err := all.Channel(specOf(config.Device{ID: c.ID, Driver: c.Driver, Address: c.Address, Options: c.Options}), e)
		if err != nil {
			refuse("channels", i, err)
			continue
		}
		if d != nil {
			note(d)
			d.Close()
		}
	}
	tryRest(site, refuse)
	return names, writable, problems
}

// tryRest makes what gives no points: ways upstream and network walls.
func tryRest(site *config.Site, refuse func(list string, i int, err error)) {
	for i, u := range site.Upstream {
		path, err := all.Path(u.ID, u.Driver, u.Address, u.Options)
		if err != nil {
			refuse("upstream", i, err)
			continue
		}
		path.Close()
	}
	for i, d := range site.Devices {
		if d.Driver != "ledwall" || d.Options["kind"] == "apa102" {
			continue
		}
		if _, err := network(d, behind(d, site)); err != nil {
			refuse("devices", i, err)
		}
		if _, err := matrix(d, site); err != nil {
			refuse("devices", i, err)
		}
	}
}

// known is false for a device whose driver, map or bus does not exist: config
// says that better than the driver could.
func known(site *config.Site, d config.Device) bool {
	onBus := d.Driver != "modbus-rtu" || slices.ContainsFunc(site.Buses, func(b config.Bus) bool { return b.ID == d.Bus })
	mapped := d.Map == "" || !strings.HasPrefix(d.Driver, "modbus") || slices.Contains(maps.Names(), d.Map)
	return onBus && mapped && slices.Contains(all.Drivers(), d.Driver)
}

// deaf is the inbox of a channel that is only tried.
type deaf struct{}

func (deaf) Report(dialout.Report) {}
func (deaf) Reply(dialout.Reply)   {}
