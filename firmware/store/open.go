package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	_ "github.com/mattn/go-sqlite3" // registers the SQL driver
	"watchbox/firmware/event"
)

// Store is the two files. All methods may be called from any goroutine; they
// block on the disk unless they say otherwise, and give a plain error when it
// is full, broken or does not answer. Make it with Open.
type Store struct {
	dir     string
	options Options
	guard   *sql.DB       // one connection: the writer
	reader  *sql.DB       // a few more that only read
	turn    chan struct{} // holds one token: whose turn it is to write
	history *history

	mu     sync.Mutex // guards what follows; never held over a disk access
	id     identity
	marked bool           // this run is marked as running in the file
	owed   []event.Record // the store's own records of this run, until marked
	paths  []outPath
	doubt  bool // numbers were used that are not in the journal
	told   map[hole]bool
	full   chan struct{} // one token after a write that met a full disk
}

const (
	guardName   = "guard.db"
	historyName = "history.db"
	probeName   = "guard.probe"   // always empty
	damagedName = "guard.damaged" // left by a run that met a damaged file
)

// openLimit bounds one Open. Nobody waits for it: the box guards without a store
// until it is open, and an attempt that is cut off begins from the start again.
const openLimit = time.Minute

// Open opens or makes the two files in dir. A guard.db that is not a readable
// database is renamed, never deleted, and a new one begins with a new epoch; a
// file that is only busy, or a full disk, is an error or a degraded store and
// moves nothing. history.db never stands in the way.
func Open(dir string, options Options) (*Store, OpenReport, error) {
	s := &Store{dir: dir, options: options.filled(), turn: make(chan struct{}, 1), full: make(chan struct{}, 1), told: map[hole]bool{}}
	var report OpenReport
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, report, fmt.Errorf("store %s: make directory: %w", dir, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), openLimit)
	defer cancel()
	s.history, report.History = openHistory(ctx, filepath.Join(dir, historyName), s.options)
	if err := s.openGuard(ctx, &report); err != nil {
		s.history.close()
		return nil, report, fmt.Errorf("store %s: open: %w", dir, classed(err))
	}
	s.history.remember(ctx, s.id.box)
	return s, report, nil
}

// openGuard opens guard.db, at most once after moving an unreadable one aside.
func (s *Store) openGuard(ctx context.Context, report *OpenReport) error {
	path := filepath.Join(s.dir, guardName)
	err := s.damagedLastTime()
	if err == nil {
		err = s.tryGuard(ctx, path, report)
	}
	if err == nil || !hopeless(err) {
		return err
	}
	aside, moveErr := moveAside(path, s.options.Now().Wall)
	if moveErr != nil {
		return errors.Join(err, moveErr)
	}
	report.MovedAside, report.Why = aside, err.Error()
	os.Remove(filepath.Join(s.dir, damagedName))
	return s.tryGuard(ctx, path, report)
}

func (s *Store) damagedLastTime() error {
	why, err := os.ReadFile(filepath.Join(s.dir, damagedName))
	if err != nil {
		return nil
	}
	return fmt.Errorf("%w: the last run found it damaged: %.200s", errSchema, why)
}

func (s *Store) tryGuard(ctx context.Context, path string, report *OpenReport) (err error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%w: %s is not a file", errSchema, path)
	}
	if s.guard, err = openFile(path, "_journal_mode=WAL&_synchronous=FULL&_txlock=immediate", 1); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			s.guard.Close()
		}
	}()
	if err = prepareFile(ctx, s.guard, guardTables, guardProbe); err != nil {
		return err
	}
	s.guard.ExecContext(ctx, `pragma journal_size_limit=8388608`)
	if err = s.identify(ctx, report); err != nil {
		return err
	}
	s.reader, err = openFile(path, "_query_only=true", 2)
	return err
}

// openFile makes a pool of connections that live until Close. The name goes in
// as a URI, since a directory may hold any character.
func openFile(path, parameters string, connections int) (*sql.DB, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	name := (&url.URL{Scheme: "file", Path: absolute}).String()
	db, err := sql.Open("sqlite3", name+"?_busy_timeout=2000&_cache_size=-1024&_stmt_cache_size=32&"+parameters)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// moveAside renames a database, with its log, to a name that is free.
func moveAside(path string, now time.Time) (string, error) {
	if _, err := os.Lstat(path); errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	stem := path + "." + now.UTC().Format("20060102T150405Z")
	aside := stem
	for n := 2; ; n++ {
		if _, err := os.Lstat(aside); errors.Is(err, os.ErrNotExist) {
			break
		}
		aside = fmt.Sprintf("%s-%d", stem, n)
	}
	if err := os.Rename(path, aside); err != nil {
		return "", fmt.Errorf("move %s aside: %w", filepath.Base(path), err)
	}
	os.Rename(path+"-wal", aside+"-wal")
	os.Remove(path + "-shm")
	return aside, syncDirectory(filepath.Dir(path))
}

func syncDirectory(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// noteDamage leaves a word for the next Open when a write met a damaged file.
func (s *Store) noteDamage(err error) {
	if errors.Is(err, ErrDamaged) {
		os.WriteFile(filepath.Join(s.dir, damagedName), []byte(strings.TrimSpace(err.Error())), 0o600)
	}
}

// Close marks the journal as cleanly closed, so that the next run skips no
// numbers, and closes the files. With a disk that does not answer it gives up
// after 5 s. No other call may run or follow.
func (s *Store) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	flush := errors.Join(s.FlushHistory(ctx), s.FlushDecisions(ctx))
	s.mu.Lock()
	doubt := s.doubt
	s.mu.Unlock()
	var err error
	if !doubt {
		err = s.write(ctx, "close", func(tx *sql.Tx) error { return putMeta(tx, "clean", "1") })
	}
	s.closeFiles()
	return errors.Join(flush, err)
}

// Doubt tells the store that numbers were given out which are not in the
// journal and never will be: Close then does not count as clean.
func (s *Store) Doubt() { s.mu.Lock(); s.doubt = true; s.mu.Unlock() }

func (s *Store) closeFiles() {
	s.history.close()
	s.reader.Close()
	s.guard.Close()
}
