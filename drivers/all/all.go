// Package all is the table of what is linked into the image: driver name →
// factory. A new driver is one folder and one line here.
package all

import (
	"fmt"
	"sort"
	"strings"

	"watchbox/drivers/analog"
	"watchbox/drivers/i2c"
	"watchbox/drivers/maps"
	"watchbox/drivers/modbus"
	"watchbox/drivers/modem"
	"watchbox/drivers/mqtt"
	"watchbox/drivers/onewire"
	"watchbox/drivers/pair"
	"watchbox/drivers/smsgateway"
	"watchbox/drivers/smtp"
	"watchbox/drivers/snmp"
	"watchbox/drivers/webhook"
	"watchbox/firmware/dialout"
	"watchbox/firmware/driver"
	"watchbox/firmware/forward"
)

// Environment is what a factory may ask of the outside.
type Environment struct {
	// Port opens the serial terminal of that name when the returned function is
	// called. polled asks for a port whose reader wakes up by itself.
	Port    func(terminal string, line driver.Line, polled bool) (func() (driver.Port, error), error)
	Analog  func(terminal string) (analog.Terminal, error)
	Bus     func(name string) (*pair.Pair, *modbus.Bus) // the shared pair of the site file; nil when there is none
	Chain   func(bus string) (onewire.Chain, error)
	I2C     func(bus string) (i2c.Bus, error)
	Maps    *maps.Set     // nil: those that are linked in
	Inbox   dialout.Inbox // hears delivery reports and replies
	DataDir string
}

// Made is one device with what the wiring must know of it.
type Made struct {
	Device driver.Device
	Bus    string // devices of one bus share one goroutine; empty: its own
	Pooled bool   // many may be in flight
	driver.Product
	Rates []snmp.Rate
}

// Factory makes a device of its specification; it touches no wire.
type Factory func(spec driver.Spec, bus string, e Environment) (Made, error)

var devices = map[string]Factory{
	"modbus-rtu": modbusRTU,
	"modbus-tcp": modbusTCP,
	"ydt1363":    telecom,
	"snmp":       snmpDevice,
	"ping":       probeDevice,
	"link":       probeDevice,
	"tcp-probe":  probeDevice,
	"reader":     reader,
	"self":       selfDevice,
	"analog":     analogDevice,
	"onewire":    thermometer,
	"i2c":        climateSensor,
	"megatec":    megatecDevice,
}

// Drivers are the names that `devices:` may use, sorted; ledwall is made by the
// wiring, as it is a display and not a source of points.
func Drivers() []string {
	names := []string{"ledwall"}
	for n := range devices {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// Device makes one device.
func Device(spec driver.Spec, bus string, e Environment) (Made, error) {
	f, known := devices[spec.Driver]
	if !known {
		return Made{}, fmt.Errorf("device %s: driver %q: allowed %s: %w", spec.Name, spec.Driver, strings.Join(Drivers(), ", "), driver.ErrUnsupported)
	}
	m, err := f(spec, bus, e)
	if err != nil {
		return Made{}, fmt.Errorf("device %s: %w", spec.Name, err)
	}
	return m, nil
}

// Channel makes one way to a person. A modem is a device as well.
func Channel(spec driver.Spec, e Environment) (dialout.Channel, driver.Device, error) {
	switch spec.Driver {
	case dialout.Modem:
		open, err := e.Port(spec.Address, driver.Line{Baud: 115200}, true)
		if err != nil {
			return nil, nil, err
		}
		m, err := modem.New(spec, open, e.Inbox)
		return m, m, err
	case dialout.Mail:
		c, err := smtp.New(spec.Name, spec.Address, spec.Options)
		return c, nil, err
	case dialout.Gateway:
		c, err := smsgateway.New(spec.Name, spec.Address, spec.Options)
		return c, nil, err
	}
	return nil, nil, fmt.Errorf("channel %s: driver %q: allowed modem, smtp, sms-gateway: %w", spec.Name, spec.Driver, driver.ErrUnsupported)
}

// Path makes one way upstream.
func Path(name, kind, address string, options map[string]string) (forward.Path, error) {
	switch kind {
	case "mqtt":
		return mqtt.New(name, address, options)
	case "webhook":
		return webhook.New(name, address, options)
	}
	return nil, fmt.Errorf("upstream %s: driver %q: allowed mqtt, webhook: %w", name, kind, driver.ErrUnsupported)
}
