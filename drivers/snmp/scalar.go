package snmp

import (
	"context"
	"fmt"
	"time"

	"github.com/gosnmp/gosnmp"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// scalars is a block of single items, read with one GET.
type scalars struct {
	request request
	items   []item
	names   []point.Name
}

func (d *Device) scalars(name string, items []item, period time.Duration, priority int) {
	s := &scalars{items: items}
	var points []point.Point
	for i := range items {
		p := items[i].describe(d, d.stale(period))
		s.request.oids = append(s.request.oids, items[i].oid)
		s.names = append(s.names, p.Name)
		points = append(points, p)
	}
	d.add(name, period, priority, d.timeout, s, points)
}

func (s *scalars) read(ctx context.Context, d *Device, emit driver.Emit) error {
	got, err := d.get(ctx, &s.request)
	if err != nil {
		return err
	}
	for i := range s.items {
		v, q := s.items[i].read(got[i])
		emit(point.Sample{Point: s.names[i], Value: v, Quality: q})
	}
	return nil
}

// get makes one exchange and sees to it that the answer is to the question.
func (d *Device) get(ctx context.Context, r *request) ([]gosnmp.SnmpPDU, error) {
	got, err := d.wire.ask(ctx, r)
	if err != nil {
		return nil, err
	}
	if len(got) != len(r.oids) {
		return nil, fmt.Errorf("asked for %d items, got %d: %w", len(r.oids), len(got), driver.ErrGarbage)
	}
	for i := range got {
		if got[i].Name != r.oids[i] {
			return nil, fmt.Errorf("asked for %s, got %s: %w", r.oids[i], got[i].Name, driver.ErrGarbage)
		}
	}
	return got, nil
}
