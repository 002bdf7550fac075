package store

import (
	"errors"
	"fmt"

	"github.com/mattn/go-sqlite3"
)

var (
	// ErrBatch says that a batch can never be committed: a foreign epoch, a
	// number that was used for something else. Trying again does not help.
	ErrBatch = errors.New("batch is not acceptable")
	// ErrFull says that the disk has no room. Every other call goes on working.
	ErrFull = errors.New("disk is full")
	// ErrDamaged says that the file is not a healthy database any more; the next
	// Open moves it aside.
	ErrDamaged = errors.New("database is damaged")
	// ErrBusy says that the disk or another process holds the file.
	ErrBusy = errors.New("database is busy")
	// ErrNotFound says that there is no such row.
	ErrNotFound = errors.New("no such row")

	errSchema = errors.New("not a watchbox database")
)

// classed adds the class to an error of the SQL driver.
func classed(err error) error {
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code {
	case sqlite3.ErrFull:
		return fmt.Errorf("%w: %w", ErrFull, err)
	case sqlite3.ErrCorrupt, sqlite3.ErrNotADB:
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		return fmt.Errorf("%w: %w", ErrBusy, err)
	}
	return err
}

// schemaError turns "no such table" and "no such column" into a wrong schema.
func schemaError(err error) error {
	var e sqlite3.Error
	if errors.As(err, &e) && e.Code == sqlite3.ErrError {
		return fmt.Errorf("%w: %w", errSchema, err)
	}
	return err
}

// hopeless is true when the file itself is the cause and a new one may work. A
// full disk, a lock held by another process or a missing right is not.
func hopeless(err error) bool {
	if errors.Is(err, errSchema) {
		return true
	}
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code {
	case sqlite3.ErrCorrupt, sqlite3.ErrNotADB, sqlite3.ErrFormat, sqlite3.ErrCantOpen, sqlite3.ErrIoErr, sqlite3.ErrSchema:
		return true
	}
	return false
}
