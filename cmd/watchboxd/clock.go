package main

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"sync"
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
		return point.Instant{Boot: boot, Mono: reading(unix.CLOCK_BOOTTIME), Wall: time.Now().Round(0), Clock: quality()}
	}
}

// steady is how far the wall clock may creep before stamps follow it. A fresh
// comparison for each edge would put quick edges out of order.
const steady = 2 * time.Millisecond

// stamper turns the kernel's time of an edge, which is on CLOCK_MONOTONIC, into
// an instant. What it makes may be called from any goroutine.
func stamper(clock func() point.Instant) func(kernel time.Duration) point.Instant {
	var mutex sync.Mutex
	var zero point.Instant // when the kernel's clock stood at zero
	return func(kernel time.Duration) point.Instant {
		mutex.Lock()
		defer mutex.Unlock()
		fresh := startOf(clock)
		crept := max(fresh.Wall.Sub(zero.Wall).Abs(), fresh.Since(zero).Abs())
		if crept > steady || fresh.Clock != zero.Clock || fresh.Boot != zero.Boot {
			zero = fresh
		}
		return zero.Add(kernel)
	}
}

// startOf compares the two clocks, again when something came in between.
func startOf(clock func() point.Instant) (zero point.Instant) {
	for range 5 {
		before := reading(unix.CLOCK_MONOTONIC)
		now := clock()
		after := reading(unix.CLOCK_MONOTONIC)
		if zero = now.Add(-before); after-before < steady/4 {
			break
		}
	}
	return zero
}

// reading is what a clock of the kernel shows.
func reading(id int32) time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(id, &t) != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

// sinceExec is how long this process has lived; the kernel notes its start in
// hundredths of a second.
func sinceExec() time.Duration {
	text, _ := os.ReadFile("/proc/self/stat")
	const started = 22 - 3 // proc(5) counts from 1, and two fields are cut off
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) <= started {
		return 0
	}
	ticks, err := strconv.ParseInt(string(fields[started]), 10, 64)
	if err != nil {
		return 0
	}
	return reading(unix.CLOCK_BOOTTIME) - time.Duration(ticks)*10*time.Millisecond
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
