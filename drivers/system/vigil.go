package system

import "time"

// How long the daemon may show no progress.
const (
	firstGrace = 90 * time.Second // from the start of the box to the first proof: a big journal is opened meanwhile
	laterGrace = 60 * time.Second // from a death or a kill to the first proof of the next life
	standstill = 20 * time.Second // between two proofs; the daemon itself leaves after 10 s
)

// Deed is what the vigil asks for.
type Deed int

// The deeds.
const (
	Wait  Deed = iota // nothing: the hardware's clock runs
	Feed              // feed the hardware watchdog
	Kill              // kill the daemon, which stands still
	Reset             // nothing helps: the hardware watchdog is not fed again; where there is none, start the machine again
)

// Vigil decides when the hardware watchdog is fed: at each proof of progress,
// and while a grace runs, which each life of the daemon has at most once between
// two proofs. A daemon that stands still is killed once; when its next life
// shows no progress either, nobody feeds any more. Times count from the start of
// the box. Pure; one goroutine.
type Vigil struct {
	grace  time.Duration // feeding without proof ends here
	proof  time.Duration // the last one
	proven bool          // there was one since the grace began
	killed bool
	given  bool // up
}

// NewVigil begins with the first grace.
func NewVigil(now time.Duration) *Vigil { return &Vigil{grace: now + firstGrace, proof: now} }

// Proof tells that the daemon made progress.
func (v *Vigil) Proof(now time.Duration) Deed {
	if v.given {
		return Wait
	}
	v.proof, v.proven, v.killed = now, true, false
	return Feed
}

// Died tells that the daemon ended: its next life has a grace, unless this one
// never proved anything.
func (v *Vigil) Died(now time.Duration) {
	if v.proven {
		v.grace, v.proven = now+laterGrace, false
	}
}

// Turn is asked once a second.
func (v *Vigil) Turn(now time.Duration) Deed {
	switch {
	case v.given:
		return Wait
	case !v.proven && now < v.grace:
		return Feed
	case v.proven && now-v.proof < standstill:
		return Wait
	case v.killed || !v.proven:
		v.given = true
		return Reset
	}
	v.killed, v.proven, v.grace = true, false, now+laterGrace
	return Kill
}
