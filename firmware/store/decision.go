package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"watchbox/firmware/event"
)

// The why-log lies in history.db: like samples it may be lost. Kept are
// decisionsMost rows; what waits for the disk is bounded, the oldest go.
const (
	decisionsMost    = 200_000
	decisionsWaiting = 20_000
)

// DecisionQuery asks for decisions about one alarm.
type DecisionQuery struct {
	Key      string
	From, To time.Time // zero: from the first, to the last
	Most     int       // the newest so many; 1–1000, default 100
}

// AppendDecisions takes decisions for the why-log into memory. Never blocks.
func (s *Store) AppendDecisions(list []event.Decision) {
	h := s.history
	h.mu.Lock()
	defer h.mu.Unlock()
	h.decisions = append(h.decisions, list...)
	if over := len(h.decisions) - decisionsWaiting; over > 0 {
		h.decisions = append(h.decisions[:0:0], h.decisions[over:]...)
		h.dropped += uint64(over)
	}
}

// flushDecisions writes what waits; after an error it goes on waiting. The
// history's writing lock is held.
func (h *history) flushDecisions(ctx context.Context, db *sql.DB) error {
	h.mu.Lock()
	waiting := h.decisions
	h.decisions = nil
	h.mu.Unlock()
	if len(waiting) == 0 {
		return nil
	}
	err := inTransaction(ctx, db, func(tx *sql.Tx) error { return putDecisions(ctx, tx, waiting) })
	if err != nil {
		h.mu.Lock()
		h.decisions = append(waiting, h.decisions...)
		h.mu.Unlock()
	}
	return err
}

func inTransaction(ctx context.Context, db *sql.DB, f func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		tx.Rollback()
		return err
	}
	return tx.Commit()
}

func putDecisions(ctx context.Context, tx *sql.Tx, list []event.Decision) error {
	for _, d := range list {
		body, err := json.Marshal(d)
		if err != nil {
			continue // a wall clock beyond the year 9999
		}
		if _, err := tx.ExecContext(ctx, `insert into decision(alarm, wall, body) values(?,?,?)`, d.Key, d.At.Wall.UnixMilli(), body); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, `delete from decision where row <= (select max(row) from decision) - ?`, decisionsMost)
	return err
}

// Decisions lists what the alarm engine thought of one alarm, oldest first.
func (s *Store) Decisions(ctx context.Context, q DecisionQuery) ([]event.Decision, error) {
	if q.Most <= 0 || q.Most > 1000 {
		q.Most = 100
	}
	if q.To.IsZero() {
		q.To = time.UnixMilli(1 << 52)
	}
	var found []event.Decision
	if db := s.history.file(); db != nil {
		var err error
		if found, err = readDecisions(ctx, db, q); err != nil {
			return nil, fmt.Errorf("store %s: read decisions: %w", historyName, classed(err))
		}
	}
	s.history.mu.Lock()
	defer s.history.mu.Unlock()
	for _, d := range s.history.decisions {
		if d.Key == q.Key && !d.At.Wall.Before(q.From) && d.At.Wall.Before(q.To) {
			found = append(found, d)
		}
	}
	return found[max(0, len(found)-q.Most):], nil
}

func readDecisions(ctx context.Context, db *sql.DB, q DecisionQuery) (found []event.Decision, err error) {
	from := int64(0)
	if !q.From.IsZero() {
		from = q.From.UnixMilli()
	}
	rows, err := db.QueryContext(ctx, `select body from (select row, body from decision where alarm = ? and wall >= ? and wall < ? order by row desc limit ?) order by row`,
		q.Key, from, q.To.UnixMilli(), q.Most)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var body []byte
		var d event.Decision
		if err := rows.Scan(&body); err != nil {
			return nil, err
		}
		if json.Unmarshal(body, &d) == nil { // a damaged row is left out
			found = append(found, d)
		}
	}
	return found, rows.Err()
}
