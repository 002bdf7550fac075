package main

import (
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
	"watchbox/firmware/point"
)

// newClock is the one source of time: the kernel's boot id, its clock that
// counts since boot (CLOCK_BOOTTIME, never steps), the wall clock, and how far
// the kernel says that the wall clock can be trusted.
func newClock() func() point.Instant {
	id, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	boot := strings.TrimSpace(string(id))
	return func() point.Instant {
		return point.Instant{Boot: boot, Mono: sinceBoot(), Wall: time.Now().Round(0), Clock: quality()}
	}
}

func sinceBoot() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &t) != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

// builtAfter is a time before which no box of this release ran: an earlier wall
// clock was never set.
var builtAfter = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// quality asks the kernel: synchronised when a time daemon disciplines the
// clock (adjtimex, STA_UNSYNC clear), RTC when it is merely plausible.
func quality() point.Clock {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	const unsynchronised = 0x40 // STA_UNSYNC, adjtimex(2)
	switch {
	case err == nil && state != unix.TIME_ERROR && t.Status&unsynchronised == 0:
		return point.ClockSynchronised
	case time.Now().After(builtAfter):
		return point.ClockRTC
	}
	return point.ClockUnknown
}
