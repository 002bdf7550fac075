package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
)

// PutMessage inserts a message into the ledger or replaces it by its id.
func (s *Store) PutMessage(ctx context.Context, m Message) error {
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("store ledger: write %s: %w", m.ID, err)
	}
	return s.write(ctx, "ledger "+m.ID, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `insert into message(id, queued, state, channel, reference, body) values(?, ?, ?, ?, ?, ?) on conflict(id) do update set
		  state = excluded.state, reference = excluded.reference, body = excluded.body`,
			m.ID, m.Queued.UnixMilli(), m.State, m.Channel, m.Reference, body)
		return err
	})
}

// Messages gives the newest messages, newest first; most is 1–1000, else 100.
func (s *Store) Messages(ctx context.Context, most int) ([]Message, error) {
	if most <= 0 {
		most = 100
	}
	return s.messages(ctx, `select body from message order by queued desc, id desc limit ?`, min(most, 1000))
}

// OpenMessages gives what a restart must take up again, oldest first: messages
// that are queued, and those that were sent and wait for their delivery report.
// At most the newest 1000 of each state are looked at.
func (s *Store) OpenMessages(ctx context.Context) ([]Message, error) {
	return s.messages(ctx, `select body from (select * from message where state in ('queued', 'sent') order by queued desc limit 1000) order by queued, id`)
}

// MessageByReference finds the newest message that the channel gave this
// reference; modems use the same few numbers again and again. ErrNotFound.
func (s *Store) MessageByReference(ctx context.Context, channel, reference string) (Message, error) {
	found, err := s.messages(ctx, `select body from message where channel = ? and reference = ? and reference <> '' order by queued desc limit 1`, channel, reference)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("store ledger: reference %q of channel %s: %w", reference, channel, ErrNotFound)
	}
	if err != nil {
		return Message{}, err
	}
	return found[0], nil
}

func (s *Store) messages(ctx context.Context, query string, arguments ...any) ([]Message, error) {
	bodies, err := s.bodies(ctx, query, arguments...)
	if err != nil {
		return nil, fmt.Errorf("store ledger: read: %w", classed(err))
	}
	found := make([]Message, len(bodies))
	for i, b := range bodies {
		if err := json.Unmarshal(b, &found[i]); err != nil {
			return nil, fmt.Errorf("store ledger: read: %w", err)
		}
	}
	return found, nil
}

// bodies reads one column of blobs.
func (s *Store) bodies(ctx context.Context, query string, arguments ...any) (bodies [][]byte, err error) {
	rows, err := s.reader.QueryContext(ctx, query, arguments...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			return nil, err
		}
		bodies = append(bodies, b)
	}
	return bodies, rows.Err()
}
