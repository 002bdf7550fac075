// Package conformance holds the box's decisions against the standards: one file
// per clause, in words that an installer can read, played on the real engine
// (zones, alarms, annunciators, journal and retained state) with a clock that
// the file moves. Nothing here is certified: the box behaves as the clauses say.
package conformance

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/annunciate"
	"watchbox/firmware/app"
	"watchbox/firmware/command"
	"watchbox/firmware/config"
	"watchbox/firmware/dialout"
	"watchbox/firmware/driver"
	"watchbox/firmware/engine"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

// rig is one box in the hand: its site, its clock, and all that left it.
type rig struct {
	*engine.Engine
	site     *config.Site
	fittings app.Fittings
	now      point.Instant
	boots    int
	booted   int           // length of the journal at the last restart
	bootedAt time.Duration // monotonic
	people   people
	watch    func() // called whenever time has passed and the engine has turned

	journal  []event.Record
	retained map[string][]byte
	levels   map[point.Name]bool
	sounded  map[point.Name]time.Duration // when each output was last on
	changes  []alarm.Change
	picture  annunciate.Picture
	pulses   int
	readings map[point.Name]point.Sample // newest of each point, to read again after a restart
}

// bare is a device that only says which points it has.
type bare struct{ points []point.Point }

func (b bare) Describe() []point.Point { return b.points }
func (b bare) Close() error            { return nil }

// fit describes the contacts and outputs of the site, and further points.
func fit(site *config.Site, more []point.Point) app.Fittings {
	points := more
	for _, in := range site.Inputs {
		points = append(points, point.Point{Name: in.Point, Label: in.Label, Room: in.Room, Kind: point.Bool, Urgent: true})
	}
	for _, out := range site.Outputs {
		points = append(points, point.Point{Name: out.Point, Label: out.Label, Room: out.Room, Kind: point.Bool})
	}
	for _, d := range site.Doors {
		for _, reader := range []point.Name{d.Reader, d.ExitReader} {
			if reader != "" {
				points = append(points, point.Point{Name: reader, Room: d.Room, Kind: point.Text, Urgent: true})
			}
		}
	}
	var device driver.Device = bare{points}
	return app.Fittings{Devices: []app.Fitted{{Spec: config.Device{ID: "terminals"}, First: true, Device: device}}}
}

// load reads a site of the folder sites, strictly.
func load(name string, more []point.Point) (*config.Site, app.Fittings, error) {
	data, err := os.ReadFile(filepath.Join("sites", name+".yaml"))
	if err != nil {
		return nil, app.Fittings{}, err
	}
	site, problems := config.Parse(name+".yaml", data)
	if site == nil {
		return nil, app.Fittings{}, fmt.Errorf("%v", problems)
	}
	f := fit(site, more)
	world := config.World{Points: []point.Name{}}
	for _, p := range f.Devices[0].Device.Describe() {
		world.Points = append(world.Points, p.Name)
	}
	if problems = config.Validate(site, world); config.Refused(problems) {
		return nil, f, fmt.Errorf("%v", problems)
	}
	return site, f, nil
}

// newRig starts a box on a Sunday at three in the morning, every contact at rest.
func newRig(site *config.Site, f app.Fittings) (*rig, error) {
	zone, err := time.LoadLocation(site.TimeZone)
	if err != nil {
		return nil, err
	}
	r := &rig{watch: func() {}, site: site, fittings: f, retained: map[string][]byte{}, readings: map[point.Name]point.Sample{}}
	r.now = point.Instant{Boot: "boot", Mono: time.Hour, Wall: time.Date(2026, 3, 1, 3, 0, 0, 0, zone), Clock: point.ClockSynchronised}
	for _, p := range f.Devices[0].Device.Describe() {
		v := point.OfBool(false)
		if p.Kind == point.Real {
			continue
		}
		r.readings[p.Name] = point.Sample{Point: p.Name, Value: v}
	}
	r.people.sent = map[string]int{}
	if site.DialOut != nil {
		kinds := map[string]string{}
		for _, c := range site.Channels {
			kinds[c.ID] = c.Driver
		}
		r.people.desk = dialout.NewDesk(*site.DialOut, site.Contacts, kinds, dialout.Site{ID: site.ID, Label: site.Label, Zone: zone})
	}
	return r, r.start()
}

// start makes the engine of what was retained, reads every contact, and settles.
func (r *rig) start() error {
	parts, errs := app.Parts(r.site, r.fittings, r.now)
	if len(errs) > 0 {
		return fmt.Errorf("site: %v", errs)
	}
	r.bootedAt = r.now.Mono
	r.levels, r.sounded = map[point.Name]bool{}, map[point.Name]time.Duration{}
	r.Engine = engine.New(parts, func() point.Instant { return r.now }, r, r)
	for _, s := range r.readings {
		s.At = point.Instant{}
		r.Edge(s)
	}
	r.Turn()
	kept := map[string][]byte{}
	for k, v := range r.retained {
		kept[k] = v
	}
	r.Identify("box", "epoch", uint64(len(r.journal)+1), kept)
	r.settle()
	return nil
}

// restart is a power cut: what was handed to the journal is on the disk, the
// rest is gone; the monotonic clock begins anew.
func (r *rig) restart(down time.Duration) error {
	r.boots++
	r.booted = len(r.journal)
	r.now.Boot, r.now.Mono = fmt.Sprintf("boot%d", r.boots), time.Hour
	r.now.Wall = r.now.Wall.Add(down)
	return r.start()
}

// settle lets the engine finish, and publishes its view.
func (r *rig) settle() {
	r.Turn() // every timer that is due
	done := false
	r.After(func() { done = true })
	for !done {
		r.Turn()
	}
}

// stride is how long the engine sleeps while a wait is long: out of step with a
// lamp that blinks once a second, or a look at each stride would never see it lit.
const stride = 700 * time.Millisecond

// pass lets time go by: the engine sleeps as long as it would on a box, but for a
// stride while a wait is long.
func (r *rig) pass(d time.Duration) {
	for d > 0 {
		step := max(r.Nap(), time.Millisecond)
		if d > 10*time.Minute {
			step = stride
		}
		step = min(step, d)
		r.now = r.now.Add(step)
		d -= step
		for _, on := range r.levels {
			if on {
				r.hear()
				break
			}
		}
		r.Turn()
		r.people.turn(r.now)
		r.watch()
	}
	r.settle()
}

func (r *rig) hear() {
	for output, on := range r.levels {
		if on {
			r.sounded[output] = r.now.Mono
		}
	}
}

// sounds tells whether an output was on within the longest pause of a cadence
// for alarms.
func (r *rig) sounds(output point.Name) bool {
	at, ever := r.sounded[output]
	return r.levels[output] || ever && r.now.Mono-at < 4*time.Second
}

// read brings a reading, as an edge.
func (r *rig) read(s point.Sample) {
	r.readings[s.Point] = s
	r.Edge(s)
	r.settle()
}

// order carries out a command and answers with what the engine said.
func (r *rig) order(c engine.Command) error {
	answer := make(chan error, 1)
	go func() { answer <- r.Do(context.Background(), c) }()
	for {
		select {
		case err := <-answer:
			r.settle()
			return err
		default:
			r.Turn()
			runtime.Gosched()
		}
	}
}

// The box's outlet and recorder: everything is kept.

func (r *rig) Record(b event.Batch) {
	r.journal = append(r.journal, b.Records...)
	for _, k := range b.Retained {
		if r.retained[k.Key] = k.Value; k.Value == nil {
			delete(r.retained, k.Key)
		}
	}
}

func (r *rig) Levels(levels []annunciate.Level) {
	for _, l := range levels {
		r.levels[l.Output] = l.On
		if l.On {
			r.sounded[l.Output] = r.now.Mono
		}
	}
}

func (r *rig) Picture(p annunciate.Picture) { r.picture = p }
func (r *rig) Pulse(zone.Pulse)             { r.pulses++ }
func (r *rig) Changes(list []alarm.Change) {
	r.changes = append(r.changes, list...)
	for _, c := range list {
		if r.people.desk != nil {
			r.people.desk.Change(r.now, c)
		}
	}
}
func (r *rig) Sample(point.Sample) {}

// Write is a driver that takes every value at once.
func (r *rig) Write(p point.Name, v point.Value) { r.Answered(p, v, r.now, nil) }

// selected carries out the first step of a write.
func (r *rig) selected(c engine.Command) (s command.Selection, err error) {
	done := make(chan struct{})
	go func() { defer close(done); s, err = r.Select(context.Background(), c) }()
	for {
		select {
		case <-done:
			return s, err
		default:
			r.Turn()
			runtime.Gosched()
		}
	}
}

// alarm finds an alarm that is listed.
func (r *rig) alarm(key string) (alarm.Alarm, bool) {
	for _, a := range r.View().Alarms {
		if a.Key == key {
			return *a, true
		}
	}
	return alarm.Alarm{}, false
}

// lamp is the colour of a cell of the wall: off, red, amber, green, blue, white.
func (r *rig) lamp(room, row string) string {
	w := r.site.Wall
	for x, id := range w.Rooms {
		for y, name := range w.Rows {
			i := (x*len(w.Rows) + y) * max(w.Pixels, 1)
			if id == room && name == row && i < len(r.picture.Lamps) {
				return colour(r.picture.Lamps[i])
			}
		}
	}
	return "nowhere"
}

func colour(c annunciate.RGB) string {
	names := []struct {
		name string
		on   bool
	}{{"off", c == annunciate.RGB{}}, {"blue", c.B > c.R && c.B > c.G}, {"green", c.G > c.R && c.G > c.B}, {"white", c.R == c.G && c.G == c.B}, {"amber", c.R > c.B && c.G > c.R/4}, {"red", c.R > c.B}}
	for _, n := range names {
		if n.on {
			return n.name
		}
	}
	return strings.ToLower(fmt.Sprint(c))
}
