package network

import (
	"time"

	"golang.org/x/sys/unix"
)

// Of adjtimex(2), which the system package does not name.
const (
	adjOffset    = 0x0001
	adjMaxError  = 0x0004
	adjEstError  = 0x0008
	adjStatus    = 0x0010
	adjTimeConst = 0x0020
	adjSetOffset = 0x0100
	adjNano      = 0x2000
	staPLL       = 0x0001
	stiffness    = 4 // of the loop: the kernel's for a poll of about a minute to a quarter of an hour
)

// timex is the kernel's form of a move; nil for none. Status without STA_UNSYNC
// says that the clock is right from now on.
func timex(m Move, offset time.Duration) *unix.Timex {
	t := &unix.Timex{Status: staPLL}
	switch m {
	case Slew:
		t.Modes = adjStatus | adjNano | adjOffset | adjTimeConst | adjMaxError | adjEstError
		set(&t.Offset, offset.Nanoseconds())
		set(&t.Constant, stiffness)
	case Step:
		t.Modes = adjStatus | adjNano | adjSetOffset | adjMaxError | adjEstError
		seconds := offset / time.Second
		if offset%time.Second < 0 { // the part below a second counts up
			seconds--
		}
		set(&t.Time.Sec, int64(seconds))
		set(&t.Time.Usec, int64(offset-seconds*time.Second)) // nanoseconds, with adjNano
	default:
		return nil
	}
	return t
}

// set fills a field that is as wide as the machine's words.
func set[T int32 | int64](field *T, value int64) { *field = T(value) }
