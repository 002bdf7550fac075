package network

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/beevik/ntp"
	"golang.org/x/sys/unix"
)

// The kernel is the one place that knows how good the wall clock is: setting it
// clears STA_UNSYNC, and after some nine hours without an answer the kernel's own
// estimate of the error sets it again. The daemon reads it there.

const (
	askTime   = 3 * time.Second  // for one server's answer
	nearPoll  = 64 * time.Second // while the clock settles
	farPoll   = 17 * time.Minute // when it has, and between rounds that nobody answered
	settled   = 5                // good answers in a row
	stepBound = 500 * time.Millisecond
	stepProof = 3 // answers that must agree before a clock that was right is set by more than that
	agreement = time.Second
)

// Move is what is done to the clock.
type Move int

// The moves.
const (
	Stay Move = iota
	Slew      // the kernel bends the clock: no time stamp goes back
	Step      // the clock is set
)

// Discipline decides what is done with each answer. The first sets the clock;
// later ones bend it; an answer that is far off must be heard three times, for
// a server that lies once moves nothing. Pure; one goroutine.
type Discipline struct {
	good     int // answers in a row that only bent the clock
	set      bool
	doubtful []time.Duration
	failures int
}

// Answer takes the difference between the server's clock and ours.
func (d *Discipline) Answer(offset time.Duration) Move {
	d.failures = 0
	far := offset.Abs() > stepBound
	if !d.set || !far {
		d.doubtful, d.good = nil, d.good+1
		first := !d.set
		if d.set = true; first && far {
			return Step
		}
		return Slew
	}
	if n := len(d.doubtful); n > 0 && (d.doubtful[n-1]-offset).Abs() > agreement {
		d.doubtful = nil
	}
	if d.doubtful = append(d.doubtful, offset); len(d.doubtful) < stepProof {
		return Stay
	}
	d.doubtful, d.good = nil, 0
	return Step
}

// Silence tells that no server answered.
func (d *Discipline) Silence() { d.failures++ }

// Next is the time to the next round.
func (d *Discipline) Next() time.Duration {
	switch {
	case d.failures > 0:
		return min(2*time.Second<<min(d.failures, 10), farPoll)
	case d.good >= settled:
		return farPoll
	}
	return nearPoll
}

// Clock keeps the wall clock right.
type Clock struct {
	Servers func() []string                            // in the order in which they are asked
	Ask     func(server string) (time.Duration, error) // the offset
	Move    func(m Move, offset time.Duration) error
	Set     func() // after a step: the clock with the battery is to follow; may be nil
}

// Run ends with ctx. kick starts a round at once: the network came.
func (c *Clock) Run(ctx context.Context, kick <-chan struct{}) {
	d := &Discipline{}
	for ctx.Err() == nil {
		c.round(d)
		timer := time.NewTimer(d.Next())
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-kick:
			d.failures = 0
		}
		timer.Stop()
	}
}

// round asks until one answers.
func (c *Clock) round(d *Discipline) {
	servers := c.Servers()
	var last error
	for _, s := range servers[:min(len(servers), mostServers)] {
		offset, err := c.Ask(s)
		if err != nil {
			last = fmt.Errorf("time from %s: %w", s, err)
			continue
		}
		move := d.Answer(offset)
		if err := c.Move(move, offset); err != nil {
			log.Printf("time: %v", err)
		}
		if move == Step {
			log.Printf("time: set by %v, from %s", offset.Round(time.Millisecond), s)
		}
		if move != Stay && c.Set != nil {
			c.Set()
		}
		return
	}
	if d.Silence(); last != nil && d.failures&(d.failures-1) == 0 {
		log.Printf("%v (%d rounds)", last, d.failures)
	}
}

// AskNTP is one question to one server (RFC 5905; a server that is not itself
// synchronised is no server).
func AskNTP(server string) (time.Duration, error) {
	r, err := ntp.QueryWithOptions(server, ntp.QueryOptions{Timeout: askTime})
	if err == nil {
		err = r.Validate()
	}
	if err != nil {
		return 0, err
	}
	return r.ClockOffset, nil
}

// MoveKernel tells the kernel. Needs CAP_SYS_TIME.
func MoveKernel(m Move, offset time.Duration) error {
	t := timex(m, offset)
	if t == nil {
		return nil
	}
	if _, err := unix.Adjtimex(t); err != nil {
		return fmt.Errorf("set clock by %v: %w", offset, err)
	}
	return nil
}
