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
	"os"
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
	Search  bool          // somebody is asked who may not be there: silence says nothing about the line
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

// Answer knows the one answer that a request may get. Its methods are pure.
type Answer interface {
	// Length is how many characters the answer has at most.
	Length() int
	// Find looks for the answer in what was received, at any place. echoes tells
	// that this line is known to give every request back.
	Find(b []byte, echoes bool) Search
	// Foreign is true when b is nothing but whole frames of somebody else.
	Foreign(b []byte) bool
	// Asked is whom the request is for.
	Asked() bus.Slave
}

// Search is what Find made of the bytes so far.
type Search struct {
	Frame   []byte // the answer, nil while there is none
	Before  int    // bytes that stood before it
	Echo    bool   // the request came back
	Certain bool   // Echo is known either way: the answer cannot be taken for the request
	Damaged bool   // something like the answer is there, whole, with a wrong check sum
	Coming  int    // characters that the answer itself says are still under way; 0 when it does not say
}

// Pair is one line. Its methods may be called from any goroutine; they wait for
// each other, at most until their context's deadline.
type Pair struct {
	name   string
	dial   func() (driver.Port, error)
	own    driver.Line // of the port as it is opened
	remote bool        // the port is a connection to a serial server
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

// Exchange sends the request and waits for its answer: one attempt, over by ctx's
// deadline. The error wraps one of driver's classes.
func (r *Pair) Exchange(ctx context.Context, request []byte, a Answer, m Manners) ([]byte, error) {
	select {
	case <-r.turn:
	case <-ctx.Done():
		return nil, driver.Fail(driver.ErrTimeout, "bus %s was busy", r.name)
	}
	defer func() { r.turn <- struct{}{} }()
	if r.closed {
		return nil, driver.Fail(driver.ErrDisconnect, "bus %s is closed", r.name)
	}
	if err := r.open(); err != nil {
		return nil, err
	}
	m.Timeout = max(m.Timeout, time.Millisecond)
	m.Worst = max(m.Worst, m.Timeout)
	// A caller that gives up is heard at once, not at the deadline.
	port := r.port
	defer context.AfterFunc(ctx, func() { port.SetReadDeadline(time.Unix(1, 0)) })()
	r.begin(call{request, a})
	if err := r.tune(ctx, m.Line); err != nil {
		return nil, err
	}
	reply, err := r.converse(ctx, call{request, a}, m)
	r.conclude(m)
	underWay := err != nil && !r.quiet.IsZero()
	if errors.Is(err, driver.ErrDisconnect) || r.silent >= silences || r.remote && underWay {
		r.shut()
	}
	return reply, err
}

// Reach is the longest that one exchange of so many characters, there and back,
// may take, with the quarantine after silence. Pure.
func (r *Pair) Reach(chars int, m Manners) time.Duration {
	reach := max(m.Worst, m.Timeout) + Slack + quietLimit
	if m.Line != (driver.Line{}) {
		reach += retune
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
	if r.port != nil {
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

// hush waits for the end of the quarantine and for the silence before a frame,
// and throws away what comes meanwhile.
func (r *Pair) hush(ctx context.Context, end time.Time) error {
	if err := r.sweep(); err != nil {
		return r.lost(err)
	}
	defer r.strayed()
	until := later(r.quiet, r.last.Add(r.pace.Gap))
	patience := later(until, time.Now()).Add(quietLimit)
	var b [256]byte
	for time.Now().Before(until) {
		n, err := r.read(ctx, b[:], earlier(until, end))
		switch {
		case err != nil:
			return err
		case n > 0:
			r.last = time.Now()
			r.keep(b[:n])
			until = earlier(later(until, r.last.Add(r.pace.Gap)), patience)
		case !time.Now().Before(end):
			return driver.Fail(driver.ErrTimeout, "bus %s was not quiet in time", r.name)
		}
	}
	return nil
}

func (r *Pair) send(request []byte, end time.Time) error {
	if err := r.port.SetWriteDeadline(end); err != nil {
		return r.lost(err)
	}
	if _, err := r.port.Write(request); err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return driver.Fail(driver.ErrDisconnect, "bus %s takes no bytes", r.name)
		}
		return r.lost(err)
	}
	r.last = time.Now()
	r.count(func(s *Stats) { s.Requests++ })
	r.sent(request)
	return nil
}

// receive gathers bytes until the answer is among them or by has come; in the
// latter case there is no frame and no error.
func (r *Pair) receive(ctx context.Context, e call, by time.Time) (Search, error) {
	r.input = r.input[:0]
	var b [256]byte
	for {
		n, err := r.read(ctx, b[:], by)
		if err != nil {
			return Search{}, err
		}
		if n == 0 {
			return e.answer.Find(r.input, r.echoes), nil
		}
		r.last = time.Now()
		r.keep(b[:n])
		s := e.answer.Find(r.input, r.echoes)
		if s.Frame != nil {
			r.silent = 0
			return s, nil
		}
		switch {
		case s.Damaged:
			by = earlier(by, r.last.Add(settle+r.pace.Of(e.answer.Length())))
		case s.Coming > 0: // longer than was thought
			by = earlier(later(by, r.last.Add(settle+r.pace.Of(s.Coming))), Limit(ctx))
			r.quiet = later(r.quiet, by)
		}
	}
}

// keep adds to the input; of a flood the newest half is kept.
func (r *Pair) keep(b []byte) {
	if len(r.input) == 0 {
		r.seen.first = r.last
	}
	if len(r.input)+len(b) > inputLimit {
		r.input = append(r.input[:0], r.input[len(r.input)-inputLimit/2:]...)
	}
	r.input = append(r.input, b...)
}

// read waits for bytes until by. Nothing and no error means: the time is over.
func (r *Pair) read(ctx context.Context, b []byte, by time.Time) (int, error) {
	for time.Now().Before(by) {
		if err := r.port.SetReadDeadline(by); err != nil {
			return 0, r.lost(err)
		}
		if err := ctx.Err(); errors.Is(err, context.Canceled) {
			return 0, driver.Fail(driver.ErrTimeout, "given up: %v", err)
		}
		n, err := r.port.Read(b)
		switch {
		case n > 0:
			return n, nil
		case err != nil && !errors.Is(err, os.ErrDeadlineExceeded):
			return 0, r.lost(err)
		}
	}
	return 0, nil
}

func (r *Pair) lost(err error) error {
	return driver.Fail(driver.ErrDisconnect, "bus %s lost: %v", r.name, err)
}

// missed says why there is no answer and keeps the bus quiet as long as one may
// still come.
func (r *Pair) missed(ctx context.Context, e call, s Search, m Manners, sent time.Time) error {
	got := len(r.input)
	switch {
	case s.Damaged:
		r.silent, r.quiet = 0, time.Time{} // it has spoken
		r.count(func(st *Stats) { st.Garbage++ })
		r.spoilt(bus.Damaged)
		return driver.Fail(driver.ErrGarbage, "answer with a wrong check sum")
	case s.Echo && got == len(e.request): // heard itself and nobody else
		got = 0
	}
	strangers := got > 0 && e.answer.Foreign(r.input)
	if got > 0 && !strangers {
		r.silent = 0
		r.count(func(st *Stats) { st.Garbage++ })
		r.spoilt(bus.Noise)
		err := driver.Fail(driver.ErrGarbage, "%d bytes not understood in %v", got, m.Timeout)
		r.quarantine(ctx, e, sent)
		return err
	}
	if !m.Search {
		r.silent++
	}
	note := ""
	if strangers {
		r.silent = 0
		r.count(func(st *Stats) { st.Foreign++ })
		r.steppedOver(r.input)
		note = ", only foreign frames"
	}
	r.count(func(st *Stats) { st.Timeouts++ })
	r.silence(m.Timeout)
	if after := r.quarantine(ctx, e, sent); after > 0 {
		note = ", the answer came after " + after.Round(time.Millisecond).String()
	}
	return driver.Fail(driver.ErrTimeout, "timeout after %v%s", m.Timeout, note)
}

// quarantine listens until the slowest answer would be over. It ends early when
// the late answer comes, and tells how late; what the caller's deadline cuts off
// is served before the next request.
func (r *Pair) quarantine(ctx context.Context, e call, sent time.Time) time.Duration {
	s, err := r.receive(ctx, e, earlier(r.quiet, Limit(ctx)))
	if err != nil || s.Frame == nil {
		r.steppedOver(r.input) // perhaps an answer of somebody else
		return 0
	}
	r.quiet = time.Time{}
	r.count(func(st *Stats) { st.Late++ })
	r.answered(bus.Late, s, sent)
	return time.Since(sent)
}
