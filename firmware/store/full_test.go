package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// fill bounds the database to the pages it has, as a full disk does.
func fill(t *testing.T, s *Store) {
	t.Helper()
	var pages int
	if err := s.guard.QueryRow(`pragma page_count`).Scan(&pages); err != nil {
		t.Fatal(err)
	}
	if _, err := s.guard.Exec(fmt.Sprintf(`pragma max_page_count=%d`, pages)); err != nil {
		t.Fatal(err)
	}
}

func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	s, _ := mustOpen(t, dir, Options{})
	n := numbering(s)
	first := n.batch(event.AlarmRaised)
	commit(t, s, first)
	fill(t, s)
	var refused event.Batch
	var err error
	for range 1000 {
		b := n.batch(event.AlarmRaised)
		b.Retained = []event.Retained{{Key: fmt.Sprint(n.next), Value: make([]byte, 2000)}}
		if err = s.Commit(t.Context(), []event.Batch{b}); err != nil {
			refused = b
			break
		}
	}
	if !errors.Is(err, ErrFull) {
		t.Fatalf("%v", err)
	}
	select {
	case <-s.full:
	default:
		t.Error("nobody is asked to make room")
	}
	if e := events(t, s, EventQuery{}); e[0].ID.Sequence != n.next-2 {
		t.Errorf("newest is %v", e[0].ID)
	}
	s.guard.Exec(`pragma max_page_count=1000000`)
	commit(t, s, refused) // the same again, now that there is room
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, r := mustOpen(t, dir, Options{}); r.MovedAside != "" || r.Unclean {
		t.Errorf("%+v", r)
	}
}

// A run whose file can be read and not written must never use a number that the
// next run may use again.
func TestDegradedRunHasAnEpochOfItsOwn(t *testing.T) {
	t.Parallel() // it waits for a lock
	dir := t.TempDir()
	s, _ := mustOpen(t, dir, Options{})
	_, epoch, _ := s.Identity()
	b := numbering(s).batch(event.AlarmRaised)
	b.Retained = []event.Retained{{Key: "k", Value: []byte("v")}}
	commit(t, s, b)
	s.closeFiles()

	other, err := openFile(filepath.Join(dir, guardName), "_txlock=immediate", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	tx, err := other.Begin() // holds the writer's lock
	if err != nil {
		t.Fatal(err)
	}
	s, r := mustOpen(t, dir, Options{})
	_, own, next := s.Identity()
	if !errors.Is(r.Degraded, ErrBusy) || own == epoch || next != 3 {
		t.Errorf("%+v: epoch %s (before %s), next %d", r, own, epoch, next)
	}
	if state, err := s.Retained(t.Context()); err != nil || string(state["k"]) != "v" {
		t.Errorf("%v %v", state, err)
	}
	tx.Rollback()
	commit(t, s, numbering(s).batch(event.AlarmRaised))
	e := events(t, s, EventQuery{})
	if len(e) != 5 || e[2].Type != event.JournalBegan || e[1].Type != event.JournalGap || e[0].ID.Sequence != 3 {
		t.Errorf("%+v", e)
	}
	s.Close()
	s, r = mustOpen(t, dir, Options{})
	if _, again, next := s.Identity(); again != own || next != 4 || r.Unclean {
		t.Errorf("%+v %s %d", r, again, next)
	}
}

func TestOpeningALargeJournalIsQuick(t *testing.T) {
	dir := t.TempDir()
	s, _ := mustOpen(t, dir, Options{})
	setPaths(t, s, "mqtt", "hook")
	n := numbering(s)
	for range 10 {
		var b event.Batch
		for range 1000 {
			b.Records = append(b.Records, n.record(event.DoorClosed))
		}
		commit(t, s, b)
	}
	s.closeFiles()
	start := time.Now()
	s, r := mustOpen(t, dir, Options{Now: func() point.Instant { return at(0) }})
	t.Logf("opened %d records, %v waiting, after a kill in %v", r.Last, s.Waiting(), time.Since(start))
	if !r.Unclean || r.Last != 10_001 {
		t.Errorf("%+v", r)
	}
}
