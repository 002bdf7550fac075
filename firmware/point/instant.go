package point

import (
	"fmt"
	"time"
)

// Clock is the trust in the wall time of an Instant.
type Clock uint8

// The three clock qualities, worst first.
const (
	ClockUnknown      Clock = iota // nobody has told the time since power-up
	ClockRTC                       // the battery-backed clock's word
	ClockSynchronised              // disciplined by NTP
)

var clockNames = [...]string{"unknown", "rtc", "synchronised"}

func (c Clock) String() string { return name(clockNames[:], int(c), "clock") }

// MarshalText writes String.
func (c Clock) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (c *Clock) UnmarshalText(b []byte) error {
	for i, n := range clockNames {
		if n == string(b) {
			*c = Clock(i)
			return nil
		}
	}
	return fmt.Errorf("read clock quality %q: want unknown, rtc or synchronised", b)
}

// Instant is a moment as the box knew it. Every timer compares Mono, never
// Wall: the wall clock may jump two weeks in either direction at any time.
type Instant struct {
	Boot  string        `json:"boot,omitempty"` // random per start of the box (kernel boot id)
	Mono  time.Duration `json:"mono"`           // since that boot, never steps
	Wall  time.Time     `json:"wall"`           // what the wall clock said; may be wrong
	Clock Clock         `json:"clock"`          // how far Wall can be trusted
}

// Add moves both clocks of t by d.
func (t Instant) Add(d time.Duration) Instant {
	t.Mono += d
	t.Wall = t.Wall.Add(d)
	return t
}

// Since is the monotonic time from u to t. Both must be of the same boot; a
// caller that restores an instant of an earlier boot goes by the restart table.
func (t Instant) Since(u Instant) time.Duration { return t.Mono - u.Mono }

// Never is the deadline of somebody who waits for nothing.
const Never = time.Duration(1<<63 - 1)
