//go:build guestkernel

package gpio

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	periph "periph.io/x/conn/v3/gpio"

	"watchbox/firmware/driver"
)

// These tests need a kernel with gpio-sim and are run by test/guest.

// simulated makes a chip of 8 lines, labelled as the test is named, and gives
// the folder of its lines and how to unplug it.
func simulated(t *testing.T) (lines string, unplug func()) {
	t.Helper()
	return chip(t, t.Name())
}

// chip is simulated under another label.
func chip(t *testing.T, label string) (lines string, unplug func()) {
	t.Helper()
	device := filepath.Join("/sys/kernel/config/gpio-sim", label)
	bank := filepath.Join(device, "bank")
	put := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(bank, 0o755); err != nil {
		t.Fatal(err)
	}
	put(bank+"/num_lines", "8")
	put(bank+"/label", label)
	put(device+"/live", "1")
	gone := false
	unplug = func() {
		if !gone {
			gone = true
			put(device+"/live", "0")
		}
	}
	t.Cleanup(unplug)
	return filepath.Join("/sys/devices/platform", word(t, device+"/dev_name"), word(t, bank+"/chip_name")), unplug
}

func word(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

func wire(t *testing.T, lines string, offset int) string {
	return word(t, filepath.Join(lines, "sim_gpio"+strconv.Itoa(offset), "value"))
}

func pull(t *testing.T, lines string, offset int, up bool) {
	t.Helper()
	text := map[bool]string{false: "pull-down", true: "pull-up"}[up]
	if err := os.WriteFile(filepath.Join(lines, "sim_gpio"+strconv.Itoa(offset), "pull"), []byte(text), 0); err != nil {
		t.Fatal(err)
	}
}

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestOutputOnTheKernel(t *testing.T) {
	lines, _ := simulated(t)
	c := NewCdev([]Line{{Terminal: "DO9", Chip: t.Name(), Output: true, ActiveLow: true, Rest: true}}, nil)
	defer c.Close()
	ctx := within(t)
	if err := c.Outputs(ctx, []Claim{{Terminal: "DO9"}}); err != nil {
		t.Fatal(err)
	}
	if v := wire(t, lines, 0); v != "0" {
		t.Errorf("active-low output that rests on has voltage %s, want 0", v)
	}
	if err := c.Set(ctx, "DO9", false); err != nil || wire(t, lines, 0) != "1" {
		t.Errorf("switched off: %v, voltage %s, want 1", err, wire(t, lines, 0))
	}
	for range 3 {
		levels, err := c.Read(ctx, []string{"DO9"})
		if err != nil || levels[0] != (Reading{}) || c.Pin("DO9").Read() != periph.Low || wire(t, lines, 0) != "1" {
			t.Errorf("read back %v, %v, voltage %s: want off and no change", levels, err, wire(t, lines, 0))
		}
	}
}

func TestBusyOnTheKernel(t *testing.T) {
	simulated(t)
	line := []Line{{Terminal: "DI9", Chip: t.Name()}}
	first, second := NewCdev(line, nil), NewCdev(line, nil)
	defer first.Close()
	defer second.Close()
	if err := first.Inputs(within(t), []Claim{{Terminal: "DI9"}}); err != nil {
		t.Fatal(err)
	}
	err := second.Inputs(within(t), []Claim{{Terminal: "DI9"}})
	if !errors.Is(err, unix.EBUSY) || !errors.Is(err, driver.ErrRefused) {
		t.Errorf("second claim: %v, want EBUSY and refused", err)
	}
	if err := first.Pin("DI9").In(periph.PullNoChange, periph.BothEdges); !errors.Is(err, unix.EBUSY) {
		t.Errorf("periph beside a watch: %v, want EBUSY", err)
	}
}

func TestDebounceOnTheKernel(t *testing.T) {
	lines, _ := simulated(t)
	c := NewCdev([]Line{{Terminal: "DI9", Chip: t.Name(), Offset: 3}, {Terminal: "DI10", Chip: t.Name(), Offset: 4}}, nil)
	defer c.Close()
	claims := []Claim{{Terminal: "DI9", Debounce: 700 * time.Millisecond}, {Terminal: "DI10"}}
	if err := c.Inputs(within(t), claims); err != nil {
		t.Fatal(err)
	}
	for i := range 21 {
		pull(t, lines, 3, i%2 == 0)
	}
	e, err := c.Next(within(t))
	if err != nil || e.Terminal != "DI9" || !e.Level || e.Sequence != 1 || e.Line != 1 || e.Time == 0 {
		t.Errorf("bouncing contact gave %+v, %v; want one edge to closed", e, err)
	}
	pull(t, lines, 4, true)
	if e, err = c.Next(within(t)); err != nil || e.Terminal != "DI10" || e.Sequence != 2 || e.Line != 1 {
		t.Errorf("then %+v, %v; want the other contact", e, err)
	}
}

func TestBurstOnTheKernel(t *testing.T) {
	lines, _ := simulated(t)
	c := NewCdev([]Line{{Terminal: "DI9", Chip: t.Name(), ActiveLow: true}}, nil)
	c.Realtime = true
	defer c.Close()
	if err := c.Inputs(within(t), []Claim{{Terminal: "DI9"}}); err != nil {
		t.Fatal(err)
	}
	const count = 500 // while nobody reads
	for i := range count {
		pull(t, lines, 0, i%2 == 0)
	}
	for i := range count {
		e, err := c.Next(within(t))
		if err != nil || e.Sequence != uint64(i+1) || e.Level != (i%2 == 1) {
			t.Fatalf("edge %d: %+v, %v", i+1, e, err)
		}
		if age := time.Since(time.Unix(0, int64(e.Time))); age < 0 || age > time.Minute {
			t.Fatalf("edge %d stamped %v ago by the wall clock", i+1, age)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if e, err := c.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after the last: %+v, %v", e, err)
	}
}

func TestPinOnTheKernel(t *testing.T) {
	lines, _ := simulated(t)
	c := NewCdev([]Line{{Terminal: "DI9", Chip: t.Name()}}, nil)
	defer c.Close()
	p := c.Pin("DI9")
	arm := func(edge periph.Edge) {
		t.Helper()
		if err := p.In(periph.PullNoChange, edge); err != nil {
			t.Fatal(err)
		}
	}
	arm(periph.BothEdges)
	pull(t, lines, 0, true)
	pull(t, lines, 0, false)
	arm(periph.RisingEdge)
	if p.WaitForEdge(20 * time.Millisecond) {
		t.Error("an edge of before In was told")
	}
	got := make(chan bool)
	go func() { got <- p.WaitForEdge(-1) }()
	select {
	case <-got:
		t.Error("for ever was short")
	case <-time.After(50 * time.Millisecond):
	}
	pull(t, lines, 0, true)
	if !<-got || p.Read() != periph.High {
		t.Error("the edge did not come, or the level is not high")
	}
	go func() { got <- p.WaitForEdge(-1) }()
	time.Sleep(20 * time.Millisecond)
	if err := p.Halt(); err != nil || <-got {
		t.Errorf("halt: %v; want it to end the wait without an edge", err)
	}
}

func TestUnplugOnTheKernel(t *testing.T) {
	_, unplug := simulated(t)
	c := NewCdev([]Line{{Terminal: "DI9", Chip: t.Name()}, {Terminal: "DO9", Chip: t.Name(), Offset: 1, Output: true}}, nil)
	defer c.Close()
	if err := errors.Join(c.Inputs(within(t), []Claim{{Terminal: "DI9"}}), c.Outputs(within(t), []Claim{{Terminal: "DO9"}})); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() {
		_, err := c.Next(within(t))
		ended <- err
	}()
	time.Sleep(20 * time.Millisecond)
	unplug()
	if err := <-ended; !errors.Is(err, driver.ErrDisconnect) {
		t.Errorf("watch of a chip that is gone: %v", err)
	}
	if err := c.Set(within(t), "DO9", true); !errors.Is(err, driver.ErrDisconnect) {
		t.Errorf("output of a chip that is gone: %v", err)
	}
	if err := c.Set(within(t), "DO9", true); !errors.Is(err, driver.ErrNotPresent) {
		t.Errorf("then: %v, want not present", err)
	}
}

// spoilt are the terminals that a reading finds at fault.
func spoilt(t *testing.T, c *Cdev, terminals ...string) map[string]error {
	t.Helper()
	readings, err := c.Read(within(t), terminals)
	if err != nil {
		t.Fatal(err)
	}
	bad := map[string]error{}
	for i, r := range readings {
		if r.Fault != nil {
			bad[terminals[i]] = r.Fault
		}
	}
	return bad
}

func wantEdge(t *testing.T, c *Cdev, lines string, offset int, terminal string) {
	t.Helper()
	pull(t, lines, offset, wire(t, lines, offset) == "0")
	if e, err := c.Next(within(t)); err != nil || e.Terminal != terminal {
		t.Errorf("%s moved: %+v, %v", terminal, e, err)
	}
}

// TestHeldLineOnTheKernel: another program has DI11; its neighbours on the chip
// guard, and it joins them at the claim after it was let go.
func TestHeldLineOnTheKernel(t *testing.T) {
	lines, _ := simulated(t)
	board := []Line{{Terminal: "DI9", Chip: t.Name()}, {Terminal: "DI10", Chip: t.Name(), Offset: 1}, {Terminal: "DI11", Chip: t.Name(), Offset: 2}}
	claims := []Claim{{Terminal: "DI9"}, {Terminal: "DI10", Debounce: 5 * time.Millisecond}, {Terminal: "DI11"}}
	other, c := NewCdev(board, nil), NewCdev(board, nil)
	defer c.Close()
	if err := errors.Join(other.Inputs(within(t), claims[2:]), c.Inputs(within(t), claims)); err != nil {
		t.Fatal(err)
	}
	bad := spoilt(t, c, "DI9", "DI10", "DI11")
	if err := bad["DI11"]; len(bad) != 1 || !errors.Is(err, unix.EBUSY) || !errors.Is(err, driver.ErrRefused) || !strings.Contains(err.Error(), `"watchbox"`) {
		t.Errorf("faults %v, want DI11 busy, and who holds it", bad)
	}
	wantEdge(t, c, lines, 0, "DI9")
	wantEdge(t, c, lines, 1, "DI10")
	other.Close()
	if err := c.Inputs(within(t), claims); err != nil || len(spoilt(t, c, "DI9", "DI10", "DI11")) != 0 {
		t.Errorf("the other let go: %v, faults %v", err, spoilt(t, c, "DI11"))
	}
	wantEdge(t, c, lines, 2, "DI11")
}

// TestMissingChipOnTheKernel: one of two chips is not there, comes, goes while
// an edge is waited for, and comes back; the other chip's contact tells each of
// its moves all the while.
func TestMissingChipOnTheKernel(t *testing.T) {
	lines, _ := simulated(t)
	label := t.Name() + "2"
	c := NewCdev([]Line{{Terminal: "DI9", Chip: t.Name()}, {Terminal: "DI10", Chip: label},
		{Terminal: "DO9", Chip: t.Name(), Offset: 1, Output: true}, {Terminal: "DO10", Chip: label, Offset: 1, Output: true}}, nil)
	defer c.Close()
	in, out := []Claim{{Terminal: "DI9"}, {Terminal: "DI10"}}, []Claim{{Terminal: "DO9"}, {Terminal: "DO10"}}
	claim := func(faults int) {
		t.Helper()
		if err := errors.Join(c.Inputs(within(t), in), c.Outputs(within(t), out)); err != nil {
			t.Fatal(err)
		}
		bad := spoilt(t, c, "DI9", "DI10", "DO9", "DO10")
		if len(bad) != faults || faults > 0 && (!errors.Is(bad["DI10"], driver.ErrNotPresent) || !errors.Is(bad["DO10"], driver.ErrNotPresent)) {
			t.Errorf("faults %v, want %d: those of the missing chip", bad, faults)
		}
	}
	claim(2)
	wantEdge(t, c, lines, 0, "DI9")
	if err := c.Set(within(t), "DO9", true); err != nil || wire(t, lines, 1) != "1" {
		t.Errorf("the output beside a missing one: %v", err)
	}
	others, unplug := chip(t, label)
	claim(0)
	wantEdge(t, c, others, 0, "DI10")
	ended := make(chan error)
	go func() { _, err := c.Next(within(t)); ended <- err }()
	time.Sleep(20 * time.Millisecond)
	unplug()
	if err := <-ended; !errors.Is(err, ErrPart) || !errors.Is(err, driver.ErrDisconnect) {
		t.Errorf("one chip of two is gone: %v, want a part lost", err)
	}
	if bad := spoilt(t, c, "DI9", "DI10", "DO9", "DO10"); len(bad) != 2 || bad["DI10"] == nil || bad["DO10"] == nil {
		t.Errorf("faults %v, want those of the chip that is gone", bad)
	}
	wantEdge(t, c, lines, 0, "DI9")
	claim(2)
	if wire(t, lines, 1) != "1" {
		t.Error("a claim moved an output that was held")
	}
}

// TestInheritedLineOnTheKernel: one whose chip is gone costs the daemon no other.
func TestInheritedLineOnTheKernel(t *testing.T) {
	simulated(t)
	label := t.Name() + "2"
	_, unplug := chip(t, label)
	holder := NewCdev([]Line{{Terminal: "DO9", Chip: t.Name(), Output: true}, {Terminal: "DO10", Chip: label, Output: true}}, nil)
	defer holder.Close()
	handed := func(terminal string) string {
		t.Helper()
		if err := holder.Outputs(within(t), []Claim{{Terminal: terminal}}); err != nil {
			t.Fatal(err)
		}
		f, err := holder.Descriptor(terminal)
		if err != nil {
			t.Fatal(err)
		}
		fd, err := unix.Dup(int(f.Fd()))
		if err != nil {
			t.Fatal(err)
		}
		return terminal + ":" + strconv.Itoa(fd)
	}
	value := handed("DO9") + "," + handed("DO10")
	unplug()
	if files, err := Inherited(value); err != nil || len(files) != 1 || files["DO9"] == nil {
		t.Errorf("inherited %v, %v; want the line that is there", files, err)
	}
}
