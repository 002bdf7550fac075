package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/firmware/event"
)

// disk is a Committer that can be slow, hung or broken.
type disk struct {
	mu      sync.Mutex
	batches []event.Batch
	groups  int
	broken  error
	hang    chan struct{} // closed when the disk answers again; nil: it answers
	doubt   bool
	reject  uint64 // the number that can never be committed
}

func (d *disk) Commit(_ context.Context, batches []event.Batch) error {
	d.mu.Lock()
	hang := d.hang
	d.mu.Unlock()
	if hang != nil {
		<-hang // as a stuck fsync: no deadline reaches it
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.broken != nil {
		return d.broken
	}
	for _, b := range batches {
		for _, r := range b.Records {
			if r.ID.Sequence == d.reject {
				return fmt.Errorf("%w: number %d", ErrBatch, d.reject)
			}
		}
	}
	d.groups++
	d.batches = append(d.batches, batches...)
	return nil
}

func (d *disk) Probe() error { d.mu.Lock(); defer d.mu.Unlock(); return d.broken }

func (d *disk) Doubt() { d.mu.Lock(); d.doubt = true; d.mu.Unlock() }

func (d *disk) breaks(err error) { d.mu.Lock(); d.broken = err; d.mu.Unlock() }

func (d *disk) numbers() (all []uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return numbersOf(d.batches)
}

func numbersOf(batches []event.Batch) (all []uint64) {
	for _, b := range batches {
		for _, r := range b.Records {
			all = append(all, r.ID.Sequence)
		}
	}
	return all
}

func one(n uint64, retained ...event.Retained) event.Batch {
	return event.Batch{Records: []event.Record{{ID: event.ID{Box: "b", Epoch: "e", Sequence: n}, Type: event.AlarmRaised}}, Retained: retained}
}

// watched is a writer with what it told.
type watched struct {
	*Writer
	mu      sync.Mutex
	after   []event.Batch
	told    []uint64
	changes []string
	end     func()
}

func startWriter(d Committer, queue int) *watched {
	w := &watched{}
	w.Writer = NewWriter(d, queue, func(b []event.Batch) { w.mu.Lock(); w.after = append(w.after, b...); w.mu.Unlock() })
	w.Unjournaled = func(r []event.Record) {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, x := range r {
			if x.Journaled {
				panic("told as journaled")
			}
			w.told = append(w.told, x.ID.Sequence)
		}
	}
	w.Changed = func(ok bool, why string) { w.mu.Lock(); w.changes = append(w.changes, fmt.Sprint(ok)); w.mu.Unlock() }
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { w.Run(ctx); close(done) }()
	w.end = func() { cancel(); <-done }
	return w
}

// heard is what was handed out as not journaled, sorted, and the changes of state.
func (w *watched) heard() (told []uint64, changes []string, after []event.Batch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	told = slices.Clone(w.told)
	slices.Sort(told)
	return told, slices.Clone(w.changes), slices.Clone(w.after)
}

func (w *watched) toldNumbers() []uint64 { told, _, _ := w.heard(); return told }

func TestWriterGroupsAndOrders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{hang: make(chan struct{})}
		w := startWriter(d, 1000)
		for n := range uint64(500) {
			w.Record(one(n + 1))
		}
		w.Record(event.Batch{}) // nothing
		synctest.Wait()
		close(d.hang)
		synctest.Wait()
		got := d.numbers()
		if len(got) != 500 || d.groups > 4 {
			t.Errorf("%d records in %d groups", len(got), d.groups)
		}
		for i, n := range got {
			if n != uint64(i+1) {
				t.Fatalf("record %d is %d", i, n)
			}
		}
		if _, _, after := w.heard(); len(after) != 500 || !after[0].Records[0].Journaled {
			t.Errorf("after: %d batches", len(after))
		}
		if ok, why, _ := w.State(); !ok || len(w.toldNumbers()) != 0 {
			t.Errorf("%v %q, told %v", ok, why, w.toldNumbers())
		}
		w.end()
		if d.doubt {
			t.Error("doubt after a clean end")
		}
	})
}

func TestWriterHungDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{hang: make(chan struct{})}
		w := startWriter(d, 100)
		w.Record(one(1))
		time.Sleep(time.Second)
		w.Record(one(2))
		time.Sleep(stall - 2*time.Second)
		if ok, _, _ := w.State(); !ok || len(w.toldNumbers()) != 0 {
			t.Errorf("failed too early, told %v", w.toldNumbers())
		}
		time.Sleep(2 * time.Second)
		w.Record(one(3)) // while it has failed
		time.Sleep(time.Second)
		ok, why, since := w.State()
		if ok || why == "" || time.Since(since) > 3*time.Second || !equal(w.toldNumbers(), 1, 2, 3) {
			t.Errorf("%v %q since %v, told %v", ok, why, since, w.toldNumbers())
		}
		close(d.hang)
		time.Sleep(time.Second)
		if ok, _, _ := w.State(); !ok || !equal(d.numbers(), 1, 2, 3) || !equal(w.toldNumbers(), 1, 2, 3) {
			t.Errorf("%v, journal %v, told %v", ok, d.numbers(), w.toldNumbers())
		}
		if _, changes, _ := w.heard(); !slices.Equal(changes, []string{"false", "true"}) {
			t.Errorf("%v", changes)
		}
		w.end()
	})
}

func TestWriterRetriesBrokenDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{broken: errors.New("i/o error")}
		w := startWriter(d, 100)
		w.Record(one(1))
		synctest.Wait()
		if ok, why, _ := w.State(); ok || why != "i/o error" || !equal(w.toldNumbers(), 1) {
			t.Errorf("an error is a failure at once: %v %q %v", ok, why, w.toldNumbers())
		}
		time.Sleep(time.Hour)
		w.Record(one(2))
		time.Sleep(time.Minute)
		d.breaks(nil)
		time.Sleep(longestPause)
		if ok, _, _ := w.State(); !ok || !equal(d.numbers(), 1, 2) || !equal(w.toldNumbers(), 1, 2) {
			t.Errorf("%v, journal %v, told %v", ok, d.numbers(), w.toldNumbers())
		}
		w.end()
	})
}

func TestWriterTellsOfADiskThatWouldTakeNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{}
		w := startWriter(d, 100)
		w.Record(one(1))
		time.Sleep(time.Hour)
		if _, changes, _ := w.heard(); len(changes) != 0 {
			t.Errorf("an idle disk: %v", changes)
		}
		d.breaks(errors.New("read-only"))
		time.Sleep(stall)
		if ok, why, _ := w.State(); ok || why != "read-only" {
			t.Errorf("nobody wrote anything: %v %q", ok, why)
		}
		d.breaks(nil)
		time.Sleep(stall)
		if ok, why, _ := w.State(); !ok || len(w.toldNumbers()) != 0 {
			t.Errorf("mended: %v %q, told %v", ok, why, w.toldNumbers())
		}
		w.end()
	})
}

// stiff is a disk that answers no probe before its time.
type stiff struct {
	disk
	until time.Time
}

func (d *stiff) Probe() error { time.Sleep(time.Until(d.until)); return nil }

// A disk that hangs while there is nothing to write is found all the same.
func TestADiskThatHangsIdleIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := startWriter(&stiff{until: time.Now().Add(time.Minute)}, 3)
		defer w.end()
		if time.Sleep(stall); !bad(w) {
			t.Error("nobody tells of it in 5 s")
		}
		if time.Sleep(time.Minute); bad(w) {
			t.Error("it answers, and nobody tells")
		}
	})
}

func TestADiskThatHangsIsToldInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{hang: make(chan struct{})}
		w := startWriter(d, 3)
		defer w.end()
		defer close(d.hang)
		time.Sleep(look * 3 / 4) // between two looks
		w.Record(one(1))
		if time.Sleep(stall - look); bad(w) {
			t.Error("told although the disk may only be slow")
		}
		if time.Sleep(look); !bad(w) {
			t.Error("nobody tells of it in 5 s")
		}
	})
}

// liar takes every commit and no probe, as a file system does that became read-only.
type liar struct{ disk }

func (d *liar) Probe() error { return errors.New("read-only file system") }

func TestADiskThatTakesNoProbeIsNotBelieved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &liar{}
		w := startWriter(d, 3)
		defer w.end()
		time.Sleep(idle + look)
		for n := uint64(1); n <= 3; n++ {
			w.Record(one(n))
			if time.Sleep(20 * time.Second); !bad(w) || len(w.changes) != 1 {
				t.Errorf("after record %d: failed %v, told %v", n, bad(w), w.changes)
			}
		}
		if len(d.numbers()) > 0 || !equal(w.toldNumbers(), 1, 2, 3) {
			t.Errorf("committed %v, told unjournaled %v", d.numbers(), w.toldNumbers())
		}
	})
}

func bad(w *watched) bool { ok, _, _ := w.State(); return !ok }

func TestProbeWritesNothing(t *testing.T) {
	s, _ := mustOpen(t, t.TempDir(), Options{})
	defer s.Close()
	for range 3 {
		if err := s.Probe(); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(filepath.Join(s.dir, probeName)); err != nil || info.Size() != 0 {
		t.Errorf("%v, %v", info, err)
	}
	if _, err := s.Check(t.Context()); err != nil { // its locks are still its own
		t.Error(err)
	}
}

func TestWriterQueueIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{hang: make(chan struct{})}
		w := startWriter(d, 3)
		for n := uint64(1); n <= 10; n++ {
			w.Record(one(n, event.Retained{Key: "k", Value: []byte{byte(n)}}, event.Retained{Key: fmt.Sprint("own", n%2), Value: []byte{byte(n)}}))
		}
		synctest.Wait()
		if _, dropped := w.Backlog(); dropped != 7 {
			t.Errorf("%d dropped", dropped)
		}
		time.Sleep(time.Minute)
		if !equal(w.toldNumbers(), 1, 2, 3, 4, 5, 6) {
			t.Errorf("told %v, want what waits, and of the rest as much as waits", w.toldNumbers())
		}
		close(d.hang)
		time.Sleep(time.Minute)
		w.Record(one(11, event.Retained{Key: "k", Value: []byte{11}}))
		time.Sleep(time.Minute)
		if !equal(d.numbers(), 1, 2, 3, 11) {
			t.Errorf("journal %v", d.numbers())
		}
		state := map[string]byte{}
		for i, b := range d.batches {
			for _, r := range b.Retained {
				state[r.Key] = r.Value[0]
			}
			if len(b.Records) == 0 && i < 3 { // before what waited, or in one piece or two behind it
				t.Errorf("batch %d: %v", i, b)
			}
		}
		if state["k"] != 11 || state["own0"] != 10 || state["own1"] != 9 {
			t.Errorf("the newest state must survive a full queue: %v", state)
		}
		w.end()
	})
}

func TestWriterLeavesOutWhatCannotBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{reject: 2, hang: make(chan struct{})}
		w := startWriter(d, 100)
		for n := uint64(1); n <= 4; n++ {
			w.Record(one(n))
		}
		synctest.Wait()
		close(d.hang)
		synctest.Wait()
		_, _, after := w.heard()
		if ok, why, _ := w.State(); !ok || !equal(d.numbers(), 1, 3, 4) || !equal(numbersOf(after), 1, 3, 4) {
			t.Errorf("%v %q: journal %v, after %v", ok, why, d.numbers(), numbersOf(after))
		}
		w.end()
	})
}

func TestWriterEndsWithAHungDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{hang: make(chan struct{})}
		w := startWriter(d, 100)
		w.Record(one(1))
		synctest.Wait()
		start := time.Now()
		w.end()
		if time.Since(start) > lastWords || !d.doubt {
			t.Errorf("ended after %v, doubt %v", time.Since(start), d.doubt)
		}
		close(d.hang)
	})
}

func TestWriterTellsNothingBeyondTheReserve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{}
		w := startWriter(d, 100)
		w.Record(one(1))
		synctest.Wait()
		d.breaks(errors.New("i/o error"))
		w.Record(one(2))
		w.Record(one(2 + Reserve))
		time.Sleep(time.Second)
		if !equal(w.toldNumbers(), 2) {
			t.Errorf("told %v", w.toldNumbers())
		}
		w.end()
	})
}

func TestWriterOnAStoreNumbersItsGaps(t *testing.T) {
	s, _ := mustOpen(t, t.TempDir(), Options{})
	n := numbering(s)
	done := make(chan struct{})
	w := NewWriter(s, 10, func(b []event.Batch) {
		if b[0].Records[0].Type == event.JournalGap {
			close(done)
		}
	})
	w.Note = func(r event.Record) { r.ID = n.record(r.Type).ID; w.Record(event.Batch{Records: []event.Record{r}}) }
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { w.Run(ctx); close(ended) }()
	n.next += 5
	w.Record(n.batch(event.AlarmRaised))
	<-done
	cancel()
	<-ended
	if holes, err := readHoles(t.Context(), s.reader, s.id.number); err != nil || len(holes) != 0 {
		t.Errorf("%+v %v", holes, err)
	}
}
