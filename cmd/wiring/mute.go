package wiring

import (
	"context"
	"fmt"
	"maps"
	"time"

	"watchbox/firmware/config"
	"watchbox/firmware/dialout"
	"watchbox/firmware/driver"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// What needs a secret that is not there (config.Forgiving) is fitted all the same, for
// rules and pictures refer to its points; but it is never asked and never written to: a
// wrong password tells on us, and three wrong PINs lock a SIM.

// standIn is taken by every driver for a password, a community or a PIN. Nothing that
// was made with it reaches a wire.
const standIn = "00000000"

// withStandIns is the device with its missing secrets replaced, for its points.
func withStandIns(d config.Device) config.Device {
	d.Options = maps.Clone(d.Options)
	for key, value := range d.Options {
		if config.Lacks(value) != "" {
			d.Options[key] = standIn
		}
	}
	return d
}

// mute is a device that only describes itself.
type mute struct {
	driver.Device
	why error
}

// muted is the device as it is, or mute when it needs a secret that is not there.
func muted(d driver.Device, of config.Device) driver.Device {
	secret := config.LacksAny(of.Address, of.Options)
	if secret == "" {
		return d
	}
	m := mute{d, fmt.Errorf("%s: %w", of.ID, config.LackedSecret(secret))}
	if _, speaks := d.(dialout.Channel); speaks {
		return muteModem{m, muteChannel{m.why}}
	}
	return m
}

// Blocks is all points at once.
func (m mute) Blocks() []driver.Block {
	var points []point.Name
	for _, p := range m.Describe() {
		points = append(points, p.Name)
	}
	return []driver.Block{{Name: "all", Period: time.Minute, Timeout: time.Second, Points: points}}
}

func (m mute) Poll(context.Context, int, driver.Emit) error { return m.why }

// muteChannel sends nothing: the next channel has its turn at once.
type muteChannel struct{ why error }

func (c muteChannel) Send(context.Context, dialout.Message) (dialout.Receipt, bool, error) {
	return dialout.Receipt{}, false, c.why
}

// muteModem is both.
type muteModem struct {
	mute
	muteChannel
}

// mutePath takes nothing: what it is owed stays in the outbox.
type mutePath struct{ why error }

func (p mutePath) Send(context.Context, []event.Record) error { return p.why }
func (p mutePath) Close() error                               { return nil }
