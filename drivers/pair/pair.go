// Package pair keeps one half-duplex line in order for every protocol that is
// spoken on it: RS-485 pairs, and RS-232 with a master and one slave.
//
//   - one exchange at a time, whoever asks and in whichever protocol;
//   - the line is emptied and silent before each request;
//   - an answer is what the protocol's Answer finds among the bytes; noise and
//     foreign frames are stepped over until one deadline for the whole exchange;
//   - after silence the line is kept quiet until the slowest answer ever seen
//     would have come, so that it is not taken for the next one, of this protocol
//     or another; a call that was given up counts as silence;
//   - devices of another speed or parity may take turns with the rest, see tune;
//   - a port that failed is closed and opened again at the next use.
//
// Nothing here starts a goroutine or tries twice.
package pair

import (
	"context"
	"errors"
	"sync"
	"time"

	"watchbox/firmware/bus"
	"watchbox/firmware/driver"
)

const (
	// quietLimit is how long a request waits for a line that is never silent. A
	// babbler cannot be waited out; the request then goes into the noise.
	quietLimit = 100 * time.Millisecond
	// settle is the silence after a damaged answer that ends the wait early: no
	// device begins again by itself.
	settle = 50 * time.Millisecond
	// inputLimit bounds the bytes of one exchange that are kept: two of the longest
	// answers of YD/T 1363. The oldest go.
	inputLimit = 8192
	// silences is after how many requests in a row without a single byte the port
	// is opened anew: some USB adapters hang like that.
	silences = 3
)

// Manners are what one device needs from whoever talks to it.
type Manners struct {
	Pause   time.Duration // between the end of an exchange with it and the next request to it; its owner keeps it
	Settle  time.Duration // the same after a write, where that is longer
	Timeout time.Duration // from the end of the request to the begin of the answer, without time on the wire
	Worst   time.Duration // the slowest answer ever seen; the quarantine after silence; never below Timeout
	Line    driver.Line   // where the device speaks at another speed or parity; zero: as the pair does
	Order   bool          // the request orders something: once it is out, whatever is not its answer is driver.ErrUnsure
	Search  bool          // somebody is asked who may not be there: silence says nothing about the line, and a connection is kept
}

// Stats counts what a Pair went through since it was made.
type Stats struct {
	Requests uint64 // that went out
	Timeouts uint64
	Garbage  uint64 // exchanges that ended with bytes not understood
	Foreign  uint64 // exchanges in which something else than the answer was stepped over
	Late     uint64 // answers that came after their time-out
	Opens    uint64 // of the port
}

// Pair is one line. Its methods may be called from any goroutine; they wait for
// each other, at most until their context's deadline.
type Pair struct {
	name   string
	dial   func() (driver.Port, error)
	own    driver.Line // of the port as it is opened
	remote bool        // the port is a connection to a serial server
	mixed  bool        // devices of another speed take turns on it
	turn   chan struct{}
	line   driver.Line // of the port now
	pace   Pace        // that goes with it
	closed bool
	port   driver.Port // nil when it must be opened
	last   time.Time   // when the wire last carried a byte
	quiet  time.Time   // the quarantine ends
	silent int         // requests in a row without a byte
	echoes bool        // learnt from answers that are Certain: the adapter hears itself
	input  []byte
	seen   seen

	monitor bus.Monitor

	counting sync.Mutex
	stats    Stats
}

// New makes the pair. name stands in errors. open is called at the first use and
// again after the port was lost; line tells how long bytes take. Does not block.
func New(name string, open func() (driver.Port, error), line driver.Line) *Pair {
	p := &Pair{name: name, dial: open, own: usual(line), turn: make(chan struct{}, 1)}
	p.monitor.Line = line
	p.turn <- struct{}{}
	return p
}

// NewRemote makes the pair behind a serial server that passes bytes on as they are:
// open connects to it, line is the shape that the server gives its port. The network
// may hold an answer back for longer than any quarantine; so a connection on which
// one may still be under way is given up, and the next request goes over a new one.
func NewRemote(name string, open func() (driver.Port, error), line driver.Line) *Pair {
	p := New(name, open, line)
	p.remote = true
	return p
}

// Mix says that devices of another speed or parity take turns on the pair: the line may
// stand at theirs when one of its own is asked. Before anything else is done with it.
func (r *Pair) Mix() { r.mixed = true }

// Stats is a copy of the counters.
func (r *Pair) Stats() Stats {
	r.counting.Lock()
	defer r.counting.Unlock()
	return r.stats
}

func (r *Pair) count(f func(*Stats)) {
	r.counting.Lock()
	defer r.counting.Unlock()
	f(&r.stats)
}

// Close waits for a running exchange, then closes the port. Later calls fail.
func (r *Pair) Close() error {
	<-r.turn
	defer func() { r.turn <- struct{}{} }()
	r.closed = true
	return r.shut()
}

// Rest closes the port until the next use; waits for a running exchange.
func (r *Pair) Rest() error {
	<-r.turn
	defer func() { r.turn <- struct{}{} }()
	return r.shut()
}

// Exchange sends the request and waits for its answer: one attempt, over by ctx's
// deadline. The error wraps one of driver's classes.
func (r *Pair) Exchange(ctx context.Context, request []byte, a Answer, m Manners) ([]byte, error) {
	giveBack, err := r.take(ctx)
	if err != nil {
		return nil, err
	}
	defer giveBack()
	m.Timeout = max(m.Timeout, time.Millisecond)
	m.Worst = max(m.Worst, m.Timeout)
	r.begin(call{request, a})
	if err := r.tune(ctx, m.Line); err != nil {
		return nil, err
	}
	reply, err := r.converse(ctx, call{request, a}, m)
	r.conclude(m)
	underWay := err != nil && !r.quiet.IsZero()
	if errors.Is(err, driver.ErrDisconnect) || r.silent >= silences || r.remote && underWay && !m.Search {
		r.shut()
	}
	if err != nil && m.Order && r.seen.out {
		err = driver.Fail(driver.ErrUnsure, "%v: perhaps it obeyed", err)
	}
	return reply, err
}

// take waits for the line and gives it with an open port. A caller that gives up is
// heard at once, not at the deadline.
func (r *Pair) take(ctx context.Context) (giveBack func(), err error) {
	select {
	case <-r.turn:
	case <-ctx.Done():
		return nil, driver.Fail(driver.ErrTimeout, "bus %s was busy", r.name)
	}
	if err := r.open(); err != nil {
		r.turn <- struct{}{}
		return nil, err
	}
	port := r.port
	heed := context.AfterFunc(ctx, func() { port.SetReadDeadline(time.Unix(1, 0)) })
	return func() { heed(); r.turn <- struct{}{} }, nil
}

// Reach is the longest that one exchange of so many characters, there and back,
// may take, with the quarantine after silence. Pure.
func (r *Pair) Reach(chars int, m Manners) time.Duration {
	reach := max(m.Worst, m.Timeout) + Slack + quietLimit
	if r.mixed || m.Line != (driver.Line{}) {
		reach += quietLimit + retune // the silence at the speed before
	}
	if r.remote {
		reach += ConnectLimit
	}
	pace := PaceOf(r.wanted(m.Line))
	return reach + pace.Of(chars) + 2*pace.Gap
}

// call is one request with what answers it.
type call struct {
	request []byte
	answer  Answer
}

// converse is one exchange on an open port.
func (r *Pair) converse(ctx context.Context, e call, m Manners) ([]byte, error) {
	end := Limit(ctx)
	if err := r.hush(ctx, end); err != nil {
		return nil, err
	}
	if err := r.send(e.request, end); err != nil {
		return nil, err
	}
	// The kernel takes the bytes at once; the wire carries them later.
	sent := r.last.Add(r.pace.Of(len(e.request)))
	answer := r.pace.Of(e.answer.Length())
	by := sent.Add(m.Timeout + answer)
	r.quiet = sent.Add(m.Worst + answer) // unless the answer comes
	s, err := r.receive(ctx, e, earlier(by, end))
	if err != nil {
		return nil, err
	}
	if s.Frame == nil {
		return nil, r.missed(ctx, e, s, m, sent)
	}
	r.quiet = time.Time{}
	if s.Certain {
		r.echoes = s.Echo
	}
	r.answered(bus.Answer, s, sent)
	if s.Before > 0 && !(s.Echo && s.Before == len(e.request)) {
		r.count(func(st *Stats) { st.Foreign++ })
	}
	return append([]byte(nil), s.Frame...), nil
}

func (r *Pair) open() error {
	switch {
	case r.closed:
		return driver.Fail(driver.ErrDisconnect, "bus %s is closed", r.name)
	case r.port != nil:
		return nil
	}
	p, err := r.dial()
	if err != nil {
		return driver.Fail(driver.ErrDisconnect, "open bus %s: %v", r.name, err)
	}
	r.count(func(s *Stats) { s.Opens++ })
	r.port, r.silent, r.last = p, 0, time.Now()
	r.line, r.pace = r.own, PaceOf(r.own)
	return nil
}

func (r *Pair) shut() error {
	if r.port == nil {
		return nil
	}
	p := r.port
	r.port, r.silent = nil, 0
	return p.Close()
}
