package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"watchbox/firmware/event"
	"watchbox/firmware/forward"
)

var _ forward.Outbox = (*Store)(nil)

// outPath is one configured way upstream.
type outPath struct {
	number  int64
	name    string
	waiting int // rows in the outbox
}

func (s *Store) loadPaths(ctx context.Context) error {
	rows, err := s.guard.QueryContext(ctx, `select number, name, (select count(*) from outbox where path = number) from path order by number`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var paths []outPath
	for rows.Next() {
		var p outPath
		if err := rows.Scan(&p.number, &p.name, &p.waiting); err != nil {
			return err
		}
		paths = append(paths, p)
	}
	s.mu.Lock()
	s.paths = paths
	s.mu.Unlock()
	return rows.Err()
}

// SetPaths says which ways upstream there are, from now on and across restarts.
// A new path gets what is committed after this call (its receiver may ask the
// API for what was before); what a vanished path had waiting goes with it. Not
// to be called while the site file is not known (safe mode).
func (s *Store) SetPaths(ctx context.Context, names []string) error {
	return s.writeThen(ctx, "set paths", func(tx *sql.Tx) error {
		s.mu.Lock()
		before := s.paths
		s.mu.Unlock()
		for _, p := range before {
			if slices.Contains(names, p.name) {
				continue
			}
			if err := dropPath(ctx, tx, p.number); err != nil {
				return err
			}
		}
		for _, n := range names {
			if _, err := tx.ExecContext(ctx, `insert into path(name) values(?) on conflict do nothing`, n); err != nil {
				return err
			}
		}
		return nil
	}, func() { s.loadPaths(ctx) })
}

func dropPath(ctx context.Context, tx *sql.Tx, number int64) error {
	if _, err := tx.ExecContext(ctx, `delete from outbox where path = ?`, number); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `delete from path where number = ?`, number)
	return err
}

// Pending meets forward.Outbox.
func (s *Store) Pending(ctx context.Context, path string, limit int) ([]forward.Item, error) {
	rows, err := s.reader.QueryContext(ctx, `select j.row, e.box, e.name, j.sequence, j.body
	  from outbox o join journal j on j.row = o.row join epoch e on e.number = j.epoch
	  where o.path = (select number from path where name = ?) order by o.late, o.row limit ?`, path, min(max(limit, 1), 1000))
	if err != nil {
		return nil, fmt.Errorf("store outbox %s: read: %w", path, classed(err))
	}
	defer rows.Close()
	var items []forward.Item
	for rows.Next() {
		var row int64
		record, err := scanRecord(rows, &row)
		if err != nil {
			return nil, fmt.Errorf("store outbox %s: read row %d: %w", path, row, classed(err))
		}
		items = append(items, forward.Item{Row: row, Record: record})
	}
	return items, classed(rows.Err())
}

// Taken meets forward.Outbox.
func (s *Store) Taken(ctx context.Context, path string, rows []int64) error {
	p, ok := s.pathNamed(path)
	if !ok || len(rows) == 0 {
		return nil
	}
	gone := 0
	return s.writeThen(ctx, "outbox "+path, func(tx *sql.Tx) error {
		gone = 0
		for _, row := range rows {
			result, err := tx.ExecContext(ctx, `delete from outbox where path = ? and late in (0, 1) and row = ?`, p.number, row)
			if err != nil {
				return err
			}
			n, _ := result.RowsAffected()
			gone += int(n)
		}
		return nil
	}, func() { s.took(p.number, gone) })
}

func (s *Store) took(number int64, gone int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.paths {
		if s.paths[i].number == number {
			s.paths[i].waiting -= gone
		}
	}
}

func (s *Store) pathNamed(name string) (outPath, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.paths, func(p outPath) bool { return p.name == name })
	if i < 0 {
		return outPath{}, false
	}
	return s.paths[i], true
}

// Waiting is how many records each path has still to take. Never blocks.
func (s *Store) Waiting() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := make(map[string]int, len(s.paths))
	for _, p := range s.paths {
		m[p.name] = p.waiting
	}
	return m
}

// late is 0 for what overtakes: alarms, and what is said about the journal.
func late(t event.Type) int {
	if strings.HasPrefix(string(t), "alarm.") || strings.HasPrefix(string(t), "journal.") {
		return 0
	}
	return 1
}

// trim holds each path's backlog to its limit: the oldest telemetry goes, a
// hundredth of the limit at a time so that one gap record tells of many. Alarms
// stay for as long as the journal keeps them.
func (a *appending) trim() error {
	limit := a.s.options.OutboxLimit
	for _, p := range a.paths {
		over := p.waiting + a.backlog[p.number] - limit
		if over <= 0 {
			continue
		}
		if err := a.trimPath(p, over+limit/100); err != nil {
			return err
		}
	}
	return nil
}

func (a *appending) trimPath(p outPath, most int) error {
	var rows int
	var edge, from, to sql.NullInt64
	err := a.tx.QueryRowContext(a.ctx, `select count(*), max(o.row), min(j.sequence), max(j.sequence) from
	  (select row from outbox where path = ? and late = 1 order by row limit ?) o join journal j using(row)`, p.number, most).Scan(&rows, &edge, &from, &to)
	if err != nil || rows == 0 {
		return err
	}
	if _, err := a.tx.ExecContext(a.ctx, `delete from outbox where path = ? and late = 1 and row <= ?`, p.number, edge.Int64); err != nil {
		return err
	}
	a.backlog[p.number] -= rows
	return a.remember(hole{path: p.name, first: uint64(from.Int64), last: uint64(to.Int64)})
}
