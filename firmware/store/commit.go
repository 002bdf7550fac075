package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"watchbox/firmware/event"
)

// Commit writes the batches, whole or not at all, in one transaction that is on
// the disk when it returns nil: records, retained state, and one outbox row per
// record and path. Records carry ids of this run's epoch, ascending; a record
// that is already there unchanged (the answer to an earlier attempt was lost) is
// left alone. Numbers that were left out are remembered until a gap record says
// so. ErrBatch: never acceptable; anything else may be tried again.
func (s *Store) Commit(ctx context.Context, batches []event.Batch) error {
	var a *appending
	what := fmt.Sprintf("commit %d batches", len(batches))
	return s.writeThen(ctx, what, func(tx *sql.Tx) error {
		s.mu.Lock()
		id := s.id
		s.mu.Unlock()
		if id.number == 0 {
			if err := tx.QueryRowContext(ctx, `select number from epoch where name = ?`, id.epoch).Scan(&id.number); err != nil {
				return err
			}
		}
		id.last = max(id.last, s.ownLast())
		a = s.newAppend(ctx, tx, id)
		for _, b := range batches {
			if err := a.batch(b); err != nil {
				return err
			}
		}
		return a.trim()
	}, func() { a.commit() })
}

// ownLast is the number of the last record that this run's mark wrote or writes.
func (s *Store) ownLast() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.id.next - 1
}

// appending is one transaction's worth of records.
type appending struct {
	s       *Store
	ctx     context.Context
	tx      *sql.Tx
	id      identity // last moves on
	own     bool     // the store's own records: their gaps are meant
	paths   []outPath
	backlog map[int64]int // change per path
	row     int64
}

func (s *Store) newAppend(ctx context.Context, tx *sql.Tx, id identity) *appending {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &appending{s: s, ctx: ctx, tx: tx, id: id, paths: s.paths, backlog: map[int64]int{}}
}

// commit carries what the transaction did into memory.
func (a *appending) commit() {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	a.s.id.last = max(a.s.id.last, a.id.last)
	for i := range a.s.paths {
		a.s.paths[i].waiting += a.backlog[a.s.paths[i].number]
	}
}

func (a *appending) batch(b event.Batch) error {
	for i := range b.Records {
		if err := a.record(b.Records[i]); err != nil {
			return err
		}
	}
	for _, r := range b.Retained {
		if err := a.retain(r); err != nil {
			return err
		}
	}
	return nil
}

func (a *appending) retain(r event.Retained) error {
	query, arguments := `insert into retained(key, value) values(?, ?) on conflict(key) do update set value = excluded.value`, []any{r.Key, r.Value}
	if r.Value == nil {
		query, arguments = `delete from retained where key = ?`, arguments[:1]
	}
	_, err := a.tx.ExecContext(a.ctx, query, arguments...)
	return err
}

func (a *appending) record(r event.Record) error {
	if r.ID.Box != a.id.box || r.ID.Epoch != a.id.epoch || r.ID.Sequence == 0 {
		return fmt.Errorf("%w: record %v is not of %s/%s", ErrBatch, r.ID, a.id.box, a.id.epoch)
	}
	body, err := encodeBody(r)
	if err != nil {
		return fmt.Errorf("%w: record %v: %w", ErrBatch, r.ID, err)
	}
	if r.ID.Sequence <= a.id.last && !a.own {
		return a.same(r, body)
	}
	if err := a.skipped(r.ID.Sequence); err != nil {
		return err
	}
	if err := a.insert(r, body); err != nil {
		return err
	}
	a.id.last = r.ID.Sequence
	if r.Type == event.JournalGap {
		return a.filled(r)
	}
	return nil
}

func (a *appending) insert(r event.Record, body []byte) error {
	result, err := a.tx.ExecContext(a.ctx, `insert into journal(epoch, sequence, wall, type, room, origin, body) values(?, ?, ?, ?, ?, ?, ?)`,
		a.id.number, int64(r.ID.Sequence), r.At.Wall.UnixMilli(), string(r.Type), r.Room, r.Origin.String(), body)
	if err != nil {
		return err
	}
	if a.row, err = result.LastInsertId(); err != nil {
		return err
	}
	for _, p := range a.paths {
		if _, err := a.tx.ExecContext(a.ctx, `insert into outbox(path, late, row) values(?, ?, ?)`, p.number, late(r.Type), a.row); err != nil {
			return err
		}
		a.backlog[p.number]++
	}
	return nil
}

// same checks that a number which is not new holds this very record.
func (a *appending) same(r event.Record, body []byte) error {
	var there []byte
	err := a.tx.QueryRowContext(a.ctx, `select body from journal where epoch = ? and sequence = ?`, a.id.number, int64(r.ID.Sequence)).Scan(&there)
	if errors.Is(err, sql.ErrNoRows) || err == nil && string(there) != string(body) {
		return fmt.Errorf("%w: number of record %v is taken or passed; last is %d", ErrBatch, r.ID, a.id.last)
	}
	return err
}

// bodyLimit is the greatest record, as JSON. A detail that does not fit is left
// out and says so: the record itself is never lost for it.
const bodyLimit = 64 << 10

// encodeBody is the record without its id, which stands in columns.
func encodeBody(r event.Record) ([]byte, error) {
	r.ID, r.Journaled = event.ID{}, true
	if len(r.Detail) > bodyLimit || !json.Valid(r.Detail) && r.Detail != nil {
		r.Detail, _ = json.Marshal(map[string]int{"omittedBytes": len(r.Detail)})
	}
	body, err := json.Marshal(r)
	if err == nil && len(body) > 2*bodyLimit {
		err = fmt.Errorf("%d bytes", len(body))
	}
	return body, err
}
