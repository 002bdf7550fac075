package survey

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"watchbox/drivers/all"
	"watchbox/drivers/pair"
	"watchbox/drivers/ydt1363"
	"watchbox/firmware/bus"
	"watchbox/firmware/driver"
)

const (
	lastModbus  = 247
	mostTelecom = 254
	lastTelecom = 16 // of YD/T 1363, unless the order says more: each address costs a question per class
	lastFactory = 10 // at further speeds: what products are delivered with, unless the order says more
	rowLength   = 16 // asked in every protocol before any further address: most devices stand in the first
)

// run is the whole search; it rests after each exchange.
func (s *Survey) run() {
	if s.order.Learn {
		s.learn()
		return
	}
	s.known()
	if s.wire.Address != "" {
		s.note("这条总线在串口服务器 %[1]s 后面，只用一种速率搜索，就是服务器上现在设的（站点文件写的是 %[2]s）。要试别的速率：先在服务器自己的设置页改，再改站点文件，再搜索。",
			"this bus is behind the serial server %s: it is searched at one speed, the one that is set at the server now (the site file says %s). To try another, change it on the server's own page, then in the site file, and search again.", s.wire.Address, s.wire.Shape)
	}
	if !s.live() && !s.quiet() {
		return
	}
	for i, l := range s.shapes() {
		s.speak(l)
		s.sweep(i > 0)
		if i > 0 && s.found() {
			s.sweep(false)
		}
		if s.over || s.found() {
			break // a wire has one speed
		}
	}
	s.lastly()
}

// stretch is a row of addresses in one protocol.
type stretch struct {
	from, to  int
	questions int // that each address may cost
	ask       func(from, to int)
}

// sweep asks all addresses at the present speed, or the first few only. Who is found is
// described before the next row: behind units that are polled a row takes minutes.
func (s *Survey) sweep(few bool) {
	rows, all := s.rows(few), 0
	for _, r := range rows {
		all += r.questions * (r.to - r.from + 1)
	}
	s.pace.begin(s.Progress().Asked, time.Now())
	s.update(func(p *bus.Progress) { p.Of = p.Asked + all })
	for _, r := range rows {
		if r.ask(r.from, r.to); s.over {
			return
		}
		s.describe()
	}
}

// rows are sixteen addresses each, in every protocol: the likely ones first.
func (s *Survey) rows(few bool) (rows []stretch) {
	add := func(low, high int) {
		for _, q := range []struct {
			protocol    string
			usual, most int
			stretch
		}{{bus.ModbusRTU, lastModbus, lastModbus, stretch{questions: len(questions), ask: s.modbusUnits}},
			{bus.YDT1363, lastTelecom, mostTelecom, stretch{questions: len(s.maps.kinds()), ask: s.telecomUnits}}} {
			from, to := s.units(few, q.usual, q.most)
			if q.from, q.to = max(from, low), min(to, high); q.from <= q.to && s.wants(q.protocol) {
				rows = append(rows, q.stretch)
			}
		}
	}
	for low := 1; low <= mostTelecom; low += rowLength {
		add(low, low+rowLength-1)
	}
	return rows
}

// known lists the devices of the site file: they are not asked.
func (s *Survey) known() {
	for slave, id := range s.wire.Devices {
		f := bus.Finding{Protocol: slave.Protocol, Unit: slave.Unit, Shape: s.wire.Shape.String(), Device: id, Proposals: []bus.Proposal{}}
		s.update(func(p *bus.Progress) { p.Findings = append(p.Findings, f) })
	}
	s.update(func(p *bus.Progress) { slices.SortFunc(p.Findings, byUnit) })
}

func byUnit(a, b bus.Finding) int {
	return cmp.Or(cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.Unit, b.Unit))
}

// found is whether anybody new answered.
func (s *Survey) found() bool {
	for _, f := range s.Progress().Findings {
		if f.Device == "" {
			return true
		}
	}
	return false
}

// quiet listens before it speaks. Somebody who is heard is not spoken into, at no
// speed.
func (s *Survey) quiet() bool {
	heard := 0
	for _, l := range s.shapes() {
		s.speak(l)
		var d all.Dissector
		for spent := time.Duration(0); spent < listening; spent += s.wait {
			b, err := s.line.Pair.Overhear(s.ctx, s.wait)
			if err != nil && s.ctx.Err() == nil {
				s.note("打不开线路：%v", "the wire cannot be opened: %v", err)
				return false
			}
			heard += len(b)
			if m := protocolIn(&d, b); m != "" {
				s.note("没有搜索：另一台主站正以 %s 用 %s 说话。一条线只能有一台主站；要搜索，请先断开它，要借用它的数据，用旁听学习。",
					"nothing was searched: another master speaks %[2]s at %[1]s. A wire has one master: unplug it to search, or learn from what it says.", l, m)
				return false
			}
			if !s.rest() {
				return false
			}
		}
		if heard == 0 {
			return true // at this speed or any other: silence is silence
		}
	}
	s.note("没有搜索：线上有人自己说话（%d 字节），在常用速率下都听不懂：可能是自动上报的变送器，或别的主站。逐台断开，找出是谁。",
		"nothing was searched: somebody speaks by himself (%d bytes), at none of the usual speeds to be understood: a transmitter that reports by itself, or another master. Unplug one after the other to find it.", heard)
	return false
}

// protocolIn is whose sound frames stand in b, if any.
func protocolIn(d *all.Dissector, b []byte) string {
	if len(b) == 0 {
		return ""
	}
	for _, l := range d.Lines(bus.Frame{Kind: bus.Foreign, Data: b}) {
		if l.Check == bus.Good {
			return l.Protocol
		}
	}
	return ""
}

// units are the addresses to try; most is the protocol's last.
func (s *Survey) units(few bool, usual, most int) (from, to int) {
	from, to = max(1, s.order.From), usual
	switch {
	case s.order.To > 0:
		to = min(s.order.To, most)
	case few:
		to = min(usual, from+lastFactory-1)
	}
	return from, to
}

// modbusUnits asks each address two questions: a device that knows neither
// register says so, and lives.
func (s *Survey) modbusUnits(from, to int) {
	m := pair.Manners{Timeout: s.wait, Worst: s.wait, Search: true}
	for _, q := range questions {
		for unit := from; unit <= to; unit++ {
			slave := bus.Slave{Protocol: bus.ModbusRTU, Unit: unit}
			if !s.tries(slave) {
				continue
			}
			_, err := s.line.Modbus.Read(s.ctx, uint8(unit), m, q.table, q.address, 1)
			s.heard(slave, err)
			if !s.rest() {
				return
			}
		}
	}
}

// tries is whether the address is to be asked: not a device of the site file, and
// not one that was found.
func (s *Survey) tries(slave bus.Slave) bool {
	s.asked[slave] = true
	known := false
	s.update(func(p *bus.Progress) {
		p.Asked++
		p.Now, p.Left = fmt.Sprintf("%s %s %d", s.shape, slave.Protocol, slave.Unit), s.pace.left(p.Asked, p.Of, time.Now())
		for _, f := range p.Findings {
			known = known || f.Slave() == slave
		}
	})
	return !known
}

// heard judges an answer, and those of others that came late.
func (s *Survey) heard(slave bus.Slave, err error) {
	switch {
	case answered(err):
		s.find(slave)
	case errors.Is(err, driver.ErrGarbage):
		s.damaged(slave)
	case errors.Is(err, driver.ErrDisconnect) && !s.lost:
		s.lost = true
		s.note("搜索中线路断过，从 %s 地址 %d 起可能有地址没有问到：请再搜索一次（%v）。", "the wire was lost meanwhile: from %s %d on addresses may not have been asked; search again (%v).", slave.Protocol, slave.Unit, err)
	}
	if s.ear == nil {
		return
	}
	var d all.Dissector
	for f, more := s.ear.Take(); more; f, more = s.ear.Take() {
		if f.Kind == bus.Sent {
			s.sent[string(f.Data)] = true
			continue
		}
		for _, l := range d.Lines(f) {
			echo := s.sent[string(l.Data)] // of a UPS that sends back what it does not know
			if late := (bus.Slave{Protocol: l.Protocol, Unit: l.Unit}); l.Check == bus.Good && s.asked[late] && !echo {
				s.find(late)
			}
		}
	}
}

// answered is true of a device that lives, also when it says no.
func answered(err error) bool {
	return err == nil || errors.Is(err, driver.ErrRefused) || errors.Is(err, driver.ErrNotPresent)
}

// damaged: something spoke, but not to be understood. A second look is taken by the
// second question.
func (s *Survey) damaged(slave bus.Slave) {
	for _, f := range s.Progress().Findings {
		if f.Slave() == slave {
			return
		}
	}
	s.note("地址 %d 处有收到但无法识别的字节（%s，%s）：可能两台同地址，或校验方式不同。", "at address %d bytes came that are not understood (%s, %s): perhaps two of one address, or another parity.", slave.Unit, slave.Protocol, s.shape)
}

// find notes an address once; a device of the site file is known already.
func (s *Survey) find(slave bus.Slave) {
	s.update(func(p *bus.Progress) {
		for _, f := range p.Findings {
			if f.Slave() == slave {
				return
			}
		}
		p.Findings = append(p.Findings, bus.Finding{Protocol: slave.Protocol, Unit: slave.Unit, Shape: s.shape.String(), Proposals: []bus.Proposal{}})
		slices.SortFunc(p.Findings, byUnit)
	})
}

// telecomUnits asks for the address, in each class and version that maps know.
func (s *Survey) telecomUnits(from, to int) {
	m := pair.Manners{Timeout: s.wait, Worst: s.wait, Search: true}
	for _, k := range s.maps.kinds() {
		for unit := from; unit <= to; unit++ {
			slave := bus.Slave{Protocol: bus.YDT1363, Unit: unit}
			if !s.tries(slave) {
				continue
			}
			_, err := ydt1363.Ask(s.ctx, s.line.Pair, byte(unit), k.class, k.version, ydt1363.GetAddress, m)
			if s.heard(slave, err); s.asked[slave] && answered(err) {
				s.kinds[slave] = k
			}
			if !s.rest() {
				return
			}
		}
	}
}

// lastly tries a UPS of the Megatec family, where nothing else ever spoke.
func (s *Survey) lastly() {
	if s.over || !s.wants(bus.Megatec) {
		return
	}
	counts := s.wire.Own.Pair.Monitor().Health(s.progress.Began, nil).Counts
	if s.live() || s.found() || counts.Answered > 0 || counts.Foreign > 0 {
		if len(s.order.Protocols) > 0 {
			s.note("没有发 Q1 类文本：这条线上有 Modbus 或电总设备。", "no text of the Q1 family was sent: Modbus or YD/T 1363 was seen on this wire.")
		}
		return
	}
	l, _ := parse("2400 8N1")
	if s.fixed() && l.String() != s.wire.Shape.String() {
		s.note("没有试 Q1 类 UPS：它们用 2400 8N1，而这条线是 %s。", "no UPS of the Q1 family was tried: they speak 2400 8N1, and this wire %s.", s.wire.Shape)
		return
	}
	s.speak(l)
	s.askUPS()
}
