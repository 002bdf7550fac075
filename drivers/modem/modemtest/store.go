package modemtest

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

type stored struct {
	status int // 0 received unread, 1 received read
	octets []byte
}

// Stored is how many messages lie in the store.
func (m *Modem) Stored() (n int) { m.locked(func() { n = len(m.store) }); return n }

// keep stores a TPDU in the first free place and announces it; false when the
// store is full.
func (m *Modem) keep(b []byte, announcement string) bool {
	if len(m.store) >= m.capacity {
		return false
	}
	i := 1
	for ; ; i++ {
		if _, used := m.store[i]; !used {
			break
		}
	}
	m.store[i] = stored{0, b}
	if announcement != "" {
		m.say(fmt.Sprintf(announcement, i))
	}
	return true
}

func (m *Modem) list() string {
	var out []string
	for _, i := range m.places() {
		s := m.store[i]
		out = append(out, fmt.Sprintf("+CMGL: %d,%d,,%d", i, s.status, len(s.octets)), "00"+strings.ToUpper(hex.EncodeToString(s.octets)))
		m.store[i] = stored{1, s.octets}
	}
	if len(out) == 0 {
		return ok
	}
	return lines(out...)
}

func (m *Modem) places() (list []int) {
	for i := range m.store {
		list = append(list, i)
	}
	slices.Sort(list)
	return list
}

func (m *Modem) stored(name, value string) string {
	field, _, _ := strings.Cut(value, ",")
	i, err := strconv.Atoi(field)
	if err != nil || i < 1 || i > 255 {
		return m.cms(321) // invalid memory index
	}
	if name == "+CMGD" {
		delete(m.store, i)
		return ok
	}
	s, there := m.store[i]
	if !there {
		return ok
	}
	m.store[i] = stored{1, s.octets}
	return lines(fmt.Sprintf("+CMGR: %d,,%d", s.status, len(s.octets)), "00"+strings.ToUpper(hex.EncodeToString(s.octets)))
}
