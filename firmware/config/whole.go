package config

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// saving is in the name of a file that is not whole yet, before a random number.
const saving = ".saving-"

// SaveWhole puts a file in place of the former one, down to the medium: it stands
// there whole, or the former one does, when the power fails. Blocks on the disk.
func SaveWhole(directory, name string, data []byte) (err error) {
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(directory, name+saving+"*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(f.Name(), filepath.Join(directory, name)); err != nil {
		return err
	}
	d, err := os.Open(directory)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// SweepUnfinished removes what a power cut left of SaveWhole under a directory. Nobody may
// save there meanwhile. It removes nothing more once ctx has ended, however late the disk
// answers. Blocks on the disk.
func SweepUnfinished(ctx context.Context, directory string) error {
	var failed error
	err := filepath.WalkDir(directory, func(path string, e fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil && e.Type().IsRegular() && unfinished(e.Name()):
			failed = errors.Join(failed, os.Remove(path))
		}
		return nil // a folder that cannot be read, as lost+found, is none of ours
	})
	return errors.Join(err, failed)
}

// unfinished tells a name that SaveWhole made.
func unfinished(name string) bool {
	_, number, found := strings.Cut(name, saving)
	return found && number != "" && strings.Trim(number, "0123456789") == ""
}
