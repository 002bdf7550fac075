package modbusserver

import (
	"encoding/binary"
	"errors"

	"watchbox/firmware/config"
	"watchbox/firmware/scan"
)

// The most that one write carries (V1.1b3, 6.11 and 6.12).
const (
	mostCoilsWritten = 1968
	mostWordsWritten = 123
)

// proxied is a bus behind the box.
type proxied struct {
	line   Line
	writes []config.ProxyWrite
	audit  *audit
}

// passed is one unit of it.
type passed struct {
	*proxied
	id byte
}

// wish is what a request would do.
type wish struct {
	table           string // of a write: coil, holding; empty for a read
	register, count int
	values          []uint16
}

// Answer passes on what may be passed on, and gives the unit's answer.
func (u *passed) Answer(from string, request []byte) []byte {
	w, code := wishOf(request)
	if code != 0 {
		return exception(request[0], code)
	}
	if w.table != "" && !u.may(w) {
		u.audit.refused(from, u.id, w)
		return exception(request[0], noPath)
	}
	answer, err := u.line.Ask(u.id, request)
	u.audit.asked(from, u.id, w, answer, err)
	switch {
	case errors.Is(err, scan.ErrNoTurn):
		return exception(request[0], noPath)
	case err != nil:
		return exception(request[0], noAnswer)
	}
	return answer
}

// may is true when one line of the site file allows the whole write.
func (u *passed) may(w wish) bool {
	for _, a := range u.writes {
		if a.Unit == int(u.id) && a.Table == w.table && a.Register <= w.register && w.register+w.count <= a.Register+a.Count {
			return true
		}
	}
	return false
}

// wishOf reads a request; code is 0 for one that may be passed on as far as its form
// goes. Functions that are not known here are not passed on: what answers to them
// could not be told from other frames. Pure.
func wishOf(request []byte) (w wish, code byte) {
	f, n := request[0], len(request)
	switch {
	case f == encapsulated:
		return w, misformed(n == 4 && request[1] == identification)
	case f < 1 || f > 6 && f != 15 && f != 16:
		return w, noPath
	case n < 5 || f <= 6 && n != 5:
		return w, illegalValue
	}
	w.register, w.count = int(binary.BigEndian.Uint16(request[1:])), int(binary.BigEndian.Uint16(request[3:]))
	switch f {
	case 1, 2:
		return w, misformed(w.count >= 1 && w.count <= mostBits)
	case 3, 4:
		return w, misformed(w.count >= 1 && w.count <= mostWords)
	case 5, 6:
		return single(f, w)
	}
	return several(request, w)
}

func misformed(good bool) byte {
	if good {
		return 0
	}
	return illegalValue
}

// single is functions 5 and 6: what stands at the place of the count is the value.
func single(f byte, w wish) (wish, byte) {
	w.table, w.values, w.count = "holding", []uint16{uint16(w.count)}, 1
	if f == 6 {
		return w, 0
	}
	w.table = "coil"
	good := w.values[0] == 0 || w.values[0] == 0xff00
	w.values[0] >>= 15
	return w, misformed(good)
}

// several is functions 15 and 16.
func several(request []byte, w wish) (wish, byte) {
	bytes, most := 2*w.count, mostWordsWritten
	if w.table = "holding"; request[0] == 15 {
		bytes, most, w.table = (w.count+7)/8, mostCoilsWritten, "coil"
	}
	if w.count < 1 || w.count > most || len(request) != 6+bytes || int(request[5]) != bytes {
		return w, illegalValue
	}
	for i := range w.count {
		if request[0] == 15 {
			w.values = append(w.values, uint16(request[6+i/8]>>(i%8)&1))
		} else {
			w.values = append(w.values, binary.BigEndian.Uint16(request[6+2*i:]))
		}
	}
	return w, 0
}
