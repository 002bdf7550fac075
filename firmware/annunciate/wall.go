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
	text   *textPlan // nil when there is none
	hidden bool      // stealth: only what saves lives shows
	stale  bool      // the cells are not what they should be
	shown  []int     // which of the alarms are for the wall
	urgent bool      // an unacknowledged alarm of priority 1 shows

	calendars alarm.Schedule
	night     bool
	ask       time.Duration // when the night's calendar is asked again
}

func newWallPlan(w *Wall) (*wallPlan, error) {
	if w == nil {
		return nil, nil
	}
	p := &wallPlan{Wall: *w, column: map[string]int{}, row: map[string]int{}}
	p.Pixels = max(p.Pixels, 1)
	if p.Pixels > 64 {
		return nil, fmt.Errorf("wall: pixels %d: want 1 to 64", p.Pixels)
	}
	if err := p.light(); err != nil {
		return nil, err
	}
	text, err := newTextPlan(w.Text)
	if err != nil {
		return nil, err
	}
	p.text = text
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

// blank is the wall before anything is known: white, and dark where armed shows;
// with stealth all of it is dark.
func (w *wallPlan) blank() []cell {
	cells := make([]cell, len(w.Rooms)*len(w.Rows))
	for i := range cells {
		if w.Rows[i%len(w.Rows)] != "armed" && !w.Stealth {
			cells[i].colour = unknown
		}
	}
	return cells
}

// take computes the cells and the pages; hidden: only what saves lives shows.
func (w *wallPlan) take(now point.Instant, alarms []*alarm.Alarm, panel zone.View, hidden bool) {
	w.stale, w.hidden, w.urgent = false, hidden, false
	cells := make([]cell, len(w.cells))
	for i := range cells {
		if w.Rows[i%len(w.Rows)] != "armed" && !w.hidden {
			cells[i].colour = green
		}
	}
	shown := w.shown[:0]
	for i, a := range alarms {
		if !onWall(a) || w.hidden && !savesLives(a) {
			continue
		}
		switch shown = append(shown, i); {
		case buttonOut(a):
			w.put(cells, a.Room, string(alarm.ClassTrouble), cell{amber, false})
		default:
			w.mark(cells, a)
			w.urgent = w.urgent || holds(urgency(a))
		}
	}
	w.shown = shown
	if !w.hidden {
		w.armed(cells, panel)
	}
	if !slices.Equal(cells, w.cells) {
		w.cells, w.drawn.valid = cells, false
	}
	if w.text != nil {
		w.text.take(now, alarms, shown, panel, w.hidden)
	}
}

// Picture is the wall as it should look now; zero when there is none, and the
// monotonic time at which to ask again. It is never written to afterwards. It
// walks through all alarms: the levels come first.
func (p *Planner) Picture(now point.Instant) (picture Picture, next time.Duration) {
	w := p.wall
	if w == nil {
		return Picture{}, point.Never
	}
	if w.stale {
		w.take(now, p.alarms, p.panel, w.Stealth && (!p.settled || stealthy(w.StealthFor, p.panel)))
	}
	next = w.turns(now, p.test)
	picture = Picture{Lamps: w.draw(now.Mono, p.test), Bright: w.bright(now), Hidden: w.hidden}
	if w.text != nil {
		picture.Page = w.text.page
	}
	if now.Mono < p.test {
		picture.Bright = fullLight
		if picture.Page.Width > 0 {
			picture.Page = Page{Width: picture.Page.Width, Since: p.test, All: white}
		}
	}
	return picture, next
}
