package store

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"watchbox/firmware/event"
)

// A foreign database, with and without tables of the same names.
func foreign(t *testing.T, path, schema string) {
	t.Helper()
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(schema); err != nil {
		t.Fatal(err)
	}
}

func TestUnreadableGuardIsMovedAside(t *testing.T) {
	noise := []byte(strings.Repeat("\x17\xfe noise ", 4000))
	for name, spoil := range map[string]func(t *testing.T, path string){
		"random bytes":      func(t *testing.T, path string) { os.WriteFile(path, noise, 0o600) },
		"short":             func(t *testing.T, path string) { os.WriteFile(path, noise[:10], 0o600) },
		"directory":         func(t *testing.T, path string) { os.MkdirAll(filepath.Join(path, "sub"), 0o700) },
		"other application": func(t *testing.T, path string) { foreign(t, path, `create table x(y)`) },
		"missing column": func(t *testing.T, path string) {
			foreign(t, path, fmt.Sprintf(`create table meta(key); pragma application_id=%d`, application))
		},
		"damaged inside": func(t *testing.T, path string) {
			s, _ := mustOpen(t, filepath.Dir(path), Options{})
			commit(t, s, numbering(s).batch(event.AlarmRaised))
			s.Close()
			f, _ := os.OpenFile(path, os.O_WRONLY, 0)
			f.WriteAt(noise, 4096)
			f.Close()
		},
		"found damaged by the last run": func(t *testing.T, path string) {
			s, _ := mustOpen(t, filepath.Dir(path), Options{})
			s.noteDamage(ErrDamaged)
			s.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, guardName)
			spoil(t, path)
			s, r := mustOpen(t, dir, Options{})
			if r.MovedAside == "" || r.Why == "" || !r.NewEpoch || r.Degraded != nil {
				t.Fatalf("%+v", r)
			}
			if _, err := os.Stat(r.MovedAside); err != nil {
				t.Errorf("deleted: %v", err)
			}
			commit(t, s, numbering(s).batch(event.AlarmRaised))
			e := events(t, s, EventQuery{})
			if len(e) != 2 || e[1].Type != event.JournalBegan || !strings.Contains(string(e[1].Detail), "movedAside") {
				t.Errorf("%+v", e)
			}
			s.Close()
			if _, r := mustOpen(t, dir, Options{}); r.MovedAside != "" || r.NewEpoch {
				t.Errorf("second open: %+v", r)
			}
		})
	}
}

func TestBoxSurvivesALostGuard(t *testing.T) {
	dir := t.TempDir()
	s, _ := mustOpen(t, dir, Options{})
	box, epoch, _ := s.Identity()
	s.Close()
	os.WriteFile(filepath.Join(dir, guardName), []byte("no database at all, and long enough"), 0o600)
	s, _ = mustOpen(t, dir, Options{})
	if b, e, _ := s.Identity(); b != box || e == epoch {
		t.Errorf("%s/%s, before %s/%s", b, e, box, epoch)
	}
}

func TestRestoredBackupOnOtherHardware(t *testing.T) {
	dir := t.TempDir()
	s, _ := mustOpen(t, dir, Options{Machine: "serial-1"})
	box, epoch, _ := s.Identity()
	s.Close()
	s, r := mustOpen(t, dir, Options{Machine: "serial-2"})
	b, e, next := s.Identity()
	if !r.NewEpoch || b == box || e == epoch || next != 2 {
		t.Errorf("%+v %s/%s/%d", r, b, e, next)
	}
	commit(t, s, numbering(s).batch(event.AlarmRaised))
	if all := events(t, s, EventQuery{}); len(all) != 3 || all[2].ID.Box != box || all[0].ID.Box != b {
		t.Errorf("%+v", all)
	}
	if old := events(t, s, EventQuery{Epoch: epoch}); len(old) != 1 {
		t.Errorf("%+v", old)
	}
}

func TestBusyFileIsNotMoved(t *testing.T) {
	t.Parallel() // it waits for a lock
	dir := t.TempDir()
	s, _ := mustOpen(t, dir, Options{})
	s.Close()
	other, _ := sql.Open("sqlite3", filepath.Join(dir, guardName)+"?_txlock=exclusive")
	defer other.Close()
	tx, err := other.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	s, r, err := Open(dir, Options{})
	if err == nil { // the file can be read, not written
		defer s.closeFiles()
		err = r.Degraded
	}
	if !errors.Is(err, ErrBusy) || r.MovedAside != "" {
		t.Errorf("%v %+v", err, r)
	}
}
