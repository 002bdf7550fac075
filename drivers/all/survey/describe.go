package survey

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strings"
	"time"

	"watchbox/drivers/maps"
	"watchbox/drivers/megatec"
	"watchbox/drivers/modbus"
	"watchbox/drivers/pair"
	"watchbox/drivers/ydt1363"
	"watchbox/firmware/bus"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// questions find a Modbus device: one knows holding registers, another input
// registers only, and some are silent to what they do not know. No device of the
// field changes anything when it is read.
var questions = []struct {
	table   maps.Table
	address uint16
}{{maps.Holding, 0}, {maps.Input, 1}}

// kind is a class and a version of YD/T 1363.
type kind struct{ class, version byte }

// catalogue are the maps of each protocol of a wire. Reading them takes the time of a
// few exchanges: it is done once, before the search.
type catalogue map[string][]*maps.Map

func newCatalogue(set *maps.Set) catalogue {
	c := catalogue{}
	for _, name := range set.Names() {
		m, err := set.Load(name)
		if err != nil {
			continue // an own one that is damaged; a test walks the others
		}
		protocol := map[string]string{maps.Modbus: bus.ModbusRTU, maps.YDT1363: bus.YDT1363}[m.Protocol]
		c[protocol] = append(c[protocol], m)
	}
	return c
}

// kinds of YD/T 1363 are those that maps know, and the classes that were seen in the field.
func (c catalogue) kinds() (list []kind) {
	add := func(k kind) {
		if !slices.Contains(list, k) {
			list = append(list, k)
		}
	}
	for _, m := range c[bus.YDT1363] {
		for _, v := range m.Versions {
			add(kind{m.Class, v})
		}
	}
	for _, class := range []byte{0x2a, 0x40, 0x41, 0x42, 0x60} {
		add(kind{class, 0x21})
	}
	return list
}

// describe asks those that were found what they are, and which map they fit.
func (s *Survey) describe() {
	for _, f := range s.Progress().Findings {
		if s.over || f.Device != "" || s.told[f.Slave()] {
			continue
		}
		s.told[f.Slave()] = true
		if f.Identity = s.identity(f); s.over {
			return
		}
		f.Proposals = s.proposals(f)
		s.update(func(p *bus.Progress) {
			for i := range p.Findings {
				if x := &p.Findings[i]; x.Slave() == f.Slave() {
					*x = f
				}
			}
		})
	}
}

// identity is what the device says of itself; empty when it says nothing.
func (s *Survey) identity(f bus.Finding) string {
	m := pair.Manners{Timeout: s.wait, Worst: s.wait, Search: true}
	if f.Protocol == bus.YDT1363 {
		return s.vendor(byte(f.Unit), m)
	}
	var texts []string
	for _, object := range [][2]byte{{modbus.BasicObjects, 0}, {modbus.ExtendedObjects, 0x87}} { // 0x87: some UPS
		told, err := s.line.Modbus.ReadDeviceIdentification(s.ctx, uint8(f.Unit), m, object[0], object[1])
		if !s.rest() {
			return ""
		}
		for _, o := range told.Objects {
			if text := o.Text(); err == nil && len(text) > 1 {
				texts = append(texts, text)
			}
		}
	}
	return strings.Join(texts, "; ")
}

// vendor asks 51H in the class that was answered.
func (s *Survey) vendor(unit byte, m pair.Manners) string {
	k := s.kinds[bus.Slave{Protocol: bus.YDT1363, Unit: int(unit)}]
	info, _ := ydt1363.Ask(s.ctx, s.line.Pair, unit, k.class, k.version, ydt1363.GetVendor, m)
	s.rest()
	var text strings.Builder
	for _, c := range info {
		if c < ' ' || c > '~' {
			c = ' '
		}
		text.WriteByte(c)
	}
	return strings.Join(strings.Fields(text.String()), " ")
}

// proposals are the maps that the device names, or else those whose fingerprint it has.
func (s *Survey) proposals(f bus.Finding) []bus.Proposal {
	list, candidates := []bus.Proposal{}, s.maps[f.Protocol]
	named := slices.DeleteFunc(slices.Clone(candidates), func(m *maps.Map) bool { return !names(f, m) })
	if len(named) > 0 {
		candidates = named // who says what he is need not be asked for everything else
	}
	for _, m := range candidates {
		if len(named) == 0 && len(m.Fingerprint) == 0 {
			continue
		}
		if k, known := s.kinds[f.Slave()]; known && m.Class != k.class {
			continue
		}
		if p := s.fit(f, m); p.Confidence != "" {
			list = append(list, p)
		}
		if s.over {
			return list
		}
	}
	slices.SortStableFunc(list, func(a, b bus.Proposal) int {
		return cmp.Or(cmp.Compare(sure[b.Confidence], sure[a.Confidence]), cmp.Compare(len(a.Odd), len(b.Odd)), cmp.Compare(b.Good*a.Of, a.Good*b.Of), cmp.Compare(b.Told, a.Told))
	})
	return list[:min(len(list), mostProposals)]
}

// fewRegisters are read at once where others wait for the wire: their answer takes
// 39 ms at 9600 baud.
const fewRegisters = 16

// shortPause is how long a step rests at most for a product's sake.
const shortPause = 20 * time.Millisecond

// mostProposals is how many an installer can look at.
const mostProposals = 5

var sure = map[string]int{bus.Identified: 3, bus.Fits: 2, bus.Possible: 1}

// names is whether the device says that it is the map's product. What an installer calls
// his own map says nothing of that: a map own/ups is not every UPS's.
func names(f bus.Finding, m *maps.Map) bool {
	product, said := path.Base(m.Name), plain(f.Identity)
	if slices.Contains(mereKinds, product) && !strings.Contains(said, plain(path.Dir(m.Name))) {
		return false
	}
	return len(product) >= 3 && !strings.HasPrefix(m.Name, driver.OwnMap) && strings.Contains(said, plain(product))
}

// mereKinds are names of maps that say what sort of thing it is, or how large: who says no
// more than that may be anybody's, and has to say whose he is.
var mereKinds = []string{"ups", "room-ac", "10k"}

// confidence judges a fit; empty: it is none.
func confidence(m *maps.Map, p bus.Proposal, named bool, answers map[string]point.Quality) string {
	came, of := m.Fits(answers)
	switch {
	case named:
		return bus.Identified
	case came+spared(m, p) < of, came < of && !p.Sound(), p.Zero():
		return ""
	case came == of && p.Sound():
		return bus.Fits
	}
	return bus.Possible
}

// spared is 1 where a single item of the fingerprint is odd beside two or more that are
// there, on a device that does not answer 0 to everything: a state that came with a newer
// firmware, or a broken sensor. When nearly all points fit otherwise the map is possible.
func spared(m *maps.Map, p bus.Proposal) int {
	if len(p.Odd) == 1 && len(m.Fingerprint) > 2 && p.Told > 0 {
		return 1
	}
	return 0
}

// plain is a text without case and punctuation.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(text))
}

// fit reads the device by the map, block by block, and counts the points whose value
// can be. Those of the fingerprint are first: a device that lacks one of them, and does
// not name itself, is another product and asked no further; see spared. So is one after
// two blocks that are not there.
func (s *Survey) fit(f bus.Finding, m *maps.Map) bus.Proposal {
	p := bus.Proposal{Map: m.Name, Label: m.Label, Of: len(m.Points)}
	polite := *m // maps are shared and never changed
	if s.live() {
		polite.Timeout, polite.Worst = min(m.Timeout, s.wait), min(m.Worst, s.wait)
		polite.Registers, polite.Bits = min(m.Registers, fewRegisters), min(m.Bits, 16*fewRegisters)
		polite.Pause = 0 // kept between the steps
	}
	d, err := s.device(f, &polite)
	if err != nil {
		return p
	}
	answers, blocks, failed, asked := map[string]point.Quality{}, d.Blocks(), 0, 0
	for _, i := range marksFirst(m, blocks) {
		err := s.poll(d, i, blocks[i], &p, answers)
		if !s.rest() || !s.pause(m.Pause) {
			return p
		}
		if err != nil {
			failed++
		}
		asked += marks(m, blocks[i])
		p.Odd = m.Odd(answers)
		if came, _ := m.Fits(answers); failed == 2 || came+spared(m, p) < asked && !names(f, m) {
			break
		}
	}
	p.Confidence = confidence(m, p, names(f, m), answers)
	return p
}

// marks is how many items of the map's fingerprint the block reads.
func marks(m *maps.Map, b driver.Block) (n int) {
	for _, name := range b.Points {
		if slices.Contains(m.Fingerprint, name.Item()) {
			n++
		}
	}
	return n
}

// marksFirst is the order of the blocks: those that read of the fingerprint, then the others.
func marksFirst(m *maps.Map, blocks []driver.Block) (order []int) {
	for i := range blocks {
		order = append(order, i)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(marks(m, blocks[b]), marks(m, blocks[a])) })
	return order
}

// pause keeps the pause that a product needs, in steps so short that others get the
// wire meanwhile; false: the search was ended.
func (s *Survey) pause(long time.Duration) bool {
	for until := time.Now().Add(long); s.live() && time.Now().Before(until); {
		if pair.Rest(s.ctx, time.Now().Add(min(shortPause, time.Until(until)))) != nil || !s.rest() {
			return !s.over
		}
	}
	return true
}

func (s *Survey) device(f bus.Finding, m *maps.Map) (driver.Poller, error) {
	spec := driver.Spec{Name: "found", Unit: f.Unit}
	if f.Protocol == bus.YDT1363 {
		return ydt1363.New(spec, m, s.line.Pair)
	}
	return modbus.New(spec, m, s.line.Modbus)
}

func (s *Survey) poll(d driver.Poller, i int, b driver.Block, p *bus.Proposal, answers map[string]point.Quality) error {
	ctx, stop := context.WithTimeout(s.ctx, b.Timeout)
	defer stop()
	return d.Poll(ctx, i, func(x point.Sample) {
		p.Count(x.Value, x.Quality)
		answers[x.Point.Item()] = x.Quality
	})
}

// askUPS puts the questions of the Megatec family, which order nothing: one poll
// tries one dialect after silence, or all of them on a unit that says it knows none.
func (s *Survey) askUPS() {
	s.update(func(p *bus.Progress) { p.Of, p.Now = p.Asked+1, s.shape.String()+" "+bus.Megatec })
	s.line.Pair.Close() // the port is the device's now
	d, err := megatec.New(driver.Spec{Name: "found"}, func() (driver.Port, error) { return s.wire.Open(s.shape) })
	if err != nil {
		return
	}
	defer d.Close()
	for range megatec.Dialects + 1 { // what the line before left in its input spoils the first
		told := map[string]string{}
		err := d.Poll(s.ctx, 0, func(x point.Sample) {
			if x.Quality.Level == point.Good && !x.Value.IsNone() {
				told[x.Point.Item()] = x.Value.String()
			}
		})
		if answered(err) {
			f := bus.Finding{Protocol: bus.Megatec, Shape: s.shape.String(), Proposals: []bus.Proposal{},
				Identity: strings.TrimSpace(told["device.mfr"] + " " + told["device.model"])}
			s.update(func(p *bus.Progress) { p.Asked++; p.Findings = append(p.Findings, f) })
			return
		}
		if !s.rest() {
			return
		}
	}
	s.update(func(p *bus.Progress) { p.Asked++ })
}
