package scenario

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/drivers/gpio"
	"watchbox/drivers/gpio/gpiotest"
	"watchbox/firmware/app"
	"watchbox/firmware/config"
	"watchbox/firmware/dialout"
	"watchbox/firmware/driver"
	"watchbox/firmware/engine"
	"watchbox/firmware/event"
	"watchbox/firmware/forward"
	"watchbox/firmware/point"
	"watchbox/firmware/store"
)

// bubble is the whole appliance in one process, in a bubble of fake time: its
// decisions, its journal on the disk, contacts and relays over a pipe. People and
// platform are in memory.
type bubble struct {
	*app.App
	t      *testing.T
	room   *gpiotest.Server
	phone  *phone
	paths  map[string]*platform
	armed  atomic.Bool  // panic and tamper are guarded, says the box
	offset atomic.Int64 // of the wall clock, nanoseconds
	began  time.Time
}

const bubbleSite = `version: 1
id: bubble
label: {zh: 机房, en: Room}
board: sim
rooms:
  - {id: oc, label: {zh: 中心, en: Centre}}
inputs:
  - {terminal: DI1, point: oc/panic, rest: open, room: oc}
  - {terminal: DI2, point: oc/water, rest: open, room: oc}
outputs:
  - {terminal: DO1, point: oc/siren, room: oc}
  - {terminal: DO2, point: oc/lamp, room: oc}
zones:
  - {id: panic, label: {zh: 紧急, en: Panic}, input: oc/panic, type: panic, room: oc}
  - {id: water, label: {zh: 漏水, en: Water}, input: oc/water, type: environment, room: oc}
annunciators:
  - {id: siren, kind: sounder, output: oc/siren, class: [alarm], upto: 2, cut-off: 5m}
  - {id: lamp, kind: beacon, output: oc/lamp, class: [alarm], upto: 2}
contacts:
  - {id: duty, label: {zh: 值班员, en: Duty}, phone: "+8613800000001"}
  - {id: chief, label: {zh: 主管, en: Chief}, phone: "+8613800000002"}
channels:
  - {id: sms, driver: modem, address: MODEM}
dial-out:
  wait: 3m
  repeat: 1
  steps:
    - {contacts: [duty], channels: [sms]}
    - {contacts: [chief], channels: [sms]}
upstream:
  - {id: platform, driver: mqtt, address: "mqtts://far:8883"}
  - {id: hook, driver: webhook, address: "https://far/events"}
`

// inBubble runs f with a box that is armed and ready.
func inBubble(t *testing.T, f func(b *bubble)) { inRoom(t, func(*gpiotest.Server) {}, f) }

// inRoom is inBubble in a room that somebody has been in before.
func inRoom(t *testing.T, before func(room *gpiotest.Server), f func(b *bubble)) {
	dir := t.TempDir()
	file := filepath.Join(dir, "site.yaml")
	if err := os.WriteFile(file, []byte(bubbleSite), 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		pipe := gpiotest.NewPipe()
		b := &bubble{t: t, room: gpiotest.Serve(pipe), phone: &phone{}, began: time.Now(),
			paths: map[string]*platform{"platform": {}, "hook": {}}}
		defer b.room.Close()
		before(b.room)
		box, problems, err := app.New(app.Options{SitePath: file, DataDir: filepath.Join(dir, "data"), Builder: bubbleBuilder{b, pipe},
			Secrets: func(string) (string, bool) { return "", false }, Clock: b.clock, Log: func(f string, a ...any) { t.Logf(f, a...) }})
		if err != nil {
			t.Fatal(err, problems)
		}
		b.App = box
		ctx, stop := context.WithCancel(context.Background())
		ready, ended := make(chan struct{}), make(chan error, 1)
		go func() { ended <- box.Run(ctx, func() { b.armed.Store(true) }, func() { close(ready) }) }()
		<-ready
		time.Sleep(time.Second)
		f(b)
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// clock is what the box is told: time since boot never jumps, the wall does.
func (b *bubble) clock() point.Instant {
	return point.Instant{Boot: "bubble", Mono: time.Since(b.began) + time.Hour, Wall: time.Now().Add(time.Duration(b.offset.Load())), Clock: point.ClockRTC}
}

// jump sets the wall clock, at a moment at which everything waits.
func (b *bubble) jump(d time.Duration) {
	synctest.Wait()
	b.offset.Add(int64(d))
}

func (b *bubble) siren() bool { return b.room.Level("DO1") }

// sounds tells whether the siren's cadence is on in the coming two seconds.
func (b *bubble) sounds() bool {
	for range 40 {
		time.Sleep(50 * time.Millisecond)
		if b.siren() {
			return true
		}
	}
	return false
}

func (b *bubble) journal() (all []event.Record) {
	b.t.Helper()
	_, epoch := b.Identity()
	for after := uint64(0); ; {
		page, err := b.Events(context.Background(), store.EventQuery{Epoch: epoch, After: after, Limit: 1000})
		if err != nil {
			b.t.Fatal(err)
		}
		if after == 0 { // newest first without a bound
			slices.Reverse(page)
		}
		page = slices.DeleteFunc(page, func(r event.Record) bool { return r.ID.Sequence <= after })
		if len(page) == 0 {
			return all
		}
		all = append(all, page...)
		after = page[len(page)-1].ID.Sequence
	}
}

func (b *bubble) order(verb engine.Verb, target string) {
	b.t.Helper()
	if err := b.Do(context.Background(), engine.Command{Verb: verb, Target: target, Actor: "li"}); err != nil {
		b.t.Error(err)
	}
}

// phone is what was sent, to whom and when.
type phone struct {
	mutex sync.Mutex
	calls []call
}

type call struct {
	to   string
	text string
	at   time.Time
}

func (p *phone) Send(_ context.Context, m dialout.Message) (dialout.Receipt, bool, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.calls = append(p.calls, call{m.Contact, m.Text, time.Now()})
	return dialout.Receipt{}, false, nil
}

// to lists what a contact was sent since.
func (p *phone) to(contact string, since time.Time) (list []call) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for _, c := range p.calls {
		if c.to == contact && !c.at.Before(since) {
			list = append(list, c)
		}
	}
	return list
}

// platform is a far end that can be away.
type platform struct {
	mutex sync.Mutex
	away  bool
	told  []event.Record
	tries int
}

var errAway = errors.New("connection refused")

func (p *platform) Send(_ context.Context, records []event.Record) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.tries++; p.away {
		return errAway
	}
	p.told = append(p.told, records...)
	return nil
}

func (p *platform) Close() error { return nil }

func (p *platform) leave(away bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.away = away
}

// tried counts the attempts.
func (p *platform) tried() int {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.tries
}

func (p *platform) heard() []event.Record {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return slices.Clone(p.told)
}

// bubbleBuilder fits the site: the same driver for the terminals as on the
// simulated board, everything else in memory.
type bubbleBuilder struct {
	b    *bubble
	pipe *gpiotest.Pipe
}

func (x bubbleBuilder) World(*config.Site) (config.World, []config.Problem) {
	return config.World{}, nil
}

func (x bubbleBuilder) Build(site *config.Site, keep func(config.Device) bool, _ dialout.Inbox) (app.Fittings, error) {
	f := app.Fittings{Channels: map[string]dialout.Channel{"sms": x.b.phone}, Kinds: map[string]string{"sms": dialout.Modem},
		Paths: map[string]forward.Path{}}
	for id, p := range x.b.paths {
		f.Paths[id] = p
	}
	spec := driver.Spec{Name: "terminals", Driver: "gpio"}
	var lines []gpio.Line
	for _, in := range site.Inputs {
		spec.Inputs = append(spec.Inputs, driver.Input{Terminal: in.Terminal, Point: in.Point, Room: in.Room, Rest: in.Rest, Debounce: in.Debounce})
		lines = append(lines, gpio.Line{Terminal: in.Terminal})
	}
	for _, out := range site.Outputs {
		spec.Inputs = append(spec.Inputs, driver.Input{Terminal: out.Terminal, Point: out.Point, Room: out.Room, Output: true, Rest: "off"})
		lines = append(lines, gpio.Line{Terminal: out.Terminal, Output: true, Hold: 5 * time.Minute})
	}
	entry := app.Fitted{Spec: config.Device{ID: "terminals", Driver: "gpio", Options: map[string]string{"terminals": fmt.Sprint(spec.Inputs)}}, First: true}
	if !keep(entry.Spec) {
		d, err := gpio.New(spec, gpio.SimOver(x.pipe.Dial, lines))
		if err != nil {
			return f, err
		}
		entry.Device = d
	}
	f.Devices = append(f.Devices, entry)
	return f, nil
}
