// Package webtest is a whole appliance that the web can be tested against: a
// small site with live points, alarms that obey commands, a panel, a journal in
// memory and people. It behaves, and can be told to misbehave. Any goroutine
// may call anything.
package webtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/annunciate"
	"watchbox/firmware/backtest"
	"watchbox/firmware/backup"
	"watchbox/firmware/bus"
	"watchbox/firmware/command"
	"watchbox/firmware/commission"
	"watchbox/firmware/config"
	"watchbox/firmware/engine"
	"watchbox/firmware/event"
	"watchbox/firmware/live"
	"watchbox/firmware/person"
	"watchbox/firmware/point"
	"watchbox/firmware/simulation"
	"watchbox/firmware/store"
	"watchbox/firmware/team"
	"watchbox/firmware/zone"
)

// Box is the fake appliance; it meets web.Box.
type Box struct {
	mutex    sync.Mutex
	table    *live.Table
	alarms   map[string]alarm.Alarm
	panel    zone.View
	levels   []annunciate.Level
	devices  []engine.DeviceView
	health   engine.Health
	number   uint64
	view     *engine.View
	changed  chan struct{}
	site     *config.Site
	records  []event.Record
	messages []store.Message
	box      string
	epoch    string
	persons  *People
	commands *command.Machine
	teams    *team.Machine
	pretend  *simulation.Machine
	handover *commission.Machine
	pictures map[string][]byte
	text     []byte            // of the site file
	own      map[string][]byte // maps by name
	wire     bus.Monitor
	found    *bus.Progress

	// Refuse, when set, is the answer to every command; JournalError to every
	// question about the journal; ReloadError to Reload.
	Refuse, JournalError, ReloadError error
	// MapError is what PutMap answers.
	MapError error
	// Trial is what SiteTrial tells; SiteFiles what SiteHistory lists.
	Trial     *struct{ By string }
	SiteFiles []config.Accepted
	// Restored are the backups that were put in place.
	Restored []backup.Content
	// Firmware is where updates stand.
	Firmware Firmware
	// Opening is a box whose store is not open yet.
	Opening bool
	// Sensors are what ReplaceSensor was asked for: id, address, actor.
	Sensors [][3]string
	// Commands are what was ordered, oldest first.
	Commands []engine.Command
	// Tests are what SendTest was asked: channel, contact.
	Tests [][2]string
}

// New makes the site with everything good, nothing standing.
func New() *Box {
	b := &Box{alarms: map[string]alarm.Alarm{}, changed: make(chan struct{}), box: "b7f3a2", epoch: "e19c04",
		site: Site(), devices: devices(), panel: panel(), persons: NewPeople(),
		health: engine.Health{JournalOK: true, Started: time.Now().Add(-26 * time.Hour)}}
	newWire(&b.wire)
	b.commands, b.pretend, b.pictures, b.own = command.New(), simulation.New(), map[string][]byte{}, map[string][]byte{}
	b.handover = commission.New(commission.Items(b.site.Zones, b.site.Doors, []commission.Relay{{Point: "oc/siren", Label: words("警号", "Siren"), Room: "oc"}}, points()), points())
	b.teams, _ = team.New([]team.Team{{ID: "cooling", Label: words("机房空调", "Room cooling"), Room: "cz", RotateDay: "monday",
		Members: []team.Member{{ID: "ac1", Label: words("空调 1", "AC 1"), Run: "ac1/on"}, {ID: "ac2", Label: words("空调 2", "AC 2"), Run: "ac2/on"}}}}, nil)
	b.teams.Restore(Now(), nil)
	b.teams.Sample(Now(), point.Sample{Point: "ac1/on", Value: point.OfBool(true)})
	b.teams.Sample(Now(), point.Sample{Point: "ac2/on", Value: point.OfBool(false)})
	b.teams.Tick(Now())
	b.levels = []annunciate.Level{{Output: "oc/siren"}, {Output: "oc/beacon"}}
	table, err := live.New(points())
	if err != nil {
		panic(err)
	}
	b.table = table
	b.record(event.Record{Type: event.JournalBegan, Text: point.Words{Zh: "日志开始", En: "Journal began"}})
	b.record(event.Record{Type: event.BoxStarted, Text: point.Words{Zh: "值守启动", En: "Watchbox started"}})
	for name, v := range first() {
		b.put(point.Sample{Point: name, Value: v, At: Now()})
	}
	b.publish()
	return b
}

// Now is the fake's clock: one boot, real time.
func Now() point.Instant {
	return point.Instant{Boot: "boot-1", Mono: time.Since(began), Wall: time.Now(), Clock: point.ClockSynchronised}
}

var began = time.Now().Add(-26 * time.Hour)

func (b *Box) put(s point.Sample) {
	s = b.pretend.Stand(s)
	b.handover.Sample(s.At, s)
	if _, ok := b.table.Put(s); !ok {
		panic("no such point: " + string(s.Point))
	}
}

// publish makes a new view. Holds the mutex, except in New.
func (b *Box) publish() {
	b.number++
	v := &engine.View{Number: b.number, At: Now(), Points: b.table.Freeze(), Alarms: []*alarm.Alarm{}, Outputs: slices.Clone(b.levels),
		Devices: slices.Clone(b.devices), Inputs: inputs(), Health: b.health, Commands: b.commands.Recent(), Teams: b.teams.Views(),
		Simulations: b.pretend.Views(), Checklist: b.handover.Views()}
	v.Panel = zone.View{Zones: slices.Clone(b.panel.Zones), Partitions: slices.Clone(b.panel.Partitions), Doors: slices.Clone(b.panel.Doors), Consent: b.panel.Consent, Areas: slices.Clone(b.panel.Areas)}
	for _, a := range b.alarms {
		v.Alarms = append(v.Alarms, &a)
	}
	slices.SortFunc(v.Alarms, func(x, y *alarm.Alarm) int {
		if x.Priority != y.Priority {
			return x.Priority - y.Priority
		}
		return y.Raised.Wall.Compare(x.Raised.Wall)
	})
	v.Wall = annunciate.Picture{Lamps: b.wall(), Page: page(v.Alarms), Bright: 100}
	b.view = v
	close(b.changed)
	b.changed = make(chan struct{})
}

// View is the newest view.
func (b *Box) View() *engine.View {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.view
}

// Changed is closed at the next change.
func (b *Box) Changed() <-chan struct{} {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.changed
}

// Site is the accepted site file.
func (b *Box) Site() *config.Site {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.site
}

// Identity names the box and its journal.
func (b *Box) Identity() (string, string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.box, b.epoch
}

// Persons are the people of the box.
func (b *Box) Persons() person.Directory {
	if b.Opening {
		return person.Unopened{}
	}
	return b.persons
}

// People are the same, with what a test may do to them.
func (b *Box) People() *People { return b.persons }

// Set gives the point a good value.
func (b *Box) Set(name point.Name, v point.Value) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.put(point.Sample{Point: name, Value: v, At: Now()})
	b.publish()
}

// Spoil makes the point bad for the reason; its last good value stays.
func (b *Box) Spoil(name point.Name, why point.Reason) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.put(point.Sample{Point: name, Quality: point.BadBecause(why), At: Now()})
	b.publish()
}

// Fail makes the device and all its points bad.
func (b *Box) Fail(device string, why point.Reason, text string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for i := range b.table.Len() {
		if e := b.table.At(i); e.Point.Name.Device() == device {
			b.put(point.Sample{Point: e.Point.Name, Quality: point.BadBecause(why), At: Now()})
		}
	}
	for i := range b.devices {
		if b.devices[i].ID == device {
			b.devices[i].OK, b.devices[i].Error = false, text
			b.devices[i].Failures++
		}
	}
	b.publish()
}

// SetReady makes the partition ready or, with reasons, not.
func (b *Box) SetReady(partition string, reasons ...point.Words) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for i := range b.panel.Partitions {
		if b.panel.Partitions[i].ID == partition {
			b.panel.Partitions[i].NotReady = reasons
		}
	}
	b.publish()
}

// AskCode makes disarming of the partition take a panel code.
func (b *Box) AskCode(partition string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for i := range b.panel.Partitions {
		b.panel.Partitions[i].Code = b.panel.Partitions[i].Code || b.panel.Partitions[i].ID == partition
	}
	b.publish()
}

// AskConsent makes an engineer's work need a user's consent.
func (b *Box) AskConsent() {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.panel.Consent.Required = true
	b.publish()
}

// Starting takes the view away: the box is still starting.
func (b *Box) Starting() {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.view = nil
}

// NewEpoch begins another journal.
func (b *Box) NewEpoch(epoch string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.epoch, b.records = epoch, nil
	b.record(event.Record{Type: event.JournalBegan})
}

// Journal writes one record.
func (b *Box) Journal(r event.Record) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.record(r)
}

func (b *Box) record(r event.Record) event.ID {
	r.ID = event.ID{Box: b.box, Epoch: b.epoch, Sequence: uint64(len(b.records) + 1)}
	if r.At == (point.Instant{}) {
		r.At = Now()
	}
	r.Journaled = true
	b.records = append(b.records, r)
	return r.ID
}

// Records are the journal so far.
func (b *Box) Records() []event.Record {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return slices.Clone(b.records)
}

// Events answers as the store does.
func (b *Box) Events(_ context.Context, q store.EventQuery) ([]event.Record, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.JournalError != nil {
		return nil, b.JournalError
	}
	if q.Limit == 0 {
		q.Limit = 100
	}
	var out []event.Record
	for _, r := range b.records {
		n := r.ID.Sequence
		if (q.Epoch == "" || q.Epoch == r.ID.Epoch) && n > q.After && (q.Before == 0 || n < q.Before) &&
			(len(q.Types) == 0 || slices.Contains(q.Types, r.Type)) && (q.Room == "" || q.Room == r.Room) &&
			(q.Origin == (event.ID{}) || q.Origin == r.Origin || q.Origin == r.ID) {
			out = append(out, r)
		}
	}
	if q.After == 0 {
		slices.Reverse(out)
	}
	return out[:min(len(out), q.Limit)], nil
}

// Messages is the ledger.
func (b *Box) Messages(_ context.Context, most int) ([]store.Message, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	m := slices.Clone(b.messages)
	slices.Reverse(m)
	return m[:min(len(m), most)], nil
}

// SendTest puts a message into the ledger.
func (b *Box) SendTest(_ context.Context, channel, contact, actor string) (string, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if !slices.ContainsFunc(b.site.Channels, func(c config.Channel) bool { return c.ID == channel }) {
		return "", fmt.Errorf("send test: no channel %q", channel)
	}
	b.Tests = append(b.Tests, [2]string{channel, contact})
	m := store.Message{ID: fmt.Sprintf("m%d", len(b.messages)+1), Channel: channel, Contact: contact, To: "+8613800000001",
		Text: "值守测试消息，操作人 " + actor, State: "sent", Attempts: 1, Queued: time.Now(), Sent: time.Now()}
	b.messages = append(b.messages, m)
	return m.ID, nil
}

// Reload accepts unless it was told otherwise.
func (b *Box) Reload(_ context.Context, actor string) error {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.ReloadError != nil {
		return b.ReloadError
	}
	fresh := *b.site
	b.site = &fresh
	b.record(event.Record{Type: event.ConfigApplied, Actor: actor, Text: point.Words{Zh: "站点文件已载入", En: "Site file applied"}})
	b.publish()
	return nil
}

var errState = errors.New("the alarm's state does not allow it")

// Ordered is a copy of Commands, for a test that runs beside the server.
func (b *Box) Ordered() []engine.Command {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return slices.Clone(b.Commands)
}

// Explain answers with one sentence for the alarms that the box has.
func (b *Box) Explain(_ context.Context, key string, at time.Time) (event.Decision, error) {
	if _, known := definitions()[key]; !known {
		return event.Decision{}, errors.New("no such alarm")
	}
	return event.Decision{Key: key, Verdict: alarm.VerdictQuiet, At: point.Instant{Wall: at}, Text: point.Words{Zh: "温度 22 °C，未超过上限 28 °C，未报警", En: "22 °C is not above 28 °C: no alarm"},
		Inputs: []event.Input{{Point: "th1/ambient.temperature", Value: "22 °C"}}}, nil
}

// Decisions has none.
func (b *Box) Decisions(context.Context, store.DecisionQuery) ([]event.Decision, error) {
	return nil, nil
}

// Backtest reads the rules and finds that nothing would have rung.
func (b *Box) Backtest(_ context.Context, data []byte, from, to time.Time) (backtest.Report, []config.Problem, error) {
	_, _, problems := config.ParseRules("rules.yaml", data)
	if config.Refused(problems) {
		return backtest.Report{}, problems, errors.New("refused")
	}
	none := backtest.Outcome{Raises: []backtest.Raise{}}
	return backtest.Report{From: from, To: to, Old: none, New: none, Rules: []backtest.Tally{}, Coverage: []backtest.Coverage{}}, nil, nil
}
