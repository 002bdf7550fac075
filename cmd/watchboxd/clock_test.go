package main

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"watchbox/firmware/point"
)

func TestStampsKeepTheOrderAndTheDistanceOfEdges(t *testing.T) {
	clock := newClock()
	stamp := stamper(clock)
	kernel := reading(unix.CLOCK_MONOTONIC)
	first := stamp(kernel)
	if age := clock().Since(first); age < 0 || age > time.Minute || first.Boot == "" {
		t.Errorf("an edge of this moment is stamped %+v, %v ago", first, age)
	}
	for i := range time.Duration(1000) {
		at := stamp(kernel + i*time.Microsecond)
		if d := at.Since(first); (d - i*time.Microsecond).Abs() > 10*time.Millisecond {
			t.Fatalf("%v after the first edge is stamped %v after it", i*time.Microsecond, d)
		}
	}
}

func TestStampsFollowAStepOfTheWallClock(t *testing.T) {
	clock, step := newClock(), time.Duration(0)
	stamp := stamper(func() point.Instant {
		now := clock()
		now.Wall = now.Wall.Add(step)
		return now
	})
	kernel := reading(unix.CLOCK_MONOTONIC)
	before := stamp(kernel)
	step = 14 * 24 * time.Hour
	after := stamp(kernel)
	if d := after.Wall.Sub(before.Wall); (d - step).Abs() > time.Minute {
		t.Errorf("wall clock stepped %v, stamps %v", step, d)
	}
}

func TestLifeOfTheProcess(t *testing.T) {
	first := sinceExec()
	if first <= -10*time.Millisecond || first > time.Hour {
		t.Errorf("this process lives %v", first)
	}
	time.Sleep(20 * time.Millisecond)
	if second := sinceExec(); second < first+20*time.Millisecond {
		t.Errorf("then %v, later %v", first, second)
	}
}
