package wiring

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"
	"periph.io/x/conn/v3/spi/spireg"
	"periph.io/x/host/v3"

	"watchbox/board"
	"watchbox/drivers/all"
	"watchbox/drivers/gpio"
	"watchbox/drivers/ledwall"
	"watchbox/drivers/maps"
	"watchbox/drivers/modbus"
	"watchbox/drivers/serial"
	"watchbox/firmware/annunciate"
	"watchbox/firmware/config"
	"watchbox/firmware/dialout"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// terminalSpec is what the site file hangs on the box's own terminals.
func terminalSpec(site *config.Site, p *board.Profile) driver.Spec {
	spec := driver.Spec{Name: terminalsDevice, Driver: "gpio", Label: p.Label}
	for _, in := range site.Inputs {
		spec.Inputs = append(spec.Inputs, driver.Input{Terminal: in.Terminal, Point: in.Point, Label: in.Label, Room: in.Room,
			Rest: in.Rest, Debounce: in.Debounce, States: map[int64]point.Words{0: in.States.Rest, 1: in.States.Alarm}})
	}
	for _, out := range site.Outputs {
		o := driver.Input{Terminal: out.Terminal, Point: out.Point, Label: out.Label, Room: out.Room, Output: true, Rest: "off"}
		if b, ok := p.Output(out.Terminal); ok && b.Rest {
			o.Rest = "on"
		}
		spec.Inputs = append(spec.Inputs, o)
	}
	return spec
}

// backend is where the board's lines are.
func (b *Builder) backend(p *board.Profile) (gpio.Backend, error) {
	var lines []gpio.Line
	for _, in := range p.Inputs {
		bias, _ := gpio.BiasOf(in.Bias)
		lines = append(lines, gpio.Line{Terminal: in.Terminal, Chip: in.Chip, Offset: in.Offset, Kernel: in.Kernel, ActiveLow: in.ActiveLow, Bias: bias})
	}
	for _, out := range p.Outputs {
		lines = append(lines, gpio.Line{Terminal: out.Terminal, Chip: out.Chip, Offset: out.Offset, Kernel: out.Kernel,
			ActiveLow: out.ActiveLow, Output: true, Rest: out.Rest, Hold: out.Hold})
	}
	if p.GPIO == "sim" {
		path, err := board.Expand(p.Socket)
		return gpio.NewSim(path, lines), err
	}
	return gpio.NewCdev(lines, b.inherited), nil
}

// environment answers the factories.
func (b *Builder) environment(site *config.Site, p *board.Profile, inbox dialout.Inbox) all.Environment {
	return all.Environment{
		Port: func(terminal string, line driver.Line, polled bool) (func() (driver.Port, error), error) {
			open, err := opener(p, terminal, line, polled)
			return func() (driver.Port, error) { b.buses.yield(terminal, nil); return open() }, err
		},
		Bus:     func(name string) *modbus.Bus { return b.buses.of(site, p, name) },
		Inbox:   inbox,
		DataDir: b.dataDir,
	}
}

func opener(p *board.Profile, terminal string, line driver.Line, polled bool) (func() (driver.Port, error), error) {
	port, ok := p.Port(terminal)
	if !ok {
		return nil, fmt.Errorf("terminal %q: the board %s has none of that name", terminal, p.Name)
	}
	path, err := board.Expand(port.Path)
	if err != nil {
		return nil, err
	}
	if polled {
		return func() (driver.Port, error) { return serial.OpenPolled(path, line) }, nil
	}
	return func() (driver.Port, error) { return serial.Open(path, line) }, nil
}

// wall is the display of the site: a chain on an SPI terminal, or a network wall.
func (b *Builder) wall(d config.Device, p *board.Profile) (annunciate.Display, error) {
	if d.Options["kind"] == "apa102" {
		conn, err := chain(p, d.Address)
		if err != nil {
			return nil, fmt.Errorf("device %s: %w", d.ID, err)
		}
		return ledwall.NewAPA102(conn), nil
	}
	universe, err := strconv.Atoi(d.Options["universe"])
	if err != nil {
		universe = 1
	}
	var cid [16]byte
	sum := sha256.Sum256([]byte("watchbox wall " + d.ID + " " + d.Address))
	copy(cid[:], sum[:])
	return ledwall.NewSACN(d.Address, universe, cid)
}

// chain opens the SPI terminal of an APA102 chain.
func chain(p *board.Profile, terminal string) (spi.Conn, error) {
	port, ok := p.Port(terminal)
	if !ok {
		return nil, fmt.Errorf("terminal %q: the board %s has none of that name", terminal, p.Name)
	}
	if _, err := host.Init(); err != nil {
		return nil, err
	}
	path, err := board.Expand(port.Path)
	if err != nil {
		return nil, err
	}
	open, err := spireg.Open(path)
	if err != nil {
		return nil, fmt.Errorf("terminal %s: %w", terminal, err)
	}
	return open.Connect(2*physic.MegaHertz, spi.Mode3, 8)
}

// tryDevices makes every device and channel once, on no wire, for the names of
// their points and for what their drivers have to say of the site file.
func (b *Builder) tryDevices(site *config.Site, p *board.Profile) (names []point.Name, problems []config.Problem) {
	if d, err := gpio.New(terminalSpec(site, p), nil); err == nil {
		names = pointNames(d) // with the counters of the edges
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
		names = append(names, pointNames(m.Device)...)
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
			names = append(names, pointNames(d)...)
			d.Close()
		}
	}
	return names, problems
}

func pointNames(d driver.Device) (names []point.Name) {
	for _, p := range d.Describe() {
		names = append(names, p.Name)
	}
	return names
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
