package all

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/drivers/maps"
	"watchbox/drivers/modbus"
	"watchbox/drivers/modbus/modbustest"
	"watchbox/drivers/pair"
	"watchbox/drivers/pair/pairtest"
	"watchbox/drivers/ydt1363/ydt1363test"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// mixed is one RS-485 pair at 9600 baud with two Modbus climate transmitters and
// two UPS of YD/T 1363.
type mixed struct {
	*testing.T
	climate [2]*modbustest.Unit
	ups     [2]*ydt1363test.Unit
	devices map[string]driver.Poller
	port    *pairtest.Tuned
}

// One pair at 9600 baud, on which the UPS speak alike or otherwise.
var (
	line  = driver.Line{Baud: 9600, Parity: "none", StopBits: 1}
	other = driver.Line{Baud: 2400, Parity: "even", StopBits: 1}
)

func onOnePair(t *testing.T, ups driver.Line, f func(m *mixed)) {
	synctest.Test(t, func(t *testing.T) {
		wire, end := modbustest.Wire()
		port := pairtest.Tune(wire, line)
		registers, telecom := modbustest.New(), &ydt1363test.Plant{Char: pair.PaceOf(ups).Char}
		p := pair.New("rs485-1", func() (driver.Port, error) { return port, nil }, line)
		options := map[string]string{}
		if ups != line {
			options = map[string]string{"baud": fmt.Sprint(ups.Baud), "parity": ups.Parity}
		}
		bus := modbus.NewRTU("rs485-1", p)
		e := Environment{Bus: func(string) (*pair.Pair, *modbus.Bus) { return p, bus }}
		m := &mixed{T: t, devices: map[string]driver.Poller{}, port: port}
		for i := range 2 {
			m.climate[i] = registers.Unit(uint8(i + 1))
			m.climate[i].Set(maps.Input, 1, uint16(200+10*i), uint16(400+10*i))
			m.climate[i].Turnaround(10 * time.Millisecond)
			m.ups[i] = telecom.Unit(byte(i+1), 0x2a, 0x21)
			volts := uint16(22000 + 1000*i)
			m.ups[i].Answer(0x42, func() []byte { return append([]byte{0, byte(volts >> 8), byte(volts)}, make([]byte, 42)...) })
		}
		for name, spec := range map[string]driver.Spec{
			"th1": {Driver: "modbus-rtu", Map: "xymd02", Unit: 1}, "th2": {Driver: "modbus-rtu", Map: "xymd02", Unit: 2},
			"ups1": {Driver: "ydt1363", Map: "vertiv/gxe", Unit: 1, Options: options}, "ups2": {Driver: "ydt1363", Map: "vertiv/gxe", Unit: 2, Options: options},
		} {
			spec.Name = name
			made, err := Device(spec, "rs485-1", e)
			if err != nil || made.Bus != "rs485-1" {
				t.Fatal(err, made.Bus)
			}
			m.devices[name] = made.Device.(driver.Poller)
		}
		done := make(chan struct{})
		go func() {
			pairtest.Share(end, port.At(line, func(w io.ReadWriter) error { return registers.ServeRTU(w, line) }), port.At(ups, telecom.Serve))
			close(done)
		}()
		f(m)
		p.Close()
		end.Close()
		<-done
	})
}

// read asks for the one measurement of the device that this test knows.
func (m *mixed) read(name string) (float64, error) {
	m.Helper()
	d := m.devices[name]
	item := map[byte]string{'t': "ambient.temperature", 'u': "input.voltage"}[name[0]]
	for i, b := range d.Blocks() {
		for _, n := range b.Points {
			if n != point.Join(name, item) {
				continue
			}
			ctx, cancel := context.WithTimeout(context.Background(), b.Timeout)
			defer cancel()
			var got point.Sample
			err := d.Poll(ctx, i, func(s point.Sample) {
				if s.Point == n {
					got = s
				}
			})
			v, _ := got.Value.Float()
			return v, err
		}
	}
	m.Fatalf("%s has no %s", name, item)
	return 0, nil
}

var truth = map[string]float64{"th1": 20, "th2": 21, "ups1": 220, "ups2": 230}

// Devices of two protocols take turns on one pair, and none hurts another: whatever
// is wrong with one, no value of one ever stands at another.
func TestTwoProtocolsOnOnePair(t *testing.T) { takeTurns(t, line) }

// At two speeds too: neither is heard by the other's devices as anything but noise.
func TestTwoSpeedsOnOnePair(t *testing.T) { takeTurns(t, other) }

func takeTurns(t *testing.T, ups driver.Line) {
	order := []string{"th1", "ups1", "th2", "ups2", "ups1", "th1", "ups2", "th2"}
	for _, c := range []struct {
		name  string
		spoil func(m *mixed)
		bad   string // that device only may fail
	}{
		{"all well", func(*mixed) {}, ""},
		{"a UPS is silent", func(m *mixed) { m.ups[0].Fault(ydt1363test.Silent) }, "ups1"},
		{"a UPS is a second late", func(m *mixed) { m.ups[0].Fault(ydt1363test.Slow) }, "ups1"},
		{"a UPS says nonsense", func(m *mixed) { m.ups[1].Fault(ydt1363test.BadSum) }, "ups2"},
		{"another UPS answers", func(m *mixed) { m.ups[0].Fault(ydt1363test.Stranger) }, "ups1"},
		{"a transmitter is silent", func(m *mixed) { m.climate[0].Fault(modbustest.Fault{Kind: modbustest.Silent}) }, "th1"},
		{"a transmitter is late", func(m *mixed) {
			m.climate[1].Fault(modbustest.Fault{Kind: modbustest.Slow, Delay: 300 * time.Millisecond})
		}, "th2"},
		{"a transmitter says nonsense", func(m *mixed) { m.climate[0].Fault(modbustest.Fault{Kind: modbustest.BadSum}) }, "th1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			onOnePair(t, ups, func(m *mixed) {
				c.spoil(m)
				failed := 0
				for range 5 {
					for _, name := range order {
						v, err := m.read(name)
						switch {
						case err == nil && v != truth[name]:
							m.Errorf("%s reads %v", name, v)
						case err != nil && name != c.bad:
							m.Errorf("%s: %v", name, err)
						case err != nil:
							failed++
							if !errors.Is(err, driver.ErrTimeout) && !errors.Is(err, driver.ErrGarbage) {
								m.Error(err)
							}
						}
					}
				}
				if (c.bad != "") != (failed > 0) {
					m.Errorf("%d failures", failed)
				}
				if (ups != line) != (m.port.Tunes > 0) {
					m.Errorf("%d changes of speed", m.port.Tunes)
				}
				if quiet := pair.PaceOf(other).Gap; ups != line && m.port.Rushed < quiet {
					m.Errorf("a request %v after a change of speed: nobody heard the silence of %v", m.port.Rushed, quiet)
				}
			})
		})
	}
}
