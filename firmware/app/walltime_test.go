package app

import (
	"encoding/json"
	"testing"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

func TestTimeIsEstablishedOnce(t *testing.T) {
	start := time.Date(1970, 1, 1, 0, 0, 10, 0, time.UTC)
	at := func(mono time.Duration, wall time.Time, c point.Clock) point.Instant {
		return point.Instant{Boot: "b", Mono: mono, Wall: wall, Clock: c}
	}
	right := time.Date(2026, 11, 27, 5, 0, 0, 0, time.UTC)
	w := &timeWatch{}
	for i, c := range []struct {
		now   point.Instant
		shift time.Duration // -1: no record
	}{
		{at(10*time.Second, start, point.ClockUnknown), -1},
		{at(11*time.Second, start.Add(time.Second), point.ClockUnknown), -1},
		{at(12*time.Second, right, point.ClockSynchronised), right.Sub(start.Add(2 * time.Second))},
		{at(13*time.Second, right.Add(time.Second), point.ClockSynchronised), -1},
		{at(23*time.Second, right.Add(11*time.Second+200*time.Millisecond), point.ClockSynchronised), -1}, // bent, not set
		{at(24*time.Second, right.Add(12*time.Second), point.ClockRTC), -1},                               // nobody answers
		{at(25*time.Second, right.Add(13*time.Second), point.ClockSynchronised), -1},                      // again: it was known
		{at(26*time.Second, right.Add(14*time.Second-time.Hour), point.ClockSynchronised), -time.Hour},
	} {
		r := w.look(c.now)
		if (r != nil) != (c.shift != -1) {
			t.Errorf("look %d: record %+v", i, r)
			continue
		}
		var e Established
		if r == nil {
			continue
		}
		if err := json.Unmarshal(r.Detail, &e); err != nil || (time.Duration(e.Shift*1e9)-c.shift).Abs() > time.Millisecond*10 || e.Boot != "b" || r.Type != event.TimeEstablished || r.Text.Zh == "" {
			t.Errorf("look %d: %+v, detail %s, %v; want a shift of %v", i, r, r.Detail, err, c.shift)
		}
	}
}

func TestClockThatWasRightFromTheStart(t *testing.T) {
	w := &timeWatch{}
	for i := range time.Duration(10) {
		now := point.Instant{Boot: "b", Mono: i * time.Second, Wall: time.Unix(2e9, 0).Add(i * time.Second), Clock: point.ClockSynchronised}
		if r := w.look(now); r != nil {
			t.Errorf("second %d: %+v", i, r)
		}
	}
}
