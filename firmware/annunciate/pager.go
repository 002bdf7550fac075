package annunciate

import (
	"fmt"
	"slices"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

// mostSheets is how many alarms the text part shows one after the other. More
// than that nobody can follow: a summary says how many there are, the others are
// on the page, and move up as the worst are dealt with.
const mostSheets = 10

// topic is what a sheet is about.
type topic int

const (
	theAlarm topic = iota
	theSummary
	theSite
	theTime
	thePartition
	thePoint
)

// sheet is one page to be shown in its turn. Only the one that is shown is
// written out.
type sheet struct {
	topic topic
	key   string
	index int // of the alarm, partition or point
	rank  int // smaller is more urgent
}

// reading is the newest that is known of a shown point.
type reading struct {
	point *point.Point
	last  point.Sample
}

// textPlan is the text part and what it shows now.
type textPlan struct {
	Text
	around   Around
	readings map[point.Name]*reading

	alarms  []*alarm.Alarm
	shown   []int // which of them are for the wall
	panel   zone.View
	sheets  []sheet
	total   int // alarms that stand
	gravest int // of them, those of priority 1

	at     int           // which sheet is shown
	since  time.Duration // when its turn began
	redraw bool          // something that it shows may have changed
	lit    bool          // half of the flash that was drawn
	over   int           // pixels of the page's widest line that do not fit
	minute time.Duration // when the time that it shows changes
	page   Page
}

func newTextPlan(t *Text) (*textPlan, error) {
	if t == nil {
		return nil, nil
	}
	p := &textPlan{Text: *t, minute: point.Never}
	if p.Height == 0 {
		p.Height = LineHeight
	}
	if p.Turn == 0 {
		p.Turn = 5 * time.Second
	}
	switch {
	case p.Width < 32 || p.Width > 512:
		return nil, fmt.Errorf("wall: text: width %d: want 32 to 512", p.Width)
	case p.Height < LineHeight || p.Height > 64 || p.Height%LineHeight != 0:
		return nil, fmt.Errorf("wall: text: height %d: want 16, 32, 48 or 64", p.Height)
	case p.Turn < 3*time.Second || p.Turn > 10*time.Second:
		return nil, fmt.Errorf("wall: text: turn %v: want 3s to 10s", p.Turn)
	}
	p.page.Width = p.Width
	p.settle(Around{}, nil)
	return p, nil
}

// settle takes the surroundings over and keeps what is known of shown points.
func (t *textPlan) settle(a Around, known map[point.Name]*reading) {
	t.around, t.redraw = a, true
	t.readings = map[point.Name]*reading{}
	for _, name := range t.Show {
		r := &reading{}
		if old := known[point.Name(name)]; old != nil {
			r.last = old.last
		}
		if i := slices.IndexFunc(a.Points, func(p point.Point) bool { return string(p.Name) == name }); i >= 0 {
			r.point = &a.Points[i]
		}
		t.readings[point.Name(name)] = r
	}
}

// sample takes a reading of a point that is shown.
func (t *textPlan) sample(s point.Sample) {
	r := t.readings[s.Point]
	if r == nil {
		return
	}
	if !s.Quality.Usable() {
		s.Value = r.last.Value
	}
	r.last = s
	shown := t.current()
	t.redraw = t.redraw || shown.topic == thePoint && shown.key == string(s.Point)
}

// take makes the sheets anew. What is shown goes on with its turn, unless it is
// gone, or something more urgent has come. shown are the alarms for the wall.
func (t *textPlan) take(now point.Instant, alarms []*alarm.Alarm, shown []int, panel zone.View, hidden bool) {
	before, old := t.current(), t.sheets
	t.alarms, t.shown, t.panel = alarms, shown, panel
	t.sheets, t.redraw = t.collect(hidden), true
	i := place(t.sheets, before)
	fresh := len(t.sheets) > 0 && place(old, t.sheets[0]) < 0
	switch {
	case fresh && (i < 0 || t.sheets[0].rank < t.sheets[i].rank):
		t.turn(now, 0)
	case i >= 0:
		t.at = i
	case len(t.sheets) > 0:
		t.turn(now, t.at%len(t.sheets))
	}
}

// place finds the sheet about the same; -1 when there is none.
func place(sheets []sheet, same sheet) int {
	return slices.IndexFunc(sheets, func(s sheet) bool { return s.topic == same.topic && s.key == same.key })
}

func (t *textPlan) current() sheet {
	if t.at < len(t.sheets) {
		return t.sheets[t.at]
	}
	return sheet{}
}

func (t *textPlan) turn(now point.Instant, i int) { t.at, t.since, t.redraw = i, now.Mono, true }

// step shows what is due now and tells when to look again.
func (t *textPlan) step(now point.Instant) (next time.Duration) {
	if now.Mono >= t.due() {
		t.turn(now, (t.at+1)%len(t.sheets))
	}
	lit, turns := flash.at(now.Mono, 0)
	if t.redraw || now.Mono >= t.minute || t.urgent() && lit != t.lit {
		t.draw(now, lit)
	}
	if next = min(t.due(), t.minute); t.urgent() {
		next = min(next, turns)
	}
	return next
}

// due is when the next sheet's turn comes: a text that scrolls is first seen whole.
func (t *textPlan) due() time.Duration {
	if len(t.sheets) < 2 {
		return point.Never
	}
	stays := t.Turn
	if t.over > 0 && t.page.Since == t.since {
		stays = max(stays, scrolls(t.over))
	}
	return t.since + stays
}

// urgent is true while an unacknowledged alarm of priority 1 is shown.
func (t *textPlan) urgent() bool {
	s := t.current()
	return s.topic == theAlarm && s.key != "" && holds(s.rank)
}
