package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/mattn/go-sqlite3"
)

const (
	rollAfter = 36  // small segments (six hours of ten minutes) become one large one
	rollBatch = 200 // series are packed at a time: bounds the memory
)

func taken(err error) bool {
	var e sqlite3.Error
	return errors.As(err, &e) && e.Code == sqlite3.ErrConstraint
}

// rollHistory packs the small segments into one large one when there are enough
// of them. A flush every ten minutes makes small blocks with much overhead;
// writing them to the end of the file and packing them later wears the flash
// far less than growing each point's last block in place.
func (s *Store) rollHistory(ctx context.Context) error {
	h := s.history
	h.writing.Lock()
	defer h.writing.Unlock()
	db := h.file()
	if db == nil {
		return nil
	}
	if err := roll(ctx, db, rollAfter); err != nil {
		return fmt.Errorf("store %s: pack segments: %w", historyName, classed(err))
	}
	return nil
}

func roll(ctx context.Context, db *sql.DB, enough int) error {
	small, err := smallSegments(ctx, db)
	if err != nil || len(small) < enough {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	w := segmentWriter{ctx: ctx, tx: tx, start: math.MaxInt64, finish: math.MinInt64}
	if err = w.begin(1); err != nil {
		return err
	}
	var last int64
	if err = tx.QueryRowContext(ctx, `select coalesce(max(number), 0) from series`).Scan(&last); err != nil {
		return err
	}
	for from := int64(1); from <= last; from += rollBatch {
		if err = w.pack(small, from, from+rollBatch-1); err != nil {
			return err
		}
	}
	for _, n := range small {
		if err = dropSegment(ctx, tx, n); err != nil {
			return err
		}
	}
	if err = w.end(); err != nil {
		return err
	}
	return tx.Commit()
}

func smallSegments(ctx context.Context, db *sql.DB) (numbers []int64, err error) {
	rows, err := db.QueryContext(ctx, `select number from segment where rolled = 0 order by number limit 1000`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		numbers = append(numbers, n)
	}
	return numbers, rows.Err()
}

// pack joins the blocks of some series, segment after segment.
func (w *segmentWriter) pack(segments []int64, from, to int64) error {
	joined := make([][]*run, to-from+1)
	for _, n := range segments {
		if err := w.collect(n, from, to, joined); err != nil {
			return err
		}
	}
	for i, runs := range joined {
		for _, r := range runs {
			if err := w.block(from+int64(i), r); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *segmentWriter) collect(segment, from, to int64, joined [][]*run) error {
	rows, err := w.tx.QueryContext(w.ctx, `select series, data from block where segment = ? and series between ? and ? order by series, start`, segment, from, to)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var series int64
		var data sql.RawBytes
		if err := rows.Scan(&series, &data); err != nil {
			return err
		}
		readings, err := decodeBlock(data)
		if err != nil {
			continue
		}
		runs := &joined[series-from]
		for _, x := range readings {
			if len(*runs) == 0 || !(*runs)[len(*runs)-1].fits(x) {
				*runs = append(*runs, &run{})
			}
			(*runs)[len(*runs)-1].add(x)
		}
	}
	return rows.Err()
}

func dropSegment(ctx context.Context, tx *sql.Tx, number int64) error {
	if _, err := tx.ExecContext(ctx, `delete from block where segment = ?`, number); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `delete from segment where number = ?`, number)
	return err
}

// sweepHistory lets go whole segments that are older than the days kept, by the
// wall clock now.
func (h *history) sweep(ctx context.Context, now time.Time) error {
	h.writing.Lock()
	defer h.writing.Unlock()
	db := h.file()
	if db == nil {
		return nil
	}
	if err := sweepDecisions(ctx, db, now); err != nil && !errors.Is(schemaError(err), errSchema) {
		return err
	}
	edge := now.AddDate(0, 0, -h.options.HistoryDays).UnixMilli()
	return h.drop(ctx, db, `select number from segment where max(finish, written) < ? limit 100`, edge)
}

// drop removes the segments that the query names and gives their room back.
func (h *history) drop(ctx context.Context, db *sql.DB, query string, argument any) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, q := range []string{`delete from block where segment in (` + query + `)`, `delete from segment where number in (` + query + `)`} {
		if _, err = tx.ExecContext(ctx, q, argument); err != nil {
			return err
		}
	}
	if err = tx.Commit(); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `pragma incremental_vacuum; pragma wal_checkpoint(truncate)`)
	return err
}

// relieve makes room: the oldest quarter of the history goes, or all of it when
// the disk is so full that not even that can be written.
func (h *history) relieve(ctx context.Context) error {
	h.writing.Lock()
	defer h.writing.Unlock()
	db := h.file()
	if db == nil {
		return nil
	}
	err := h.drop(ctx, db, `select number from (select number from segment order by finish limit 1 + (select count(*) from segment) / ?)`, 4)
	if err == nil {
		return nil
	}
	db.Close()
	h.mu.Lock()
	h.db = nil
	h.mu.Unlock()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		os.Remove(h.path + suffix)
	}
	return errors.Join(fmt.Errorf("give up the oldest samples: %w; history begins anew", err), h.open(ctx))
}
