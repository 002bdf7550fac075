package all

import (
	"context"
	"errors"
	"time"

	products "watchbox/drivers/maps"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// lost stands for a device whose own map the box has lost: it has no points and is in
// trouble until the map is there again. It asks nothing on its wire.
type lost struct{ why *driver.LostMap }

// lostEvery is how often it says so: scan takes two answers for the truth.
const lostEvery = time.Minute

func (lost) Describe() []point.Point { return nil }
func (lost) Close() error            { return nil }
func (lost) Blocks() []driver.Block {
	return []driver.Block{{Name: "map", Period: lostEvery, Timeout: time.Second}}
}
func (l lost) Poll(context.Context, int, driver.Emit) error { return l.why }

// mapped makes a device by its map; one whose own map is lost is there as such, on no
// wire, so that the others of its bus are not blamed.
func mapped(protocol string, spec driver.Spec, bus string, e Environment, make func(*products.Map) (driver.Device, error)) (Made, error) {
	m, err := e.Maps.LoadFor(protocol, spec.Map)
	var why *driver.LostMap
	if errors.As(err, &why) {
		return Made{Device: lost{why}, Product: driver.Product{Lost: why}}, nil
	}
	if err != nil {
		return Made{}, err
	}
	d, err := make(m)
	return Made{Device: d, Bus: bus, Product: m.Product()}, err
}
