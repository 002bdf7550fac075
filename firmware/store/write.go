package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"watchbox/firmware/event"
)

// querier is what a database and a transaction share.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// longestTurn is how long a caller without a deadline waits for the writer.
const longestTurn = 10 * time.Second

// write runs f in one durable transaction; nothing of it is there when it
// returns an error. The first write of a run also marks the run.
func (s *Store) write(ctx context.Context, what string, f func(tx *sql.Tx) error) error {
	return s.writeThen(ctx, what, f, func() {})
}

// writeThen also runs then after a success, still within the writer's turn.
func (s *Store) writeThen(ctx context.Context, what string, f func(tx *sql.Tx) error, then func()) error {
	release, err := s.takeTurn(ctx)
	if err != nil {
		return fmt.Errorf("store %s: %s: %w", guardName, what, err)
	}
	defer release()
	if err := s.transact(ctx, f, then); err != nil {
		err = fmt.Errorf("store %s: %s: %w", guardName, what, classed(err))
		s.noteDamage(err)
		s.noteFull(err)
		return err
	}
	return nil
}

func (s *Store) takeTurn(ctx context.Context) (release func(), err error) {
	limit := time.NewTimer(longestTurn)
	defer limit.Stop()
	select {
	case s.turn <- struct{}{}:
		return func() { <-s.turn }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", ErrBusy, context.Cause(ctx))
	case <-limit.C:
		return nil, fmt.Errorf("%w: no turn within %v", ErrBusy, longestTurn)
	}
}

func (s *Store) transact(ctx context.Context, f func(tx *sql.Tx) error, then func()) error {
	tx, err := s.guard.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	marked := func() {}
	if marked, err = s.mark(ctx, tx); err != nil {
		return err
	}
	if err = f(tx); err != nil {
		return err
	}
	if err = tx.Commit(); err != nil {
		return err
	}
	marked()
	then()
	return nil
}

// mark writes, once per run, that a run is under way, whose it is, and the
// records that it owes.
func (s *Store) mark(ctx context.Context, tx *sql.Tx) (func(), error) {
	s.mu.Lock()
	id, marked, owed, machine := s.id, s.marked, s.owed, s.options.Machine
	s.mu.Unlock()
	if marked {
		return func() {}, nil
	}
	if id.number == 0 {
		result, err := tx.ExecContext(ctx, `insert into epoch(box, name) values(?, ?)`, id.box, id.epoch)
		if err != nil {
			return nil, err
		}
		id.number, _ = result.LastInsertId()
	}
	if err := errors.Join(putMeta(tx, "clean", "0"), putMeta(tx, "machine", machine)); err != nil {
		return nil, err
	}
	a := s.newAppend(ctx, tx, id)
	a.own = true
	if err := a.batch(event.Batch{Records: owed}); err != nil {
		return nil, err
	}
	return func() {
		a.commit()
		s.mu.Lock()
		s.marked, s.owed, s.id.number = true, nil, id.number
		s.mu.Unlock()
	}, nil
}

func putMeta(tx *sql.Tx, key, value string) error {
	_, err := tx.Exec(`insert into meta(key, value) values(?, ?) on conflict(key) do update set value = excluded.value`, key, value)
	return err
}

// meta is the value of a key, empty when there is none or it cannot be read.
func meta(ctx context.Context, q querier, key string) (value string) {
	q.QueryRowContext(ctx, `select value from meta where key = ?`, key).Scan(&value)
	return value
}
