package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"watchbox/firmware/event"
)

// Retained is the whole retained state as it was last committed.
func (s *Store) Retained(ctx context.Context) (map[string][]byte, error) {
	rows, err := s.reader.QueryContext(ctx, `select key, value from retained`)
	if err != nil {
		return nil, fmt.Errorf("store %s: read retained state: %w", guardName, classed(err))
	}
	defer rows.Close()
	state := map[string][]byte{}
	for rows.Next() {
		var key string
		var value []byte
		if err := rows.Scan(&key, &value); err != nil {
			return nil, fmt.Errorf("store %s: read retained state: %w", guardName, classed(err))
		}
		state[key] = value
	}
	return state, classed(rows.Err())
}

// Events answers a query. With an Epoch it gives that epoch only; without one,
// After and Before are numbers of the current epoch, and what is older than
// Before goes on into the epochs before it.
func (s *Store) Events(ctx context.Context, q EventQuery) ([]event.Record, error) {
	where, arguments := s.eventWhere(q)
	order := "desc"
	if q.After > 0 {
		order = "asc"
	}
	limit := q.Limit
	if limit <= 0 {
		limit = 100
	}
	arguments = append(arguments, min(limit, 1000))
	rows, err := s.reader.QueryContext(ctx, `select j.row, e.box, e.name, j.sequence, j.body from journal j join epoch e on e.number = j.epoch`+
		where+` order by j.row `+order+` limit ?`, arguments...)
	if err != nil {
		return nil, fmt.Errorf("store %s: read events: %w", guardName, classed(err))
	}
	defer rows.Close()
	records := []event.Record{}
	for rows.Next() {
		var row int64
		r, err := scanRecord(rows, &row)
		if err != nil {
			return nil, fmt.Errorf("store %s: read event row %d: %w", guardName, row, classed(err))
		}
		records = append(records, r)
	}
	return records, classed(rows.Err())
}

// eventWhere turns a query into conditions. The numbers of one epoch rise with
// the rows, so bounds on sequences become bounds on rows.
func (s *Store) eventWhere(q EventQuery) (string, []any) {
	var conditions []string
	var arguments []any
	add := func(c string, a ...any) { conditions = append(conditions, c); arguments = append(arguments, a...) }
	epoch := q.Epoch
	if epoch == "" {
		_, epoch, _ = s.Identity()
	}
	const number = `(select number from epoch where name = ?)`
	if q.Epoch != "" || q.After > 0 {
		add(`j.epoch = `+number, epoch)
	}
	if q.After > 0 {
		add(`j.sequence > ?`, int64(q.After))
	}
	if q.Before > 0 {
		add(`(j.epoch < `+number+` or j.epoch = `+number+` and j.sequence < ?)`, epoch, epoch, int64(q.Before))
	}
	if len(q.Types) > 0 {
		marks := strings.Repeat("?, ", len(q.Types)-1) + "?"
		add(`j.type in (` + marks + `)`)
		for _, t := range q.Types {
			arguments = append(arguments, string(t))
		}
	}
	if q.Room != "" {
		add(`j.room = ?`, q.Room)
	}
	if q.Origin != (event.ID{}) {
		add(`(j.origin = ? or j.epoch = `+number+` and j.sequence = ?)`, q.Origin.String(), q.Origin.Epoch, int64(q.Origin.Sequence))
	}
	if len(conditions) == 0 {
		return "", nil
	}
	return " where " + strings.Join(conditions, " and "), arguments
}

// scanRecord reads row, box, epoch, sequence and body.
func scanRecord(rows *sql.Rows, row *int64) (r event.Record, err error) {
	var id event.ID
	var body []byte
	if err = rows.Scan(row, &id.Box, &id.Epoch, &id.Sequence, &body); err != nil {
		return r, err
	}
	if err = json.Unmarshal(body, &r); err != nil {
		return r, fmt.Errorf("record %v: %w", id, err)
	}
	r.ID = id
	return r, nil
}
