package annunciate

import (
	"slices"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

// drawing is what the last frame was made of besides the cells.
type drawing struct{ on, beat, test, hidden, valid bool }

// mark shows the alarm in its room's column.
func (w *wallPlan) mark(cells []cell, a *alarm.Alarm) {
	colour := amber
	if a.Class == alarm.ClassAlarm {
		colour = red
	}
	w.put(cells, a.Room, string(a.Class), cell{colour, !a.Acknowledged})
	if w.row["power"] >= 0 && likeAny(w.Power, a.Key) {
		w.put(cells, a.Room, "power", cell{red, !a.Acknowledged})
	}
}

// put shows the worse of what the cell has and c: blinking over steady.
func (w *wallPlan) put(cells []cell, room, row string, c cell) {
	x, known := w.column[room]
	y := w.row[row]
	if !known || y < 0 {
		return
	}
	slot := &cells[x*len(w.Rows)+y]
	c.blinks = c.blinks || slot.blinks && slot.colour == c.colour
	*slot = c
}

// armed shows each room's partition: blue, blinking during a delay.
func (w *wallPlan) armed(cells []cell, panel zone.View) {
	if w.row["armed"] < 0 {
		return
	}
	for i := range panel.Zones {
		z := &panel.Zones[i]
		for j := range panel.Partitions {
			v := &panel.Partitions[j]
			if v.ID == z.Partition && v.Mode != zone.Disarmed {
				w.put(cells, z.Room, "armed", cell{blue, v.Mode != zone.Armed})
			}
		}
	}
}

// draw makes the frame, or hands out the last one when it still holds.
func (w *wallPlan) draw(now, test time.Duration) Frame {
	on, _ := flash.at(now, 0)
	d := drawing{on: on && w.blinks(), beat: on && w.Heartbeat, test: now < test, hidden: w.hidden, valid: true}
	if d == w.drawn {
		return w.frame
	}
	f := make(Frame, 0, len(w.cells)*w.Pixels+1)
	for _, c := range w.cells {
		colour := c.colour
		switch {
		case d.test:
			colour = white
		case c.blinks && !d.on:
			colour = dark
		}
		for range w.Pixels {
			f = append(f, colour)
		}
	}
	w.frame, w.drawn = w.beat(f, d), d
	return w.frame
}

// beat adds the lamp that shows that the box lives.
func (w *wallPlan) beat(f Frame, d drawing) Frame {
	switch {
	case !w.Heartbeat:
		return f
	case d.test:
		return append(f, white)
	case d.beat && !d.hidden:
		return append(f, unknown)
	}
	return append(f, dark)
}

func (w *wallPlan) blinks() bool {
	return slices.ContainsFunc(w.cells, func(c cell) bool { return c.blinks })
}

// turns is when the picture changes by itself.
func (w *wallPlan) turns(now point.Instant, test time.Duration) time.Duration {
	next := point.Never
	if w.Heartbeat || w.blinks() {
		_, next = flash.at(now.Mono, 0)
	}
	if now.Mono < test {
		next = min(next, test)
	}
	if w.text != nil {
		next = min(next, w.text.step(now))
	}
	if w.bright(now); w.ask > now.Mono {
		next = min(next, w.ask)
	}
	return next
}
