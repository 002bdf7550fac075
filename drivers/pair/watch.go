package pair

import (
	"time"

	"watchbox/firmware/bus"
)

// drainer is a port that can hand out what it has without waiting: so nothing that
// came while nobody was asked goes by unseen. A port that cannot is flushed only.
type drainer interface {
	Drain(b []byte) (int, error) // nothing and no error: there is nothing
}

// seen is what is remembered of an exchange for the monitor.
type seen struct {
	outcome bus.Outcome
	asks    Answer        // of this exchange
	asked   Answer        // of the last request that went out
	got     bool          // it was answered
	out     bool          // the request of this exchange went out
	began   time.Time     // the exchange
	waited  time.Duration // for the silence before the request
	first   time.Time     // when the first byte of the input was read
	request int           // characters
	reply   int
	rest    []byte // came right behind the last answer
}

// Monitor shows what is on the line. Never blocks.
func (r *Pair) Monitor() *bus.Monitor { return &r.monitor }

// begin and conclude enclose an exchange.
func (r *Pair) begin(e call) {
	s := &r.seen
	if s.asked == nil {
		s.asked = e.answer
	}
	s.outcome = bus.Outcome{Slave: e.answer.Asked(), End: bus.Silence}
	s.asks, s.began, s.out, s.request, s.reply = e.answer, time.Now(), false, len(e.request), 0
}

func (r *Pair) conclude(m Manners) {
	s := &r.seen
	o := s.outcome
	if !s.out || m.Search && o.End != bus.Answer {
		return
	}
	o.Busy = time.Since(s.began)
	o.Ideal = r.pace.Of(s.request+s.reply) + o.Turn + min(s.waited, r.pace.Gap)
	r.monitor.Count(o)
}

// sweep takes what came since the last exchange out of the port.
func (r *Pair) sweep() error {
	r.input = append(r.input[:0], r.seen.rest...)
	r.seen.rest = r.seen.rest[:0]
	r.seen.first = time.Now()
	if d, can := r.port.(drainer); can {
		var b [256]byte
		for range inputLimit / len(b) {
			n, err := d.Drain(b[:])
			if err != nil {
				return err
			}
			if n == 0 {
				break
			}
			r.last = time.Now()
			r.keep(b[:n])
		}
	}
	return r.port.Flush()
}

// strayed judges what came while nobody was asked: by what the last exchange asked
// for, as only its answer can be told from others.
func (r *Pair) strayed() {
	r.seen.waited = time.Since(r.seen.began)
	if len(r.input) == 0 {
		return
	}
	last := r.seen.asked
	kind := r.stranger(last, r.input)
	switch s := last.Find(r.input, false); {
	case s.Frame != nil && r.seen.got:
		kind = bus.Doubled
	case s.Frame != nil:
		kind = bus.Late
	}
	r.monitor.CountBetween(last.Asked(), kind, len(r.input))
	r.tell(bus.Frame{At: r.seen.first, Kind: kind, Slave: last.Asked(), Data: r.input})
	r.input = r.input[:0]
}

func (r *Pair) stranger(a Answer, b []byte) bus.Kind {
	if a.Foreign(b) {
		return bus.Foreign
	}
	return bus.Noise
}

func (r *Pair) tell(f bus.Frame) {
	if r.monitor.Listening() {
		r.monitor.Tell(f)
	}
}

func (r *Pair) sent(request []byte) {
	s := &r.seen
	s.out, s.got, s.asked = true, false, s.asks
	r.tell(bus.Frame{At: r.last, Kind: bus.Sent, Slave: s.outcome.Slave, Data: request})
}

// spoilt is an exchange that ends with bytes that are no answer.
func (r *Pair) spoilt(k bus.Kind) {
	r.seen.outcome.End = k
	r.tell(bus.Frame{At: r.seen.first, Kind: k, Slave: r.seen.outcome.Slave, Data: r.input})
}

// steppedOver tells of what came in place of the answer, or before it.
func (r *Pair) steppedOver(b []byte) {
	if len(b) == 0 {
		return
	}
	o := &r.seen.outcome
	k := r.stranger(r.seen.asks, b)
	if k == bus.Foreign {
		o.Foreign = true
	} else {
		r.monitor.CountBetween(o.Slave, k, len(b))
	}
	r.tell(bus.Frame{At: r.seen.first, Kind: k, Slave: o.Slave, Data: b})
}

func (r *Pair) silence(timeout time.Duration) {
	r.tell(bus.Frame{At: time.Now(), Kind: bus.Silence, Slave: r.seen.outcome.Slave, Wait: timeout})
}

// answered tells of the answer, in time or late, and of what came before it. The
// echo is not told: it is the request. What follows in the same read is a stray.
func (r *Pair) answered(k bus.Kind, s Search, sent time.Time) {
	o := &r.seen.outcome
	o.End, o.Turn = k, max(0, r.seen.first.Sub(sent))
	r.seen.got, r.seen.reply = true, len(s.Frame)
	ahead := r.input[:s.Before]
	if s.Echo {
		ahead = ahead[min(len(ahead), r.seen.request):]
	}
	r.steppedOver(ahead)
	r.tell(bus.Frame{At: r.seen.first, Kind: k, Slave: o.Slave, Wait: o.Turn, Data: s.Frame})
	r.seen.rest = append(r.seen.rest[:0], r.input[s.Before+len(s.Frame):]...)
}
