package annunciate

import (
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/point"
)

// Around is what the planner shows or goes by besides alarms and panel. All of it
// may be left out.
type Around struct {
	Site      point.Words
	Zone      *time.Location // of the time that the wall shows; nil takes that of the clock
	Points    []point.Point  // among them those of Text.Show
	Calendars alarm.Schedule // of Night
	// Brief is the device of a point in one line, as it is now; empty where nothing
	// is known of it. It never blocks.
	Brief func(point.Name) point.Words
}

// Around tells the planner of the site. Call it after New, and before Reload when
// it changed.
func (p *Planner) Around(a Around) {
	p.around = a
	if p.wall != nil {
		p.wall.settle(a, nil)
	}
}

// settle takes the surroundings over, and from the wall before a reload what it
// knows of shown points.
func (w *wallPlan) settle(a Around, old *wallPlan) {
	w.calendars, w.ask = a.Calendars, 0
	if w.text != nil {
		var known map[point.Name]*reading
		if old != nil && old.text != nil {
			known = old.text.readings
		}
		w.text.settle(a, known)
	}
}
