package web

import (
	"encoding/hex"
	"strconv"
	"time"

	"watchbox/firmware/bus"
	"watchbox/firmware/point"
)

// Wires are the buses of the box, and the wires that devices have to themselves.
type Wires interface {
	// Buses is how each does. Never blocks.
	Buses() []bus.Health
	// Trace begins to listen to one; the caller closes it. Never blocks.
	Trace(name string) (bus.Trace, error)
	// Search begins to search a bus for devices; EndSearch waits for one exchange.
	Search(name string, o bus.Order, actor string) error
	EndSearch(name, actor string) error
	SearchProgress(name string) (bus.Progress, error)
}

// Buses is the answer of GET /buses.
type Buses struct {
	At    time.Time    `json:"at"`
	Buses []bus.Health `json:"buses"`
}

func listBuses(c *call) (any, error) {
	return Buses{c.options.Now().Wall, append([]bus.Health{}, c.box.Buses()...)}, nil
}

func beginSearch(c *call) (any, error) {
	o, err := read[bus.Order](c)
	if err == nil {
		err = c.mayHear()
	}
	if err == nil {
		err = c.box.Search(c.r.PathValue("id"), o, c.user.Name)
	}
	return nil, err
}

func endSearch(c *call) (any, error) {
	return nil, c.box.EndSearch(c.r.PathValue("id"), c.user.Name)
}

func showSearch(c *call) (any, error) {
	if err := c.mayHear(); err != nil {
		return nil, err
	}
	return c.box.SearchProgress(c.r.PathValue("id"))
}

// TraceLine is one frame of a wire.
type TraceLine struct {
	At       time.Time   `json:"at" doc:"when its first byte was read"`
	Kind     bus.Kind    `json:"kind" allowed:"sent|answer|late|doubled|foreign|damaged|noise|silence"`
	Protocol string      `json:"protocol,omitempty"`
	Unit     int         `json:"unit" doc:"address in the frame"`
	Check    string      `json:"check,omitempty" allowed:"good|bad" doc:"of its check sum; absent where there is none"`
	Wait     float64     `json:"wait,omitempty" doc:"seconds from the end of the request; of silence: the time-out"`
	Text     point.Words `json:"text"`
	Data     string      `json:"data" doc:"the bytes, hexadecimal"`
	Lost     uint64      `json:"lost,omitempty" doc:"frames right before this one that the reader was too slow for"`
}

// LineOf is the frame as the API has it.
func LineOf(l bus.Line) TraceLine {
	return TraceLine{At: l.At, Kind: l.Kind, Protocol: l.Protocol, Unit: l.Unit, Check: l.Check, Wait: l.Wait.Seconds(),
		Text: l.Text, Data: hex.EncodeToString(l.Data), Lost: l.Lost}
}

// writeBuses are the wires in Prometheus's text format.
func (m meter) writeBuses(list []bus.Health) {
	if len(list) == 0 {
		return
	}
	for _, g := range []struct {
		name, help string
		value      func(bus.Health) float64
	}{
		{"watchbox_bus_score", "Exchanges achieved per ceiling of the last minutes, in percent; -1 when nothing was asked.", func(h bus.Health) float64 { return float64(h.Score) }},
		{"watchbox_bus_load", "Part of the last minutes in which the wire was in use.", func(h bus.Health) float64 { return h.Load }},
	} {
		m.head(g.name, "gauge", g.help)
		for _, h := range list {
			m.line(g.name, g.value(h), "bus", h.ID)
		}
	}
	m.head("watchbox_bus_recent", "gauge", "What happened on the wire in the last minutes, by kind.")
	for _, h := range list {
		for _, k := range []struct {
			kind string
			n    uint64
		}{{"answered", h.Counts.Answered}, {"silent", h.Counts.Silent}, {"late", h.Counts.Late}, {"damaged", h.Counts.Damaged},
			{"noise", h.Counts.Noise}, {"foreign", h.Counts.Foreign}, {"doubled", h.Counts.Doubled}} {
			m.line("watchbox_bus_recent", float64(k.n), "bus", h.ID, "kind", k.kind)
		}
	}
	m.head("watchbox_bus_turnaround_seconds", "gauge", "Shortest turn-around of each slave in the last minutes.")
	for _, h := range list {
		for _, s := range h.Slaves {
			m.line("watchbox_bus_turnaround_seconds", s.Least, "bus", h.ID, "protocol", s.Protocol, "unit", strconv.Itoa(s.Unit))
		}
	}
}
