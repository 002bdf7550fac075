package store

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

func decided(key, verdict string, after time.Duration) event.Decision {
	return event.Decision{At: point.Instant{Mono: after, Wall: dawn.Add(after), Clock: point.ClockSynchronised},
		Key: key, Verdict: verdict, Version: "v1", Text: point.Words{Zh: "等待", En: verdict},
		Inputs: []event.Input{{Point: "a/t", Value: "31 °C", Quality: point.BadBecause(point.Timeout)}}}
}

func TestWhyLogFromMemoryAndDisk(t *testing.T) {
	dir := t.TempDir()
	s, _ := mustOpen(t, dir, Options{})
	for i := range 6 {
		s.AppendDecisions([]event.Decision{decided("hot/a/t", fmt.Sprint("v", i), time.Duration(i)*time.Minute), decided("wet/b/w", "x", time.Duration(i)*time.Minute)})
		if i == 3 {
			if err := s.FlushDecisions(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	look := func(when string) {
		t.Helper()
		list, err := s.Decisions(t.Context(), DecisionQuery{Key: "hot/a/t", From: dawn.Add(time.Minute), To: dawn.Add(5 * time.Minute)})
		if err != nil || len(list) != 4 || list[3].Verdict != "v4" || list[0].Verdict != "v1" {
			t.Fatalf("%s: %+v %v", when, list, err)
		}
		if in := list[0].Inputs; len(in) != 1 || in[0].Quality != point.BadBecause(point.Timeout) || in[0].Value != "31 °C" {
			t.Errorf("%s: inputs %+v", when, in)
		}
		if list, _ = s.Decisions(t.Context(), DecisionQuery{Most: 3}); len(list) != 3 || list[2].At.Mono != 5*time.Minute {
			t.Errorf("%s: newest of all: %+v", when, list)
		}
		d, ok, err := s.DecisionAt(t.Context(), "hot/a/t", dawn.Add(150*time.Second))
		if !ok || err != nil || d.Verdict != "v2" {
			t.Errorf("%s: at 02:30: %+v %v", when, d, err)
		}
		if _, ok, _ := s.DecisionAt(t.Context(), "hot/a/t", dawn.Add(-time.Second)); ok {
			t.Errorf("%s: there was nothing before", when)
		}
	}
	look("partly in memory")
	s.Close()
	s, _ = mustOpen(t, dir, Options{})
	look("after a restart")
}

func TestDecisionsAreBounded(t *testing.T) {
	now := point.Instant{Wall: dawn, Clock: point.ClockSynchronised}
	s, _ := mustOpen(t, t.TempDir(), Options{Now: func() point.Instant { return now }})
	var list []event.Decision
	for i := range decisionsWaiting + 5 {
		list = append(list, decided("a", fmt.Sprint(i), time.Duration(i)*time.Second))
	}
	s.AppendDecisions(list)
	if waiting, dropped := s.DecisionState(); waiting != decisionsWaiting || dropped != 5 {
		t.Errorf("%d wait, %d dropped", waiting, dropped)
	}
	if err := s.FlushDecisions(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.history.db.Exec(`insert into decision(row, wall, alarm, body) values(?, 0, 'old', '{}')`, decisionRows); err != nil {
		t.Fatal(err)
	}
	s.AppendDecisions(list[:1])
	s.FlushDecisions(t.Context())
	var rows int
	s.history.db.QueryRow(`select count(*) from decision`).Scan(&rows)
	if rows > decisionRows || rows < decisionsWaiting {
		t.Errorf("%d rows", rows)
	}
	if d, ok, _ := s.DecisionAt(t.Context(), "a", dawn.Add(6*time.Second)); ok && d.Verdict == "5" {
		t.Error("the oldest row is still there")
	}
	now.Wall = dawn.AddDate(0, 0, decisionDays+1)
	if err := s.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.history.db.QueryRow(`select count(*) from decision where alarm = 'a'`).Scan(&rows)
	if rows != 0 {
		t.Errorf("%d rows are older than %d days", rows, decisionDays)
	}
}

func TestAGreatDecisionKeepsItsText(t *testing.T) {
	s, _ := mustOpen(t, t.TempDir(), Options{})
	d := decided("a", "raised", 0)
	d.Inputs = []event.Input{{Point: "a/t", Value: strings.Repeat("x", decisionBody)}}
	never := decided("never", "raised", 0)
	never.At.Wall = time.Date(12345, 1, 1, 0, 0, 0, 0, time.UTC) // no text form: must not hold up the rest
	s.AppendDecisions([]event.Decision{never, d})
	if err := s.FlushDecisions(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, ok, err := s.DecisionAt(t.Context(), "a", dawn)
	if !ok || err != nil || got.Inputs != nil || !strings.HasPrefix(got.Text.En, "raised") {
		t.Errorf("%+v %v %v", got, ok, err)
	}
}

// A why-log that cannot be written holds up no samples, and no samples it.
func TestWhyLogAndSamplesFailAlone(t *testing.T) {
	s, _ := mustOpen(t, t.TempDir(), Options{})
	if _, err := s.history.db.Exec(`drop table decision; create view decision as select 1 as row, 'a' as alarm, 2 as wall, '{}' as body`); err != nil {
		t.Fatal(err)
	}
	s.AppendDecisions([]event.Decision{decided("a", "raised", 0)})
	s.AppendSamples([]point.Sample{sample("a/t", 0, point.OfInt(7))})
	if err := s.FlushDecisions(t.Context()); err == nil {
		t.Error("a view took decisions")
	}
	if err := s.FlushHistory(t.Context()); err != nil {
		t.Error(err)
	}
	if _, waiting, _ := s.HistoryState(); waiting != 0 {
		t.Errorf("%d samples wait", waiting)
	}
	if waiting, _ := s.DecisionState(); waiting != 1 {
		t.Errorf("%d decisions wait", waiting)
	}
}

// firstHistory and firstProbe are history.db as the first release had it.
const firstHistory = `
create table meta(key text primary key, value text not null) without rowid;
create table series(number integer primary key, name text not null unique);
create table segment(number integer primary key, start integer not null, finish integer not null,
  written integer not null, rolled integer not null);
create table block(segment integer, series integer, start integer, samples integer not null,
  data blob not null, primary key(segment, series, start)) without rowid;
insert into series values(1, 'a/t');
`

var firstProbe = []string{
	`select key, value from meta limit 1`,
	`select number, name from series limit 1`,
	`select number, start, finish, written, rolled from segment limit 1`,
	`select segment, series, start, samples, data from block limit 1`,
}

func TestAFileOfTheFirstReleaseGetsTheAddedTable(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, historyName)
	foreign(t, path, fmt.Sprintf(`pragma application_id=%d; pragma user_version=1;`, application)+firstHistory)
	s, report := mustOpen(t, dir, Options{})
	if report.History != "" {
		t.Fatalf("history began anew: %s", report.History)
	}
	s.AppendDecisions([]event.Decision{decided("a", "raised", 0)})
	s.AppendSamples([]point.Sample{sample("a/t", 0, point.OfInt(7))})
	if err := errors.Join(s.FlushDecisions(t.Context()), s.FlushHistory(t.Context())); err != nil {
		t.Fatal(err)
	}
	s.Close()
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := check(t.Context(), db, firstProbe); err != nil {
		t.Errorf("the release that falls back does not understand the file: %v", err)
	}
	var name string
	if err := db.QueryRow(`select name from series where number = 1`).Scan(&name); err != nil || name != "a/t" {
		t.Errorf("what was there: %q %v", name, err)
	}
	var n int
	db.QueryRow(`select count(*) from decision`).Scan(&n)
	if n != 1 {
		t.Errorf("%d decisions", n)
	}
}

// What is marked as ours but is not gets no tables of ours.
func TestAForeignFileIsNotAddedTo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	foreign(t, path, fmt.Sprintf(`create table meta(key); pragma application_id=%d`, application))
	db, err := openFile(path, "_txlock=immediate", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := prepareFile(t.Context(), db, guardTables, guardProbe); !errors.Is(err, errSchema) {
		t.Errorf("%v", err)
	}
	var n int
	db.QueryRow(`select count(*) from sqlite_master`).Scan(&n)
	if n != 1 {
		t.Errorf("%d tables and indexes", n)
	}
}
