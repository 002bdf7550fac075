package store

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/person"
	"watchbox/firmware/point"
)

// A box that falls back runs the former firmware on the newest data. Until there
// is a former binary to run, its tables stand frozen in testdata.

var frozen = map[string]string{guardName: "testdata/release-1-guard.sql", historyName: "testdata/release-1-history.sql"}

// put runs a script on a file of the store.
func put(t *testing.T, file, script string) {
	t.Helper()
	db, err := sql.Open("sqlite3", file)
	if err == nil {
		_, err = db.Exec(script)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// asReleaseOne makes the files as release 1 left them.
func asReleaseOne(t *testing.T, dir string) {
	t.Helper()
	for name, script := range frozen {
		text, err := os.ReadFile(script)
		if err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(dir, name), "pragma application_id=1463963480; pragma user_version=1; pragma journal_mode=wal;"+string(text))
	}
}

// use does with a store what a box does.
func use(t *testing.T, dir string, wantNew bool) {
	t.Helper()
	ctx := context.Background()
	s, report := mustOpen(t, dir, Options{})
	if report.MovedAside != "" || report.NewEpoch != wantNew || report.History != "" {
		t.Fatalf("opened as %+v", report)
	}
	if err := s.SetPaths(ctx, []string{"platform"}); err != nil {
		t.Fatal(err)
	}
	n := numbering(s)
	b := n.batch(event.AlarmRaised, event.AlarmCleared)
	b.Retained = []event.Retained{{Key: "partition:main", Value: []byte("armed")}}
	if err := s.Commit(ctx, []event.Batch{b}); err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	must(s.PutAccount(ctx, person.Account{User: person.User{Name: "li"}}))
	must(s.PutCredential(ctx, person.Credential{Hash: "h", User: "li"}))
	must(s.PutMessage(ctx, Message{ID: "m1", State: "queued", Channel: "sms"}))
	if list, err := s.Events(ctx, EventQuery{Limit: 10}); err != nil || len(list) < 2 || list[0].ID != b.Records[1].ID {
		t.Errorf("events %+v %v", list, err)
	}
	if kept, err := s.Retained(ctx); err != nil || string(kept["partition:main"]) != "armed" {
		t.Errorf("retained %v %v", kept, err)
	}
	if items, err := s.Pending(ctx, "platform", 10); err != nil || len(items) < 2 {
		t.Errorf("outbox %v %v", items, err)
	}
	if list, err := s.OpenMessages(ctx); err != nil || len(list) != 1 {
		t.Errorf("ledger %v %v", list, err)
	}
	if list, err := s.Accounts(ctx); err != nil || len(list) != 1 {
		t.Errorf("accounts %v %v", list, err)
	}
	before, _ := s.History(ctx, "m/t", at(0).Wall.Add(-time.Hour), at(0).Wall.Add(time.Hour), 100)
	s.AppendSamples([]point.Sample{{Point: "m/t", Value: point.OfReal(20), At: at(len(before))}})
	must(s.Close())
	again, _ := mustOpen(t, dir, Options{})
	if list, err := again.History(ctx, "m/t", at(0).Wall.Add(-time.Hour), at(0).Wall.Add(time.Hour), 100); err != nil || len(list) != len(before)+1 {
		t.Errorf("history %v %v, before %v", list, err, before)
	}
	must(again.Close())
}

func TestThisReleaseRunsOnTheFirstOnesFiles(t *testing.T) {
	dir := t.TempDir()
	asReleaseOne(t, dir)
	use(t, dir, true)
	use(t, dir, false)
}

// The next release adds a column to every table, and tables. This one must run,
// and write, on what that left, and that one on what this one wrote.
func TestThisReleaseRunsOnWhatALaterOneLeft(t *testing.T) {
	dir := t.TempDir()
	use(t, dir, true)
	for name := range frozen {
		file := filepath.Join(dir, name)
		script := "pragma user_version=99; create table hologram(number integer primary key);"
		for _, table := range tablesOf(t, file) {
			script += "alter table " + table + " add column later text not null default 'x';"
		}
		put(t, file, script)
	}
	use(t, dir, false)
	for _, name := range []string{guardName, historyName} {
		file := filepath.Join(dir, name)
		for _, table := range tablesOf(t, file) {
			put(t, file, "update "+table+" set later = 'y';")
		}
	}
	use(t, dir, false)
}

// Releases only add: what stands in the frozen tables stands here, in the same
// place, and whatever is new can be left out by who does not know it.
func TestReleasesOnlyAdd(t *testing.T) {
	old, now := t.TempDir(), t.TempDir()
	asReleaseOne(t, old)
	s, _ := mustOpen(t, now, Options{})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for name := range frozen {
		before, after := columns(t, filepath.Join(old, name)), columns(t, filepath.Join(now, name))
		for table, was := range before {
			is := after[table]
			if len(is) < len(was) {
				t.Errorf("%s: table %s lost columns: %v, was %v", name, table, is, was)
				continue
			}
			for i, c := range was {
				if is[i] != c {
					t.Errorf("%s: column %d of %s is %v, was %v", name, i, table, is[i], c)
				}
			}
			for _, c := range is[len(was):] {
				if strings.Contains(c, "notnull=1") && strings.Contains(c, "default=-") {
					t.Errorf("%s: the new column of %s needs a value that the former release does not give: %s", name, table, c)
				}
			}
		}
	}
}

func tablesOf(t *testing.T, file string) (list []string) {
	for table := range columns(t, file) {
		if table != "hologram" {
			list = append(list, table)
		}
	}
	return list
}

// columns describes each table's columns.
func columns(t *testing.T, file string) map[string][]string {
	t.Helper()
	db, err := sql.Open("sqlite3", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(`select m.name, 'name=' || c.name || ' type=' || lower(c.type) || ' notnull=' || c."notnull" || ' default=' || ifnull(c.dflt_value, '-') || ' key=' || c.pk
		from sqlite_master m, pragma_table_info(m.name) c where m.type = 'table' and m.name not like 'sqlite_%' order by m.name, c.cid`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	all := map[string][]string{}
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			t.Fatal(err)
		}
		all[table] = append(all[table], column)
	}
	if len(all) < 3 {
		t.Fatalf("%s has %d tables", file, len(all))
	}
	return all
}
