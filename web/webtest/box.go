// Package webtest is a whole appliance that the web can be tested against: a
// small site with live points, alarms that obey commands, a panel, a journal in
// memory and people. It behaves, and can be told to misbehave. Any goroutine
// may call anything.
package webtest

import (
	"context"
	"slices"
	"sync"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/annunciate"
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

// Starting takes the view away: the box is still starting.
func (b *Box) Starting() {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.view = nil
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
