package scan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// box is a sink that remembers.
type box struct {
	mu      sync.Mutex
	samples []point.Sample
	edges   []point.Sample
	news    []string
	lines   []string
}

func (b *box) Urgent(s point.Sample) { b.mu.Lock(); defer b.mu.Unlock(); b.edges = append(b.edges, s) }
func (b *box) Sample(s point.Sample) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.samples = append(b.samples, s)
}
func (b *box) onDevice(id string, ok bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.news = append(b.news, fmt.Sprintf("%s %v", id, ok))
}
func (b *box) log(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines = append(b.lines, fmt.Sprintf(format, args...))
}

// last is the newest sample of the point.
func (b *box) last(n point.Name) point.Sample {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := len(b.samples) - 1; i >= 0; i-- {
		if b.samples[i].Point == n {
			return b.samples[i]
		}
	}
	return point.Sample{}
}

func (b *box) good(n point.Name) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	k := 0
	for _, s := range b.samples {
		if s.Point == n && s.Quality.Usable() {
			k++
		}
	}
	return k
}

func (b *box) heard() []point.Sample {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.edges)
}

func (b *box) logged() []string { b.mu.Lock(); defer b.mu.Unlock(); return slices.Clone(b.lines) }

func (b *box) told() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.news)
}

// fake is a device that can be told to misbehave.
type fake struct {
	id     string
	blocks []driver.Block
	takes  time.Duration // how long an answer needs

	mu     sync.Mutex
	polls  []time.Time
	wrote  []string
	err    error // the outcome of each attempt
	bang   bool  // panic
	closed int
	inside int
	wire   *wire
}

// wire notices when two devices speak at once.
type wire struct {
	mu   sync.Mutex
	busy bool
	hit  bool
}

func newFake(id string, period, takes time.Duration) *fake {
	return &fake{id: id, takes: takes, blocks: []driver.Block{{Name: "all", Period: period, Timeout: 500 * time.Millisecond, Points: []point.Name{point.Join(id, "x")}}}}
}

func (f *fake) set(err error) { f.mu.Lock(); defer f.mu.Unlock(); f.err = err }
func (f *fake) times() []time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.polls)
}

func (f *fake) Describe() []point.Point {
	var all []point.Point
	for _, b := range f.blocks {
		for _, n := range b.Points {
			all = append(all, point.Point{Name: n, Kind: point.Real})
		}
	}
	return all
}
func (f *fake) Close() error           { f.mu.Lock(); defer f.mu.Unlock(); f.closed++; return nil }
func (f *fake) Blocks() []driver.Block { return f.blocks }

func (f *fake) Poll(ctx context.Context, i int, emit driver.Emit) error {
	f.mu.Lock()
	f.polls = append(f.polls, time.Now())
	f.inside++
	err, bang, crowd := f.err, f.bang, f.inside
	f.mu.Unlock()
	defer func() { f.mu.Lock(); f.inside--; f.mu.Unlock() }()
	if crowd > 1 {
		return errors.New("asked twice at once")
	}
	if f.wire != nil {
		defer f.wire.use()()
	}
	if bang {
		panic("index out of range")
	}
	if errors.Is(err, driver.ErrTimeout) {
		<-ctx.Done()
		return err
	}
	if err != nil {
		return err
	}
	select {
	case <-time.After(f.takes):
	case <-ctx.Done():
		return fmt.Errorf("fake %s: %w", f.id, driver.ErrTimeout)
	}
	for _, n := range f.blocks[i].Points {
		emit(point.Sample{Point: n, Value: point.OfReal(1)})
	}
	return nil
}

func (w *wire) use() func() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy {
		w.hit = true
	}
	w.busy = true
	return func() { w.mu.Lock(); w.busy = false; w.mu.Unlock() }
}

// obedient is a fake that also takes writes.
type obedient struct{ *fake }

func (o obedient) Write(ctx context.Context, item string, v point.Value) error {
	select {
	case <-time.After(10 * time.Millisecond):
	case <-ctx.Done():
		return fmt.Errorf("fake %s: %w", o.id, driver.ErrTimeout)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.wrote = append(o.wrote, item+"="+v.String())
	return o.err
}

// bench is a scanner with its box, running in a bubble.
type bench struct {
	*Scanner
	box  *box
	ctx  context.Context
	stop func()
}

// bubble runs f with a scanner that was given what prepare adds.
func bubble(t *testing.T, prepare func(*Scanner), f func(*bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &box{}
		began := time.Now()
		s := New(b, func() point.Instant { return point.Instant{Mono: time.Since(began) + 1, Wall: time.Now()} }, b.log)
		s.OnDevice(b.onDevice)
		if prepare != nil {
			prepare(s)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		synctest.Wait()
		f(&bench{Scanner: s, box: b, ctx: ctx, stop: cancel})
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
