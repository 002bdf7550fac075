package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/firmware/config"
	"watchbox/firmware/dialout"
	"watchbox/firmware/driver"
	"watchbox/firmware/event"
	"watchbox/firmware/forward"
	"watchbox/firmware/point"
	"watchbox/firmware/store"
)

const siteFile = `version: 1
id: house
label: {zh: 机房, en: Room}
board: sim
rooms:
  - {id: oc, label: {zh: 中心, en: Centre}}
inputs:
  - {terminal: DI1, point: oc/panic, rest: open, room: oc}
outputs:
  - {terminal: DO1, point: oc/siren, room: oc}
devices:
  - {id: meter, driver: self, room: oc}
zones:
  - {id: panic, label: {zh: 紧急, en: Panic}, input: oc/panic, type: panic, room: oc}
alarms:
  - {id: hot, label: {zh: 温度高, en: Hot}, points: [meter/temperature], when: {above: 30}, priority: 3}
annunciators:
  - {id: siren, kind: sounder, output: oc/siren, class: [alarm], upto: 2, cut-off: 5m}
contacts:
  - {id: duty, label: {zh: 值班员, en: Duty}, phone: "+8613800000001"}
channels:
  - {id: sms, driver: modem, address: MODEM}
dial-out:
  steps:
    - {contacts: [duty], channels: [sms]}
upstream:
  - {id: platform, driver: mqtt, address: "mqtts://far:8883"}
`

// house is the appliance with everything outside of it in memory, in fake time.
// It is its own builder, phone and platform.
type house struct {
	*App
	t        *testing.T
	site     string // the site file
	data     string
	boot     string
	began    time.Time
	uptime   time.Duration // when the house began
	extra    func(*Options)
	terminal *terminals    // the newest
	meters   int           // how many were built
	gauge    driver.Device // what a meter is; nil is a good one
	product  driver.Product
	inbox    dialout.Inbox
	broken   error // of Build, beside what could be built
	armed    bool
	code     string // the set-up code that the box told last

	mutex sync.Mutex
	sent  []dialout.Message
	told  []event.Record

	stop  func()
	ended chan error
}

// inHouse prepares a house; nothing runs yet.
func inHouse(t *testing.T, f func(h *house)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		h := &house{t: t, site: filepath.Join(dir, "site.yaml"), data: filepath.Join(dir, "data"),
			boot: "house", began: time.Now(), uptime: time.Hour}
		h.write(siteFile)
		f(h)
	})
}

func (h *house) write(text string) {
	h.t.Helper()
	if err := os.WriteFile(h.site, []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

// inForce has the box run by that site file from now on.
func (h *house) inForce(text string) {
	h.t.Helper()
	h.write(text)
	if err := h.Reload(context.Background(), "li"); err != nil {
		h.t.Fatal(err)
	}
}

// start runs a new App to its ready.
func (h *house) start() {
	h.t.Helper()
	o := Options{SitePath: h.site, DataDir: h.data, Builder: h, Clock: h.clock,
		SetupCode: func(code string) { h.code = code },
		Secrets:   func(string) (string, bool) { return "", false }, Log: func(f string, a ...any) { h.t.Logf(f, a...) }}
	if h.extra != nil {
		h.extra(&o)
	}
	box, problems, err := New(o)
	if err != nil {
		h.t.Fatal(err, problems)
	}
	h.App = box
	ctx, stop := context.WithCancel(context.Background())
	ready := make(chan struct{})
	h.armed, h.stop, h.ended = false, stop, make(chan error, 1)
	go func() {
		h.ended <- box.Run(ctx, func() { h.mutex.Lock(); h.armed = true; h.mutex.Unlock() }, func() { close(ready) })
	}()
	select {
	case <-ready:
	case err := <-h.ended:
		h.t.Fatalf("run: %v", err)
	}
	h.pass(time.Second)
}

// end stops it in order.
func (h *house) end() {
	h.t.Helper()
	h.stop()
	if err := <-h.ended; err != nil {
		h.t.Errorf("run: %v", err)
	}
}

func (h *house) pass(d time.Duration) { time.Sleep(d); synctest.Wait() }

func (h *house) clock() point.Instant {
	return point.Instant{Boot: h.boot, Mono: time.Since(h.began) + h.uptime, Wall: time.Now(), Clock: point.ClockRTC}
}

func (h *house) World(*config.Site) (config.World, []config.Problem) { return config.World{}, nil }

func (h *house) Build(site *config.Site, keep func(config.Device) bool, inbox dialout.Inbox) (Fittings, error) {
	h.inbox = inbox
	f := Fittings{Channels: map[string]dialout.Channel{"sms": h}, Kinds: map[string]string{"sms": dialout.Modem}, Paths: map[string]forward.Path{}}
	for _, u := range site.Upstream {
		f.Paths[u.ID] = platform{h}
	}
	box := Fitted{First: true, Spec: config.Device{ID: "terminals", Options: map[string]string{"inputs": fmt.Sprint(site.Inputs)}}}
	if !keep(box.Spec) {
		h.terminal = &terminals{edges: make(chan bool, 16), levels: map[string]bool{}}
		box.Device = h.terminal
	}
	f.Devices = append(f.Devices, box)
	for _, d := range site.Devices {
		entry := Fitted{Spec: d, Bus: d.Bus, Product: h.product}
		if !keep(d) {
			h.meters++
			entry.Device = cmp.Or[driver.Device](h.gauge, meter{})
		}
		f.Devices = append(f.Devices, entry)
	}
	return f, h.broken
}

func (h *house) Send(_ context.Context, m dialout.Message) (dialout.Receipt, bool, error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.sent = append(h.sent, m)
	return dialout.Receipt{}, false, nil
}

func (h *house) messages() []dialout.Message {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return slices.Clone(h.sent)
}

type platform struct{ *house }

func (p platform) Send(_ context.Context, records []event.Record) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.told = append(p.told, records...)
	return nil
}
func (platform) Close() error { return nil }

// terminals are one contact and one output.
type terminals struct {
	edges  chan bool
	mutex  sync.Mutex
	levels map[string]bool
	fails  error
	writes int
	closed bool
}

func (d *terminals) Describe() []point.Point {
	return []point.Point{{Name: "oc/panic", Kind: point.Bool, Urgent: true}, {Name: "oc/siren", Kind: point.Bool, Urgent: true}, {Name: "oc/fan", Kind: point.Bool, Write: true}}
}
func (d *terminals) Close() error {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.closed = true
	return nil
}
func (d *terminals) Watch(ctx context.Context, emit driver.Emit) error {
	emit(point.Sample{Point: "oc/panic", Value: point.OfBool(false)})
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case on := <-d.edges:
			emit(point.Sample{Point: "oc/panic", Value: point.OfBool(on)})
		}
	}
}
func (d *terminals) Write(_ context.Context, item string, v point.Value) error {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.writes++; d.fails != nil {
		return d.fails
	}
	d.levels[item] = v.Truth()
	return nil
}

// spoil makes each write fail; nil mends it.
func (d *terminals) spoil(err error) { d.mutex.Lock(); defer d.mutex.Unlock(); d.fails = err }
func (d *terminals) siren() bool     { d.mutex.Lock(); defer d.mutex.Unlock(); return d.levels["oc/siren"] }

// sounds is true when the siren is on at some moment of the next two seconds: it has a cadence.
func (h *house) sounds() bool {
	for range 40 {
		if h.pass(50 * time.Millisecond); h.terminal.siren() {
			return true
		}
	}
	return false
}

type meter struct{}

func (meter) Describe() []point.Point {
	return []point.Point{{Name: "meter/temperature", Kind: point.Real}}
}
func (meter) Close() error { return nil }
func (meter) Blocks() []driver.Block {
	return []driver.Block{{Name: "all", Period: time.Second, Timeout: time.Second, Points: []point.Name{"meter/temperature"}}}
}
func (meter) Poll(_ context.Context, _ int, emit driver.Emit) error {
	emit(point.Sample{Point: "meter/temperature", Value: point.OfReal(25)})
	return nil
}

// active tells whether the alarm stands.
func (h *house) active(key string) bool {
	for _, a := range h.View().Alarms {
		if a.Key == key && a.Active {
			return true
		}
	}
	return false
}

func (h *house) want(key string, stands bool) {
	h.t.Helper()
	if h.active(key) != stands {
		h.t.Errorf("alarm %s stands: %v, want %v", key, !stands, stands)
	}
}

// record is the newest record of the type and subject in the journal.
func (h *house) record(kind event.Type, subject string) event.Record {
	h.t.Helper()
	list, err := h.Events(context.Background(), store.EventQuery{Limit: 500})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, r := range list {
		if r.Type == kind && (subject == "" || r.Subject == subject) {
			return r
		}
	}
	h.t.Errorf("the journal has no %s of %q", kind, subject)
	return event.Record{}
}

var errSpoilt = errors.New("terminals: line is stuck")
