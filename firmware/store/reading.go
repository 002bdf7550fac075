package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"watchbox/firmware/point"
)

// reading is one call of Samples.
type reading struct {
	from, to time.Time
	each     func(point.Sample) error
	tx       *sql.Tx
	fetch    *sql.Stmt
	cursors  []*seriesCursor
	heap     byTime
	coverage Coverage
}

// begin takes the file and the memory as they are at one moment: nobody flushes
// between the two looks.
func (r *reading) begin(ctx context.Context, h *history, points []point.Name) (done func(), err error) {
	h.writing.Lock()
	defer h.writing.Unlock()
	done = func() {}
	for _, p := range points {
		r.cursors = append(r.cursors, &seriesCursor{name: p})
	}
	h.mu.Lock()
	for _, c := range r.cursors {
		for _, run := range h.waiting[c.name] {
			c.memory = append(c.memory, run.readings...)
		}
		sortReadings(c.memory)
	}
	db := h.db
	h.mu.Unlock()
	if db == nil {
		return done, nil
	}
	if r.tx, err = db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}); err != nil {
		return done, err
	}
	done = func() { r.tx.Rollback() }
	if r.fetch, err = r.tx.PrepareContext(ctx, `select data from block where segment = ? and series = ? and start = ?`); err != nil {
		return done, err
	}
	return done, r.index(ctx)
}

// index learns which blocks there are. A block of a segment that begins before
// from may reach into the time asked for.
func (r *reading) index(ctx context.Context) error {
	var began sql.NullInt64
	if err := r.tx.QueryRowContext(ctx, `select min(start) from segment where finish >= start and finish > 0`).Scan(&began); err != nil {
		return err
	}
	if began.Valid {
		r.coverage.Began = time.UnixMilli(began.Int64)
	}
	for _, c := range r.cursors {
		err := r.tx.QueryRowContext(ctx, `select number from series where name = ?`, string(c.name)).Scan(&c.series)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return err
		}
		if c.blocks, err = r.blocks(ctx, `select b.segment, b.start from segment s cross join block b
		  on b.segment = s.number and b.series = ?1 where s.finish >= ?2 and s.start < ?3 order by b.start`,
			c.series, r.from.UnixMilli()-10, r.to.UnixMilli()); err != nil {
			return err
		}
	}
	return nil
}

type blockKey struct{ segment, start int64 }

func (r *reading) blocks(ctx context.Context, query string, arguments ...any) (keys []blockKey, err error) {
	rows, err := r.tx.QueryContext(ctx, query, arguments...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var k blockKey
		if err := rows.Scan(&k.segment, &k.start); err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	return keys, rows.Err()
}

// load reads one block; a damaged one is a gap.
func (r *reading) load(ctx context.Context, c *seriesCursor, k blockKey) ([]Reading, error) {
	var data sql.RawBytes
	rows, err := r.fetch.QueryContext(ctx, k.segment, c.series, k.start)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	if !rows.Next() {
		return nil, rows.Err()
	}
	if err := rows.Scan(&data); err != nil {
		return nil, err
	}
	readings, err := decodeBlock(data)
	if err != nil {
		return nil, nil
	}
	return readings, nil
}
