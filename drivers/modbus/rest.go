package modbus

import (
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// Rests is what becomes of the items that can be written when nobody talks to
// the device: as its map says.
func (d *Device) Rests() (all []driver.Rest) {
	loss := d.mapping.Loss
	for i := range d.mapping.Points {
		if p := &d.mapping.Points[i]; d.writable(p.Item) == p {
			all = append(all, driver.Rest{Point: point.Join(d.name, p.Item), Label: p.Label, State: loss.State, Hold: loss.After, Source: loss.Source})
		}
	}
	return all
}
