// Package mapstest reads recordings of products: what a device held, and what its
// map must make of it. A recording is a text file that a person writes or keeps:
//
//	origin: captured
//	# 2024-05-02, UPS in room 3, mains present
//	holding 11000: 2262 0 0 500
//	info 0x42: 00 5a 00
//	info 0x43 ff: 00 01 00
//	info 0x44 address: 00 f0
//	coil 0: 1 0 0 0
//	input.voltage = 226.2
//	battery.runtime ! bad/not-present
//	ups.mode = 9 ! uncertain/out-of-range
package mapstest

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"watchbox/drivers/maps"
	"watchbox/firmware/point"
)

// Where the content of a recording is from.
const (
	Paper     = "paper"     // the example values of the vendor's paper or of a driver's own test
	Captured  = "captured"  // read from a device
	Synthetic = "synthetic" // plausible values that somebody chose: shows that the map is read right, not that it is right
)

// Recording is one file.
type Recording struct {
	Origin string
	Cells  map[maps.Table]map[uint16]uint16 // registers and bits by address
	Info   map[maps.Question][]byte         // of YD/T 1363
	Want   []Want
}

// Want is one value that the map must give.
type Want struct {
	Item    string
	Value   string // as point.Value.String has it
	Quality point.Quality
}

// Parse reads a recording. Errors name the line.
func Parse(data []byte) (*Recording, error) {
	r := &Recording{Cells: map[maps.Table]map[uint16]uint16{}, Info: map[maps.Question][]byte{}}
	lines := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		if err := r.line(line); err != nil {
			return nil, fmt.Errorf("line %d: %q: %w", n, line, err)
		}
	}
	if r.Origin == "" || len(r.Want) == 0 {
		return nil, fmt.Errorf("want an origin and at least one value")
	}
	return r, lines.Err()
}

func (r *Recording) line(line string) error {
	if place, content, found := strings.Cut(line, ": "); found && !strings.ContainsAny(place, "=!") {
		return r.content(strings.Fields(place), strings.TrimSpace(content))
	}
	return r.value(line)
}

// content is "origin", or a table with an address.
func (r *Recording) content(place []string, content string) error {
	if len(place) == 1 && place[0] == "origin" {
		r.Origin = content
		if content != Paper && content != Captured && content != Synthetic {
			return fmt.Errorf("want paper, captured or synthetic")
		}
		return nil
	}
	if len(place) != 2 && (len(place) < 3 || place[0] != maps.Info.String()) {
		return fmt.Errorf("want a table and an address before the colon")
	}
	at, err := strconv.ParseUint(place[1], 0, 16)
	if err != nil {
		return err
	}
	if place[0] == maps.Info.String() {
		return r.info(uint8(at), place[2:], content)
	}
	for t := maps.Coil; t <= maps.Input; t++ {
		if t.String() == place[0] {
			return r.cells(t, uint16(at), strings.Fields(content))
		}
	}
	return fmt.Errorf("want origin, coil, discrete, holding, input or info")
}

// info is an answer of YD/T 1363, with what was asked beside the command.
func (r *Recording) info(command uint8, asked []string, content string) error {
	q := maps.Question{Command: command}
	if q.Own = slices.Equal(asked, []string{"address"}); !q.Own {
		b, err := hex.DecodeString(strings.Join(asked, ""))
		if err != nil {
			return err
		}
		q.Ask = string(b)
	}
	b, err := hex.DecodeString(strings.ReplaceAll(content, " ", ""))
	r.Info[q] = b
	return err
}

func (r *Recording) cells(t maps.Table, at uint16, words []string) error {
	if r.Cells[t] == nil {
		r.Cells[t] = map[uint16]uint16{}
	}
	for i, w := range words {
		v, err := strconv.ParseUint(w, 0, 16)
		if err != nil {
			return err
		}
		r.Cells[t][at+uint16(i)] = uint16(v)
	}
	return nil
}

// value is "item = value", with " ! quality" behind it or instead of it.
func (r *Recording) value(line string) error {
	rest, quality, doubtful := strings.Cut(line, "!")
	item, value, given := strings.Cut(rest, "=")
	if !doubtful && !given {
		return fmt.Errorf("want item = value, item ! quality or both")
	}
	w := Want{Item: strings.TrimSpace(item), Value: strings.TrimSpace(value)}
	if doubtful {
		if err := w.Quality.UnmarshalText([]byte(strings.TrimSpace(quality))); err != nil {
			return err
		}
	}
	r.Want = append(r.Want, w)
	return nil
}
