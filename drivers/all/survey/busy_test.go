package survey

import (
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"watchbox/drivers/maps"
	"watchbox/drivers/modbus"
	"watchbox/drivers/modbus/modbustest"
	"watchbox/drivers/pair"
	"watchbox/firmware/bus"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
	"watchbox/firmware/scan"
)

// deafSink is nobody who reads.
type deafSink struct{}

func (deafSink) Urgent(point.Sample) {}
func (deafSink) Sample(point.Sample) {}

// TestABusyPairIsSearchedFromTheLikelyEnd: four UPS and four transmitters are polled on
// a pair at 9600 baud; the installer has put two more on it. He sees the one with a
// likely address soon, and how long the rest takes.
func TestABusyPairIsSearchedFromTheLikelyEnd(t *testing.T) {
	inRoom(t, "9600 8N1", func(r *room) {
		p := modbustest.New()
		r.slaves = append(r.slaves, func(w io.ReadWriter) error { return p.ServeRTU(w, r.shape) })
		port, _ := r.open(r.shape)
		own := pair.New("rs485-1", func() (driver.Port, error) { return port, nil }, r.shape)
		line := Line{own, modbus.NewRTU("rs485-1", own)}
		began := time.Now()
		s := scan.New(deafSink{}, func() point.Instant { return point.Instant{Mono: time.Since(began)} }, nil)
		w := Wire{Name: "rs485-1", Shape: r.shape, Devices: map[bus.Slave]string{}, Own: line}
		for unit := 1; unit <= 8; unit++ {
			product, make := "huawei/ups2000", ups
			if unit > 4 {
				product, make = "xymd02", climate
			}
			make(p, uint8(unit))
			m, _ := maps.Load(product)
			id := fmt.Sprint("d", unit)
			d, err := modbus.New(driver.Spec{Name: id, Unit: unit}, m, line.Modbus)
			if err != nil {
				r.t.Fatal(err)
			}
			if err := s.Add("rs485-1", id, d); err != nil {
				r.t.Fatal(err)
			}
			w.Devices[bus.Slave{Protocol: bus.ModbusRTU, Unit: unit}] = id
		}
		climate(p, 12)
		climate(p, 100)
		ctx, stop := context.WithCancel(r.t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		defer func() { stop(); <-ended; own.Close(); r.serving.Wait() }()
		time.Sleep(time.Minute)
		search, err := New(w, bus.Order{})
		if err != nil {
			r.t.Fatal(err)
		}
		guest, from := s.Spare("rs485-1", 20), time.Now()
		var told, half time.Duration // the time left that was told half-way, and when
		known := map[int]time.Duration{}
		for over := false; !over; {
			if err := guest.Do(ctx, search.Limit(), func(ctx context.Context) error { over = search.Step(ctx); return nil }); err != nil {
				r.t.Fatal(err)
			}
			if p := search.Progress(); half == 0 && p.Of > 0 && p.Asked >= p.Of/2 {
				told, half = time.Duration(p.Left)*time.Second, time.Since(from)
			}
			for _, f := range search.Progress().Findings {
				if _, told := known[f.Unit]; !told && len(f.Proposals) > 0 {
					known[f.Unit] = time.Since(from)
				}
			}
		}
		whole := time.Since(from)
		r.t.Logf("unit 12 known after %v, unit 100 after %v, all over after %v, %d asked", known[12], known[100], whole, search.Progress().Asked)
		if known[12] > time.Minute || known[100] == 0 || known[100] > whole*3/4 {
			r.t.Error("a device is told late")
		}
		if left := whole - half; told < left*2/3 || told > left*3/2 {
			r.t.Errorf("half-way %v were said to be left, there were %v", told, left)
		}
		if p := search.Progress(); p.Left != 0 || p.Asked != p.Of {
			r.t.Errorf("at the end: %+v", p)
		}
	})
}
