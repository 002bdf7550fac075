package scan

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// DeviceState is how one device is doing.
type DeviceState struct {
	ID       string
	OK       bool      // everything it should give was read last time; false until the first answer, too
	Err      error     // the latest failure while not OK; nil when nothing was asked yet
	LastGood time.Time // wall time of the latest successful read, zero when there was none
	Polls    uint64    // attempts, probes included
	Failures uint64    // failed attempts, restarts of a watcher and failed writes
	Hung     bool      // a call to it has not come back by its deadline: its whole bus stands still
}

// States lists all devices by id.
func (s *Scanner) States() []DeviceState {
	s.mu.Lock()
	members := s.sorted()
	s.mu.Unlock()
	all := make([]DeviceState, 0, len(members))
	for _, m := range members {
		all = append(all, m.state())
	}
	return all
}

func (m *member) state() DeviceState {
	m.lane.mu.Lock()
	defer m.lane.mu.Unlock()
	d := DeviceState{ID: m.id, Polls: m.polls, Failures: m.failed, LastGood: m.good.Wall, Hung: m.lane.hung(m)}
	d.OK = !m.inTrouble() && (m.wellKnown() || m.onlyWritten())
	if !d.OK {
		d.Err = m.lastErr
	}
	return d
}

// sorted lists the members by id; mu is held.
func (s *Scanner) sorted() []*member {
	var all []*member
	for _, m := range s.members {
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b *member) int { return cmp.Compare(a.id, b.id) })
	return all
}

// hungAfter is how long a call may outlive its deadline before it is called hung:
// a driver that looks at its clock only now and then is slow, not stuck.
const hungAfter = 2 * time.Second

// hung is true when the device's own call is the one that holds up its bus: a
// driver that does not keep its contract, or a wire that hangs in the kernel. A
// guest's call is told of the first device. The owner of the box decides on the
// remedy. The lane's lock is held.
func (l *lane) hung(m *member) bool {
	holder := l.runs.m
	if l.hosting && len(l.members) > 0 {
		holder = l.members[0]
	}
	return !l.pooled() && holder == m && time.Since(l.limit) > hungAfter
}

// thinning says which of a row of failures is worth a line in the log: the
// first of its kind, then each power of ten, then the recovery with the count.
type thinning struct {
	reason point.Reason
	same   int // failures of this reason in a row
	all    int // failures since the last recovery
}

func (t *thinning) failed(id string, err error) string {
	if r := driver.ReasonOf(err); r != t.reason || t.all == 0 {
		t.reason, t.same = r, 0
	}
	t.same++
	t.all++
	switch {
	case t.same == 1:
		return fmt.Sprintf("device %s: %v", id, err)
	case powerOfTen(t.same):
		return fmt.Sprintf("device %s: %v (%d times)", id, err, t.same)
	}
	return ""
}

func (t *thinning) recovered(id string) string {
	n := t.all
	*t = thinning{}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("device %s: well again after %d failures", id, n)
}

func powerOfTen(n int) bool {
	for ; n > 1 && n%10 == 0; n /= 10 {
	}
	return n == 1
}
