package forward

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/firmware/event"
)

// broker is a Path that can be down, slow, or take only a part.
type broker struct {
	mu       sync.Mutex
	down     error
	takes    time.Duration
	most     int // records per Send that get through; 0: all
	got      []event.Record
	attempts []time.Time
	beats    []time.Time
	closed   bool
}

func (b *broker) Send(ctx context.Context, records []event.Record) error {
	b.mu.Lock()
	takes := b.takes
	b.mu.Unlock()
	select {
	case <-time.After(takes):
	case <-ctx.Done():
		return ctx.Err()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.attempts = append(b.attempts, time.Now())
	if b.down != nil {
		return b.down
	}
	if b.most > 0 && len(records) > b.most {
		part := &Part{Err: errors.New("connection lost")}
		for i := range b.most {
			part.Taken = append(part.Taken, i)
		}
		b.got = append(b.got, records[:b.most]...)
		return fmt.Errorf("broker: %w", part)
	}
	b.got = append(b.got, records...)
	return nil
}

func (b *broker) Beat(context.Context, Heartbeat) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.down == nil {
		b.beats = append(b.beats, time.Now())
	}
	return b.down
}

func (b *broker) Close() error { b.mu.Lock(); defer b.mu.Unlock(); b.closed = true; return nil }

func (b *broker) set(f func(b *broker)) { b.mu.Lock(); defer b.mu.Unlock(); f(b) }

func (b *broker) numbers() (all []uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.got {
		all = append(all, r.ID.Sequence)
	}
	return all
}

// box is an Outbox in memory that can be broken or hang.
type box struct {
	mu     sync.Mutex
	items  []Item
	broken error
	hang   chan struct{}
	wake   chan struct{}
}

func newBox() *box { return &box{wake: make(chan struct{}, 1)} }

func record(n uint64, kind event.Type) event.Record {
	return event.Record{ID: event.ID{Box: "b", Epoch: "e", Sequence: n}, Type: kind, Journaled: true}
}

func (b *box) commit(records ...event.Record) {
	b.mu.Lock()
	for _, r := range records {
		b.items = append(b.items, Item{Row: int64(r.ID.Sequence), Record: r})
	}
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

func (b *box) answer() error {
	b.mu.Lock()
	hang := b.hang
	b.mu.Unlock()
	if hang != nil {
		<-hang
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.broken
}

func (b *box) Pending(_ context.Context, _ string, limit int) ([]Item, error) {
	if err := b.answer(); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	sorted := slices.Clone(b.items)
	slices.SortStableFunc(sorted, func(x, y Item) int { return cmp.Or(cmp.Compare(late(x), late(y)), cmp.Compare(x.Row, y.Row)) })
	return sorted[:min(limit, len(sorted))], nil
}

func late(i Item) int {
	if strings.HasPrefix(string(i.Record.Type), "alarm.") {
		return 0
	}
	return 1
}

func (b *box) Taken(_ context.Context, _ string, rows []int64) error {
	if err := b.answer(); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.items = slices.DeleteFunc(b.items, func(i Item) bool { return slices.Contains(rows, i.Row) })
	return nil
}

func (b *box) set(f func(b *box)) { b.mu.Lock(); defer b.mu.Unlock(); f(b) }

func start(p Path, b *box) (r *Runner, end func()) {
	r = NewRunner("mqtt", p, b, b.wake, nil)
	return r, launch(r)
}

func launch(r *Runner) (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { r.Run(ctx); close(done) }()
	return func() { cancel(); <-done }
}

// pass lets time pass in the bubble and everything that is due be done.
func pass(d time.Duration) { time.Sleep(d); synctest.Wait() }

func count(n int) (all []uint64) {
	for i := range n {
		all = append(all, uint64(i+1))
	}
	return all
}

func TestRunnerSendsAtOnceAndInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, b := &broker{}, newBox()
		r, end := start(p, b)
		synctest.Wait()
		begin := time.Now()
		for n := range uint64(250) {
			b.commit(record(n+1, event.DoorClosed))
		}
		synctest.Wait()
		if got := p.numbers(); !slices.Equal(got, count(250)) || time.Since(begin) != 0 {
			t.Errorf("%v after %v", got, time.Since(begin))
		}
		if s := r.State(); !s.OK || s.Sent != 250 || s.Backlog || s.LastSuccess != begin || len(b.items) != 0 {
			t.Errorf("%+v, %d left", s, len(b.items))
		}
		end()
		if !p.closed {
			t.Error("path is not closed")
		}
	})
}

func TestBrokerDownForAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, b := &broker{down: errors.New("connection refused")}, newBox()
		r, end := start(p, b)
		begin := time.Now()
		for n := uint64(1); n <= 360; n++ {
			kind := event.DoorClosed
			if n%10 == 0 {
				kind = event.AlarmRaised
			}
			b.commit(record(n, kind))
			pass(10 * time.Second)
		}
		s := r.State()
		if s.OK || s.Error != "connection refused" || s.Sent != 0 || s.Failures != len(p.attempts) || !s.Since.Equal(p.attempts[0]) || !s.Backlog {
			t.Errorf("%+v", s)
		}
		for i := 1; i < len(p.attempts); i++ {
			if gap := p.attempts[i].Sub(p.attempts[i-1]); gap > longestPause || gap < firstPause/2 {
				t.Errorf("attempt %d after %v", i, gap)
			}
		}
		if n := len(p.attempts); n < 60 || n > 100 {
			t.Errorf("%d attempts in %v", n, time.Since(begin))
		}
		p.set(func(p *broker) { p.down = nil })
		pass(longestPause)
		got := p.numbers()
		if len(got) != 360 || !slices.IsSorted(got[:36]) || got[35] != 360 || !slices.IsSorted(got[36:]) {
			t.Errorf("36 alarms first, each in order: %v", got)
		}
		if slices.Sort(got); !slices.Equal(got, count(360)) {
			t.Error("lost or doubled")
		}
		if s := r.State(); !s.OK || s.Error != "" || s.Failures != 0 || s.Sent != 360 {
			t.Errorf("%+v", s)
		}
		end()
	})
}

func TestAlarmOvertakesTelemetryOnASlowPath(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, b := &broker{takes: 10 * time.Second}, newBox()
		for n := range uint64(500) {
			b.commit(record(n+1, event.DoorClosed))
		}
		_, end := start(p, b)
		pass(5 * time.Second)
		b.commit(record(501, event.AlarmRaised))
		pass(20 * time.Second)
		if got := p.numbers(); len(got) != 200 || got[100] != 501 {
			t.Errorf("%v", got)
		}
		end()
	})
}

func TestPartOfABatchIsNotSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, b := &broker{most: 30}, newBox()
		for n := range uint64(95) {
			b.commit(record(n+1, event.DoorClosed))
		}
		_, end := start(p, b)
		pass(time.Minute)
		if got := p.numbers(); !slices.Equal(got, count(95)) {
			t.Errorf("%v", got)
		}
		end()
	})
}

func TestNothingIsDoubledWhenTheDiskIsBroken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, b := &broker{takes: time.Second}, newBox()
		b.commit(record(1, event.AlarmRaised))
		r, end := start(p, b)
		synctest.Wait()
		b.set(func(b *box) { b.broken = errors.New("disk full") }) // while it is being sent
		pass(10 * time.Minute)
		if s := r.State(); !s.OK || !slices.Equal(p.numbers(), count(1)) {
			t.Errorf("%+v %v: a broken disk is not the path's fault", s, p.numbers())
		}
		b.set(func(b *box) { b.broken = nil })
		b.commit(record(2, event.AlarmRaised))
		pass(time.Minute)
		if got := p.numbers(); !slices.Equal(got, count(2)) || len(b.items) != 0 {
			t.Errorf("%v, %d left", got, len(b.items))
		}
		end()
	})
}

func TestUnjournaledGoWhileTheDiskHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, b := &broker{}, newBox()
		b.hang = make(chan struct{})
		r, end := start(p, b)
		pass(time.Second)
		r.Unjournaled([]event.Record{record(7, event.AlarmRaised)})
		pass(diskTime + time.Second)
		if got := p.numbers(); !slices.Equal(got, []uint64{7}) || p.got[0].Journaled {
			t.Fatalf("%+v", p.got)
		}
		for n := uint64(8); n < 300; n++ {
			r.Unjournaled([]event.Record{record(n, event.AlarmRaised)})
			synctest.Wait()
		}
		if len(p.numbers()) != 293 {
			t.Errorf("%d sent", len(p.numbers()))
		}
		close(b.hang)
		b.set(func(b *box) { b.hang = nil })
		b.commit(record(7, event.AlarmRaised)) // the journal has it now
		pass(time.Minute)
		if last := p.got[len(p.got)-1]; last.ID.Sequence != 7 || !last.Journaled {
			t.Errorf("%+v", last)
		}
		end()
	})
}

func TestUnjournaledAreBoundedAlarmsLast(t *testing.T) {
	r := NewRunner("mqtt", &broker{}, newBox(), nil, nil)
	r.Unjournaled([]event.Record{record(1, event.AlarmRaised)})
	for n := range uint64(unjournalMost) {
		r.Unjournaled([]event.Record{record(n+2, event.DoorClosed)})
	}
	if s := r.State(); s.Unjournaled != unjournalMost || s.Lost != 1 || r.unjournaled[0].ID.Sequence != 1 || r.unjournaled[1].ID.Sequence != 3 {
		t.Errorf("%+v", s)
	}
}

func TestHeartbeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, b := &broker{}, newBox()
		r := NewRunner("mqtt", p, b, b.wake, nil)
		r.Beat = func() Heartbeat { return Heartbeat{Box: "b"} }
		end := launch(r)
		pass(10*time.Minute + time.Second)
		if len(p.beats) != 11 {
			t.Errorf("%d heartbeats in ten minutes", len(p.beats))
		}
		p.set(func(p *broker) { p.down = errors.New("gone") })
		pass(2 * time.Minute)
		if s := r.State(); s.OK {
			t.Error("a heartbeat that fails is a failure of the path")
		}
		p.set(func(p *broker) { p.down = nil })
		pass(2 * time.Minute)
		if s := r.State(); !s.OK {
			t.Errorf("%+v", s)
		}
		end()
	})
}
