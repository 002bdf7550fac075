package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"watchbox/firmware/point"
)

// writeSegment writes the runs as a new segment at the end of the file.
func (h *history) writeSegment(ctx context.Context, db *sql.DB, waiting map[point.Name][]*run) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	known, err := h.seriesOf(ctx, tx, waiting)
	if err != nil {
		return err
	}
	w := segmentWriter{ctx: ctx, tx: tx, start: math.MaxInt64, finish: math.MinInt64}
	if err = w.begin(0); err != nil {
		return err
	}
	names := slices.SortedFunc(maps.Keys(waiting), func(a, b point.Name) int { return int(known[a] - known[b]) })
	for _, name := range names {
		for _, r := range waiting[name] {
			if err = w.block(known[name], r); err != nil {
				return err
			}
		}
	}
	if err = w.end(); err != nil {
		return err
	}
	if err = tx.Commit(); err != nil {
		return err
	}
	h.mu.Lock()
	h.series = known
	h.mu.Unlock()
	return nil
}

// seriesOf binds numbers to names; new ones are inserted.
func (h *history) seriesOf(ctx context.Context, tx *sql.Tx, waiting map[point.Name][]*run) (map[point.Name]int64, error) {
	h.mu.Lock()
	known := maps.Clone(h.series)
	h.mu.Unlock()
	for name := range waiting {
		if known[name] != 0 {
			continue
		}
		if _, err := tx.ExecContext(ctx, `insert into series(name) values(?) on conflict do nothing`, string(name)); err != nil {
			return nil, err
		}
		var number int64
		if err := tx.QueryRowContext(ctx, `select number from series where name = ?`, string(name)).Scan(&number); err != nil {
			return nil, err
		}
		known[name] = number
	}
	return known, nil
}

// segmentWriter writes the rows of one segment in one transaction.
type segmentWriter struct {
	ctx           context.Context
	tx            *sql.Tx
	number        int64
	insert        *sql.Stmt
	start, finish int64 // in milliseconds
}

func (w *segmentWriter) begin(rolled int) (err error) {
	result, err := w.tx.ExecContext(w.ctx, `insert into segment(start, finish, written, rolled) values(0, 0, ?, ?)`, time.Now().UnixMilli(), rolled)
	if err != nil {
		return err
	}
	w.number, _ = result.LastInsertId()
	w.insert, err = w.tx.PrepareContext(w.ctx, `insert into block(segment, series, start, samples, data) values(?, ?, ?, ?, ?)`)
	return err
}

func (w *segmentWriter) block(series int64, r *run) error {
	if len(r.readings) == 0 {
		return nil
	}
	first := int64(math.MaxInt64)
	for _, x := range r.readings {
		t := x.At.UnixMilli()
		first = min(first, t)
		w.finish = max(w.finish, t)
	}
	w.start = min(w.start, first)
	data := r.encode()
	// Two blocks of one point may begin in the same instant: the later one moves on.
	for tries := int64(0); ; tries++ {
		_, err := w.insert.ExecContext(w.ctx, w.number, series, first+tries, len(r.readings), data)
		if err == nil || !taken(err) || tries > blockMost {
			return err
		}
	}
}

func (w *segmentWriter) end() error {
	_, err := w.tx.ExecContext(w.ctx, `update segment set start = ?, finish = ? where number = ?`, w.start, w.finish, w.number)
	return err
}

// History gives the readings of a point with from ≤ time < to, oldest first;
// when there are more than most (at least 10) of them, so few that every
// peak and every gap still shows.
func (s *Store) History(ctx context.Context, p point.Name, from, to time.Time, most int) ([]Reading, error) {
	q := historyQuery{point: p, from: from, to: to, most: max(most, 10)}
	if db := s.history.file(); db != nil && to.After(from) {
		if err := q.file(ctx, db); err != nil {
			return nil, fmt.Errorf("store %s: read %s: %w", historyName, p, classed(err))
		}
	}
	q.memory(s.history)
	return q.answer(), nil
}

// historyQuery collects; beyond most it thins what it has and what comes.
type historyQuery struct {
	point    point.Name
	from, to time.Time
	most     int
	readings []Reading
	thin     *thinner
}

func (q *historyQuery) add(r Reading) {
	if r.At.Before(q.from) || !r.At.Before(q.to) {
		return
	}
	if q.thin != nil {
		q.thin.add(r)
		return
	}
	if q.readings = append(q.readings, r); len(q.readings) > q.most {
		q.thin = newThinner(q.from, q.to, q.most)
		for _, x := range q.readings {
			q.thin.add(x)
		}
		q.readings = nil
	}
}

func (q *historyQuery) answer() []Reading {
	if q.thin != nil {
		return q.thin.readings()
	}
	sortReadings(q.readings)
	return q.readings
}

func (q *historyQuery) memory(h *history) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range h.waiting[q.point] {
		for _, x := range r.readings {
			q.add(x)
		}
	}
}

// file looks into each segment that overlaps the time asked for; a block is
// found there by its key.
func (q *historyQuery) file(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, `select b.data from segment s cross join block b
	  on b.segment = s.number and b.series = (select number from series where name = ?)
	  where s.finish >= ? and s.start < ? order by s.start, b.start`, string(q.point), q.from.UnixMilli()-10, q.to.UnixMilli())
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var data sql.RawBytes
		if err := rows.Scan(&data); err != nil {
			return err
		}
		readings, err := decodeBlock(data)
		if err != nil {
			continue // one damaged block is a gap in the chart, not the end of it
		}
		for _, r := range readings {
			q.add(r)
		}
	}
	return rows.Err()
}
