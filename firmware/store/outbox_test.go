package store

import (
	"encoding/json"
	"testing"

	"watchbox/firmware/event"
)

func pendingNumbers(t *testing.T, s *Store, path string, limit int) (numbers []uint64, rows []int64) {
	t.Helper()
	items, err := s.Pending(t.Context(), path, limit)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range items {
		numbers, rows = append(numbers, i.Record.ID.Sequence), append(rows, i.Row)
	}
	return numbers, rows
}

func setPaths(t *testing.T, s *Store, names ...string) {
	t.Helper()
	if err := s.SetPaths(t.Context(), names); err != nil {
		t.Fatal(err)
	}
}

func equal(a []uint64, b ...uint64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestOutboxPerPath(t *testing.T) {
	dir := t.TempDir()
	s, _ := mustOpen(t, dir, Options{})
	setPaths(t, s, "mqtt", "hook")
	n := numbering(s)
	commit(t, s, n.batch(event.DoorGranted, event.DoorClosed, event.AlarmRaised, event.DoorExit, event.AlarmReset)) // 2…6
	got, rows := pendingNumbers(t, s, "mqtt", 3)
	if !equal(got, 4, 6, 2) {
		t.Errorf("alarms overtake: %v", got)
	}
	if err := s.Taken(t.Context(), "mqtt", rows); err != nil {
		t.Fatal(err)
	}
	s.Taken(t.Context(), "mqtt", rows) // twice does no harm
	if w := s.Waiting(); w["mqtt"] != 2 || w["hook"] != 5 {
		t.Errorf("%v", w)
	}
	s.closeFiles() // killed
	s, _ = mustOpen(t, dir, Options{})
	if got, _ := pendingNumbers(t, s, "mqtt", 10); !equal(got, 2+4+Reserve+1, 3, 5) {
		t.Errorf("after a kill: %v", got)
	}
	if got, _ := pendingNumbers(t, s, "hook", 1); !equal(got, 4) {
		t.Errorf("%v", got)
	}
	setPaths(t, s, "hook", "new")
	commit(t, s, numbering(s).batch(event.AlarmRaised))
	if got, _ := pendingNumbers(t, s, "mqtt", 10); len(got) != 0 {
		t.Errorf("vanished path: %v", got)
	}
	if got, _ := pendingNumbers(t, s, "new", 10); len(got) != 1 {
		t.Errorf("new path gets what comes: %v", got)
	}
	if w := s.Waiting(); w["hook"] != 7 || w["new"] != 1 || len(w) != 2 {
		t.Errorf("%v", w)
	}
}

func TestOutboxIsBounded(t *testing.T) {
	s, _ := mustOpen(t, t.TempDir(), Options{OutboxLimit: 10})
	setPaths(t, s, "mqtt")
	n := numbering(s)
	commit(t, s, n.batch(event.AlarmRaised, event.DoorGranted, event.DoorGranted)) // 2, 3, 4
	for range 10 {
		commit(t, s, n.batch(event.DoorClosed)) // 5…14
	}
	got, _ := pendingNumbers(t, s, "mqtt", 100)
	if !equal(got, 2, 6, 7, 8, 9, 10, 11, 12, 13, 14) {
		t.Errorf("%v", got)
	}
	if s.Waiting()["mqtt"] != 10 {
		t.Errorf("%v", s.Waiting())
	}
	if e := events(t, s, EventQuery{}); len(e) != 14 {
		t.Error("the journal must keep everything")
	}
	owed, err := s.Owed(t.Context())
	if err != nil || len(owed) != 3 {
		t.Fatalf("%+v %v", owed, err)
	}
	var g Gap
	json.Unmarshal(owed[2].Detail, &g)
	if g.Path != "mqtt" || g.From != 5 || g.To != 5 {
		t.Errorf("%+v", g)
	}
	for i := range owed {
		owed[i].ID = n.record(event.JournalGap).ID
	}
	commit(t, s, event.Batch{Records: owed})
	if holes, _ := readHoles(t.Context(), s.reader, s.id.number); len(holes) != 1 || holes[0].first != 6 || holes[0].last != 8 {
		// Three told; three more fell out, because the gap records need room too.
		t.Errorf("%+v", holes)
	}
	for range 30 {
		commit(t, s, n.batch(event.AlarmRaised))
	}
	got, _ = pendingNumbers(t, s, "mqtt", 100)
	if len(got) != 1+3+30 {
		t.Errorf("alarms must stay, telemetry must go: %v", got)
	}
}

func TestTrimOfManyAtOnce(t *testing.T) {
	s, _ := mustOpen(t, t.TempDir(), Options{OutboxLimit: 200})
	setPaths(t, s, "a", "b")
	n := numbering(s)
	var b event.Batch
	for range 1000 {
		b.Records = append(b.Records, n.record(event.DoorClosed))
	}
	commit(t, s, b)
	if w := s.Waiting(); w["a"] != 198 || w["b"] != 198 {
		t.Errorf("%v", w)
	}
	if owed, _ := s.Owed(t.Context()); len(owed) != 2 {
		t.Errorf("%d gap records", len(owed))
	}
}
