package self

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"watchbox/firmware/point"
)

// builtAfter is a moment that no right clock shows any more: a wall clock before
// it was never set.
var builtAfter = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

// ClockQuality asks the kernel how far the wall clock can be trusted:
// synchronised while an NTP daemon disciplines it, else the battery-backed
// clock's word if that is plausible. It never blocks and needs no right.
func ClockQuality() (point.Clock, error) {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	if err != nil {
		return point.ClockUnknown, fmt.Errorf("ask the kernel's clock: %w", err)
	}
	return judge(state, t.Status, time.Now()), nil
}

// judge is the rule of ClockQuality.
func judge(state int, status int32, now time.Time) point.Clock {
	switch {
	case now.Before(builtAfter):
		return point.ClockUnknown
	case state == unix.TIME_ERROR || status&unix.STA_UNSYNC != 0:
		return point.ClockRTC
	}
	return point.ClockSynchronised
}

// clockError is what the kernel says the clock may be wrong by, in ms.
func clockError(*Device) (float64, error) {
	var t unix.Timex
	if _, err := unix.Adjtimex(&t); err != nil {
		return 0, fmt.Errorf("ask the kernel's clock: %w", err)
	}
	return float64(t.Maxerror) / 1000, nil
}
