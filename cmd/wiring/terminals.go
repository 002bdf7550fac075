package wiring

import (
	"fmt"

	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"
	"periph.io/x/conn/v3/spi/spireg"
	"periph.io/x/host/v3"

	"watchbox/board"
	"watchbox/drivers/all"
	"watchbox/drivers/analog"
	"watchbox/drivers/gpio"
	"watchbox/drivers/i2c"
	"watchbox/drivers/modbus"
	"watchbox/drivers/onewire"
	"watchbox/drivers/pair"
	"watchbox/drivers/serial"
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
		Analog: func(terminal string) (analog.Terminal, error) { return analogue(p, terminal) },
		Bus: func(name string) (*pair.Pair, *modbus.Bus) {
			if w := b.buses.of(site, p, name); w != nil {
				return w.pair, w.modbus
			}
			return nil, nil
		},
		Chain: func(bus string) (onewire.Chain, error) { return chainOf(site, p, bus) },
		I2C: func(bus string) (i2c.Bus, error) {
			folder, err := busFolder(site, p, bus, "i2c")
			return i2c.Bus{Adapter: folder}, err
		},
		Maps:    b.set.Load(),
		Inbox:   inbox,
		DataDir: b.dataDir,
	}
}

// analogue is where the board has the terminal's channel.
func analogue(p *board.Profile, terminal string) (analog.Terminal, error) {
	a, ok := p.AnalogTerminal(terminal)
	if !ok {
		return analog.Terminal{}, driver.Bad("address", terminal, point.Words{Zh: "主板 " + p.Name + " 的模拟量端子", En: "an analogue terminal of the board " + p.Name})
	}
	path, err := board.Expand(a.Path)
	return analog.Terminal{Raw: path, PullUp: a.PullUp, Supply: a.Supply}, err
}

// opener opens a terminal, or the port of a serial server at host:port.
func opener(p *board.Profile, terminal string, line driver.Line, polled bool) (func() (driver.Port, error), error) {
	if !polled && config.HostPort(terminal) {
		return func() (driver.Port, error) { return serial.Dial(terminal, pair.ConnectLimit) }, nil
	}
	port, ok := p.Port(terminal)
	if !ok {
		return nil, noTerminal(p, terminal)
	}
	open := serial.Open
	if polled {
		open = serial.OpenPolled
	}
	path, err := board.Expand(port.Path)
	if port.USB == "" {
		return func() (driver.Port, error) { return open(path, line) }, err
	}
	return func() (driver.Port, error) { // asked each time: the number may be another adapter's by now
		node, err := serial.AtUSB("/sys", port.USB)
		if err != nil {
			return nil, err
		}
		return open(node, line)
	}, nil
}

func noTerminal(p *board.Profile, terminal string) error {
	return driver.Bad("address", terminal, point.Words{Zh: "主板 " + p.Name + " 的端子", En: "a terminal of the board " + p.Name})
}

// chain opens the SPI terminal of an APA102 chain.
func chain(p *board.Profile, terminal string) (spi.Conn, error) {
	port, ok := p.Port(terminal)
	if !ok {
		return nil, noTerminal(p, terminal)
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
