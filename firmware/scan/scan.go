// Package scan runs drivers: it owns the goroutines, the schedule, the deadline
// of each attempt, the back-off of what does not answer, and the quality of
// points that could not be read. A driver makes one attempt when it is asked.
//
// Devices that share a wire are a bus and are served by one goroutine, one call
// at a time. Devices that share nothing but the network (SNMP, probes) go to the
// pool: each has at most one request outstanding, and up to PoolWidth devices are
// asked at once. A watcher has a goroutine of its own.
//
// What a failure means: the first failed attempt at a block is repeated at once;
// when that fails too the block's points turn bad and the device is in trouble.
// Three failures in a row without a sign of life make the device dead: every
// point is bad, and it gets one cheap probe each 10–60 s, so that the living
// ones keep their rate. A device that refuses (it answered) is never dead. The
// device is well again when all its blocks were read.
//
// Package scan blocks on wires only. Sink and the OnDevice function must not block.
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

// PoolWidth is how many pooled devices may have a request outstanding. When as
// many are waiting for an answer the next due one waits its turn.
const PoolWidth = 1024

// Sink takes samples into the box. Neither method blocks; both are called from
// many goroutines at once.
type Sink interface {
	Urgent(point.Sample) // an edge: one event, never coalesced
	Sample(point.Sample) // anything else: the newest of a point may replace older ones
}

// Scanner runs the devices that were added to it. All methods may be called from
// any goroutine.
type Scanner struct {
	sink     Sink
	clock    func() point.Instant
	log      driver.Log
	onDevice func(id string, ok bool, err error)

	mu      sync.Mutex
	lanes   map[string]*lane // by bus; the pool and a device's own lane too
	members map[string]*member
	writers map[point.Name]*member // who describes the point
	running context.Context        // nil until Run
	started chan struct{}          // closed when every goroutine of Run was begun
	ended   bool
	work    sync.WaitGroup
}

// New makes a scanner. clock gives the present instant; log may be nil.
func New(sink Sink, clock func() point.Instant, log driver.Log) *Scanner {
	if log == nil {
		log = func(string, ...any) {}
	}
	return &Scanner{sink: sink, clock: clock, log: log,
		onDevice: func(string, bool, error) {},
		lanes:    map[string]*lane{}, members: map[string]*member{}, writers: map[point.Name]*member{}, started: make(chan struct{})}
}

// OnDevice sets the function that hears of each change of a device between well
// and in trouble, in order; err is nil when ok. The first success after start
// counts as a change, so that a trouble kept over a restart is cleared. To be
// called before Run. f must not block and must not call the scanner.
func (s *Scanner) OnDevice(f func(id string, ok bool, err error)) { s.onDevice = f }

// Add gives the scanner a device on a bus; an empty bus is a wire of the
// device's own. id is the device's name, the first part of its points' names.
// The scanner owns d from now on and closes it. Add works before Run and while
// running, and disturbs nobody else.
func (s *Scanner) Add(bus, id string, d driver.Device) error {
	key := "bus:" + bus
	if bus == "" {
		key = "own:" + id
	}
	return s.add(key, 1, id, d)
}

// AddPooled is Add for a device that is reached over the network and shares no
// wire: it may be asked while others are.
func (s *Scanner) AddPooled(id string, d driver.Device) error {
	return s.add("pool", PoolWidth, id, d)
}

func (s *Scanner) add(key string, width int, id string, d driver.Device) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return fmt.Errorf("add device %s: scanner has stopped", id)
	}
	if s.members[id] != nil {
		return fmt.Errorf("add device %s: it is there already", id)
	}
	m, err := newMember(s, id, d)
	if err != nil {
		return err
	}
	m.lane = s.lane(key, width)
	s.members[id] = m
	for name := range m.urgent {
		s.writers[name] = m
	}
	s.startMember(m)
	return nil
}

// lane is that of the key, made at the first use; mu is held.
func (s *Scanner) lane(key string, width int) *lane {
	l := s.lanes[key]
	if l == nil {
		l = newLane(s, key, width)
		s.lanes[key] = l
		s.startLane(l)
	}
	return l
}

// startLane and startMember begin the goroutines once Run was called; mu is held.
func (s *Scanner) startLane(l *lane) {
	if s.running == nil {
		return
	}
	l.mu.Lock()
	l.ctx, l.stop = context.WithCancel(s.running)
	l.mu.Unlock()
	s.work.Go(l.serve)
}

func (s *Scanner) startMember(m *member) {
	if s.running == nil {
		return
	}
	m.ctx, m.stop = context.WithCancel(s.running)
	m.lane.join(m, time.Now())
	if m.watcher != nil {
		m.watching.Add(1)
		s.work.Go(func() { defer m.watching.Done(); s.watch(m) })
	}
}

// Run scans until ctx ends, then waits for every call to return and closes the
// devices. It may be called once.
func (s *Scanner) Run(ctx context.Context) error {
	s.mu.Lock()
	if s.running != nil {
		s.mu.Unlock()
		return errors.New("run scanner: it ran already")
	}
	s.running = ctx
	for _, l := range s.lanes {
		s.startLane(l)
	}
	for _, m := range s.sorted() {
		s.startMember(m)
	}
	s.mu.Unlock()
	close(s.started)
	<-ctx.Done()
	s.mu.Lock()
	s.ended = true
	members := s.sorted()
	s.mu.Unlock()
	s.work.Wait()
	var all []error
	for _, m := range members {
		all = append(all, m.close())
	}
	return errors.Join(all...)
}

// Remove takes a device away, waits for its running call to return (its context
// is cancelled) and closes it. The others on its bus go on in their schedule.
func (s *Scanner) Remove(id string) error {
	s.mu.Lock()
	m := s.members[id]
	if m == nil {
		s.mu.Unlock()
		return fmt.Errorf("remove device %s: there is none", id)
	}
	delete(s.members, id)
	for name := range m.urgent {
		if s.writers[name] == m {
			delete(s.writers, name)
		}
	}
	own := m.lane.key == "own:"+id
	if own {
		delete(s.lanes, m.lane.key)
	}
	s.mu.Unlock()
	if m.stop != nil {
		m.stop()
	}
	m.lane.leave(m)
	if own && m.lane.stop != nil {
		m.lane.stop()
	}
	m.watching.Wait()
	return m.close()
}
