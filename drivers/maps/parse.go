package maps

import (
	"fmt"
	"slices"
	"time"

	yaml "go.yaml.in/yaml/v3"

	"watchbox/firmware/config"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// pointLimit is the most points of one product: a poll of them all still ends.
const pointLimit = 2000

// Parse reads a map strictly: unknown and repeated keys, impossible values,
// items named twice and a missing origin are refused, all of them at once: the error
// is config.Problems, each with file:line:column, the key, what was read and what is
// allowed, in both languages. At most 1 MiB is read. file is what errors call it.
func Parse(file string, data []byte) (m *Map, err error) {
	r := &reader{file: file}
	defer func() {
		// The YAML reader has panicked on hostile input before; the box must not.
		if p := recover(); p != nil {
			r.refuse(&yaml.Node{}, "", fmt.Sprintf("what the reader cannot read (%v)", p), "YAML")
			m, err = nil, r.faults
		}
	}()
	root, fault := config.Document(file, data)
	if fault != nil {
		return nil, config.Problems{*fault}
	}
	m = r.product(root)
	if r.faults != nil {
		return nil, r.faults
	}
	return m, nil
}

// product reads the whole file. Points come last, as they inherit from the rest.
func (r *reader) product(n *yaml.Node) *Map {
	m := &Map{Protocol: Modbus, Registers: 125, Bits: 2000, Timeout: 500 * time.Millisecond,
		Periods: [3]time.Duration{2 * time.Second, 5 * time.Second, time.Minute}}
	var list points
	r.fields(n, "", keysOf(m, &list))
	m.Worst = max(m.Worst, m.Timeout)
	if list.node != nil {
		several(list.entryOf(m)).read(r, list.node, "points")
	}
	r.together(m, n)
	return m
}

// points is the list of them, kept until the rest is read.
type points struct {
	node     *yaml.Node
	lowFirst bool
	invalid  []uint32
}

// keysOf are the keys of a map file.
func keysOf(m *Map, list *points) keys {
	var version int
	later := key{shape: several(list.entryOf(m)).shape, read: func(_ *reader, n *yaml.Node, _ string) { list.node = n }}
	return keys{
		"version":    whole(&version, 1, 1).must().says("of this format"),
		"label":      bilingual(&m.Label).must().says("the product family as a person calls it"),
		"identity":   bilingual(&m.Identity).must().says("how a person can tell that this is the product in front of him"),
		"source":     text(&m.Source).must().says("where the registers come from: paper, driver, profile, capture"),
		"confidence": word(&m.Confidence, Confidences...).must().says("of the points that do not say their own"),
		"fingerprint": several(m.oneMark).
			says("items that this product, and no other, answers within their ranges: how a scan proposes this map"),
		"brief":    bilingual(&m.Brief).says("the device in one line, with {item} where a value stands: for the page, a message, the wall"),
		"protocol": word(&m.Protocol, Modbus, YDT1363),
		"class":    whole(&m.Class, 1, 255).says("of YD/T 1363: CID1"),
		"versions": wholes(&m.Versions, 0x10, 0x2f).says("of YD/T 1363: 0x21 is 2.1; tried in this order"),
		"line": mapping(keys{
			"baud":      whole(&m.Line.Baud, 300, 1_000_000).must(),
			"parity":    word(&m.Line.Parity, "none", "even", "odd"),
			"stop-bits": whole(&m.Line.StopBits, 1, 2),
		}).says("as the product leaves the factory"),
		"max-registers":         whole(&m.Registers, 1, 125).says("the most that one request may ask for"),
		"max-bits":              whole(&m.Bits, 1, 2000).says("the most coils or inputs that one request may ask for"),
		"gap":                   whole(&m.Gap, 0, 124).says("unused addresses that may be read over to join two points"),
		"one-request-per-point": yes(&m.Single).says("the product answers several quantities in one request wrongly, or not at all"),
		"pause":                 span(&m.Pause, 0, 5*time.Second).says("between two requests"),
		"settle":                span(&m.Settle, 0, 5*time.Second).says("after a write, before the next request"),
		"timeout":               span(&m.Timeout, 10*time.Millisecond, 30*time.Second).says("for the first byte of an answer, without the time on the wire"),
		"worst":                 span(&m.Worst, 10*time.Millisecond, 30*time.Second).says("the slowest answer ever seen"),
		"word-order":            oneOf(func(i int) { list.lowFirst = i == 1 }, "high-first", "low-first").says("of 32-bit values that do not say their own"),
		"invalid":               wholes(&list.invalid, 0, 1<<32-1).says("raw values that mean \"there is none\", of the numbers that do not say their own"),
		"periods":               periods(m),
		"on-loss":               loss(m),
		"points":                later.must(),
	}
}

// oneMark reads one item of the fingerprint.
func (m *Map) oneMark() key {
	name := new(string)
	return item(name).then(func(*reader, *yaml.Node, string) { m.Fingerprint = append(m.Fingerprint, *name) })
}

// Confidences are the allowed words, in the order of trust.
var Confidences = []Confidence{VendorPaper, MaintainedDriver, FieldProfile, Captured, Unconfirmed}

var ranks = []string{"alarm", "measure", "statistic"}

func periods(m *Map) key {
	known := keys{}
	for i, name := range ranks {
		known[name] = span(&m.Periods[i], 50*time.Millisecond, 24*time.Hour)
	}
	return mapping(known).says("how often each rank is asked")
}

// loss is what becomes of the outputs: {state: unknown}, or with the silence that
// it takes and the paper that says so.
func loss(m *Map) key {
	return mapping(keys{
		"state":  word(&m.Loss.State, driver.RestOff, driver.RestOn, driver.RestHold, driver.RestUnknown).must(),
		"after":  span(&m.Loss.After, 100*time.Millisecond, 24*time.Hour),
		"source": text(&m.Loss.Source),
	}).says("what the outputs do when nobody talks to the product").then(func(r *reader, n *yaml.Node, path string) {
		if known := m.Loss.State != driver.RestUnknown; known != (m.Loss.Source != "") || !known && m.Loss.After > 0 {
			r.refuse(n, path, m.Loss.State, "a source with each state that is known, and neither source nor after with unknown")
		}
	})
}

// entryOf makes the reader of one entry of the list.
func (l *points) entryOf(m *Map) func() key {
	return func() key {
		e := &entry{m: m, p: Point{LowFirst: l.lowFirst, Scale: 1, Rank: Measure, Confidence: m.Confidence, Source: m.Source}}
		return mapping(e.keys()).then(e.check).then(func(r *reader, n *yaml.Node, path string) { m.take(r, n, path, e.points(l.invalid)) })
	}
}

// take adds the points of one entry.
func (m *Map) take(r *reader, n *yaml.Node, path string, fresh []Point) {
	for _, p := range fresh {
		if len(m.Points) >= pointLimit {
			r.refuse(n, path, "one more point", fmt.Sprintf("%d points", pointLimit))
			return
		}
		if m.Point(p.Item) != nil {
			r.refuse(n, path, "item "+p.Item+" a second time", "each item once")
		}
		m.Points = append(m.Points, p)
	}
}

// together looks at what the keys of the file say together.
func (r *reader) together(m *Map, n *yaml.Node) {
	if of := m.Protocol == YDT1363; of != (m.Class > 0) || of != (len(m.Versions) > 0) {
		r.refuse(n, "protocol", m.Protocol, "class and versions with ydt1363, and only there")
	}
	if writes := slices.ContainsFunc(m.Points, func(p Point) bool { return p.Write }); writes != (m.Loss.State != "") {
		r.refuse(n, "on-loss", fmt.Sprintf("%q", m.Loss.State), "what the outputs do when nobody talks to the product, in a map that writes, and only there")
	}
	for _, p := range m.Points {
		r.known(m, n, "feedback", p.Feedback, " of "+p.Item)
		r.filled(m, n, "says", p.Says, " of "+p.Item)
		if !p.Says.IsZero() && p.Kind() != point.Bool {
			r.refuse(n, "points", "says on a "+p.Kind().String(), "says on an alarm")
		}
		if p.Write && m.Template() {
			r.refuse(n, "points", "write of "+p.Item+" where every point is to be confirmed", "a write in a map that knows something of its product")
		}
	}
	for _, name := range m.Fingerprint {
		r.known(m, n, "fingerprint", name, "")
	}
	r.filled(m, n, "brief", m.Brief, "")
}

// filled refuses words that name an item that the map does not have.
func (r *reader) filled(m *Map, n *yaml.Node, path string, words point.Words, of string) {
	words.Fill(func(name string) point.Words {
		r.known(m, n, path, name, of)
		return point.Words{}
	})
}

// known refuses an item that the map does not have.
func (r *reader) known(m *Map, n *yaml.Node, path, name, of string) {
	if name != "" && m.Point(name) == nil {
		r.refuse(n, path, name+of, "an item of the map")
	}
}
