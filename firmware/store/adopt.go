package store

import (
	"context"
	"database/sql"
	"encoding/json"

	"watchbox/firmware/person"
)

// Adopt takes the people and the retained state of a backup in place of what is
// here, in one transaction. Journal and identity stay this box's own. Call it
// before anybody reads the retained state.
func (s *Store) Adopt(ctx context.Context, accounts []person.Account, credentials []person.Credential, retained map[string][]byte) error {
	return s.write(ctx, "adopt a backup", func(tx *sql.Tx) error {
		for _, table := range []string{"account", "credential", "retained"} {
			if _, err := tx.ExecContext(ctx, `delete from `+table); err != nil {
				return err
			}
		}
		for _, a := range accounts {
			if err := adopt(ctx, tx, `insert into account(name, body) values(?, ?)`, a.Name, a); err != nil {
				return err
			}
		}
		for _, c := range credentials {
			if err := adopt(ctx, tx, `insert into credential(hash, body) values(?, ?)`, c.Hash, c); err != nil {
				return err
			}
		}
		for key, value := range retained {
			if _, err := tx.ExecContext(ctx, `insert into retained(key, value) values(?, ?)`, key, value); err != nil {
				return err
			}
		}
		return nil
	})
}

func adopt(ctx context.Context, tx *sql.Tx, query, key string, value any) error {
	body, err := json.Marshal(value)
	if err == nil {
		_, err = tx.ExecContext(ctx, query, key, body)
	}
	return err
}
