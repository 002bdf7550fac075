package all

import (
	"maps"

	"watchbox/drivers/access"
	"watchbox/drivers/analog"
	"watchbox/drivers/i2c"
	products "watchbox/drivers/maps"
	"watchbox/drivers/megatec"
	"watchbox/drivers/modbus"
	"watchbox/drivers/onewire"
	"watchbox/drivers/probe"
	"watchbox/drivers/self"
	"watchbox/drivers/snmp"
	"watchbox/drivers/ydt1363"
	"watchbox/firmware/driver"
)

func probeDevice(spec driver.Spec, _ string, _ Environment) (Made, error) {
	d, err := probe.New(spec)
	return Made{Device: d, Pooled: true}, err
}

func modbusRTU(spec driver.Spec, bus string, e Environment) (Made, error) {
	_, m := e.Bus(bus)
	return modbusDevice(spec, m, bus, e)
}

func modbusTCP(spec driver.Spec, _ string, e Environment) (Made, error) {
	return modbusDevice(spec, modbus.NewTCP(spec.Name, spec.Address), "", e)
}

func modbusDevice(spec driver.Spec, b *modbus.Bus, bus string, e Environment) (Made, error) {
	return mapped(products.Modbus, spec, bus, e, func(m *products.Map) (driver.Device, error) { return modbus.New(spec, m, b) })
}

func telecom(spec driver.Spec, bus string, e Environment) (Made, error) {
	p, _ := e.Bus(bus)
	return mapped(products.YDT1363, spec, bus, e, func(m *products.Map) (driver.Device, error) { return ydt1363.New(spec, m, p) })
}

func snmpDevice(spec driver.Spec, _ string, _ Environment) (Made, error) {
	d, err := snmp.New(spec)
	if err != nil {
		return Made{}, err
	}
	return Made{Device: d, Pooled: true, Rates: d.Rates()}, nil
}

func reader(spec driver.Spec, _ string, e Environment) (Made, error) {
	open, err := e.Port(spec.Address, driver.Line{Baud: 9600}, true)
	if err != nil {
		return Made{}, err
	}
	d, err := access.New(spec, open)
	return Made{Device: d}, err
}

func megatecDevice(spec driver.Spec, _ string, e Environment) (Made, error) {
	line, err := megatec.Line(spec)
	if err != nil {
		return Made{}, err
	}
	open, err := e.Port(spec.Address, line, false)
	if err != nil {
		return Made{}, err
	}
	d, err := megatec.New(spec, open)
	return Made{Device: d, Product: driver.Product{Source: megatec.Source}}, err
}

func analogDevice(spec driver.Spec, _ string, e Environment) (Made, error) {
	t, err := e.Analog(spec.Address)
	if err != nil {
		return Made{}, err
	}
	if _, signal := spec.Options["signal"]; signal {
		d, err := analog.NewSignal(spec, t)
		return Made{Device: d}, err
	}
	d, err := analog.New(spec, t)
	return Made{Device: d}, err
}

// thermometer is one sensor of a 1-Wire chain; without an address the chain itself.
func thermometer(spec driver.Spec, bus string, e Environment) (Made, error) {
	chain, err := e.Chain(bus)
	if err != nil {
		return Made{}, err
	}
	made := Made{Bus: bus, Product: driver.Product{Source: "Linux w1_therm · Documentation/w1/slaves/w1_therm.rst"}}
	if spec.Address == "" {
		made.Device, err = onewire.NewWatch(spec, chain)
	} else {
		made.Device, err = onewire.New(spec, chain)
	}
	return made, err
}

func climateSensor(spec driver.Spec, bus string, e Environment) (Made, error) {
	b, err := e.I2C(bus)
	if err != nil {
		return Made{}, err
	}
	d, err := i2c.New(spec, b)
	return Made{Device: d, Bus: bus, Product: driver.Product{Source: "Linux " + spec.Options["chip"] + " · Documentation/ABI/testing/sysfs-class-hwmon, sysfs-bus-iio"}}, err
}

func selfDevice(spec driver.Spec, _ string, e Environment) (Made, error) {
	options := maps.Clone(spec.Options)
	if options == nil {
		options = map[string]string{}
	}
	options["data"] = e.DataDir
	spec.Options = options
	d, err := self.New(spec)
	return Made{Device: d}, err
}
