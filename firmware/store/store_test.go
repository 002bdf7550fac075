package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/person"
	"watchbox/firmware/point"
)

func at(seconds int) point.Instant {
	return point.Instant{Boot: "b1", Mono: time.Duration(seconds) * time.Second,
		Wall: time.Date(2025, 6, 1, 8, 0, seconds, 0, time.UTC), Clock: point.ClockSynchronised}
}

func mustOpen(t *testing.T, dir string, o Options) (*Store, OpenReport) {
	t.Helper()
	s, r, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.closeFiles() })
	return s, r
}

// numbered makes records with the next numbers of the store.
type numbered struct {
	box, epoch string
	next       uint64
}

func numbering(s *Store) *numbered {
	n := &numbered{}
	n.box, n.epoch, n.next = s.Identity()
	return n
}

func (n *numbered) record(kind event.Type) event.Record {
	r := event.Record{ID: event.ID{Box: n.box, Epoch: n.epoch, Sequence: n.next}, At: at(int(n.next % 60)), Type: kind,
		Subject: "zone/panic", Text: point.Words{Zh: "紧急按钮", En: "panic button"}, Detail: json.RawMessage(`{"value":"1"}`)}
	n.next++
	return r
}

func (n *numbered) batch(kinds ...event.Type) event.Batch {
	var b event.Batch
	for _, k := range kinds {
		b.Records = append(b.Records, n.record(k))
	}
	return b
}

func commit(t *testing.T, s *Store, b ...event.Batch) {
	t.Helper()
	if err := s.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

func events(t *testing.T, s *Store, q EventQuery) []event.Record {
	t.Helper()
	r, err := s.Events(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestFirstOpenBeginsAJournal(t *testing.T) {
	s, r := mustOpen(t, filepath.Join(t.TempDir(), "data ?#%", "x"), Options{})
	box, epoch, next := s.Identity()
	if !r.NewEpoch || r.Unclean || r.MovedAside != "" || r.Last != 0 || len(box) < 8 || len(epoch) < 8 || next != 2 {
		t.Errorf("%+v, %s/%s/%d", r, box, epoch, next)
	}
	if e := events(t, s, EventQuery{}); len(e) != 1 || e[0].Type != event.JournalBegan || !e[0].Journaled || e[0].ID.Sequence != 1 {
		t.Errorf("%+v", e)
	}
}

func TestCommitAndReadBack(t *testing.T) {
	dir := t.TempDir()
	s, _ := mustOpen(t, dir, Options{})
	n := numbering(s)
	b := n.batch(event.AlarmRaised, event.AlarmAcknowledged)
	b.Records[1].Origin = b.Records[0].ID
	b.Retained = []event.Retained{{Key: "alarm:a", Value: []byte("1")}, {Key: "alarm:b", Value: []byte{}}}
	commit(t, s, b, event.Batch{Retained: []event.Retained{{Key: "alarm:b", Value: nil}, {Key: "alarm:a", Value: []byte("2")}}})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, r := mustOpen(t, dir, Options{})
	if r.Unclean || r.NewEpoch || r.Last != 3 {
		t.Errorf("%+v", r)
	}
	if box, epoch, next := s.Identity(); box != n.box || epoch != n.epoch || next != n.next {
		t.Errorf("%s/%s/%d, want %+v", box, epoch, next, n)
	}
	got := events(t, s, EventQuery{After: 1})
	for i := range b.Records {
		b.Records[i].Journaled = true
	}
	if !reflect.DeepEqual(got, b.Records) {
		t.Errorf("\n%+v\n%+v", got, b.Records)
	}
	if state, err := s.Retained(t.Context()); err != nil || len(state) != 1 || string(state["alarm:a"]) != "2" {
		t.Errorf("%v %v", state, err)
	}
}

func TestUncleanStopSkipsNumbers(t *testing.T) {
	dir := t.TempDir()
	s, _ := mustOpen(t, dir, Options{})
	n := numbering(s)
	commit(t, s, n.batch(event.AlarmRaised))
	s.closeFiles() // as a kill leaves it
	s, r := mustOpen(t, dir, Options{})
	if !r.Unclean || r.NewEpoch || r.Last != 2 {
		t.Errorf("%+v", r)
	}
	_, epoch, next := s.Identity()
	if epoch != n.epoch || next != 2+Reserve+2 {
		t.Errorf("%s %d", epoch, next)
	}
	var g Gap
	e := events(t, s, EventQuery{After: 2})
	if len(e) != 1 || e[0].Type != event.JournalGap || json.Unmarshal(e[0].Detail, &g) != nil || g.From != 3 || g.To != 2+Reserve || e[0].ID.Sequence != next-1 {
		t.Errorf("%+v %+v", e, g)
	}
	commit(t, s, numbering(s).batch(event.AlarmRaised))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, r := mustOpen(t, dir, Options{}); r.Unclean {
		t.Errorf("%+v", r)
	}
}

func TestDoubtIsUnclean(t *testing.T) {
	dir := t.TempDir()
	s, _ := mustOpen(t, dir, Options{})
	s.Doubt()
	s.Close()
	if _, r := mustOpen(t, dir, Options{}); !r.Unclean {
		t.Errorf("%+v", r)
	}
}

func TestRefusedBatches(t *testing.T) {
	s, _ := mustOpen(t, t.TempDir(), Options{})
	n := numbering(s)
	good := n.batch(event.AlarmRaised)
	commit(t, s, good)
	commit(t, s, good) // the answer was lost: again, the same
	other := good
	other.Records = []event.Record{good.Records[0]}
	other.Records[0].Subject = "something else"
	strange := n.batch(event.AlarmRaised)
	strange.Records[0].ID.Epoch = "elsewhere"
	zero := event.Batch{Records: []event.Record{{}}}
	for _, b := range []event.Batch{other, strange, zero} {
		b.Retained = []event.Retained{{Key: "k", Value: []byte("v")}}
		if err := s.Commit(t.Context(), []event.Batch{b}); !errors.Is(err, ErrBatch) {
			t.Errorf("%v: %v", b.Records[0].ID, err)
		}
	}
	if state, _ := s.Retained(t.Context()); len(state) != 0 {
		t.Error("half a batch was committed")
	}
	if e := events(t, s, EventQuery{}); len(e) != 2 {
		t.Errorf("%d records", len(e))
	}
}

func TestHugeDetailIsLeftOut(t *testing.T) {
	s, _ := mustOpen(t, t.TempDir(), Options{})
	b := numbering(s).batch(event.AlarmRaised)
	b.Records[0].Detail, _ = json.Marshal(strings.Repeat("x", 2*bodyLimit))
	commit(t, s, b)
	if e := events(t, s, EventQuery{Limit: 1}); e[0].Type != event.AlarmRaised || len(e[0].Detail) > 100 {
		t.Errorf("%s", e[0].Detail)
	}
}

func TestHolesAreOwedUntilTold(t *testing.T) {
	dir := t.TempDir()
	s, _ := mustOpen(t, dir, Options{})
	n := numbering(s)
	n.next += 3 // 2, 3, 4 never come
	commit(t, s, n.batch(event.AlarmRaised))
	owed, err := s.Owed(t.Context())
	if err != nil || len(owed) != 1 || owed[0].Type != event.JournalGap || !strings.Contains(string(owed[0].Detail), `"from":2,"to":4`) {
		t.Fatalf("%+v %v", owed, err)
	}
	if again, _ := s.Owed(t.Context()); len(again) != 0 {
		t.Error("told twice")
	}
	s.Close()
	s, _ = mustOpen(t, dir, Options{}) // nobody numbered it: the store does at the next start
	e := events(t, s, EventQuery{Limit: 1})
	if e[0].Type != event.JournalGap || !strings.Contains(string(e[0].Detail), `"from":2,"to":4`) {
		t.Errorf("%+v", e[0])
	}
	if owed, _ := s.Owed(t.Context()); len(owed) != 0 {
		t.Errorf("still owed: %+v", owed)
	}
}

func TestEventQueries(t *testing.T) {
	s, _ := mustOpen(t, t.TempDir(), Options{})
	n := numbering(s)
	b := n.batch(event.AlarmRaised, event.DoorGranted, event.AlarmAcknowledged, event.AlarmRaised, event.AlarmReset)
	for i, room := range []string{"oc", "mr", "oc", "mr", "oc"} {
		b.Records[i].Room = room
	}
	b.Records[2].Origin, b.Records[4].Origin = b.Records[0].ID, b.Records[0].ID
	commit(t, s, b)
	for _, x := range []struct {
		name string
		q    EventQuery
		want []uint64
	}{
		{"newest first", EventQuery{}, []uint64{6, 5, 4, 3, 2, 1}},
		{"limit", EventQuery{Limit: 2}, []uint64{6, 5}},
		{"after", EventQuery{After: 3}, []uint64{4, 5, 6}},
		{"after, limit", EventQuery{After: 1, Limit: 2}, []uint64{2, 3}},
		{"before", EventQuery{Before: 3}, []uint64{2, 1}},
		{"types", EventQuery{Types: []event.Type{event.AlarmRaised, event.AlarmReset}}, []uint64{6, 5, 2}},
		{"room", EventQuery{Room: "mr"}, []uint64{5, 3}},
		{"origin", EventQuery{Origin: b.Records[0].ID}, []uint64{6, 4, 2}},
		{"epoch", EventQuery{Epoch: n.epoch, After: 5}, []uint64{6}},
		{"other epoch", EventQuery{Epoch: "other"}, nil},
		{"hostile", EventQuery{Room: `' or 1=1 --`, Limit: -5}, nil},
	} {
		var got []uint64
		for _, r := range events(t, s, x.q) {
			got = append(got, r.ID.Sequence)
		}
		if !reflect.DeepEqual(got, x.want) {
			t.Errorf("%s: %v, want %v", x.name, got, x.want)
		}
	}
}

func TestLedger(t *testing.T) {
	s, _ := mustOpen(t, t.TempDir(), Options{})
	ctx := t.Context()
	when := at(0).Wall
	for i, state := range []string{"queued", "sent", "delivered", "failed"} {
		m := Message{ID: fmt.Sprint("m", i), Channel: "modem", State: state, Queued: when.Add(time.Duration(i) * time.Second), Reference: fmt.Sprint(i % 3)}
		if err := s.PutMessage(ctx, m); err != nil {
			t.Fatal(err)
		}
	}
	m, err := s.MessageByReference(ctx, "modem", "0")
	if err != nil || m.ID != "m3" {
		t.Errorf("newest of a reused reference: %+v %v", m, err)
	}
	if _, err := s.MessageByReference(ctx, "smtp", "0"); !errors.Is(err, ErrNotFound) {
		t.Errorf("%v", err)
	}
	m.State, m.Why = "sent", "again"
	s.PutMessage(ctx, m)
	open, err := s.OpenMessages(ctx)
	if err != nil || len(open) != 3 || open[0].ID != "m0" || open[2] != m {
		t.Errorf("%+v %v", open, err)
	}
	if all, _ := s.Messages(ctx, 2); len(all) != 2 || all[0].ID != "m3" {
		t.Errorf("%+v", all)
	}
}

func TestPeopleAreKept(t *testing.T) {
	dir := t.TempDir()
	ctx := t.Context()
	s, _ := mustOpen(t, dir, Options{})
	zhang := person.Account{User: person.User{Name: "zhang", Role: person.Operator, Created: at(0).Wall}, Hash: "h1"}
	token := person.Credential{Hash: "c1", User: "zhang", Token: true, Label: "平台", Created: at(1).Wall}
	for _, err := range []error{
		s.PutAccount(ctx, person.Account{User: person.User{Name: "li"}}), s.PutAccount(ctx, zhang), s.RemoveAccount(ctx, "li"),
		s.PutCredential(ctx, token), s.PutCredential(ctx, person.Credential{Hash: "c2"}), s.RemoveCredential(ctx, "c2"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	zhang.Role, zhang.Hash = person.Engineer, "h2"
	s.PutAccount(ctx, zhang)
	s.Close()
	s, _ = mustOpen(t, dir, Options{})
	if all, err := s.Accounts(ctx); err != nil || len(all) != 1 || all[0] != zhang {
		t.Errorf("%+v %v", all, err)
	}
	if all, err := s.Credentials(ctx); err != nil || len(all) != 1 || all[0] != token {
		t.Errorf("%+v %v", all, err)
	}
}

func TestCheckAndSweep(t *testing.T) {
	now := at(0)
	s, _ := mustOpen(t, t.TempDir(), Options{Now: func() point.Instant { return now }})
	n := numbering(s)
	if err := s.SetPaths(t.Context(), []string{"mqtt"}); err != nil {
		t.Fatal(err)
	}
	commit(t, s, n.batch(event.AlarmRaised, event.AlarmReset))
	s.PutMessage(t.Context(), Message{ID: "m", Queued: now.Wall})
	if r, err := s.Check(t.Context()); err != nil || r.Trouble != "" || r.GuardBytes == 0 || r.Records != 3 {
		t.Errorf("%+v %v", r, err)
	}
	now.Wall = now.Wall.AddDate(2, 0, 0)
	s.Sweep(t.Context())
	if e := events(t, s, EventQuery{}); len(e) != 2 {
		t.Errorf("%d records left: what no path has taken must stay", len(e))
	}
	items, _ := s.Pending(t.Context(), "mqtt", 10)
	s.Taken(t.Context(), "mqtt", []int64{items[0].Row, items[1].Row})
	now.Clock = point.ClockUnknown
	s.Sweep(t.Context())
	if e := events(t, s, EventQuery{}); len(e) != 2 {
		t.Error("swept without knowing the time")
	}
	now.Clock = point.ClockSynchronised
	s.Sweep(t.Context())
	if e := events(t, s, EventQuery{}); len(e) != 1 || e[0].ID.Sequence != 3 {
		t.Errorf("the newest record must stay: %+v", e)
	}
	if m, _ := s.Messages(t.Context(), 10); len(m) != 0 {
		t.Errorf("%+v", m)
	}
}

func TestCallsAfterTheFilesWentGiveErrors(t *testing.T) {
	s, _ := mustOpen(t, t.TempDir(), Options{})
	n := numbering(s)
	s.closeFiles()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	s.AppendSamples([]point.Sample{{Point: "a/b", Value: point.OfInt(1), At: at(0)}})
	_, r := s.Retained(ctx)
	_, e := s.Events(ctx, EventQuery{})
	_, p := s.Pending(ctx, "x", 1)
	_, m := s.Messages(ctx, 1)
	_, c := s.Check(ctx)
	_, h := s.History(ctx, "a/b", time.Time{}, time.Now(), 10)
	for i, err := range []error{r, e, p, m, c, h, s.Commit(ctx, []event.Batch{n.batch(event.AlarmRaised)}), s.PutMessage(ctx, Message{}), s.FlushHistory(ctx), s.SetPaths(ctx, []string{"x"})} {
		if err == nil {
			t.Errorf("call %d: no error", i)
		}
	}
}
