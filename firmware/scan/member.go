package scan

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// block is one block of a member with its place in the schedule.
type block struct {
	driver.Block
	grid     time.Time     // next moment of the fixed rate: never drifts
	due      time.Time     // when it is asked next: the grid, or sooner for a repeat
	failures int           // in a row
	bad      bool          // its points were marked bad
	trouble  bool          // bad in a way that a person must hear of
	asked    bool          // it was read, or found unreadable, since start
	cost     time.Duration // what one attempt takes, smoothed
}

// member is one device with its state. The fields below lane belong to the
// lane's mutex, except got, which belongs to the call that runs.
type member struct {
	scanner *Scanner
	id      string
	device  driver.Device
	poller  driver.Poller
	writer  driver.Writer
	prober  driver.Prober
	watcher driver.Watcher
	urgent  map[point.Name]bool // every described point
	watched []point.Name        // points that no block reads
	prompt  bool                // its writes wait for no turn
	lane    *lane

	ctx      context.Context // ends with the scanner or on Remove
	stop     context.CancelFunc
	watching sync.WaitGroup
	got      []point.Name // points that the running attempt gave

	blocks   []block
	busy     bool
	writes   int       // that run beside the turn: of a prompt one
	place    int       // in the pool's heap, -1 when not in it
	at       time.Time // its key there
	rest     time.Time // not asked before: it panicked
	dead     bool
	lost     bool // died of a lost connection, not of silence
	soon     int  // failures until it is dead for good, since its wire came back
	silent   int  // failures in a row without a sign of life
	pause    time.Duration
	probeAt  time.Time
	polled   bool  // some block was read since start
	spoke    bool  // a watcher's wire is up, or a device without blocks obeyed
	watchErr error // why the watcher is away
	writeErr error // why a device that can only be written to did not obey
	lastErr  error
	thin     thinning
	good     point.Instant
	polls    uint64
	failed   uint64

	telling sync.Mutex // orders the calls of OnDevice
	told    state
}

// state is what OnDevice was last told.
type state uint8

const (
	unknown state = iota
	well
	inTrouble
)

func newMember(s *Scanner, id string, d driver.Device) (*member, error) {
	m := &member{scanner: s, id: id, device: d, urgent: map[point.Name]bool{}, place: -1}
	m.poller, _ = d.(driver.Poller)
	m.writer, _ = d.(driver.Writer)
	m.prober, _ = d.(driver.Prober)
	m.watcher, _ = d.(driver.Watcher)
	_, m.prompt = d.(driver.Prompt)
	for _, p := range d.Describe() {
		m.urgent[p.Name] = p.Urgent
	}
	if m.poller != nil {
		for _, b := range m.poller.Blocks() {
			if b.Period <= 0 || b.Timeout <= 0 {
				return nil, fmt.Errorf("add device %s: block %q: period %v and timeout %v must be above zero", id, b.Name, b.Period, b.Timeout)
			}
			m.blocks = append(m.blocks, block{Block: b})
		}
	}
	m.watched = m.unpolled()
	return m, nil
}

// unpolled lists the points that only a watcher can give.
func (m *member) unpolled() []point.Name {
	polled := map[point.Name]bool{}
	for i := range m.blocks {
		for _, n := range m.blocks[i].Points {
			polled[n] = true
		}
	}
	var names []point.Name
	for n := range m.urgent {
		if !polled[n] {
			names = append(names, n)
		}
	}
	return names
}

func (m *member) close() error {
	if err := m.device.Close(); err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("close device %s: %w", m.id, err)
	}
	return nil
}

// emit takes a sample of a running Poll or Probe.
func (m *member) emit(s point.Sample) {
	m.got = append(m.got, s.Point)
	m.pass(s)
}

// pass stamps a sample and hands it to the box.
func (m *member) pass(s point.Sample) {
	urgent, described := m.urgent[s.Point]
	if !described {
		m.scanner.log("device %s: dropped a sample of %q, which it did not describe", m.id, s.Point)
		return
	}
	if s.At == (point.Instant{}) {
		s.At = m.scanner.clock()
	}
	if urgent {
		m.scanner.sink.Urgent(s)
		return
	}
	m.scanner.sink.Sample(s)
}

// mark turns the points bad, except those in but: they were just read.
func (m *member) mark(names, but []point.Name, r point.Reason) {
	given := make(map[point.Name]bool, len(but))
	for _, n := range but {
		given[n] = true
	}
	for _, n := range names {
		if !given[n] {
			m.pass(point.Sample{Point: n, Quality: point.BadBecause(r)})
		}
	}
}

// polledPoints lists the points of all blocks.
func (m *member) polledPoints() []point.Name {
	var names []point.Name
	for i := range m.blocks {
		names = append(names, m.blocks[i].Points...)
	}
	return names
}
