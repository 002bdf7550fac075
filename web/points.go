package web

import (
	"strconv"
	"time"

	"watchbox/firmware/command"
	"watchbox/firmware/live"
	"watchbox/firmware/point"
	"watchbox/firmware/store"
)

// PointReading is what changes of a point: its value with everything that tells how
// far it can be trusted. A value that is not good is the last good one, never zero.
type PointReading struct {
	Name    point.Name  `json:"name"`
	Value   point.Value `json:"value" doc:"null when nothing good was ever read"`
	Quality string      `json:"quality" allowed:"good|uncertain|bad|unknown" doc:"unknown: nothing arrived since start"`
	Reason  string      `json:"reason,omitempty" doc:"why it is not good: timeout, stale, comm-failure, …"`
	At      time.Time   `json:"at,omitzero" doc:"newest attempt, by the box's wall clock"`
	GoodAt  time.Time   `json:"goodAt,omitzero" doc:"when the value was read"`
	Age     float64     `json:"age" doc:"seconds since the value was read; -1 when never"`
	Clock   string      `json:"clock,omitempty" allowed:"unknown|rtc|synchronised" doc:"trust in the two times"`
}

// PointView is a point with its description and its reading.
type PointView struct {
	PointReading
	Device   string                `json:"device"`
	Item     string                `json:"item"`
	Label    point.Words           `json:"label"`
	Kind     string                `json:"kind" allowed:"none|bool|integer|count|real|text"`
	Unit     point.Unit            `json:"unit,omitempty"`
	Decimals int                   `json:"decimals"`
	States   map[int64]point.Words `json:"states,omitempty" doc:"text of each number of a state"`
	Room     string                `json:"room,omitempty"`
	Source   string                `json:"source,omitempty" doc:"provenance: where the address comes from"`
	Trust    string                `json:"trust,omitempty" allowed:"vendor paper|maintained driver|field profile|captured|to be confirmed" doc:"how far its address can be trusted"`
	Writable bool                  `json:"writable,omitempty" doc:"an engineer may set it, in two steps"`
	Allowed  point.Words           `json:"allowed,omitzero" doc:"what may be written"`
	Clear    point.Clear           `json:"clear,omitempty" allowed:"auto|manual|dependent" doc:"how the device ends the alarm that it tells by this point"`
}

// Points is the answer of GET /points.
type Points struct {
	At     time.Time   `json:"at"`
	Points []PointView `json:"points"`
}

// History is a point's past.
type History struct {
	Point    point.Name      `json:"point"`
	From     time.Time       `json:"from"`
	To       time.Time       `json:"to"`
	Readings []store.Reading `json:"readings" doc:"oldest first"`
}

// since is the time from then to now: monotonic within one boot, else by the wall.
func since(now, then point.Instant) time.Duration {
	if now.Boot == then.Boot {
		return max(0, now.Since(then))
	}
	return max(0, now.Wall.Sub(then.Wall))
}

func readingOf(e live.Entry, now point.Instant) PointReading {
	r := PointReading{Name: e.Point.Name, Quality: "unknown", Age: -1}
	if !e.Seen {
		return r
	}
	r.Quality, r.Reason = e.Last.Quality.Level.String(), e.Last.Quality.Reason.String()
	r.Value, r.At, r.Clock = e.Last.Value, e.Last.At.Wall, e.Last.At.Clock.String()
	if !e.Good.Value.IsNone() {
		r.GoodAt, r.Age = e.Good.At.Wall, tenths(since(now, e.Good.At))
	}
	return r
}

// tenths are seconds with one decimal.
func tenths(d time.Duration) float64 { return float64(d.Milliseconds()/100) / 10 }

func pointView(e live.Entry, now point.Instant) PointView {
	p := e.Point
	view := PointView{PointReading: readingOf(e, now), Device: p.Name.Device(), Item: p.Name.Item(), Label: p.Label,
		Kind: p.Kind.String(), Unit: p.Unit, Decimals: p.Decimals, States: p.States, Room: p.Room, Source: p.Source, Trust: p.Trust, Writable: p.Write, Clear: p.Clear}
	if p.Write {
		view.Allowed = command.Range(p)
	}
	return view
}

func listPoints(c *call) (any, error) {
	v, err := c.view()
	if err != nil {
		return nil, err
	}
	q, now := c.r.URL.Query(), c.options.Now()
	out := Points{At: now.Wall, Points: []PointView{}}
	for i := range v.Points.Len() {
		e := v.Points.At(i)
		if d := q.Get("device"); d != "" && d != e.Point.Name.Device() {
			continue
		}
		if room := q.Get("room"); room != "" && room != e.Point.Room {
			continue
		}
		out.Points = append(out.Points, pointView(e, now))
	}
	return out, nil
}

func (c *call) entry() (live.Entry, error) {
	v, err := c.view()
	if err != nil {
		return live.Entry{}, err
	}
	name := c.r.PathValue("name")
	e, ok := v.Points.Get(point.Name(name))
	if !ok {
		return e, c.noPoint(name)
	}
	return e, nil
}

func onePoint(c *call) (any, error) {
	e, err := c.entry()
	if err != nil {
		return nil, err
	}
	return pointView(e, c.options.Now()), nil
}

// mostReadings is the most that one history answer holds.
const mostReadings = 5000

func pointHistory(c *call) (any, error) {
	e, err := c.entry()
	if err != nil {
		return nil, err
	}
	span, err := parseSpan(c.r.URL.Query().Get, c.options.Now().Wall)
	if err != nil {
		return nil, err
	}
	readings, err := c.box.History(c.r.Context(), e.Point.Name, span.from, span.to, span.most)
	if err != nil {
		return nil, err
	}
	if c.blind(c.session) && c.box.Site().Kept().Points[e.Point.Name] {
		readings = nil
	}
	if readings == nil {
		readings = []store.Reading{}
	}
	return History{e.Point.Name, span.from, span.to, readings}, nil
}

// span is the stretch of time that a query asks for.
type span struct {
	from, to time.Time
	most     int
}

// parseSpan reads from, to (RFC 3339, or seconds before now as "-3600") and most.
func parseSpan(get func(string) string, now time.Time) (s span, err error) {
	s = span{now.Add(-24 * time.Hour), now, 1000}
	if s.from, err = parseTime("from", get("from"), now, s.from); err != nil {
		return s, err
	}
	if s.to, err = parseTime("to", get("to"), now, s.to); err != nil {
		return s, err
	}
	n, err := parseCount("most", get("most"), uint64(s.most), 1, mostReadings)
	s.most = int(n)
	if err == nil && !s.from.Before(s.to) {
		err = badRequest("from must be before to")
	}
	return s, err
}

func parseTime(name, text string, now, otherwise time.Time) (time.Time, error) {
	if text == "" {
		return otherwise, nil
	}
	if seconds, err := strconv.ParseInt(text, 10, 32); err == nil && seconds <= 0 {
		return now.Add(time.Duration(seconds) * time.Second), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || t.Year() < 1970 || t.Year() > 9999 {
		return t, badRequest(name + " must be an RFC 3339 time or seconds before now such as -3600")
	}
	return t, nil
}

func parseCount(name, text string, otherwise, least, most uint64) (uint64, error) {
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil || n < least || n > most {
		return 0, badRequest(name + " must be a number from " + strconv.FormatUint(least, 10) + " to " + strconv.FormatUint(most, 10))
	}
	return n, nil
}
