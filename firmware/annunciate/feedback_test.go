package annunciate

import (
	"testing"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

func TestASirenThatDoesNotDoWhatItIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		follows, stuck bool // what the siren does
		unread         bool
		alarm          time.Duration // an alarm stands from then
		settled        time.Duration // what the last run left is known from then
		until          time.Duration
		want           bool
	}{
		"it follows":           {follows: true, alarm: time.Second, until: 30 * time.Second},
		"it is dead":           {alarm: time.Second, until: 30 * time.Second, want: true},
		"it is dead, at first": {alarm: time.Second, until: 4 * time.Second},
		"nothing stands":       {until: 30 * time.Second},
		"it sounds untold":     {stuck: true, until: 30 * time.Second, want: true},
		"it sounds on after a restart, and shall":     {stuck: true, settled: 10 * time.Second, alarm: 10 * time.Second, until: 30 * time.Second},
		"it sounds on after a restart, and shall not": {stuck: true, settled: 10 * time.Second, until: 30 * time.Second, want: true},
		"it sounds on, the store is still silent":     {stuck: true, settled: 50 * time.Second, until: 40 * time.Second},
		"it sounds on, the store never speaks":        {stuck: true, settled: time.Hour, until: Leftover + 10*time.Second, want: true},
		"it cannot be read":                           {unread: true, alarm: time.Second, until: 30 * time.Second},
		"it sounds, rightly now":                      {stuck: true, alarm: time.Second, until: 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := New([]Annunciator{{ID: "siren", Kind: "sounder", Output: "oc/siren", Feedback: "oc/back", Within: 2 * time.Second}}, nil)
			if err != nil {
				t.Fatal(err)
			}
			contradicts, list := false, []alarm.Alarm{}
			for d := time.Duration(0); d <= c.until; d += 100 * time.Millisecond {
				now := point.Instant{Boot: "b", Mono: time.Hour + d}
				if d == c.settled {
					p.Settle(now)
				}
				if c.alarm > 0 && d == c.alarm {
					list = []alarm.Alarm{{Definition: alarm.Definition{Key: "k", Priority: 3, Class: alarm.ClassAlarm}, Active: true, Raised: now, Sounded: now}}
				}
				p.Update(now, these(list...), zone.View{})
				levels, _ := p.Levels(now)
				s := point.Sample{Point: "oc/back", Value: point.OfBool(c.stuck || c.follows && levels[0].On)}
				if c.unread {
					s.Quality = point.BadBecause(point.Timeout)
				}
				p.Sample(now, s)
				for _, s := range p.Signals() {
					contradicts = s.Active
				}
			}
			if contradicts != c.want {
				t.Errorf("contradicts: %v, want %v", contradicts, c.want)
			}
		})
	}
}
