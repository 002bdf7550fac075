package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// The bounds of the installer's own maps.
const (
	OwnMapMost  = 256 << 10 // bytes of one
	OwnMapsMost = 32
)

// ErrNoMap is a map that is not there; ErrMap one with faults, whose text lists every one.
var (
	ErrNoMap = errors.New("no such map")
	ErrMap   = errors.New("map not kept")
)

const (
	ownMapHead = "# watchbox map "
	ownMapEnd  = ".yaml"
)

var ownMapName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// OwnMapName tells whether an own map can be called so; the site file writes own/
// before it.
func OwnMapName(name string) bool { return ownMapName.MatchString(name) }

// OwnMaps is the folder of the maps that the installer made: NAME.yaml, each with its
// own check sum in front. A file without one, put there by hand, is taken as it is.
// One goroutine at a time may write to it; every method blocks on the disk.
type OwnMaps struct{ Directory string }

// OwnMapsOf are those of the data directory.
func OwnMapsOf(dataDir string) OwnMaps { return OwnMaps{filepath.Join(dataDir, "maps")} }

// Load reads all of them, by name; nil is one that is damaged. What has no name or
// no size that it could have is left out, and so is what is more than OwnMapsMost.
func (o OwnMaps) Load() map[string][]byte {
	all := map[string][]byte{}
	entries, _ := os.ReadDir(o.Directory) // what a broken disk does not list is missing
	for _, e := range entries {
		name, is := strings.CutSuffix(e.Name(), ownMapEnd)
		if !is || !OwnMapName(name) || !e.Type().IsRegular() || len(all) == OwnMapsMost {
			continue
		}
		all[name] = o.read(name)
	}
	return all
}

// read is one map without its check sum; nil when it is damaged.
func (o OwnMaps) read(name string) []byte {
	data, err := readBounded(filepath.Join(o.Directory, name+ownMapEnd))
	text := data
	if sum, headed := bytes.CutPrefix(data, []byte(ownMapHead)); headed {
		sum, text, _ = bytes.Cut(sum, []byte("\n"))
		if string(sum) != Digest(text) {
			return nil
		}
	}
	if err != nil || len(text) == 0 || len(text) > OwnMapMost {
		return nil
	}
	return text
}

// Save keeps a map, whole: the former one of that name stands there or this one does
// when the power fails.
func (o OwnMaps) Save(name string, text []byte) error {
	file := append([]byte(ownMapHead+Digest(text)+"\n"), text...)
	if err := SaveWhole(o.Directory, name+ownMapEnd, file); err != nil {
		return fmt.Errorf("keep map %s: %w", name, err)
	}
	return nil
}

// Remove takes one away; one that is not there is gone already.
func (o OwnMaps) Remove(name string) error {
	if err := os.Remove(filepath.Join(o.Directory, name+ownMapEnd)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove map %s: %w", name, err)
	}
	return nil
}
