package webtest

import (
	"context"

	"watchbox/firmware/backup"
)

// Backup seals the fake's name.
func (b *Box) Backup(_ context.Context, passphrase, actor string) ([]byte, error) {
	return backup.Seal(backup.Content{Box: b.box, By: actor}, passphrase)
}

// Restore opens a backup and keeps it in Restored.
func (b *Box) Restore(_ context.Context, file []byte, passphrase, actor string) error {
	c, err := backup.Open(file, passphrase)
	if err != nil {
		return err
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	c.By = actor
	b.Restored = append(b.Restored, c)
	return nil
}
