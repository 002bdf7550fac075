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
		{{Kind: modbustest.Silent}, {Kind: modbustest.Slow, Delay: 300 * time.Millisecond}, {Kind: modbustest.Babble, Delay: 200 * time.Millisecond}}, // unasked: the auto-report of an XY-MD02
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
	addAll(t, r, s, 0)
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

// addAll puts eight climate sensors (11–18) and a relay board (20) on the bus, which
// declare worst as their slowest answer; 0: what their maps say.
func addAll(t *testing.T, r *rig, s *scan.Scanner, worst time.Duration) {
	for n := 11; n <= 18; n++ {
		u := r.plant.Unit(uint8(n))
		u.Turnaround(10 * time.Millisecond)
		u.Set(maps.Input, 1, 224, 465)
		add(t, s, driver.Spec{Name: fmt.Sprintf("th%d", n), Unit: n, Period: time.Second}, "xymd02", r.bus, worst)
	}
	u := r.plant.Unit(20)
	u.Turnaround(10 * time.Millisecond)
	u.Set(maps.Discrete, 0, 0, 0, 0, 0)
	u.Set(maps.Coil, 0, 0, 0, 0, 0)
	add(t, s, driver.Spec{Name: "io1", Unit: 20}, "dam0404", r.bus, worst)
}

// TestARelayBeginsWithinAQuarterSecond: eight sensors and a relay board that all declare
// to answer within 200 ms. Three sensors are dead, slow and babble, and another master
// takes a fifth of the time to ask a dead unit of its own; still an order reaches the
// relay within 250 ms, always.
func TestARelayBeginsWithinAQuarterSecond(t *testing.T) {
	onLine(t, at9600, func(r *rig) {
		began, obeyed := time.Now(), time.Time{}
		s := scan.New(&counted{good: map[string]int{}}, func() point.Instant { return point.Instant{Mono: time.Since(began)} }, nil)
		addAll(t, r, s, 200*time.Millisecond)
		r.plant.Unit(20).OnWrite(maps.Coil, 0, func(uint16) bool { obeyed = time.Now(); return true })
		for i, f := range []modbustest.Fault{{Kind: modbustest.Silent}, {Kind: modbustest.Slow, Delay: 300 * time.Millisecond}, {Kind: modbustest.Babble, Delay: 200 * time.Millisecond}} {
			r.plant.Unit(uint8(16 + i)).Fault(f)
		}
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 2)
		go func() { ended <- s.Run(ctx) }()
		guest := s.Guest("rs485-1", 20)
		go func() {
			for m := (Manners{Timeout: 200 * time.Millisecond}); ctx.Err() == nil; time.Sleep(time.Millisecond) {
				_ = guest.Do(ctx, time.Second, func(ctx context.Context) error { _, err := r.bus.Ask(ctx, 99, m, []byte{3, 0, 0, 0, 1}); return err })
			}
			ended <- nil
		}()
		defer func() { cancel(); <-ended; <-ended }()
		time.Sleep(5 * time.Second)
		worst := time.Duration(0)
		for i := range 500 {
			asked := time.Now()
			if err := s.Write(ctx, "io1/relay1", point.OfBool(i%2 == 0)); err != nil {
				t.Fatal(err)
			}
			worst = max(worst, obeyed.Sub(asked))
			time.Sleep(77 * time.Millisecond)
		}
		if t.Logf("at most %v from the order to the relay", worst); worst > 250*time.Millisecond || worst < 100*time.Millisecond {
			t.Error("not within 250 ms, or nothing was in the way")
		}
	})
}

func add(t *testing.T, s *scan.Scanner, spec driver.Spec, name string, b *Bus, worst time.Duration) {
	t.Helper()
	m := *load(t, name)
	if worst > 0 {
		m.Worst = worst
	}
	d, err := New(spec, &m, b)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Add("rs485-1", spec.Name, d); err != nil {
		t.Fatal(err)
	}
}
