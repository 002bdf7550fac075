// Package ydt1363 reads and orders devices over YD/T 1363.3 (电总协议, YDN 23): UPS, rectifiers
// and air-conditioners of the Chinese telecom standard, over RS-232 or on an
// RS-485 pair that Modbus devices may share.
//
// What a product gives at which byte of which answer is data: a map of protocol
// ydt1363, and with which group or address it is asked. So is what may be ordered, by
// 45H (remote control), 48H and 49H (parameters) or a command of the vendor's range: of
// a point that no map lets a person write, nothing is ever sent. The unit's clock can be
// read (4DH) and is not set (4EH): that wants the local time of the site. Histories
// (4AH–4CH) are not read: they are a conversation of first, next and again, whose
// records are the product's own, and the box keeps a history itself. Alarms are asked for
// in their own period: the flag that announces a change is known to miss some.
//
// An answer names no question, as a return code stands in its place: so the pair
// is kept quiet until the slowest answer would have come, and an answer of another
// length than the same question had before is not believed the first time.
package ydt1363

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"watchbox/drivers/maps"
	"watchbox/drivers/pair"
	"watchbox/firmware/bus"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// Device is one unit. It meets driver.Poller, driver.Writer and driver.Prober. Its methods are
// called by the goroutine of its bus alone.
type Device struct {
	name    string
	address byte
	pair    *pair.Pair
	mapping *maps.Map
	manners pair.Manners
	points  []point.Point
	blocks  []block
	offers  []driver.Block

	version int                   // index into the map's versions
	agreed  bool                  // the device has answered in that version
	silent  int                   // exchanges without an answer in a row
	lengths map[maps.Question]int // bytes of INFO by question, as it answered last
	began   time.Time             // when it was first asked
	rested  time.Time             // end of the last exchange
}

// block is one question and the points that its answer feeds.
type block struct {
	question maps.Question
	rank     maps.Rank
	points   []int
}

var (
	_ driver.Poller  = (*Device)(nil)
	_ driver.Writer  = (*Device)(nil)
	_ driver.Prober  = (*Device)(nil)
	_ driver.Rester  = (*Device)(nil)
	_ driver.Replier = (*Device)(nil)
	_ bus.Monitored  = (*Device)(nil)
)

// New makes the device of spec on the pair. spec.Unit is the address, 1 to 254.
// spec.Timeout replaces the map's; spec.Period that of measurements, alarms are
// never asked less often. The options baud, parity and stop-bits are for a unit that
// speaks otherwise than its pair. Without a pair it can describe itself only.
func New(spec driver.Spec, m *maps.Map, p *pair.Pair) (*Device, error) {
	if spec.Unit < 1 || spec.Unit > 254 {
		return nil, fmt.Errorf("ydt1363 %s: %w", spec.Name, driver.Bad("unit", fmt.Sprint(spec.Unit), driver.Between(1, 254)))
	}
	for key := range spec.Options {
		if !pair.IsShape(key) {
			return nil, fmt.Errorf("ydt1363 %s: %w", spec.Name, driver.UnknownOption(key, "baud", "parity", "stop-bits"))
		}
	}
	line, err := p.LineFor(spec.Options)
	if err != nil {
		return nil, fmt.Errorf("ydt1363 %s: %w", spec.Name, err)
	}
	d := &Device{name: spec.Name, address: byte(spec.Unit), pair: p, mapping: m, lengths: map[maps.Question]int{},
		manners: pair.Manners{Pause: m.Pause, Settle: m.Settle, Timeout: m.Timeout, Worst: m.Worst, Line: line}}
	if spec.Timeout > 0 {
		d.manners.Timeout, d.manners.Worst = spec.Timeout, max(m.Worst, spec.Timeout)
	}
	d.blocks = plan(m)
	periods := m.PeriodsFor(spec.Period)
	for _, b := range d.blocks {
		d.offers = append(d.offers, d.offer(b, periods[b.rank]))
	}
	for i := range m.Points {
		x := &m.Points[i]
		period := periods[d.blockOf(i).rank]
		d.points = append(d.points, x.Describe(spec, period))
	}
	return d, nil
}

// plan makes one block of each question, the most urgent first; it is asked for as
// often as its most urgent point.
func plan(m *maps.Map) (blocks []block) {
	for i := range m.Points {
		p := &m.Points[i]
		n := slices.IndexFunc(blocks, func(b block) bool { return b.question == p.Question })
		if n < 0 {
			n, blocks = len(blocks), append(blocks, block{p.Question, p.Rank, nil})
		}
		blocks[n].rank = min(blocks[n].rank, p.Rank)
		blocks[n].points = append(blocks[n].points, i)
	}
	slices.SortStableFunc(blocks, func(a, b block) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.question.Command, b.question.Command))
	})
	return blocks
}

func (d *Device) blockOf(i int) block {
	return d.blocks[slices.IndexFunc(d.blocks, func(b block) bool { return slices.Contains(b.points, i) })]
}

// offer has the time for both exchanges of ask: the first is over within the worst reply.
func (d *Device) offer(b block, period time.Duration) driver.Block {
	o := driver.Block{Name: b.question.Name(), Period: period, Priority: int(b.rank), Timeout: d.WorstReply() + 2*d.manners.Pause + d.reach(b)}
	for _, i := range b.points {
		o.Points = append(o.Points, point.Join(d.name, d.mapping.Points[i].Item))
	}
	return o
}

// WorstReply meets driver.Replier.
func (d *Device) WorstReply() time.Duration { return max(d.manners.Worst, d.manners.Timeout) }

func (d *Device) reach(b block) time.Duration {
	if d.pair == nil {
		return d.manners.Worst
	}
	return d.pair.Reach(2*envelope+infoLimit, d.manners) // the longest that an answer may say it is
}

// Describe lists the points of the map.
func (d *Device) Describe() []point.Point { return slices.Clone(d.points) }

// Blocks lists one block for each question.
func (d *Device) Blocks() []driver.Block { return slices.Clone(d.offers) }

// Close does nothing: the pair is shared and closed by who made it.
func (d *Device) Close() error { return nil }

// Monitor shows what is on the device's wire; without a pair nothing ever is.
func (d *Device) Monitor() *bus.Monitor {
	if d.pair == nil {
		return &bus.Monitor{}
	}
	return d.pair.Monitor()
}

// Poll asks one question and emits a sample for each of its points.
func (d *Device) Poll(ctx context.Context, i int, emit driver.Emit) error {
	if i < 0 || i >= len(d.blocks) {
		return d.failed("block", driver.Fail(driver.ErrUnsupported, "there is no block %d", i))
	}
	b := &d.blocks[i]
	info, err := d.ask(ctx, b.question.Of(d.address))
	if err != nil {
		return d.failed(d.offers[i].Name, err)
	}
	for n, j := range b.points {
		v, q := value(&d.mapping.Points[j], info)
		emit(point.Sample{Point: d.offers[i].Points[n], Value: v, Quality: q})
	}
	return nil
}

// getAddress is the shortest question: it is answered without INFO.
const getAddress = 0x50

// Probe asks for the address. A device that answers "no" lives.
func (d *Device) Probe(ctx context.Context) error {
	_, err := d.ask(ctx, maps.Question{Command: getAddress})
	if err == nil || errors.Is(err, driver.ErrRefused) || errors.Is(err, driver.ErrNotPresent) {
		return nil
	}
	return d.failed("probe", err)
}

// ask puts a question and answers with the bytes of INFO. A unit that was asked by who
// had the line before us, the daemon that died or the old master, may answer to that yet:
// so long, the first answer to a question counts when the second is like it.
func (d *Device) ask(ctx context.Context, what maps.Question) ([]byte, error) {
	if d.began.IsZero() {
		d.began = time.Now()
	}
	_, known := d.lengths[what]
	info, err := d.once(ctx, what)
	if err == nil && !known && time.Since(d.began) < d.WorstReply() {
		return d.once(ctx, what)
	}
	return info, err
}

func (d *Device) once(ctx context.Context, what maps.Question) ([]byte, error) {
	answer, err := d.exchange(ctx, what, 2*d.lengths[what], d.manners)
	if err != nil {
		return nil, err
	}
	return d.accept(what, answer)
}

// exchange sends one frame and takes its answer. most is how many characters of INFO
// that has, as far as is known; 0: not known.
func (d *Device) exchange(ctx context.Context, what maps.Question, most int, manners pair.Manners) (answer message, err error) {
	if d.pair == nil {
		return answer, driver.Fail(driver.ErrUnsupported, "there is no bus")
	}
	if err := pair.Rest(ctx, d.rested.Add(d.manners.Pause)); err != nil {
		return answer, err
	}
	m := message{version: d.mapping.Versions[d.version], address: d.address, class: d.mapping.Class, command: what.Command, info: []byte(what.Ask)}
	frame, err := d.pair.Exchange(ctx, m.encode(), question{m, m.encode(), most}, manners)
	if d.rested = time.Now(); manners.Order {
		d.rested = d.rested.Add(max(0, manners.Settle-manners.Pause))
	}
	if err != nil {
		if errors.Is(err, driver.ErrTimeout) {
			d.unheard()
		}
		return answer, err
	}
	d.silent = 0
	answer, _, _ = decode(frame)
	return answer, nil
}

// accept looks at the answer's return code and length.
func (d *Device) accept(what maps.Question, m message) ([]byte, error) {
	if err := d.judge(m); err != nil {
		return nil, err
	}
	d.agreed = true
	before, known := d.lengths[what]
	if d.lengths[what] = len(m.info); known && before != len(m.info) {
		return nil, driver.Fail(driver.ErrGarbage, "an answer of %d bytes, before it were %d: perhaps one to another question", len(m.info), before)
	}
	return m.info, nil
}

// patience is how many questions in a row must stay without an answer before a device
// is no longer taken for the one that once answered in this version.
const patience = 3

// unheard goes on to another version, as some devices are silent to one that they do
// not know: at once while none was agreed upon, else when another device may have
// come to its place.
func (d *Device) unheard() {
	if d.silent++; d.silent >= patience {
		d.agreed = false
	}
	if !d.agreed {
		d.otherVersion()
	}
}

// otherVersion is what the next question is asked in.
func (d *Device) otherVersion() { d.version = (d.version + 1) % len(d.mapping.Versions) }

func (d *Device) failed(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("ydt1363 %s: %s: %w", d.name, what, err)
}
