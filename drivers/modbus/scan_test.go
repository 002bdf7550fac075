package modbus

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"watchbox/drivers/maps"
	"watchbox/drivers/modbus/modbustest"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
	"watchbox/firmware/scan"
)

// counted counts good samples per device.
type counted struct {
	mutex sync.Mutex
	good  map[string]int
}

func (c *counted) Urgent(s point.Sample) { c.Sample(s) }

func (c *counted) Sample(s point.Sample) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if s.Quality.Usable() {
		c.good[s.Point.Device()]++
	}
}

func (c *counted) reset() map[string]int {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	old := c.good
	c.good = map[string]int{}
	return old
}

// TestBadSlavesDoNotSlowTheOthers: eight sensors at 9600 baud, of which three
// are dead, slow and broken. The living five keep their rate, and a relay on the
// same wire still obeys at once.
func TestBadSlavesDoNotSlowTheOthers(t *testing.T) {
	for _, faults := range [][3]modbustest.Fault{
		{{Kind: modbustest.Silent}, {Kind: modbustest.Slow, Delay: 300 * time.Millisecond}, {Kind: modbustest.BadSum}},
		{{Kind: modbustest.Short}, {Kind: modbustest.WrongUnit}, {Kind: modbustest.Dribble, Delay: 150 * time.Millisecond}},
	} {
		t.Run(fmt.Sprint(faults[0].Kind, faults[1].Kind, faults[2].Kind), func(t *testing.T) {
			onLine(t, at9600, func(r *rig) { shareTheWire(t, r, faults) })
		})
	}
}

func shareTheWire(t *testing.T, r *rig, faults [3]modbustest.Fault) {
	got := &counted{good: map[string]int{}}
	began := time.Now()
	s := scan.New(got, func() point.Instant { return point.Instant{Mono: time.Since(began)} }, nil)
	addAll(t, r, s)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	defer func() { cancel(); <-ended }()
	time.Sleep(5 * time.Second)
	got.reset()
	time.Sleep(2 * time.Minute)
	before := got.reset()
	for i, f := range faults {
		r.plant.Unit(uint8(16 + i)).Fault(f)
	}
	time.Sleep(2 * time.Minute)
	after := got.reset()
	for n := 11; n <= 15; n++ {
		id := fmt.Sprintf("th%d", n)
		if before[id] < 100 || after[id] < before[id]*9/10 {
			t.Errorf("%s: %d samples while all were well, %d beside the bad ones", id, before[id], after[id])
		}
	}
	orders(t, ctx, s)
}

// orders switches a relay many times: nine in ten within 250 ms; the others met a
// dead sensor's probe with its quarantine.
func orders(t *testing.T, ctx context.Context, s *scan.Scanner) {
	const rounds = 100
	var waits []time.Duration
	for i := range rounds {
		asked := time.Now()
		if err := s.Write(ctx, "io1/relay1", point.OfBool(i%2 == 0)); err != nil {
			t.Fatal(err)
		}
		waits = append(waits, time.Since(asked))
		time.Sleep(770 * time.Millisecond)
	}
	slices.Sort(waits)
	t.Logf("a relay waited %v, %v, at most %v", waits[rounds/2], waits[rounds*9/10], waits[rounds-1])
	if waits[rounds*9/10] > 250*time.Millisecond || waits[rounds-1] > 700*time.Millisecond {
		t.Errorf("a relay waited %v in the slowest tenth, %v at most", waits[rounds*9/10], waits[rounds-1])
	}
}

// addAll puts eight climate sensors (11–18) and a relay board (20) on the bus.
func addAll(t *testing.T, r *rig, s *scan.Scanner) {
	for n := 11; n <= 18; n++ {
		u := r.plant.Unit(uint8(n))
		u.Turnaround(10 * time.Millisecond)
		u.Set(maps.Input, 1, 224, 465)
		add(t, s, driver.Spec{Name: fmt.Sprintf("th%d", n), Unit: n, Period: time.Second}, "xymd02", r.bus)
	}
	u := r.plant.Unit(20)
	u.Turnaround(10 * time.Millisecond)
	u.Set(maps.Discrete, 0, 0, 0, 0, 0)
	u.Set(maps.Coil, 0, 0, 0, 0, 0)
	add(t, s, driver.Spec{Name: "io1", Unit: 20}, "dam0404", r.bus)
}

func add(t *testing.T, s *scan.Scanner, spec driver.Spec, name string, b *Bus) {
	t.Helper()
	d, err := New(spec, load(t, name), b)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Add("rs485-1", spec.Name, d); err != nil {
		t.Fatal(err)
	}
}
