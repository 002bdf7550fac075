// Package probe tells whether a host answers: "ping" by ICMP echo, "tcp-probe"
// by opening a TCP connection. A "link" is a ping of the far end of a line.
//
// A host that does not answer is not an error: that is what a probe is for. The
// point up is then false with good quality, and latency is bad/timeout. Poll
// fails only when the box itself cannot probe: no right to open a socket, no
// address for a name.
//
// A poll is one round. Points of a device:
//
//	up           at least one probe of the round was answered
//	latency      mean of the round, ms, round trip; latency.min and latency.max (ping)
//	loss         of the round, % (ping)
//	loss.window  of the last 1 000 probes, %; uncertain until there were as many,
//	             because 0.1 % cannot be told from less
//	probes       how many probes loss.window stands on
//
// Options: count (ping: probes in a round, 1–20, default 5), gap (between the
// probes of a round, default 20ms). Spec.Timeout is how long one probe may take
// (default 1s), Spec.Period how often there is a round (default 10s).
package probe

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// Defaults of a device whose site file says nothing.
const (
	DefaultPeriod  = 10 * time.Second
	DefaultTimeout = time.Second
	defaultCount   = 5
	defaultGap     = 20 * time.Millisecond
)

// Window is how many probes loss.window looks back.
const Window = 1000

// device is what the two kinds of probe share.
type device struct {
	name    string
	kind    string // ping or tcp-probe, where errors begin
	address string
	timeout time.Duration
	blocks  []driver.Block
	points  []point.Point
	window  window
}

// Describe lists the points.
func (d *device) Describe() []point.Point { return d.points }

// Blocks is the one round.
func (d *device) Blocks() []driver.Block { return d.blocks }

// New makes the device that spec.Driver names: ping, link or tcp-probe. It opens
// nothing.
func New(spec driver.Spec) (driver.Poller, error) {
	switch spec.Driver {
	case "tcp-probe":
		return NewTCP(spec)
	case "ping", "link":
		return NewPing(spec)
	}
	return nil, fmt.Errorf("probe %s: driver %q: want ping, link or tcp-probe", spec.Name, spec.Driver)
}

func newDevice(spec driver.Spec, kind string, options ...string) (device, error) {
	d := device{name: spec.Name, kind: kind, address: spec.Address, timeout: spec.Timeout}
	if d.timeout == 0 {
		d.timeout = DefaultTimeout
	}
	for _, k := range slices.Sorted(maps.Keys(spec.Options)) {
		if !slices.Contains(options, k) {
			return d, fmt.Errorf("%s %s: %w", kind, spec.Name, driver.UnknownOption(k, options...))
		}
	}
	return d, nil
}

// describe sets the points and the block.
func (d *device) describe(spec driver.Spec, limit time.Duration, items []point.Point) error {
	period := spec.Period
	if period == 0 {
		period = DefaultPeriod
	}
	for _, p := range items {
		if p.Name == "up" && !spec.Label.IsZero() {
			p.Label = spec.Label
		}
		p.Name, p.Room, p.Stale = point.Join(d.name, string(p.Name)), spec.Room, (3*period + limit).Milliseconds()
		if err := p.Name.Check(); err != nil {
			return fmt.Errorf("%s %s: %w", d.kind, d.name, err)
		}
		d.points = append(d.points, p)
	}
	b := driver.Block{Name: "round", Period: period, Priority: 1, Timeout: limit}
	for _, p := range d.points {
		b.Points = append(b.Points, p.Name)
	}
	d.blocks = []driver.Block{b}
	return nil
}

var (
	upPoint = point.Point{Name: "up", Kind: point.Bool, Label: point.Words{Zh: "可达", En: "Reachable"},
		States: map[int64]point.Words{0: {Zh: "不可达", En: "unreachable"}, 1: {Zh: "可达", En: "reachable"}}}
	latencyPoint = point.Point{Name: "latency", Kind: point.Real, Unit: "ms", Decimals: 2, Label: point.Words{Zh: "时延（往返）", En: "Latency, round trip"}}
	leastPoint   = point.Point{Name: "latency.min", Kind: point.Real, Unit: "ms", Decimals: 2, Label: point.Words{Zh: "最小时延", En: "Least latency"}}
	mostPoint    = point.Point{Name: "latency.max", Kind: point.Real, Unit: "ms", Decimals: 2, Label: point.Words{Zh: "最大时延", En: "Most latency"}}
	lossPoint    = point.Point{Name: "loss", Kind: point.Real, Unit: "%", Decimals: 1, Label: point.Words{Zh: "本轮丢包率", En: "Loss of the round"}}
	windowPoint  = point.Point{Name: "loss.window", Kind: point.Real, Unit: "%", Decimals: 2, Label: point.Words{Zh: "丢包率（最近 1000 次）", En: "Loss, last 1 000 probes"}}
	probesPoint  = point.Point{Name: "probes", Kind: point.Int, Label: point.Words{Zh: "已统计探测次数", En: "Probes counted"}}
)

// tell emits one round: the latencies of the answers, and how many were sent.
func (d *device) tell(latencies []time.Duration, sent int, emit driver.Emit) {
	for range latencies {
		d.window.add(true)
	}
	for range sent - len(latencies) {
		d.window.add(false)
	}
	give := func(item string, v point.Value, q point.Quality) {
		emit(point.Sample{Point: point.Join(d.name, item), Value: v, Quality: q})
	}
	give("up", point.OfBool(len(latencies) > 0), point.Quality{})
	d.tellLatency(latencies, give)
	if d.kind == "ping" {
		give("loss", point.OfReal(100*float64(sent-len(latencies))/float64(sent)), point.Quality{})
	}
	share, n := d.window.loss()
	q := point.Quality{}
	if n < Window {
		q.Level = point.Uncertain
	}
	give("loss.window", point.OfReal(100*share), q)
	give("probes", point.OfInt(int64(n)), point.Quality{})
}

func (d *device) tellLatency(latencies []time.Duration, give func(string, point.Value, point.Quality)) {
	items := []string{"latency", "latency.min", "latency.max"}
	if d.kind != "ping" {
		items = items[:1]
	}
	if len(latencies) == 0 {
		for _, i := range items {
			give(i, point.Value{}, point.BadBecause(point.Timeout))
		}
		return
	}
	sum := time.Duration(0)
	for _, l := range latencies {
		sum += l
	}
	of := []time.Duration{sum / time.Duration(len(latencies)), slices.Min(latencies), slices.Max(latencies)}
	for n, i := range items {
		give(i, point.OfReal(float64(of[n])/float64(time.Millisecond)), point.Quality{})
	}
}

// window remembers the outcome of the last probes.
type window struct {
	lost [Window]bool
	next int
	n    int
	bad  int
}

func (w *window) add(answered bool) {
	if w.n == Window && w.lost[w.next] {
		w.bad--
	}
	w.lost[w.next] = !answered
	if !answered {
		w.bad++
	}
	w.next = (w.next + 1) % Window
	w.n = min(w.n+1, Window)
}

// loss is the share of lost probes among the n remembered.
func (w *window) loss() (share float64, n int) {
	if w.n == 0 {
		return 0, 0
	}
	return float64(w.bad) / float64(w.n), w.n
}

func count(options map[string]string) (int, error) {
	s, ok := options["count"]
	if !ok {
		return defaultCount, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 20 {
		return 0, driver.BadOption("count", s, driver.Between(1, 20))
	}
	return n, nil
}

func gap(options map[string]string) (time.Duration, error) {
	s, ok := options["gap"]
	if !ok {
		return defaultGap, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < time.Millisecond || d > time.Second {
		return 0, driver.BadOption("gap", s, driver.Between("1ms", "1s"))
	}
	return d, nil
}
