package survey

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	products "watchbox/drivers/maps"
	"watchbox/drivers/modbus"
	"watchbox/drivers/ydt1363"
	"watchbox/firmware/bus"
	"watchbox/firmware/point"
)

const (
	usualLesson = 5 * time.Minute
	judgeEvery  = 10 // steps: the maps are compared with what was heard so often
)

// learn listens to another master and sends nothing: which slaves it asks, in which
// protocol, for which registers, and which map those fit.
func (s *Survey) learn() {
	if s.live() {
		s.note("不能旁听：这条总线上配有设备，主站就是本机。", "nothing to learn: this bus has devices, its master is this box.")
		return
	}
	end := time.Now().Add(cmp.Or(time.Duration(s.order.Seconds)*time.Second, usualLesson))
	l := s.tune(end)
	if l == nil {
		return
	}
	for n := 1; time.Now().Before(end); n++ {
		b, err := s.line.Pair.Overhear(s.ctx, s.wait)
		l.hear(b)
		if n%judgeEvery == 0 || err != nil {
			s.judge(l)
		}
		if !s.rest() || err != nil {
			break
		}
	}
	s.judge(l)
}

// tune looks for the speed at which sound frames are heard; nil when there is none.
func (s *Survey) tune(end time.Time) *ledger {
	heard := 0
	for time.Now().Before(end) {
		for _, line := range s.shapes() {
			s.speak(line)
			l := newLedger()
			for spent := time.Duration(0); spent < listening; spent += s.wait {
				b, err := s.line.Pair.Overhear(s.ctx, s.wait)
				if err != nil && s.ctx.Err() == nil {
					s.note("打不开线路：%v", "the wire cannot be opened: %v", err)
					return nil
				}
				heard += len(b)
				l.hear(b)
				s.update(func(p *bus.Progress) { p.Now = line.String() })
				if !s.rest() {
					return nil
				}
			}
			if l.frames >= 2 {
				return l
			}
		}
	}
	s.note("没有听到可识别的报文（共 %d 字节）：主站没有在问，A/B 接反，或速率不在常用之列。", "no frame was heard that is understood (%d bytes in all): the master does not ask, A and B are swapped, or the speed is none of the usual ones.", heard)
	return nil
}

// judge makes the findings of what was heard by now.
func (s *Survey) judge(l *ledger) {
	var list []bus.Finding
	for _, u := range l.units {
		f := bus.Finding{Protocol: u.slave.Protocol, Unit: u.slave.Unit, Shape: s.shape.String(), Proposals: []bus.Proposal{}}
		fits := u.fits(s.maps)
		for _, x := range fits[:min(len(fits), mostProposals)] {
			f.Proposals = append(f.Proposals, x.Proposal)
		}
		var best *fit
		if len(fits) > 0 {
			best = &fits[0]
		}
		f.Heard = u.told(best)
		if best == nil && u.slave.Protocol == bus.ModbusRTU {
			f.Draft = u.draft()
		}
		list = append(list, f)
	}
	slices.SortFunc(list, byUnit)
	s.update(func(p *bus.Progress) { p.Findings, p.Asked, p.Of = append([]bus.Finding{}, list...), l.frames, 0 })
}

// fit is a map with what of it was heard.
type fit struct {
	bus.Proposal
	of     *products.Map
	points map[string]pointFit // by item
}

type pointFit struct {
	value point.Value
	good  bool
}

// fits are the maps that could be, best first.
func (u *heardUnit) fits(known catalogue) (list []fit) {
	for _, m := range known[u.slave.Protocol] {
		if u.slave.Protocol == bus.YDT1363 && m.Class != u.class {
			continue
		}
		x := u.compare(m)
		if x.Thinkable() && 2*x.covers >= u.asked() {
			x.Confidence = bus.Possible
			if came, of := m.Fits(x.answers); x.Sound() && of > 0 && came == of {
				x.Confidence = bus.Fits
			}
			list = append(list, x.fit)
		}
	}
	slices.SortStableFunc(list, func(a, b fit) int {
		return cmp.Or(cmp.Compare(sure[b.Confidence], sure[a.Confidence]), cmp.Compare(b.Good, a.Good))
	})
	return list
}

// asked is how many cells, or commands, the other master reads.
func (u *heardUnit) asked() int { return max(len(u.cells), len(u.infos)) }

type compared struct {
	fit
	answers map[string]point.Quality // by item
	covers  int                      // cells, or commands, that the map has an address for
}

// compare reads what was heard by the map. Of counts the points whose place was heard.
func (u *heardUnit) compare(m *products.Map) compared {
	x := compared{fit: fit{bus.Proposal{Map: m.Name, Label: m.Label}, m, map[string]pointFit{}}, answers: map[string]point.Quality{}}
	low, high := map[products.Table]uint16{}, map[products.Table]uint16{}
	for i := range m.Points {
		p := &m.Points[i]
		v, q, known := u.value(p)
		if !known {
			continue
		}
		if _, any := low[p.Table]; !any || p.Address < low[p.Table] {
			low[p.Table] = p.Address
		}
		high[p.Table] = max(high[p.Table], p.Address+uint16(p.Width()))
		x.answers[p.Item] = q
		x.points[p.Item] = pointFit{v, q.Level == point.Good && !v.IsNone()}
		x.Of++
		x.Count(v, q)
	}
	x.covers = u.within(low, high, m)
	return x
}

// within is how much of what is read lies between the map's first and last place: a
// master reads over holes.
func (u *heardUnit) within(low, high map[products.Table]uint16, m *products.Map) (n int) {
	for c := range u.cells {
		if first, any := low[c.table]; any && c.address >= first && c.address < high[c.table] {
			n++
		}
	}
	for q := range u.infos {
		if slices.ContainsFunc(m.Points, func(p products.Point) bool { return p.Of(uint8(u.slave.Unit)) == q }) {
			n++
		}
	}
	return n
}

func (u *heardUnit) value(p *products.Point) (point.Value, point.Quality, bool) {
	if u.slave.Protocol == bus.YDT1363 {
		info, known := u.infos[p.Of(uint8(u.slave.Unit))]
		if !known || int(p.Address)+p.Bytes() > len(info) {
			return point.Value{}, point.Quality{}, false
		}
		v, q := ydt1363.Value(p, info)
		return v, q, true
	}
	return modbus.Value(p, func(t products.Table, address uint16) (uint16, bool) {
		s := u.cells[cell{t, address}]
		if s == nil {
			return 0, false
		}
		return s.value, true
	})
}

// told lists what was heard, each with how sure its meaning is.
func (u *heardUnit) told(best *fit) (list []bus.Heard) {
	names := map[cell][]string{}
	if best != nil {
		for i := range best.of.Points {
			p := &best.of.Points[i]
			if x, known := best.points[p.Item]; known && p.Table == products.Info {
				h := bus.Heard{Place: fmt.Sprintf("%s+%d", p.Question.Name(), p.Address), Item: p.Item, Value: x.value.String(), Confidence: certainty(x)}
				list = append(list, h)
			} else if known {
				for n := range p.Width() {
					c := cell{p.Table, p.Address + uint16(n)}
					names[c] = append(names[c], p.Item)
				}
			}
		}
	}
	for _, c := range u.places() {
		s := u.cells[c]
		h := bus.Heard{Place: fmt.Sprintf("%s %d", c.table, c.address), Least: int(s.least), Most: int(s.most), Times: s.times, Changes: s.changes, Value: fmt.Sprint(s.value), Confidence: bus.Unnamed}
		for _, item := range names[c] {
			x := best.points[item]
			h.Item, h.Value, h.Confidence = item, x.value.String(), certainty(x)
			list = append(list, h)
		}
		if len(names[c]) == 0 {
			list = append(list, h)
		}
	}
	return list
}

func certainty(x pointFit) string {
	if x.good {
		return bus.Fits
	}
	return bus.Odd
}
