package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// The why-log lies in history.db, beside the samples that it speaks of: it may
// be lost, and then the journal still holds every alarm.

const (
	// decisionsWaiting is the bound of what waits for the disk: the oldest go, counted.
	decisionsWaiting = 20_000
	decisionDays     = 30
	decisionRows     = 200_000
	decisionBody     = 16 << 10 // a greater one loses its inputs, and says so
)

// AppendDecisions takes changes of mind of the alarm engine into memory; they are on the
// disk half a minute later. Never blocks.
func (s *Store) AppendDecisions(list []event.Decision) {
	h := s.history
	h.mu.Lock()
	defer h.mu.Unlock()
	h.decisions = append(h.decisions, list...)
	if over := len(h.decisions) - decisionsWaiting; over > 0 {
		h.decisions = slices.Delete(h.decisions, 0, over)
		h.undecided += uint64(over)
	}
}

// DecisionState is how many decisions wait for the disk, and how many were
// dropped since the start because it did not take them. Never blocks.
func (s *Store) DecisionState() (waiting int, dropped uint64) {
	s.history.mu.Lock()
	defer s.history.mu.Unlock()
	return len(s.history.decisions), s.history.undecided
}

// FlushDecisions writes what waits. After an error it goes on waiting.
func (s *Store) FlushDecisions(ctx context.Context) error {
	h := s.history
	h.writing.Lock()
	defer h.writing.Unlock()
	h.mu.Lock()
	list, db := slices.Clone(h.decisions), h.db
	before := h.undecided
	h.mu.Unlock()
	if len(list) == 0 {
		return nil
	}
	err := errHistory
	if db != nil {
		err = writeDecisions(ctx, db, list)
	}
	if err != nil {
		err = fmt.Errorf("store %s: write %d decisions: %w", historyName, len(list), classed(err))
		s.noteFull(err)
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	gone := min(int(h.undecided-before), len(list)) // written, and pushed out meanwhile
	h.undecided -= uint64(gone)
	h.decisions = slices.Delete(h.decisions, 0, len(list)-gone)
	return nil
}

func writeDecisions(ctx context.Context, db *sql.DB, list []event.Decision) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	// The file may be of the first release, and was too full to be added to at Open.
	if _, err := tx.ExecContext(ctx, decisionTable); err != nil {
		return err
	}
	insert, err := tx.PrepareContext(ctx, `insert into decision(wall, alarm, body) values(?, ?, ?)`)
	if err != nil {
		return err
	}
	for _, d := range list {
		body := decisionJSON(d)
		if body == nil {
			continue // a wall clock beyond the year 9999
		}
		if _, err := insert.ExecContext(ctx, d.At.Wall.UnixMilli(), d.Key, body); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, `delete from decision where row <= (select max(row) from decision) - ?`, decisionRows); err != nil {
		return err
	}
	return tx.Commit()
}

func decisionJSON(d event.Decision) []byte {
	body, err := json.Marshal(d)
	if err == nil && len(body) <= decisionBody {
		return body
	}
	d.Text = point.Words{Zh: cut(d.Text.Zh) + "（输入过多，未保存）", En: cut(d.Text.En) + " (too many inputs to keep)"}
	d.Inputs = nil
	body, _ = json.Marshal(d)
	return body
}

func cut(s string) string { return s[:min(len(s), 1000)] }

// sweepDecisions lets go what is older than the days kept, some at a time.
func sweepDecisions(ctx context.Context, db *sql.DB, now time.Time) error {
	_, err := db.ExecContext(ctx, `delete from decision where row in (select row from decision where wall < ? order by row limit 50000)`,
		now.AddDate(0, 0, -decisionDays).UnixMilli())
	return err
}

// DecisionQuery selects from the why-log. The zero value is the newest 100.
type DecisionQuery struct {
	Key      string    // of the alarm; empty: of all
	From, To time.Time // From ≤ time < To, by the wall as it was; zero: open
	Most     int       // 1–1000; 0 means 100
}

// Decisions reads the newest of the why-log that match, oldest first; what still
// waits for the disk is among it.
func (s *Store) Decisions(ctx context.Context, q DecisionQuery) ([]event.Decision, error) {
	q.Most = min(max(q.Most, 0), 1000)
	if q.Most == 0 {
		q.Most = 100
	}
	s.history.mu.Lock()
	db, waiting := s.history.db, slices.Clone(s.history.decisions)
	s.history.mu.Unlock()
	found := q.among(waiting)
	if db != nil {
		old, err := q.file(ctx, db)
		if err != nil {
			return found, fmt.Errorf("store %s: read decisions: %w", historyName, classed(err))
		}
		found = append(found, old...)
	}
	slices.SortStableFunc(found, func(a, b event.Decision) int { return b.At.Wall.Compare(a.At.Wall) })
	found = once(found)
	found = found[:min(len(found), q.Most)]
	slices.Reverse(found)
	return found, nil
}

// DecisionAt is the last decision about the alarm at or before the time; ok is
// false when none is kept.
func (s *Store) DecisionAt(ctx context.Context, key string, at time.Time) (d event.Decision, ok bool, err error) {
	list, err := s.Decisions(ctx, DecisionQuery{Key: key, To: at.Add(time.Millisecond), Most: 1})
	if len(list) == 0 {
		return d, false, err
	}
	return list[0], true, err
}

// once drops what was seen both in memory and in the file: a flush came between.
func once(list []event.Decision) []event.Decision {
	type name struct {
		key, verdict, boot string
		mono               time.Duration
		wall               int64
	}
	seen := make(map[name]bool, len(list))
	return slices.DeleteFunc(list, func(d event.Decision) bool {
		n := name{d.Key, d.Verdict, d.At.Boot, d.At.Mono, d.At.Wall.UnixNano()}
		double := seen[n]
		seen[n] = true
		return double
	})
}

// among are those of the list that match, newest first.
func (q DecisionQuery) among(list []event.Decision) (found []event.Decision) {
	for _, d := range slices.Backward(list) {
		if (q.Key == "" || q.Key == d.Key) && (q.From.IsZero() || !d.At.Wall.Before(q.From)) && (q.To.IsZero() || d.At.Wall.Before(q.To)) {
			found = append(found, d)
		}
	}
	return found
}

func (q DecisionQuery) file(ctx context.Context, db *sql.DB) (found []event.Decision, err error) {
	from, to := int64(-1)<<62, int64(1)<<62
	if !q.From.IsZero() {
		from = q.From.UnixMilli()
	}
	if !q.To.IsZero() {
		to = q.To.UnixMilli()
	}
	query, arguments := `select body from decision where alarm = ? and wall >= ? and wall < ? order by wall desc, row desc limit ?`, []any{q.Key, from, to, q.Most}
	if q.Key == "" {
		query, arguments = `select body from decision where wall >= ? and wall < ? order by row desc limit ?`, arguments[1:]
	}
	rows, err := db.QueryContext(ctx, query, arguments...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var body sql.RawBytes
		if err := rows.Scan(&body); err != nil {
			return nil, err
		}
		var d event.Decision
		if json.Unmarshal(body, &d) == nil { // a damaged row is one answer less
			found = append(found, d)
		}
	}
	return found, rows.Err()
}
