package web

import (
	"fmt"
	"time"

	"watchbox/firmware/annunciate"
	"watchbox/firmware/engine"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

// Panel is the security panel.
type Panel struct {
	Zones      []zone.ZoneView `json:"zones"`
	Partitions []Partition     `json:"partitions"`
	Doors      []zone.DoorView `json:"doors"`
	Areas      []Area          `json:"areas" doc:"who is inside"`
	Consent    Consent         `json:"consent"`
}

// Consent is whether the installer may work.
type Consent struct {
	Required  bool      `json:"required" doc:"the site file asks for one"`
	By        string    `json:"by,omitempty" doc:"who gave it; absent while nobody has"`
	Until     time.Time `json:"until,omitzero"`
	Remaining float64   `json:"remaining,omitempty" doc:"seconds"`
	Alone     bool      `json:"alone,omitempty" doc:"given to himself: there is no other user"`
}

// Partition is one partition now.
type Partition struct {
	ID        string        `json:"id"`
	Label     point.Words   `json:"label"`
	Mode      zone.Mode     `json:"mode" allowed:"disarmed|exit-delay|armed|entry-delay"`
	Deadline  time.Time     `json:"deadline,omitzero" doc:"end of the running delay, by the box's wall clock"`
	Remaining float64       `json:"remaining,omitempty" doc:"seconds to the deadline"`
	NotReady  []point.Words `json:"notReady" doc:"why it cannot be armed now"`
	By        string        `json:"by,omitempty"`
	As        string        `json:"as,omitempty" doc:"away, stay or night"`
	Verified  bool          `json:"verified,omitempty" doc:"two detectors have raised"`
	Code      bool          `json:"code,omitempty" doc:"disarming takes a panel code"`
	Walking   float64       `json:"walking,omitempty" doc:"seconds until the walk test ends"`
}

// Outputs is what the box's annunciators do now, and the LED wall.
type Outputs struct {
	Outputs []Output `json:"outputs"`
	Wall    *Wall    `json:"wall,omitempty"`
}

// Output is one annunciator.
type Output struct {
	ID     string      `json:"id" doc:"empty when no annunciator drives it"`
	Label  point.Words `json:"label"`
	Kind   string      `json:"kind,omitempty" allowed:"sounder|beacon|relay"`
	Output point.Name  `json:"output"`
	On     bool        `json:"on"`
}

// Wall mirrors the LED status wall: a column per room, a row per state.
type Wall struct {
	Rooms []string `json:"rooms"`
	Rows  []string `json:"rows"`
	Lamps []string `json:"lamps" doc:"column after column, row by row: #rrggbb"`

	Brightness int       `json:"brightness" doc:"percent of full light"`
	Hidden     bool      `json:"hidden,omitempty" doc:"stealth: dark on purpose"`
	Text       *WallText `json:"text,omitempty"`
}

// WallText mirrors the wall's text part.
type WallText struct {
	Width int        `json:"width" doc:"pixels; a Chinese character takes 12, a line is 16 high"`
	Lines []WallLine `json:"lines" doc:"from the top; one that is too wide scrolls"`
}

// WallLine is one line of the wall's text.
type WallLine struct {
	Text    string `json:"text"`
	Colour  string `json:"colour" doc:"#rrggbb"`
	Inverse bool   `json:"inverse,omitempty"`
}

func panelView(v *engine.View, now point.Instant) Panel {
	p := Panel{Zones: append([]zone.ZoneView{}, v.Panel.Zones...), Doors: append([]zone.DoorView{}, v.Panel.Doors...), Partitions: []Partition{},
		Areas: areaViews(v.Panel.Areas, now)}
	if k := v.Panel.Consent; k.By != "" {
		p.Consent = Consent{k.Required, k.By, k.Until.Wall, tenths(max(0, k.Until.Since(now))), k.Alone}
	}
	p.Consent.Required = v.Panel.Consent.Required
	for _, q := range v.Panel.Partitions {
		o := Partition{ID: q.ID, Label: q.Label, Mode: q.Mode, NotReady: append([]point.Words{}, q.NotReady...), By: q.By, As: q.As, Verified: q.Verified, Code: q.Code}
		if q.Walk != nil {
			o.Walking = max(0, (q.Walk.Mono - now.Mono).Seconds())
		}
		if q.Deadline != nil {
			o.Deadline, o.Remaining = q.Deadline.Wall, tenths(since(*q.Deadline, now))
		}
		p.Partitions = append(p.Partitions, o)
	}
	return p
}

func (s *Server) outputsView(v *engine.View) Outputs {
	out := Outputs{Outputs: []Output{}}
	site := s.box.Site()
	for _, l := range v.Outputs {
		o := Output{Output: l.Output, On: l.On, Label: point.Words{Zh: string(l.Output), En: string(l.Output)}}
		if site != nil {
			for _, a := range site.Annunciators {
				if a.Output == l.Output {
					o.ID, o.Label, o.Kind = a.ID, a.Label, a.Kind
				}
			}
		}
		out.Outputs = append(out.Outputs, o)
	}
	if site != nil && site.Wall != nil {
		out.Wall = wallView(v, site.Wall.Rooms, site.Wall.Rows, site.Wall.Pixels)
	}
	return out
}

// wallView takes the first lamp of each cell.
func wallView(v *engine.View, rooms, rows []string, pixels int) *Wall {
	w := &Wall{Rooms: append([]string{}, rooms...), Rows: append([]string{}, rows...), Lamps: []string{},
		Brightness: v.Wall.Bright, Hidden: v.Wall.Hidden, Text: wallText(v.Wall.Page)}
	for cell := range len(rooms) * len(rows) {
		colour := "#000000"
		if i := cell * max(1, pixels); i < len(v.Wall.Lamps) {
			colour = css(v.Wall.Lamps[i])
		}
		w.Lamps = append(w.Lamps, colour)
	}
	return w
}

func wallText(p annunciate.Page) *WallText {
	if p.Width == 0 {
		return nil
	}
	t := &WallText{Width: p.Width, Lines: []WallLine{}}
	for _, l := range p.Lines {
		t.Lines = append(t.Lines, WallLine{l.Text, css(l.Colour), l.Inverse})
	}
	return t
}

func css(c annunciate.RGB) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

func showPanel(c *call) (any, error) {
	v, err := c.view()
	if err != nil {
		return nil, err
	}
	return panelView(v, c.options.Now()), nil
}

func showOutputs(c *call) (any, error) {
	v, err := c.view()
	if err != nil {
		return nil, err
	}
	return c.outputsView(v), nil
}

// arming makes the handler of arm, force-arm and disarm. A refusal carries the reasons.
func arming(verb engine.Verb) func(*call) (any, error) {
	return func(c *call) (any, error) {
		v, err := c.view()
		if err != nil {
			return nil, err
		}
		id := c.r.PathValue("id")
		how, err := read[ArmOrder](c)
		if err != nil {
			return nil, err
		}
		for _, p := range v.Panel.Partitions {
			if p.ID == id {
				return nil, c.moved(engine.Command{Verb: verb, Target: id, Mode: how.Mode}, how)
			}
		}
		return nil, c.noPartition(id)
	}
}

func bypassing(verb engine.Verb) func(*call) (any, error) {
	return func(c *call) (any, error) {
		v, err := c.view()
		if err != nil {
			return nil, err
		}
		id := c.r.PathValue("id")
		for _, z := range v.Panel.Zones {
			if z.ID == id {
				return nil, c.command(engine.Command{Verb: verb, Target: id})
			}
		}
		return nil, c.noZone(id)
	}
}

func lampTest(c *call) (any, error) { return nil, c.command(engine.Command{Verb: engine.LampTest}) }
