package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"watchbox/firmware/point"
)

// CheckReport is how the files are.
type CheckReport struct {
	GuardBytes   int64  `json:"guardBytes"` // with its log
	HistoryBytes int64  `json:"historyBytes"`
	Records      uint64 `json:"records"` // last sequence of this epoch
	Trouble      string `json:"trouble,omitempty"`
}

// Check reads guard.db through and tells what is wrong with it; seconds on a
// large file. It writes nothing. An error means that it could not be done.
func (s *Store) Check(ctx context.Context) (CheckReport, error) {
	r := CheckReport{GuardBytes: s.size(guardName), HistoryBytes: s.size(historyName)}
	s.mu.Lock()
	r.Records = s.id.last
	s.mu.Unlock()
	var word string
	if err := s.reader.QueryRowContext(ctx, `pragma quick_check(1)`).Scan(&word); err != nil {
		err = fmt.Errorf("store %s: check: %w", guardName, classed(err))
		s.noteDamage(err)
		return r, err
	}
	if word != "ok" {
		r.Trouble = word
		s.noteDamage(fmt.Errorf("%w: %s", ErrDamaged, word))
	}
	return r, nil
}

// Probe tells whether the disk would take a write, without one: flash wears. It
// opens a file of its own; to close one of the database would let go its locks.
func (s *Store) Probe() error {
	f, err := os.OpenFile(filepath.Join(s.dir, probeName), os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("store %s: probe: %w", s.dir, err)
	}
	return f.Close()
}

func (s *Store) size(name string) (bytes int64) {
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(filepath.Join(s.dir, name+suffix)); err == nil {
			bytes += info.Size()
		}
	}
	return bytes
}

// Sweep lets go what was kept long enough: samples, ledger rows, and records
// that every path has taken. While nobody has told the box the time it does nothing.
func (s *Store) Sweep(ctx context.Context) error {
	now := s.options.Now()
	if now.Clock == point.ClockUnknown {
		return nil
	}
	err := s.history.sweep(ctx, now.Wall)
	if err != nil {
		err = fmt.Errorf("store %s: sweep: %w", historyName, classed(err))
	}
	edge := now.Wall.AddDate(0, 0, -s.options.JournalDays).UnixMilli()
	return errors.Join(err, s.write(ctx, "sweep", func(tx *sql.Tx) error { return sweepGuard(ctx, tx, edge) }))
}

// sweepGuard removes at most a thousand old rows at a time; the newest record
// of all stays, because the numbers go on from it. Rows are in the order of
// time unless the clock was wrong: only an unbroken run of old rows goes.
func sweepGuard(ctx context.Context, tx *sql.Tx, edge int64) error {
	if _, err := tx.ExecContext(ctx, `delete from message where id in (select id from message where queued < ? limit 1000)`, edge); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `delete from journal where row in (select row from journal order by row limit 1000)
	  and wall < ?1 and row < coalesce((select min(row) from outbox), (select max(row) from journal))
	  and row < coalesce((select min(row) from (select row, wall from journal order by row limit 1000) where wall >= ?1), 1 << 62)`, edge)
	return err
}

// noteFull wakes the history's goroutine when a write met a full disk.
func (s *Store) noteFull(err error) {
	if !errors.Is(err, ErrFull) {
		return
	}
	select {
	case s.full <- struct{}{}:
	default:
	}
}

// Relieve makes room on a full disk by letting samples go, oldest first; never
// records. KeepHistory calls it when a write met a full disk.
func (s *Store) Relieve(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := s.history.relieve(ctx); err != nil {
		return fmt.Errorf("store %s: make room: %w", historyName, err)
	}
	return nil
}
