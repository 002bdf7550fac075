package store

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

func TestDecisionsAreKept(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	begin := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	s, _, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		s.AppendDecisions([]event.Decision{{Key: fmt.Sprintf("k%d", i%2), Verdict: "quiet", At: point.Instant{Wall: begin.Add(time.Duration(i) * time.Minute)}, Text: point.Words{Zh: fmt.Sprint(i)}}})
		if i == 20 {
			if err := s.FlushDecisions(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	check := func(s *Store) {
		t.Helper()
		all, err := s.Decisions(ctx, DecisionQuery{Key: "k1"})
		if err != nil || len(all) != 15 || all[0].Text.Zh != "1" || all[14].Text.Zh != "29" {
			t.Fatalf("%d decisions, %v: %+v", len(all), err, all)
		}
		some, err := s.Decisions(ctx, DecisionQuery{Key: "k0", To: begin.Add(11 * time.Minute), Most: 2})
		if err != nil || len(some) != 2 || some[1].Text.Zh != "10" {
			t.Fatalf("%v: %+v", err, some)
		}
	}
	check(s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again, _, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	check(again)
}

func TestAHistoryOfTheFirstReleaseGetsTheTable(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	s, _, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.AppendSamples([]point.Sample{{Point: "a/b", Value: point.OfReal(1), At: point.Instant{Wall: time.Now()}}})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite3", filepath.Join(dir, historyName))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`drop table decision`); err != nil {
		t.Fatal(err)
	}
	db.Close()
	again, report, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	readings, err := again.History(ctx, "a/b", time.Now().Add(-time.Hour), time.Now().Add(time.Hour), 100)
	if err != nil || len(readings) != 1 {
		t.Errorf("the old history is gone: %v, %v, %+v", readings, err, report)
	}
	again.AppendDecisions([]event.Decision{{Key: "k", At: point.Instant{Wall: time.Now()}}})
	if err := again.FlushDecisions(ctx); err != nil {
		t.Error(err)
	}
}
