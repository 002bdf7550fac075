package ydt1363

import (
	"context"

	"watchbox/drivers/maps"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// orderInfo is what an order is answered at most, in characters of INFO: units that are
// known answer with the return code alone. One that says more says so in its head.
const orderInfo = 2

// Write orders one item as the map says. The unit has answered "ok" when Write returns
// nil; whether it obeyed, only reading it shows. Fails with driver.ErrUnsupported for
// items and values that the map does not allow, with driver.ErrTimeout while the unit has
// not yet answered a question: then nothing was sent; with the unit's own "no" as its
// class; and with driver.ErrUnsure once the order is out and no answer to it came. One
// attempt: an order is never sent twice.
//
// That 45H carries its COMMAND_TYPE in one byte, and 49H a COMMAND_TYPE and the value in
// two bytes, the high one first, is public for air-conditioners (SetTurnOn.java and
// SetParam.java of fox-edge-server-protocol-midea-dcm9,
// github.com/hupengwu/fox-edge-server-protocol), that 45H carries two bytes for a UPS
// (drivers/liebert-gxe.c, github.com/networkupstools/nut). So nothing of it stands here:
// it is the map's.
func (d *Device) Write(ctx context.Context, item string, v point.Value) error {
	p := d.mapping.Point(item)
	if p == nil || p.Order == nil {
		return d.failed("write "+item, driver.Fail(driver.ErrUnsupported, "the map has no such item to write"))
	}
	info, err := p.Say(v)
	if err != nil {
		return d.failed("write "+item, err)
	}
	if !d.agreed {
		return d.failed("write "+item, driver.Fail(driver.ErrTimeout, "it has not answered yet, nothing was ordered"))
	}
	return d.failed("write "+item, d.order(ctx, maps.Question{Command: p.Order.Command, Ask: string(info)}))
}

// order makes the one exchange and looks at the return code.
func (d *Device) order(ctx context.Context, what maps.Question) error {
	manners := d.manners
	manners.Order = true
	answer, err := d.exchange(ctx, what, orderInfo, manners)
	if err == nil {
		err = d.judge(answer)
	}
	return err
}

// Rests meets driver.Rester: as the map says.
func (d *Device) Rests() []driver.Rest { return d.mapping.Rests(d.name) }
