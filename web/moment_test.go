package web

import (
	"testing"
	"time"
)

func TestATimeOfDayIsTheLastOneAtTheSite(t *testing.T) {
	zone := time.FixedZone("CST", 8*3600)
	now := time.Date(2026, 11, 27, 3, 30, 0, 0, zone)
	for clock, want := range map[string]string{"03:12": "2026-11-27T03:12:00+08:00", "03:30": "2026-11-27T03:30:00+08:00", "23:59": "2026-11-26T23:59:00+08:00"} {
		at, _ := time.Parse("15:04", clock)
		if got := lastAt(at, now).Format(time.RFC3339); got != want {
			t.Errorf("%s: %s, want %s", clock, got, want)
		}
	}
}
