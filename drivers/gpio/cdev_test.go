package gpio

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
	periph "periph.io/x/conn/v3/gpio"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

func TestOneRequestPerChip(t *testing.T) {
	lines := map[string]Line{}
	var claims []Claim
	for i := range 16 {
		l := Line{Terminal: fmt.Sprintf("DI%d", i+1), Chip: []string{"a", "b"}[i/8], ActiveLow: i%2 == 0}
		lines[l.Terminal] = l
		claims = append(claims, Claim{l.Terminal, time.Duration(i%3) * 10 * time.Millisecond})
	}
	plan := planInputs(lines, claims, false)
	if len(plan) != 2 {
		t.Fatalf("%d requests, want 2", len(plan))
	}
	c := plan[0].config
	var debounced uint64
	for _, a := range c.Attrs[:c.Num_attrs] {
		if a.Attr.Id == unix.GPIO_V2_LINE_ATTR_ID_DEBOUNCE {
			debounced |= a.Mask
		}
	}
	if c.Num_attrs != 3 || debounced != 0b10110110 {
		t.Errorf("%d attributes, debounced lines %b; want 3 and 10110110", c.Num_attrs, debounced)
	}
}

func TestManyKindsOfLineNeedMoreRequests(t *testing.T) {
	lines := map[string]Line{}
	var claims []Claim
	for i := range 70 {
		name := fmt.Sprintf("DI%d", i)
		lines[name] = Line{Terminal: name, Chip: "a"}
		claims = append(claims, Claim{name, time.Duration(i%15) * time.Millisecond})
	}
	plan := planInputs(lines, claims, true)
	seen := 0
	for _, r := range plan {
		seen += len(r.claims)
		if len(r.claims) > maxRequestLines || r.config.Num_attrs > maxAttributes || r.config.Flags&flagClockRealtime == 0 {
			t.Errorf("request %+v beyond the kernel's limits", r)
		}
	}
	if seen != 70 {
		t.Errorf("%d of 70 lines planned", seen)
	}
}

func TestErrnoIsKept(t *testing.T) {
	for errno, class := range map[unix.Errno]error{
		unix.EBUSY: driver.ErrRefused, unix.ENODEV: driver.ErrDisconnect, unix.EINVAL: driver.ErrUnsupported,
	} {
		if err := kernelError("take output DO1", errno); !errors.Is(err, errno) || !errors.Is(err, class) {
			t.Errorf("%v: %v, want the errno and %v", errno, err, class)
		}
	}
}

func TestNoSuchChip(t *testing.T) {
	c := NewCdev([]Line{{Terminal: "DI1", Chip: "di"}, {Terminal: "DO1", Chip: "do", Output: true}}, nil)
	c.folder = t.TempDir()
	ctx := t.Context()
	for what, err := range map[string]error{
		"inputs": c.Inputs(ctx, []Claim{{Terminal: "DI1"}}), "outputs": c.Outputs(ctx, []Claim{{Terminal: "DO1"}}),
		"wrong way": c.Set(ctx, "DI1", true), "periph": c.Pin("DO1").Out(periph.High),
	} {
		if !errors.Is(err, driver.ErrNotPresent) {
			t.Errorf("%s: %v, want not present", what, err)
		}
	}
	if c.Pin("DO1").WaitForEdge(-1) || c.Pin("DI1").WaitForEdge(0) {
		t.Error("an edge where nothing is claimed")
	}
	if err := c.Pin("DO1").In(periph.PullUp, periph.BothEdges); !errors.Is(err, driver.ErrUnsupported) {
		t.Errorf("relay as input: %v, want unsupported", err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestInherited(t *testing.T) {
	got, err := parseInherited(FormatInherited([]string{"DO1", "DO2"}))
	if want := map[string]int{"DO1": 3, "DO2": 4}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
	for _, bad := range []string{"DO1", "DO1:", "DO1:2", "DO1:3,DO1:4", "DO1:3,DO2:3", "do1:3", ",", "DO1:99999"} {
		if _, err := parseInherited(bad); !errors.Is(err, driver.ErrGarbage) {
			t.Errorf("%q: %v, want garbage", bad, err)
		}
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	fd, err := unix.Dup(int(w.Fd()))
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Inherited(fmt.Sprintf("DO1:%d", fd)); err == nil {
		t.Error("a pipe was taken for a relay")
	}
}

// overtaken is a back end on which an edge comes while a reading is under way.
type overtaken struct {
	Backend
	edge func()
}

func (overtaken) Inputs(context.Context, []Claim) error { return nil }

func (b overtaken) Read(context.Context, []string) ([]Reading, error) {
	b.edge()
	return []Reading{{}}, nil
}

func TestReadingNeverOvertakesAnEdge(t *testing.T) {
	b := &overtaken{}
	d, err := New(driver.Spec{Name: "terminals", Inputs: []driver.Input{{Terminal: "DI1", Item: "panic"}}}, b)
	if err != nil {
		t.Fatal(err)
	}
	var told []point.Sample
	emit := func(s point.Sample) { told = append(told, s) }
	b.edge = func() {
		if err := d.edge(t.Context(), Edge{Terminal: "DI1", Level: true, Group: 1, Sequence: 1, Line: 1}, emit); err != nil {
			t.Error(err)
		}
	}
	if err := d.Poll(t.Context(), 0, emit); err != nil {
		t.Fatal(err)
	}
	if len(told) != 2 || told[0].Point != "terminals/panic" || !told[0].Value.Truth() || told[1].Point != "terminals/di1.edges" {
		t.Errorf("told %+v, want the edge and its counter only", told)
	}
}

// hanging is a back end with an output that takes for ever to be tried again.
type hanging struct {
	Backend
	claimed bool
	set     []string
}

func (b *hanging) Outputs(ctx context.Context, _ []Claim) error {
	if !b.claimed {
		b.claimed = true
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

func (b *hanging) Set(_ context.Context, terminal string, _ bool) error {
	b.set = append(b.set, terminal)
	return nil
}

func (b *hanging) Read(context.Context, []string) ([]Reading, error) { return []Reading{{}}, nil }

func TestSirenWaitsForNoOutputThatIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &hanging{}
		d, err := New(driver.Spec{Name: "terminals", Inputs: []driver.Input{{Terminal: "DO1", Item: "siren", Output: true}}}, b)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Write(t.Context(), "siren", point.OfBool(false)); err != nil {
			t.Fatal(err)
		}
		go d.Poll(t.Context(), 0, func(point.Sample) {})
		synctest.Wait()
		began := time.Now()
		if err := d.Write(t.Context(), "siren", point.OfBool(true)); err != nil || len(b.set) != 2 || time.Since(began) > 0 {
			t.Errorf("the siren was driven %d times, after %v: %v", len(b.set), time.Since(began), err)
		}
		time.Sleep(time.Minute) // the poll ends
	})
}

func TestAMissingChipIsTriedOnceForAllItsLines(t *testing.T) {
	c := NewCdev([]Line{{Terminal: "DI1", Chip: "a"}, {Terminal: "DI2", Chip: "a"}}, nil)
	defer c.Close()
	c.folder = t.TempDir()
	if err := c.Inputs(t.Context(), []Claim{{Terminal: "DI1"}, {Terminal: "DI2"}}); !errors.Is(err, driver.ErrNotPresent) {
		t.Fatal(err)
	}
	if c.faults["DI1"] != c.faults["DI2"] {
		t.Errorf("two attempts: %v; %v", c.faults["DI1"], c.faults["DI2"])
	}
	for err, whole := range map[error]bool{unix.EBUSY: false, unix.EINVAL: false, driver.ErrNotPresent: false, unix.EREMOTEIO: true, unix.ENODEV: true} {
		if got := wholeChip(kernelError("take", err)); got != whole {
			t.Errorf("%v: %v", err, got)
		}
	}
}

// piped is a back end with one input whose edges come out of a pipe.
func piped(t *testing.T) (c *Cdev, w *os.File) {
	c = NewCdev([]Line{{Terminal: "DI1", Chip: "a"}}, nil)
	if err := c.Inputs(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	request := planInputs(c.lines, []Claim{{Terminal: "DI1"}}, false)[0]
	if err := c.inputs.Load().add(r, request, []uint32{0}, 1); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); w.Close() })
	return c, w
}

func press(t *testing.T, w *os.File) {
	t.Helper()
	if _, err := w.Write(rawEvent(5e9, 1, 0, 1, 1)); err != nil {
		t.Fatal(err)
	}
}

func TestEdgeWaitsForNoClaimAndNoReading(t *testing.T) {
	c, w := piped(t)
	c.mu.Lock() // a chip that answers slowly is claimed or read
	press(t, w)
	told := make(chan Edge, 1)
	go func() {
		e, _ := c.Next(t.Context())
		told <- e
	}()
	select {
	case e := <-told:
		if e.Terminal != "DI1" || !e.Level {
			t.Errorf("told %+v", e)
		}
	case <-time.After(10 * time.Second):
		t.Error("the edge waits")
	}
	c.mu.Unlock()
}

func TestAReadingThatFailsCostsNoEdge(t *testing.T) {
	c, w := piped(t)
	if r, err := c.Read(t.Context(), []string{"DI1"}); err != nil || r[0].Fault == nil {
		t.Fatalf("a pipe was read as a contact: %+v, %v", r, err)
	}
	press(t, w)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if e, err := c.Next(ctx); err != nil || e.Terminal != "DI1" {
		t.Errorf("told %+v, %v", e, err)
	}
}

func TestStampIsTheKernels(t *testing.T) {
	d, err := New(driver.Spec{Name: "terminals", Inputs: []driver.Input{{Terminal: "DI1", Item: "panic"}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	d.Stamp = func(kernel time.Duration) point.Instant { return point.Instant{Mono: kernel} }
	var got point.Sample
	e := Edge{Terminal: "DI1", Level: true, Group: 1, Sequence: 1, Line: 1, Time: 7 * time.Second}
	if err := d.edge(t.Context(), e, func(s point.Sample) { got = s }); err != nil || got.At.Mono != 7*time.Second {
		t.Errorf("got %+v, %v", got, err)
	}
}
