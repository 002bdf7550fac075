package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"watchbox/firmware/person"
)

var _ person.Keeper = (*Store)(nil)

// Accounts meets person.Keeper.
func (s *Store) Accounts(ctx context.Context) ([]person.Account, error) {
	return readAll[person.Account](ctx, s, `select body from account order by name`)
}

// PutAccount meets person.Keeper.
func (s *Store) PutAccount(ctx context.Context, a person.Account) error {
	return s.put(ctx, "account "+a.Name, `insert into account(name, body) values(?, ?) on conflict(name) do update set body = excluded.body`, a.Name, a)
}

// RemoveAccount meets person.Keeper.
func (s *Store) RemoveAccount(ctx context.Context, name string) error {
	return s.remove(ctx, "account "+name, `delete from account where name = ?`, name)
}

// Credentials meets person.Keeper.
func (s *Store) Credentials(ctx context.Context) ([]person.Credential, error) {
	return readAll[person.Credential](ctx, s, `select body from credential`)
}

// PutCredential meets person.Keeper.
func (s *Store) PutCredential(ctx context.Context, c person.Credential) error {
	return s.put(ctx, "credential", `insert into credential(hash, body) values(?, ?) on conflict(hash) do update set body = excluded.body`, c.Hash, c)
}

// RemoveCredential meets person.Keeper.
func (s *Store) RemoveCredential(ctx context.Context, hash string) error {
	return s.remove(ctx, "credential", `delete from credential where hash = ?`, hash)
}

func (s *Store) put(ctx context.Context, what, query, key string, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("store %s: %w", what, err)
	}
	return s.write(ctx, what, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, query, key, body)
		return err
	})
}

func (s *Store) remove(ctx context.Context, what, query, key string) error {
	return s.write(ctx, "remove "+what, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, query, key)
		return err
	})
}

func readAll[T any](ctx context.Context, s *Store, query string) ([]T, error) {
	bodies, err := s.bodies(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("store %s: read: %w", guardName, classed(err))
	}
	all := make([]T, len(bodies))
	for i, b := range bodies {
		if err := json.Unmarshal(b, &all[i]); err != nil {
			return nil, fmt.Errorf("store %s: read: %w", guardName, err)
		}
	}
	return all, nil
}
