// Package app wires the parts of the appliance and owns the order of life and
// death: outputs at rest, inputs, the engine with its 24-hour zones, then the
// store, the buses, the channels and the way upstream. Stop is the reverse.
package app

import (
	"context"
	"time"

	"watchbox/firmware/annunciate"
	"watchbox/firmware/bus"
	"watchbox/firmware/config"
	"watchbox/firmware/dialout"
	"watchbox/firmware/driver"
	"watchbox/firmware/engine"
	"watchbox/firmware/event"
	"watchbox/firmware/forward"
	"watchbox/firmware/point"
	"watchbox/firmware/scan"
	"watchbox/firmware/store"
	"watchbox/firmware/update"
)

// Fitted is one device as the builder made it from the site file.
type Fitted struct {
	Spec   config.Device // compared at reload: an unchanged device lives on
	Bus    string        // devices of one bus share one goroutine; empty: its own
	Pooled bool          // SNMP and probes: many in flight
	First  bool          // terminals of the box: runs before the store is open
	Device driver.Device
	driver.Product
	// Rests of the outputs, where the builder knows them better than the device.
	Rests []driver.Rest
	// Counters of this device whose rates are points of their own.
	Counters []Counter
}

// points are those of the device; none when it could not be built.
func (f Fitted) points() []point.Point {
	if f.Device == nil {
		return nil
	}
	return f.Device.Describe()
}

// Counter is a counter of a device whose rate is a point of its own.
type Counter struct {
	Point, From, Clock point.Name // Clock is the device's up-time, to see a restart
	Label              point.Words
	Unit               point.Unit
	Scale              float64
	Room               string
}

// Fittings are what a site file needs of the outside world, made by drivers/all.
type Fittings struct {
	Devices  []Fitted
	Display  annunciate.Display
	Channels map[string]dialout.Channel
	Kinds    map[string]string // of each channel: sms or mail
	Paths    map[string]forward.Path
}

// Builder makes the fittings. Implemented outside firmware: it knows drivers and
// boards. Neither method touches a wire or the network.
type Builder interface {
	// World is what the site file may refer to (terminals, drivers, maps, points)
	// and what the drivers find wrong with their devices.
	World(site *config.Site) (config.World, []config.Problem)
	// Build fits a site. A device that keep tells to be unchanged comes without
	// Device: the running one lives on. inbox hears what channels hear.
	Build(site *config.Site, keep func(config.Device) bool, inbox dialout.Inbox) (Fittings, error)
}

// Maps are the maps of products, of which the installer's own can change. Any
// goroutine; nothing blocks.
type Maps interface {
	List() []driver.Map // reads them all
	Text(name string) ([]byte, bool)
	// Check tells what is wrong with an own map: config.Problems.
	Check(name string, text []byte) error
	// Texts are the own maps, by name without own/; nil is a damaged one.
	Texts() map[string][]byte
	// With is the builder as it would judge a site file if these were the own maps.
	With(texts map[string][]byte) Builder
	// Use makes these the own maps of whatever is built from now on.
	Use(texts map[string][]byte)
}

// Options are what a program gives to New.
type Options struct {
	SitePath string
	Standard string // path of the site file to guard by when there is no other that can be used; "" for none
	DataDir  string
	Builder  Builder
	Maps     Maps // of the Builder; nil where there are no own ones
	Secrets  config.Secrets
	Clock    func() point.Instant // monotonic and wall; never blocks
	Log      func(format string, args ...any)
	Pet      func()           // called while engine and outputs make progress, once a second; may be nil
	Exit     func(why string) // asked for when the box must be started again; may be nil
	Machine  Machine          // what is under the daemon; the zero value is a program on a server

	SetupCode func(code string)                                                         // called once it is known that there is no administrator; may be nil
	open      func(dir string, o store.Options) (*store.Store, store.OpenReport, error) // nil is store.Open: a slow disk in a test

	SecretsDir string           // of a backup; empty: it has no secrets
	Again      func(why string) // ends the daemon in order, so that it is started anew; may be nil
	Ledger     Ledger           // of what was done about a standstill; nil where nobody would start daemon or box again: then nothing is done
	// Held tells whether the kernel holds a thread of this process, so that it could
	// not end. Blocks for seconds; nil is never.
	Held func(ctx context.Context) bool

	Version string                          // of this firmware
	Updates *update.Keeper                  // nil on a box without slots
	Sticks  Sticks                          // nil where no stick may bring an update
	Gate    time.Duration                   // of progress that new firmware must show; 0 is update.GateSpan
	Restart func(why string)                // starts the whole box again, in order; may be nil without slots
	Page    func(ctx context.Context) error // asks the page for a sign of life; may be nil

	Dissector func() bus.Dissector // puts the frames of one wire into words; nil: none can be listened to
	// Survey prepares a search of a serial bus; it touches no wire. Any goroutine; nil
	// where nothing can be searched.
	Survey func(site *config.Site, name string, o bus.Order) (bus.Search, error)

	Registers Registers // the server for Modbus masters; nil where none is built in
	Proxy     Proxy     // lets Modbus masters ask on our buses; nil where none is built in
}

// Proxy lets other masters ask on the buses of the box. Serve does what the site file
// says of it; nil closes. open are the buses that can be asked after it. It costs nothing when nothing
// changed, and waits for nobody. Called by one goroutine, always with the same functions,
// which never block and may be called by any.
type Proxy interface {
	Serve(site *config.Site, guests func(bus string, share int) *scan.Guest, journal func(event.Record)) (open []string, err error)
}

// Registers is the server of registers for other masters. Serve does what the
// site file says of it and takes its table over; nil closes it. It costs nothing
// when nothing changed, and waits for nobody. Called by one goroutine, always with
// the same view, which never blocks and may be called by any.
type Registers interface {
	Serve(site *config.Site, view func() *engine.View) error
}

// Machine is what the operating system of the box tells at the start, and hears.
type Machine struct {
	Told  []event.Record // about the start of the machine: for the journal, once
	Heard func()         // called when they are on their way to the journal; may be nil
	Lost  error          // why the data partition is not used: events are in memory only
	Kept  *time.Time     // the site file at SitePath is the one kept for that case, accepted then (zero: unknown); nil: it is the board's own
	// Keep keeps an accepted site file where the loss of data does not reach it. Blocks on
	// the medium; one goroutine calls it. nil where there is no such place.
	Keep     func(site []byte, at time.Time) error
	Crashed  bool   // the machine's last life ended by itself: its watchdog or a dead kernel
	Accepted func() // called when another site file came into force; may be nil; must not block
}

// within bounds one call that leaves the process.
func within(ctx context.Context, d time.Duration, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return f(ctx)
}
