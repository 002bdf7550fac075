package annunciate

import (
	"fmt"
	"slices"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

// The colours of the wall. White at a tenth is "nothing is known".
var (
	dark    = RGB{}
	red     = RGB{R: 255}
	amber   = RGB{R: 255, G: 110}
	green   = RGB{G: 90}
	blue    = RGB{B: 255}
	unknown = RGB{R: 25, G: 25, B: 25}
	white   = RGB{R: 255, G: 255, B: 255}
)

var rowNames = []string{"alarm", "supervisory", "trouble", "armed", "power"}

// cell is what one room's row shows: a colour, and whether it blinks.
type cell struct {
	colour RGB
	blinks bool
}

// wallPlan is the wall with the state of its cells, column after column.
type wallPlan struct {
	Wall
	cells  []cell
	column map[string]int
	row    map[string]int // -1 where the wall has no such row
	frame  Frame          // as it was last handed out
	drawn  drawing
}

// drawing is what the last frame was made of besides the cells.
type drawing struct{ on, beat, test, valid bool }

func newWallPlan(w *Wall) (*wallPlan, error) {
	if w == nil {
		return nil, nil
	}
	p := &wallPlan{Wall: *w, column: map[string]int{}, row: map[string]int{}}
	p.Pixels = max(p.Pixels, 1)
	if p.Pixels > 64 {
		return nil, fmt.Errorf("wall: pixels %d: want 1 to 64", p.Pixels)
	}
	if len(p.Power) == 0 {
		p.Power = []string{"*mains*", "*power*", "*battery*"}
	}
	for _, name := range rowNames {
		p.row[name] = slices.Index(w.Rows, name)
	}
	for _, name := range w.Rows {
		if !slices.Contains(rowNames, name) {
			return nil, fmt.Errorf("wall: row %q: want alarm, supervisory, trouble, armed or power", name)
		}
	}
	for i, room := range w.Rooms {
		p.column[room] = i
	}
	p.cells = p.blank()
	return p, nil
}

// blank is the wall before anything is known: white, and dark where armed shows.
func (w *wallPlan) blank() []cell {
	cells := make([]cell, len(w.Rooms)*len(w.Rows))
	for i := range cells {
		if w.Rows[i%len(w.Rows)] != "armed" {
			cells[i].colour = unknown
		}
	}
	return cells
}

// take computes the cells.
func (w *wallPlan) take(alarms []alarm.Alarm, panel zone.View) {
	cells := make([]cell, len(w.cells))
	for i := range cells {
		if w.Rows[i%len(w.Rows)] != "armed" {
			cells[i].colour = green
		}
	}
	for i := range alarms {
		switch a := &alarms[i]; {
		case a.Guarded && !a.RemovedUntil.IsZero(): // a panic button that rings nobody is everybody's business
			w.put(cells, a.Room, string(alarm.ClassTrouble), cell{amber, false})
		case a.Standing() && !a.Silent && (a.Quiet || !a.Aside()):
			w.mark(cells, a)
		}
	}
	w.armed(cells, panel)
	if !slices.Equal(cells, w.cells) {
		w.cells, w.drawn.valid = cells, false
	}
}

// mark shows the alarm in its room's column.
func (w *wallPlan) mark(cells []cell, a *alarm.Alarm) {
	colour := amber
	if a.Class == alarm.ClassAlarm {
		colour = red
	}
	w.put(cells, a.Room, string(a.Class), cell{colour, !a.Acknowledged})
	if likeAny(w.Power, a.Key) {
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
	d := drawing{on: on && w.blinks(), beat: on && w.Heartbeat, test: now < test, valid: true}
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
	case d.beat:
		return append(f, unknown)
	}
	return append(f, dark)
}

func (w *wallPlan) blinks() bool {
	return slices.ContainsFunc(w.cells, func(c cell) bool { return c.blinks })
}

// turns is when the frame changes by itself.
func (w *wallPlan) turns(now, test time.Duration) time.Duration {
	next := point.Never
	if w.Heartbeat || w.blinks() {
		_, next = flash.at(now, 0)
	}
	if now < test {
		next = min(next, test)
	}
	return next
}

// Frame is the wall as it should look now; nil when there is none. It is never
// written to afterwards.
func (p *Planner) Frame(now point.Instant) Frame {
	if p.wall == nil {
		return nil
	}
	return p.wall.draw(now.Mono, p.test)
}
