package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// historyMost is how many accepted site files are kept. Beside them stays the
// newest one of each other firmware that ran here, at most historyOthers: a box
// that falls back must find a file that its old firmware understands.
const (
	historyMost   = 20
	historyOthers = 3
	historyHead   = "# watchbox history "
	historyEnd    = ".yaml"
	byMost        = 100 // bytes of a name
)

// Accepted says which site file came into force, by whom and when.
type Accepted struct {
	Number   int       `json:"number"` // rises with each
	At       time.Time `json:"at"`
	By       string    `json:"by"`
	Digest   string    `json:"digest" doc:"SHA-256 of the file"`
	Firmware string    `json:"firmware" doc:"version that accepted it"`
	Bytes    int       `json:"bytes"`
}

// ErrNoSuchSite is a number that the history does not have.
var ErrNoSuchSite = errors.New("no such accepted site file")

// History is the folder of the site files that were in force. One goroutine at a
// time may write to it; every method blocks on the disk.
type History struct{ Directory string }

// Add keeps a site file that has come into force; the number, digest and size of a are
// filled in. One that is the newest already is not kept twice: its first entry comes back.
func (h History) Add(site []byte, a Accepted) (Accepted, error) {
	list, err := h.List()
	if err != nil {
		return a, err
	}
	a.Digest, a.Bytes, a.Number = Digest(site), len(site), 1
	if len(list) > 0 {
		if list[0].Digest == a.Digest && list[0].Firmware == a.Firmware {
			return list[0], nil
		}
		a.Number = list[0].Number + 1
	}
	a.By = strings.ToValidUTF8(a.By[:min(len(a.By), byMost)], "")
	head, err := json.Marshal(a)
	if err != nil {
		return a, fmt.Errorf("keep accepted site file: %w", err)
	}
	if err := SaveWhole(h.Directory, name(a.Number), append(append([]byte(historyHead), append(head, '\n')...), site...)); err != nil {
		return a, fmt.Errorf("keep accepted site file: %w", err)
	}
	return a, h.thin(append([]Accepted{a}, list...))
}

func name(number int) string { return fmt.Sprintf("%08d%s", number, historyEnd) }

// thin removes what is too old; list is newest first.
func (h History) thin(list []Accepted) (err error) {
	others := map[string]bool{list[0].Firmware: true}
	for i, a := range list {
		if !others[a.Firmware] && len(others) <= historyOthers {
			others[a.Firmware] = true
			continue
		}
		if i >= historyMost {
			err = errors.Join(err, os.Remove(filepath.Join(h.Directory, name(a.Number))))
		}
	}
	return err
}

// List tells what is kept, newest first. A damaged entry is left out.
func (h History) List() ([]Accepted, error) {
	entries, err := os.ReadDir(h.Directory)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("list accepted site files: %w", err)
	}
	list := []Accepted{}
	for _, e := range entries {
		n, err := strconv.Atoi(strings.TrimSuffix(e.Name(), historyEnd))
		if err != nil || n < 1 || name(n) != e.Name() {
			continue
		}
		if a, _, err := h.Get(n); err == nil {
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(a, b Accepted) int { return b.Number - a.Number })
	return list, nil
}

// Get reads one of them as it was written. ErrNoSuchSite when it is not there;
// a damaged one is an error, never half a file.
func (h History) Get(number int) (a Accepted, site []byte, err error) {
	data, err := readBounded(filepath.Join(h.Directory, name(number)))
	if errors.Is(err, os.ErrNotExist) {
		return a, nil, fmt.Errorf("site file %d: %w", number, ErrNoSuchSite)
	}
	if err != nil {
		return a, nil, fmt.Errorf("site file %d: %w", number, err)
	}
	head, site, _ := bytes.Cut(data, []byte("\n"))
	text, is := bytes.CutPrefix(head, []byte(historyHead))
	if !is || json.Unmarshal(text, &a) != nil || a.Number != number || Digest(site) != a.Digest {
		return Accepted{}, nil, fmt.Errorf("site file %d: the copy is damaged", number)
	}
	return a, site, nil
}
