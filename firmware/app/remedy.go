package app

import (
	"time"

	"watchbox/firmware/point"
)

// What stands still, journal or bus, is helped by one restart of the process, then
// by one reset of the box, each at most once in remedySpan. After that the box
// stays up degraded: a dying card must never become a reset loop.
//
// The span is counted in hours that the box has run, never by the wall clock: that
// may be unset at a start, or wrong by years. Within one boot the kernel's clock
// says how long ago a remedy was; one of an earlier boot counts as used until this
// boot is itself as old as the span, for nobody knows how long the power was off.
// That is rather too few resets than one too many.
const (
	remedyPatience = time.Minute    // of standstill: a card that tidies up answers sooner
	remedySpan     = 24 * time.Hour // in which each remedy is used at most once
)

// Ledger remembers over a reset when a remedy was last used, outside the data
// partition: that may be what stands still. The methods block on the medium. A
// remedy is used only after its note is on the medium, which is also the proof
// that the medium from which the box would have to start still answers.
type Ledger interface {
	// Remedies gives the boot and the time in it; the zero Instant is never.
	Remedies() (restart, reset point.Instant, err error)
	NoteRestart(at point.Instant) error
	NoteReset(at point.Instant) error
	// TakeBack makes the last note undone: the remedy was not used.
	TakeBack(restart, reset point.Instant) error
}

// remedy is what may be done about a standstill.
type remedy uint8

const (
	stayUp         remedy = iota // nothing is left to try
	restartProcess               // init starts the daemon anew
	resetBox                     // the machine starts again
)

// remedies is when each was last used; the zero Instant is never.
type remedies struct{ restart, reset point.Instant }

// next is the remedy whose turn it is. Pure.
func (r remedies) next(now point.Instant) remedy {
	switch {
	case !used(r.restart, now):
		return restartProcess
	case !used(r.reset, now):
		return resetBox
	}
	return stayUp
}

// used tells whether a remedy must not be used again yet. Pure.
func used(last, now point.Instant) bool {
	switch {
	case now.Boot == "": // what is noted of a life without a name reads as never: it must not be counted on
		return true
	case last.Boot == "":
		return false
	case last.Boot == now.Boot:
		return now.Since(last) < remedySpan
	}
	return now.Mono < remedySpan
}

// use notes it, for this life at least.
func (r *remedies) use(what remedy, now point.Instant) {
	if what == restartProcess {
		r.restart = now
	} else {
		r.reset = now
	}
}
