package gpio_test

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/drivers/gpio"
	"watchbox/drivers/gpio/gpiotest"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

var _ interface {
	driver.Poller
	driver.Watcher
	driver.Writer
} = (*gpio.Device)(nil)

var lines = []gpio.Line{
	{Terminal: "DI1"}, {Terminal: "DI2"}, {Terminal: "DI3"},
	{Terminal: "DO1", Output: true, Hold: 5 * time.Minute},
	{Terminal: "DO2", Output: true, Rest: true},
}

func spec() driver.Spec {
	return driver.Spec{Name: "terminals", Inputs: []driver.Input{
		{Terminal: "DI1", Item: "panic", Rest: "open"},
		{Terminal: "DI2", Point: "door1/contact", Rest: "closed"},
		{Terminal: "DI3", Item: "leak", Debounce: 20 * time.Millisecond},
		{Terminal: "DO1", Point: "oc/siren", Output: true},
		{Terminal: "DO2", Item: "relay", Rest: "on", Output: true},
	}}
}

// heard collects samples; edges are those with a number.
type heard struct {
	mu  sync.Mutex
	all []point.Sample
}

func (h *heard) emit(s point.Sample) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, s)
}

func (h *heard) of(name point.Name, edges bool) (list []point.Sample) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.all {
		if s.Point == name && (s.Sequence > 0) == edges {
			list = append(list, s)
		}
	}
	return list
}

// room runs f in fake time with a simulated room and a device that is watched.
func room(t *testing.T, f func(t *testing.T, room *gpiotest.Server, d *gpio.Device, h *heard)) {
	synctest.Test(t, func(t *testing.T) {
		pipe := gpiotest.NewPipe()
		server := gpiotest.Serve(pipe)
		defer server.Close()
		d, err := gpio.New(spec(), gpio.SimOver(pipe.Dial, lines))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		h := &heard{}
		done := make(chan struct{})
		go func() {
			defer close(done)
			for ctx.Err() == nil {
				if err := d.Watch(ctx, h.emit); ctx.Err() == nil && !errors.Is(err, driver.ErrDisconnect) && !errors.Is(err, driver.ErrTimeout) {
					t.Error(err)
				}
				time.Sleep(time.Second)
			}
		}()
		synctest.Wait()
		f(t, server, d, h)
		cancel()
		<-done
		d.Close()
	})
}

func TestEveryEdgeIsOneSample(t *testing.T) {
	room(t, func(t *testing.T, room *gpiotest.Server, d *gpio.Device, h *heard) {
		for i := range 200 {
			room.Set("DI1", i%2 == 0)
		}
		synctest.Wait()
		edges := h.of("terminals/panic", true)
		if len(edges) != 200 || d.Lost() != 0 {
			t.Fatalf("%d edges, %d lost; want 200 and 0", len(edges), d.Lost())
		}
		for i, s := range edges {
			if s.Sequence != uint64(i+1) || s.Value != point.OfBool(i%2 == 0) || s.Quality != (point.Quality{}) {
				t.Fatalf("edge %d: %+v", i, s)
			}
		}
	})
}

func TestTrueIsNotAsItRests(t *testing.T) {
	room(t, func(t *testing.T, room *gpiotest.Server, d *gpio.Device, h *heard) {
		first := h.of("door1/contact", false)
		if len(first) != 1 || !first[0].Value.Truth() {
			t.Errorf("a contact that rests closed and is open: %+v, want true", first)
		}
		room.Set("DI2", true)
		synctest.Wait()
		if e := h.of("door1/contact", true); len(e) != 1 || e[0].Value.Truth() {
			t.Errorf("closing it: %+v, want one edge to false", e)
		}
		for _, p := range d.Describe() {
			input, counter := p.Source < "terminal DO", strings.HasSuffix(string(p.Name), ".edges")
			if p.Urgent != (input && !counter) || (p.Kind == point.Count) != counter || p.Name.Check() != nil {
				t.Errorf("%+v: inputs are urgent bools, outputs bools that are not, counters counts", p)
			}
		}
	})
}

func TestEdgesAreCountedPerInput(t *testing.T) {
	room(t, func(t *testing.T, room *gpiotest.Server, d *gpio.Device, h *heard) {
		count := func(name point.Name) (n uint64, q point.Quality) {
			all := h.of(name, false)
			if len(all) == 0 {
				t.Fatalf("%s was never told", name)
			}
			last := all[len(all)-1]
			n, _ = last.Value.Counter()
			return n, last.Quality
		}
		if n, _ := count("terminals/di1.edges"); n != 0 {
			t.Errorf("%d edges before any came", n)
		}
		for i := range 200 {
			room.Set("DI2", i%2 == 0)
		}
		room.Set("DI1", true)
		synctest.Wait()
		if n, q := count("terminals/di2.edges"); n != 200 || q != (point.Quality{}) {
			t.Errorf("%d edges of DI2, %v; want 200, good", n, q)
		}
		room.DropEdges(2)
		for _, on := range []bool{true, false, true} {
			room.Set("DI2", on)
		}
		synctest.Wait()
		if n, q := count("terminals/di2.edges"); n != 201 || q != point.UncertainBecause(point.Overflow) {
			t.Errorf("after two lost edges %d, %v; want 201, overflow", n, q)
		}
		room.Cut()
		time.Sleep(3 * time.Second)
		if n, q := count("terminals/di1.edges"); n != 1 || q != (point.Quality{}) {
			t.Errorf("on a new wire %d, %v; want 1, good: the counter goes on", n, q)
		}
	})
}

func TestBackEndDebounces(t *testing.T) {
	room(t, func(t *testing.T, room *gpiotest.Server, _ *gpio.Device, h *heard) {
		room.Bounce("DI3", 20, true)
		time.Sleep(19 * time.Millisecond)
		if e := h.of("terminals/leak", true); len(e) != 0 {
			t.Fatalf("told before the contact stood 20 ms: %v", e)
		}
		time.Sleep(2 * time.Millisecond)
		if e := h.of("terminals/leak", true); len(e) != 1 || !e[0].Value.Truth() {
			t.Fatalf("got %v, want one edge to true", e)
		}
	})
}

// The kernel reads a debounced line as its edges tell it; were it otherwise a
// reading could tell a press whose release is then no edge.
func TestReadingIsDebouncedToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipe := gpiotest.NewPipe()
		room := gpiotest.Serve(pipe)
		defer room.Close()
		sim := gpio.SimOver(pipe.Dial, []gpio.Line{{Terminal: "DI1"}})
		defer sim.Close()
		if err := sim.Inputs(t.Context(), []gpio.Claim{{Terminal: "DI1", Debounce: 20 * time.Millisecond}}); err != nil {
			t.Fatal(err)
		}
		for _, want := range []struct {
			after time.Duration
			level bool
		}{{0, false}, {19 * time.Millisecond, false}, {2 * time.Millisecond, true}} {
			room.Set("DI1", true)
			time.Sleep(want.after)
			levels, err := sim.Read(t.Context(), []string{"DI1"})
			if err != nil || levels[0] != (gpio.Reading{Level: want.level}) {
				t.Errorf("after %v more: %v, %v; want %v", want.after, levels, err, want.level)
			}
		}
	})
}

func TestGapIsOverflowAndReadAgain(t *testing.T) {
	room(t, func(t *testing.T, room *gpiotest.Server, d *gpio.Device, h *heard) {
		room.DropEdges(3)
		room.Set("DI1", true)
		room.Set("DI1", false)
		room.Set("DI1", true)
		room.Set("DI2", true)
		synctest.Wait()
		overflow := point.UncertainBecause(point.Overflow)
		if e := h.of("door1/contact", true); len(e) != 1 || e[0].Quality != overflow {
			t.Errorf("edge after the gap: %+v, want %v", e, overflow)
		}
		panics := h.of("terminals/panic", false)
		if last := panics[len(panics)-1]; !last.Value.Truth() || last.Quality != overflow {
			t.Errorf("extra read of the panic button: %+v, want true with %v", last, overflow)
		}
		if d.Lost() != 3 {
			t.Errorf("lost %d, want 3", d.Lost())
		}
		if err := d.Poll(t.Context(), 0, h.emit); err != nil {
			t.Error(err)
		}
		panics = h.of("terminals/panic", false)
		if last := panics[len(panics)-1]; last.Quality != (point.Quality{}) || !last.Value.Truth() {
			t.Errorf("next plain reading: %+v, want true and good", last)
		}
	})
}

// Which input lost its edges shows at its next one; until then they are of the
// chip as a whole.
func TestLostEdgesFindTheirInput(t *testing.T) {
	room(t, func(t *testing.T, room *gpiotest.Server, d *gpio.Device, h *heard) {
		of := func(terminal string) driver.Contact {
			for _, c := range d.Contacts() {
				if c.Terminal == terminal {
					return c
				}
			}
			t.Fatalf("no contact %s in %+v", terminal, d.Contacts())
			return driver.Contact{}
		}
		if c := of("DI1"); !c.Known || c.Level || c.Edges != 0 || !c.Last.IsZero() || c.Point != "terminals/panic" {
			t.Errorf("before any edge: %+v", c)
		}
		room.DropEdges(3)
		room.Set("DI1", true)
		room.Set("DI1", false)
		room.Set("DI1", true)
		time.Sleep(time.Second)
		room.Set("DI2", true)
		synctest.Wait()
		if one, two := of("DI1"), of("DI2"); one.Lost != 0 || two.Lost != 0 || d.Lost() != 3 || !one.Level {
			t.Errorf("at the edge of the neighbour: %+v, %+v, %d lost in all; want none named yet, and DI1 read closed", one, two, d.Lost())
		}
		time.Sleep(time.Second)
		room.Set("DI1", false)
		synctest.Wait()
		if one := of("DI1"); one.Lost != 3 || one.Edges != 1 || one.Level || time.Since(one.Last) > time.Second {
			t.Errorf("at its own next edge: %+v, want 3 lost, 1 told, open, just now", one)
		}
		if two := of("DI2"); two.Lost != 0 || d.Lost() != 3 {
			t.Errorf("the neighbour: %+v, %d lost in all; want none of its own, 3 in all", two, d.Lost())
		}
	})
}

func TestSlowClientLosesTheOldestEdges(t *testing.T) {
	room(t, func(t *testing.T, room *gpiotest.Server, d *gpio.Device, h *heard) {
		room.Hang(true)
		for i := range 2*gpiotest.Queue + 1 {
			room.Set("DI1", i%2 == 0)
		}
		room.Hang(false)
		time.Sleep(5 * time.Second)
		edges := h.of("terminals/panic", true)
		if told := uint64(len(edges)); told+d.Lost() != 2*gpiotest.Queue+1 || d.Lost() == 0 {
			t.Errorf("%d told and %d lost, want %d in all and some lost", told, d.Lost(), 2*gpiotest.Queue+1)
		}
		if last := edges[len(edges)-1]; !last.Value.Truth() {
			t.Errorf("last edge %+v, want the newest level", last)
		}
	})
}

func TestWrite(t *testing.T) {
	room(t, func(t *testing.T, room *gpiotest.Server, d *gpio.Device, h *heard) {
		var moved []string
		room.OnOutput(func(terminal string, level bool) { moved = append(moved, terminal) })
		ctx := t.Context()
		for _, item := range []string{"siren", "oc/siren", "DO1"} {
			for _, on := range []bool{true, false} {
				if err := d.Write(ctx, item, point.OfBool(on)); err != nil || room.Level("DO1") != on {
					t.Errorf("write %s %v: %v, line is %v", item, on, err, room.Level("DO1"))
				}
			}
		}
		if !room.Level("DO2") {
			t.Error("DO2 rests on and is off")
		}
		if err := d.Write(ctx, "relay", point.OfBool(true)); err != nil || room.Level("DO2") {
			t.Errorf("away from a rest level of on: %v, line is on", err)
		}
		if err := d.Poll(ctx, 1, h.emit); err != nil {
			t.Error(err)
		}
		if s := h.of("terminals/relay", false); len(s) != 1 || !s[0].Value.Truth() {
			t.Errorf("read back %v, want true", s)
		}
		if want := []string{"DO2", "DO1", "DO1", "DO1", "DO1", "DO1", "DO1", "DO2"}; !slices.Equal(moved, want) {
			t.Errorf("outputs moved: %v, want %v: reading back moves nothing", moved, want)
		}
		if err := d.Write(ctx, "bell", point.OfBool(true)); !errors.Is(err, driver.ErrNotPresent) {
			t.Errorf("unknown output: %v", err)
		}
		if err := d.Write(ctx, "siren", point.OfInt(1)); !errors.Is(err, driver.ErrUnsupported) {
			t.Errorf("number to a relay: %v", err)
		}
	})
}

func TestOutputOutlivesItsClient(t *testing.T) {
	room(t, func(t *testing.T, room *gpiotest.Server, d *gpio.Device, _ *heard) {
		ctx := t.Context()
		if err := errors.Join(d.Write(ctx, "siren", point.OfBool(true)), d.Write(ctx, "relay", point.OfBool(true))); err != nil {
			t.Fatal(err)
		}
		room.Cut()
		time.Sleep(time.Second)
		if !room.Level("DO1") || !room.Level("DO2") {
			t.Error("siren held for 5 min is off, or the relay without hold did not rest")
		}
		time.Sleep(4 * time.Minute)
		if err := d.Poll(ctx, 1, func(point.Sample) {}); err != nil || !room.Level("DO1") {
			t.Errorf("taken over within the hold time: %v, siren %v", err, room.Level("DO1"))
		}
		time.Sleep(10 * time.Minute)
		if !room.Level("DO1") {
			t.Error("siren rested although its owner is back")
		}
		d.Close()
		time.Sleep(5*time.Minute + time.Second)
		if room.Level("DO1") {
			t.Error("siren still on after its hold time")
		}
	})
}

func TestHungRoomEndsByDeadline(t *testing.T) {
	room(t, func(t *testing.T, room *gpiotest.Server, d *gpio.Device, _ *heard) {
		room.Hang(true)
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		began := time.Now()
		if err := d.Write(ctx, "siren", point.OfBool(true)); !errors.Is(err, driver.ErrTimeout) || time.Since(began) > 500*time.Millisecond {
			t.Errorf("write to a hung room: %v after %v", err, time.Since(began))
		}
		if err := d.Poll(t.Context(), 0, nil); !errors.Is(err, driver.ErrTimeout) {
			t.Errorf("poll of a hung room: %v", err)
		}
		room.Hang(false)
		if err := d.Write(t.Context(), "siren", point.OfBool(true)); err != nil || !room.Level("DO1") {
			t.Errorf("after it: %v", err)
		}
	})
}

func TestWatchBeginsAgainAfterALostWire(t *testing.T) {
	room(t, func(t *testing.T, room *gpiotest.Server, d *gpio.Device, h *heard) {
		room.Cut()
		room.Set("DI1", true)
		time.Sleep(3 * time.Second)
		seen := h.of("terminals/panic", false)
		if len(seen) != 2 || !seen[1].Value.Truth() {
			t.Errorf("first readings %v, want false, then true after the wire came back", seen)
		}
		room.Set("DI1", false)
		synctest.Wait()
		if e := h.of("terminals/panic", true); len(e) != 1 || e[0].Quality != (point.Quality{}) || d.Lost() != 0 {
			t.Errorf("edge on the new wire: %+v, lost %d; want a good one", e, d.Lost())
		}
	})
}

func TestOverUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gpio.sock")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	server := gpiotest.Serve(listener)
	defer server.Close()
	d, err := gpio.New(spec(), gpio.NewSim(path, lines))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	edges := make(chan point.Sample, 16)
	ended := make(chan error)
	go func() { ended <- d.Watch(ctx, func(s point.Sample) { edges <- s }) }()
	for range 6 { // three inputs and their counters
		<-edges
	}
	server.Set("DI1", true)
	if s := <-edges; s.Point != "terminals/panic" || !s.Value.Truth() || s.Sequence != 1 {
		t.Errorf("got %+v", s)
	}
	d.Close()
	if err := <-ended; !errors.Is(err, driver.ErrDisconnect) {
		t.Errorf("watch of a closed device: %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	for name, inputs := range map[string][]driver.Input{
		"terminal twice": {{Terminal: "DI1", Item: "a"}, {Terminal: "DI1", Item: "b"}},
		"bad rest":       {{Terminal: "DI1", Item: "a", Rest: "ajar"}},
		"bad point name": {{Terminal: "DI1", Item: "Tür"}},
		"bad terminal":   {{Terminal: "di 1", Item: "a"}},
	} {
		if _, err := gpio.New(driver.Spec{Name: "terminals", Inputs: inputs}, nil); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
