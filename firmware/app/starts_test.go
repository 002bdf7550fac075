package app

import (
	"testing"
	"time"

	"watchbox/firmware/point"
)

// life is one start that never says goodbye.
type life struct {
	boot    string
	mono    time.Duration // on the clock of its boot
	wall    time.Duration // since the first life, as the box believes
	crashed bool          // why its boot began
	want    int           // early deaths before it
}

// Three early deaths are three of the daemon, or of a machine that dies by itself:
// power that fails three times is none.
func TestWhatIsAnEarlyDeath(t *testing.T) {
	const s, m = time.Second, time.Minute
	for name, lives := range map[string][]life{
		"the daemon dies":        {{"a", 9 * s, 0, false, 0}, {"a", 20 * s, 11 * s, false, 1}, {"a", 30 * s, 21 * s, false, 2}, {"a", 40 * s, 31 * s, false, 3}},
		"three power cuts":       {{"a", 9 * s, 0, false, 0}, {"b", 9 * s, 1 * m, false, 0}, {"c", 9 * s, 2 * m, false, 0}, {"d", 9 * s, 3 * m, false, 0}},
		"three dead kernels":     {{"a", 9 * s, 0, false, 0}, {"b", 9 * s, 1 * m, true, 1}, {"c", 9 * s, 2 * m, true, 2}, {"d", 9 * s, 3 * m, true, 3}},
		"a cut ends the count":   {{"a", 9 * s, 0, false, 0}, {"a", 20 * s, 11 * s, false, 1}, {"b", 9 * s, 1 * m, false, 0}, {"b", 20 * s, 2 * m, false, 1}},
		"no clock":               {{"a", 9 * s, 0, false, 0}, {"b", 9 * s, 0, false, 0}, {"c", 9 * s, 0, false, 0}},
		"the clock is set":       {{"a", 9 * s, 0, false, 0}, {"a", 20 * s, 9e3 * time.Hour, false, 1}, {"a", 30 * s, 0, false, 2}},
		"long ago, same boot":    {{"a", 9 * s, 0, false, 0}, {"a", 11 * m, 0, false, 0}},
		"long ago, other boot":   {{"a", 9 * s, 0, false, 0}, {"b", 9 * s, 11 * m, true, 0}},
		"a wall clock gone back": {{"a", 9 * s, 0, false, 0}, {"b", 9 * s, -time.Hour, true, 0}},
	} {
		dir, zero := t.TempDir(), time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
		for i, l := range lives {
			a := &App{log: t.Logf, options: Options{DataDir: dir, Machine: Machine{Crashed: l.crashed}},
				clock: func() point.Instant { return point.Instant{Boot: l.boot, Mono: l.mono, Wall: zero.Add(l.wall)} }}
			if got := a.addStart(); got != l.want {
				t.Errorf("%s: start %d counts %d early deaths, want %d", name, i+1, got, l.want)
			}
		}
	}
}
