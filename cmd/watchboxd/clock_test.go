package main

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"watchbox/firmware/point"
)

func TestStampIsThePresentLessTheAge(t *testing.T) {
	now := point.Instant{Boot: "b", Mono: time.Hour, Wall: time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)}
	stamp := stamper(func() point.Instant { return now })
	at := stamp(reading(unix.CLOCK_MONOTONIC) - time.Second)
	age := now.Since(at)
	if age < time.Second || age > time.Minute || now.Wall.Sub(at.Wall) != age || at.Boot != "b" {
		t.Errorf("an edge one second ago is stamped %+v, age %v", at, age)
	}
	if at := stamp(reading(unix.CLOCK_MONOTONIC) + time.Hour); at != now {
		t.Errorf("an edge of the future is stamped %+v, want the present", at)
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
