package maps

import (
	"errors"
	"fmt"
	"slices"
	"time"

	yaml "go.yaml.in/yaml/v3"

	"watchbox/firmware/driver"
)

// sizeLimit is the largest map that is read, in bytes.
const sizeLimit = 1 << 20

// pointLimit is the most points of one product: a poll of them all still ends.
const pointLimit = 2000

// Parse reads a map strictly: unknown and repeated keys, impossible values,
// items named twice and a missing origin are refused, all of them at once, each
// with file:line:column, the key, what was read and what is allowed. file is
// what errors call it.
func Parse(file string, data []byte) (m *Map, err error) {
	defer func() {
		// The YAML reader has panicked on hostile input before; the box must not.
		if p := recover(); p != nil {
			m, err = nil, fmt.Errorf("%s:1:1: read what the reader cannot read (%v), allowed YAML", file, p)
		}
	}()
	if len(data) > sizeLimit {
		return nil, fmt.Errorf("%s:1:1: read %d bytes, allowed %d", file, len(data), sizeLimit)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(doc.Content) != 1 {
		return nil, fmt.Errorf("%s:1:1: read nothing, allowed a map", file)
	}
	r := &reader{file: file}
	m = r.product(doc.Content[0])
	if r.faults != nil {
		return nil, errors.Join(r.faults...)
	}
	return m, nil
}

var protocols = []string{Modbus, YDT1363}

// confidences are the allowed words, in the order of trust.
var confidences = []string{string(VendorPaper), string(MaintainedDriver), string(FieldProfile), string(Captured), string(Unconfirmed)}

// product reads the whole file. Points come last, as they inherit from the rest.
func (r *reader) product(n *yaml.Node) *Map {
	m := &Map{Protocol: Modbus, Registers: 125, Bits: 2000, Timeout: 500 * time.Millisecond,
		Periods: [3]time.Duration{2 * time.Second, 5 * time.Second, time.Minute}}
	var points *yaml.Node
	lowFirst := false
	r.fields(n, "", []string{"version", "label", "identity", "source", "confidence", "points"}, keys{
		"version":    func(n *yaml.Node, key string) { r.number(n, key, 1, 1) },
		"label":      func(n *yaml.Node, key string) { m.Label = r.words(n, key) },
		"identity":   func(n *yaml.Node, key string) { m.Identity = r.words(n, key) },
		"source":     func(n *yaml.Node, key string) { m.Source = r.text(n, key) },
		"confidence": func(n *yaml.Node, key string) { m.Confidence = r.confidence(n, key) },
		"protocol":   func(n *yaml.Node, key string) { m.Protocol = protocols[r.choice(n, key, protocols...)] },
		"class":      func(n *yaml.Node, key string) { m.Class = uint8(r.number(n, key, 1, 255)) },
		"versions": func(n *yaml.Node, key string) {
			r.each(n, key, func(n *yaml.Node, key string) { m.Versions = append(m.Versions, uint8(r.number(n, key, 0x10, 0x2f))) })
		},
		"line":          func(n *yaml.Node, key string) { r.line(m, n, key) },
		"max-registers": func(n *yaml.Node, key string) { m.Registers = int(r.number(n, key, 1, 125)) },
		"max-bits":      func(n *yaml.Node, key string) { m.Bits = int(r.number(n, key, 1, 2000)) },
		"gap":           func(n *yaml.Node, key string) { m.Gap = int(r.number(n, key, 0, 124)) },
		"pause":         func(n *yaml.Node, key string) { m.Pause = r.duration(n, key, 0, 5*time.Second) },
		"timeout":       func(n *yaml.Node, key string) { m.Timeout = r.duration(n, key, 10*time.Millisecond, 30*time.Second) },
		"worst":         func(n *yaml.Node, key string) { m.Worst = r.duration(n, key, 10*time.Millisecond, 30*time.Second) },
		"word-order":    func(n *yaml.Node, key string) { lowFirst = r.choice(n, key, "high-first", "low-first") == 1 },
		"periods":       func(n *yaml.Node, key string) { r.periods(m, n, key) },
		"on-loss":       func(n *yaml.Node, key string) { r.loss(m, n, key) },
		"points":        func(n *yaml.Node, key string) { points = n },
	})
	m.Worst = max(m.Worst, m.Timeout)
	if of := m.Protocol == YDT1363; of != (m.Class > 0) || of != (len(m.Versions) > 0) {
		r.refuse(n, "protocol", m.Protocol, "class and versions with ydt1363, and only there")
	}
	if points != nil {
		r.points(m, points, lowFirst)
	}
	if writes := slices.ContainsFunc(m.Points, func(p Point) bool { return p.Write }); writes != (m.Loss.State != "") {
		r.refuse(n, "on-loss", fmt.Sprintf("%q", m.Loss.State), "what the outputs do when nobody talks to the product, in a map that writes, and only there")
	}
	return m
}

func (r *reader) confidence(n *yaml.Node, key string) Confidence {
	return Confidence(confidences[r.choice(n, key, confidences...)])
}

func (r *reader) line(m *Map, n *yaml.Node, key string) {
	r.fields(n, key, []string{"baud"}, keys{
		"baud":      func(n *yaml.Node, key string) { m.Line.Baud = int(r.number(n, key, 300, 1_000_000)) },
		"parity":    func(n *yaml.Node, key string) { m.Line.Parity = parities[r.choice(n, key, parities...)] },
		"stop-bits": func(n *yaml.Node, key string) { m.Line.StopBits = int(r.number(n, key, 1, 2)) },
	})
}

// loss reads what becomes of the outputs: {state: unknown}, or with the silence
// that it takes and the paper that says so.
func (r *reader) loss(m *Map, n *yaml.Node, key string) {
	states := []string{driver.RestOff, driver.RestOn, driver.RestHold, driver.RestUnknown}
	r.fields(n, key, []string{"state"}, keys{
		"state":  func(n *yaml.Node, key string) { m.Loss.State = states[r.choice(n, key, states...)] },
		"after":  func(n *yaml.Node, key string) { m.Loss.After = r.duration(n, key, 100*time.Millisecond, 24*time.Hour) },
		"source": func(n *yaml.Node, key string) { m.Loss.Source = r.text(n, key) },
	})
	if known := m.Loss.State != driver.RestUnknown; known != (m.Loss.Source != "") || !known && m.Loss.After > 0 {
		r.refuse(n, key, m.Loss.State, "a source with each state that is known, and neither source nor after with unknown")
	}
}

var parities = []string{"none", "even", "odd"}

var ranks = []string{"alarm", "measure", "statistic"}

func (r *reader) periods(m *Map, n *yaml.Node, key string) {
	known := keys{}
	for i, name := range ranks {
		known[name] = func(n *yaml.Node, key string) {
			m.Periods[i] = r.duration(n, key, 50*time.Millisecond, 24*time.Hour)
		}
	}
	r.fields(n, key, nil, known)
}

func (r *reader) points(m *Map, n *yaml.Node, lowFirst bool) {
	items := map[string]bool{}
	r.each(n, "points", func(n *yaml.Node, key string) {
		if len(m.Points) >= pointLimit {
			r.refuse(n, key, "one more point", fmt.Sprintf("%d points", pointLimit))
			return
		}
		e := entry{reader: r, m: m, p: Point{LowFirst: lowFirst, Scale: 1, Rank: Measure, Confidence: m.Confidence, Source: m.Source}}
		for _, p := range e.read(n, key) {
			if items[p.Item] {
				r.refuse(n, key, "item "+p.Item+" a second time", "each item once")
			}
			items[p.Item] = true
			m.Points = append(m.Points, p)
		}
	})
	for _, p := range m.Points {
		if p.Feedback != "" && !items[p.Feedback] {
			r.refuse(n, "points", "feedback "+p.Feedback+" of "+p.Item, "an item of the map")
		}
	}
}
