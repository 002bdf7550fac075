package team

import (
	"fmt"
	"slices"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// crew is one team with its state.
type crew struct {
	Team
	units        []*unit
	zone         *time.Location
	hour, minute int

	began       time.Duration
	simulated   map[point.Name]bool // points of the team that are simulated now: it acts all the same, and says so
	chosen      bool                // who is on duty
	dark        bool                // the mains are away
	returned    bool                // and came back: what starts now starts for that
	darkEnd     time.Duration
	everDark    bool
	started     time.Duration // newest start order
	everStarted bool
	lacking     time.Duration // too few serve since then; 0: enough
	missing     time.Duration // too few run since then
	isShort     bool
	assist      bool
	measured    bool
	degrees     float64
	warmer      time.Duration
	cooler      time.Duration
	rotated     time.Time
	served      time.Duration // of the present duty
	why         point.Words

	due   time.Duration
	dirty bool // something was told
	keep  bool // retained state to write

	orders  []Order
	records []event.Record
	signals []alarm.Signal
}

func newCrew(d Team, zone *time.Location) (*crew, error) {
	if zone == nil {
		zone = time.UTC
	}
	t := &crew{Team: d, zone: zone, dirty: true}
	t.defaults()
	if t.RotateAt == "" {
		t.RotateAt = "10:00"
	}
	at, err := time.Parse("15:04", t.RotateAt)
	t.hour, t.minute = at.Hour(), at.Minute()
	switch {
	case err != nil:
		return nil, fmt.Errorf("rotate-at %q: want a time of day such as 10:00", t.RotateAt)
	case len(d.Members) < 2 || len(d.Members) > 8:
		return nil, fmt.Errorf("%d members: want 2 to 8", len(d.Members))
	case t.Duty >= len(d.Members):
		return nil, fmt.Errorf("duty %d of %d: want at least one in reserve", t.Duty, len(d.Members))
	case t.Temperature != "" && t.AssistBelow >= t.AssistAbove:
		return nil, fmt.Errorf("assist-below %v: want less than assist-above %v", t.AssistBelow, t.AssistAbove)
	case t.RotateDay != "" && t.RotateDay != "daily" && !slices.Contains(days, t.RotateDay):
		return nil, fmt.Errorf("rotate-day %q: want daily or a day of the week", t.RotateDay)
	}
	for i, m := range d.Members {
		if m.ID == "" || m.Run.Check() != nil || slices.ContainsFunc(d.Members[:i], func(o Member) bool { return o.ID == m.ID || o.Run == m.Run }) {
			return nil, fmt.Errorf("member %q: want an id and a run point of its own", m.ID)
		}
		t.units = append(t.units, &unit{Member: m, index: i, flags: map[point.Name]bool{}})
	}
	return t, nil
}

// defaults are those of the site file, for a team that is made without one.
func (t *crew) defaults() {
	set := func(d *time.Duration, otherwise time.Duration) {
		if *d == 0 {
			*d = otherwise
		}
	}
	set(&t.Gap, 30*time.Second)
	set(&t.Confirm, time.Minute)
	set(&t.Lost, 5*time.Minute)
	set(&t.AssistAfter, 5*time.Minute)
	t.Duty, t.Attempts = max(t.Duty, 1), max(t.Attempts, 1)
}

// begin notes the start of this run: every timer begins there.
func (t *crew) begin(now time.Duration) {
	if t.began != 0 {
		return
	}
	t.began = now
	for _, u := range t.units {
		u.unread, u.moved, u.seen = now, now, now
	}
}

// pretends is true while what the team decides may rest on a simulated value.
func (t *crew) pretends() bool { return len(t.simulated) > 0 }

// marked is the text with the mark of a simulation, where one is due.
func (t *crew) marked(w point.Words) point.Words {
	if t.pretends() {
		return w.Simulated()
	}
	return w
}
