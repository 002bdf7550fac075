package main

import (
	"errors"
	"time"

	"watchbox/cmd/fieldsim/room"
	"watchbox/drivers/snmp/snmptest"
)

// network is everything that answers SNMP: the core switch, the firewall and
// the card of the centre's UPS. The agents speak v2c.
type network struct {
	core, firewall, card *agent
}

// The centre's UPS as its card tells it.
const (
	centreRating = 6.0 // kW
	lowCharge    = 25  // %: RFC 1628 calls it batteryLow
)

func newNetwork(a addresses, firewallCommunity string, r *room.Room) (*network, error) {
	const mega = 1e6 / 8
	core, err1 := newAgent(a.Switch, "public", "core-switch", "Simulated core switch, 8 ports",
		&port{name: "ge1", inPerSecond: 240 * mega, outShare: 0.6}, &port{name: "ge2", inPerSecond: 95 * mega, outShare: 0.3},
		&port{name: "ge3", inPerSecond: 33 * mega, outShare: 1.4}, &port{name: "ge4", inPerSecond: 12 * mega, outShare: 0.2},
		&port{name: "ge5", inPerSecond: 4 * mega, outShare: 0.9}, &port{name: "ge6", down: true},
		&port{name: "xe1", inPerSecond: 610 * mega, outShare: 0.8}, &port{name: "xe2", inPerSecond: 580 * mega, outShare: 0.8})
	firewall, err2 := newAgent(a.Firewall, firewallCommunity, "firewall", "Simulated firewall, 3 ports",
		&port{name: "wan", inPerSecond: 70 * mega, outShare: 0.2}, &port{name: "lan", inPerSecond: 15 * mega, outShare: 4.6},
		&port{name: "dmz", inPerSecond: 3 * mega, outShare: 2})
	card, err3 := newAgent(a.Card, "public", "ups-card", "Simulated UPS card, RFC 1628")
	n := &network{core, firewall, card}
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, errors.Join(err, n.close())
	}
	card.AddUPS(func() snmptest.UPS { s := r.Look(); return cardOf(&s) })
	return n, nil
}

// cardOf is the centre's UPS in the units of RFC 1628.
func cardOf(s *room.State) snmptest.UPS {
	u := &s.Centre
	c := snmptest.UPS{Manufacturer: "Simulated", Model: "6 kVA", OutputSource: 3, BatteryStatus: 2,
		MinutesRemaining: int(u.Runtime() / time.Minute), Charge: int(u.Charge() + 0.5), BatteryDecivolts: int(u.BatteryVoltage() * 10),
		BatteryCelsius: int(u.Temperature), InputVolts: int(s.Volts + 0.5), InputDecihertz: hertz(s) * 10,
		OutputVolts: 220, OutputDecihertz: 500, Load: int(u.Load / centreRating * 100)}
	switch {
	case u.Off:
		c.OutputSource, c.OutputVolts, c.OutputDecihertz, c.Load = 2, 0, 0, 0
	case u.OnBattery:
		c.OutputSource = 5
	}
	switch {
	case u.Charge() <= 0:
		c.BatteryStatus = 4
	case u.Charge() < lowCharge:
		c.BatteryStatus = 3
	}
	for _, present := range []bool{u.OnBattery, u.Off, u.BatteryGone, c.BatteryStatus != 2} {
		if present {
			c.Alarms++
		}
	}
	return c
}

// hertz is the frequency of the mains.
func hertz(s *room.State) int {
	if s.Mains {
		return 50
	}
	return 0
}

// of finds an agent by the name that site.yaml gives it; nil when there is none.
func (n *network) of(name string) *agent {
	return map[string]*agent{"switch1": n.core, "firewall1": n.firewall, "upscard": n.card}[name]
}

func (n *network) step(d, clock time.Duration) {
	n.core.step(d, clock)
	n.firewall.step(d, clock)
}

func (n *network) close() (err error) {
	for _, a := range []*agent{n.core, n.firewall, n.card} {
		if a != nil {
			err = errors.Join(err, a.close())
		}
	}
	return err
}
