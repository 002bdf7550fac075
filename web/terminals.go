package web

import (
	"time"

	"watchbox/firmware/annunciate"
	"watchbox/firmware/engine"
	"watchbox/firmware/point"
)

// Terminals is what hangs on the box: every contact with its edges, and every
// output with what becomes of it when nobody commands it.
type Terminals struct {
	At      time.Time        `json:"at"`
	Inputs  []TerminalInput  `json:"inputs"`
	Lost    uint64           `json:"lost" doc:"edges lost of all inputs since the daemon began to read them, also those that cannot be laid to one"`
	Outputs []TerminalOutput `json:"outputs" doc:"the box's own terminals first, then what devices let be written"`
}

// TerminalInput is one contact on a terminal of the box.
type TerminalInput struct {
	Terminal string      `json:"terminal"`
	Point    point.Name  `json:"point"`
	Label    point.Words `json:"label"`
	Room     string      `json:"room,omitempty"`
	Rest     string      `json:"rest" allowed:"open|closed" doc:"how it stands while all is well"`
	State    string      `json:"state" allowed:"open|closed|unknown" doc:"how the contact stands now, after the debounce, whatever that means"`
	Debounce float64     `json:"debounce" doc:"seconds that a level must stand before it is an edge"`
	Edges    uint64      `json:"edges" doc:"since the daemon began to read it"`
	Lost     uint64      `json:"lost" doc:"of this input: numbered by the kernel and never told, or dropped because too many came at once"`
	Last     time.Time   `json:"last,omitzero" doc:"last edge, by the box's wall clock"`
}

// TerminalOutput is one output and its rest state.
type TerminalOutput struct {
	Output     point.Name  `json:"output"`
	Label      point.Words `json:"label"`
	Room       string      `json:"room,omitempty"`
	Terminal   string      `json:"terminal,omitempty" doc:"of the box; absent for a device's own output"`
	Kind       string      `json:"kind" allowed:"sounder|beacon|relay|strike|team|command" doc:"command: only a person writes to it"`
	By         []string    `json:"by" doc:"annunciators, doors whose strike it is, teams whose unit it switches"`
	Rest       string      `json:"rest" allowed:"off|on|hold|unknown"`
	Hold       float64     `json:"hold" doc:"seconds that the last level stays when nobody commands it"`
	OnCrash    point.Words `json:"onCrash" doc:"the daemon dies; for a device: nothing comes over its wire"`
	OnReboot   point.Words `json:"onReboot"`
	OnUpgrade  point.Words `json:"onUpgrade" doc:"another slot is started: a reboot"`
	Supervised point.Name  `json:"supervised,omitempty" doc:"the point that is read back from it; absent: only the level of the line, or the point as it is read"`
	Source     string      `json:"source,omitempty" doc:"where this is known from"`
}

func showTerminals(c *call) (any, error) {
	v, err := c.view()
	if err != nil {
		return nil, err
	}
	return terminalsView(v, c.box.Rests(), c.options.Now().Wall), nil
}

func terminalsView(v *engine.View, rests []annunciate.Resting, now time.Time) Terminals {
	t := Terminals{At: now, Inputs: []TerminalInput{}, Lost: v.Health.LostEdges, Outputs: []TerminalOutput{}}
	for _, in := range v.Inputs {
		t.Inputs = append(t.Inputs, TerminalInput{Terminal: in.Terminal, Point: in.Point, Label: in.Label, Room: in.Room,
			Rest: openOrClosed(in.RestClosed), State: contactState(in), Debounce: in.Debounce.Seconds(), Edges: in.Edges, Lost: in.Lost, Last: in.Last})
	}
	for _, r := range rests {
		t.Outputs = append(t.Outputs, TerminalOutput{Output: r.Point, Label: r.Label, Room: r.Room, Terminal: r.Terminal, Kind: r.Kind,
			By: append([]string{}, r.By...), Rest: r.State, Hold: r.Hold.Seconds(), OnCrash: r.OnCrash(), OnReboot: r.OnReboot(), OnUpgrade: r.OnReboot(),
			Supervised: r.Feedback, Source: r.Source})
	}
	return t
}

func openOrClosed(closed bool) string {
	if closed {
		return "closed"
	}
	return "open"
}

func contactState(in engine.InputView) string {
	if !in.Known {
		return "unknown"
	}
	return openOrClosed(in.Closed)
}

// writeInputs are the contacts in Prometheus's text format.
func (m meter) writeInputs(v *engine.View) {
	if len(v.Inputs) == 0 {
		return
	}
	for _, g := range []struct {
		name, kind, help string
		value            func(in engine.InputView) (float64, bool)
	}{
		{"watchbox_input_closed", "gauge", "1 while the contact is closed.", func(in engine.InputView) (float64, bool) { return one(in.Closed), in.Known }},
		{"watchbox_input_edges_total", "counter", "Edges of the contact.", func(in engine.InputView) (float64, bool) { return float64(in.Edges), true }},
		{"watchbox_input_lost_edges_total", "counter", "Edges known to be lost of this contact.", func(in engine.InputView) (float64, bool) { return float64(in.Lost), true }},
		{"watchbox_input_last_edge_seconds", "gauge", "Time of the last edge, as seconds since 1970.", func(in engine.InputView) (float64, bool) {
			return float64(in.Last.UnixMilli()) / 1000, !in.Last.IsZero()
		}},
	} {
		m.head(g.name, g.kind, g.help)
		for _, in := range v.Inputs {
			if value, told := g.value(in); told {
				m.line(g.name, value, "terminal", in.Terminal, "point", string(in.Point))
			}
		}
	}
}
