// Package web is what a person on the LAN sees and what a program may ask: the
// JSON API, the event stream, the page and the plain page without script.
package web

import (
	"context"
	"io"
	"time"

	"watchbox/firmware/annunciate"
	"watchbox/firmware/backtest"
	"watchbox/firmware/command"
	"watchbox/firmware/config"
	"watchbox/firmware/dialout"
	"watchbox/firmware/driver"
	"watchbox/firmware/engine"
	"watchbox/firmware/event"
	"watchbox/firmware/person"
	"watchbox/firmware/point"
	"watchbox/firmware/store"
	"watchbox/firmware/update"
)

// Box is what the API needs of the appliance; firmware/app meets it. Only View
// and Changed never block.
type Box interface {
	View() *engine.View
	Changed() <-chan struct{} // closed at the next change of the view; ask again afterwards
	Site() *config.Site       // the accepted site file; never written to
	// Rests is what becomes of each output when nobody commands it. Never blocks.
	Rests() []annunciate.Resting

	// Do hands a command to the engine and waits for its answer (milliseconds).
	Do(ctx context.Context, c engine.Command) error
	// ByCode is the same for whoever's panel code is given in a session of the
	// account source: it waits for one hash. A duress code is answered like the other.
	ByCode(ctx context.Context, source, by, code string, c engine.Command) error
	// Select is the first step of a write to c.Target: it answers with what would change.
	Select(ctx context.Context, c engine.Command) (command.Selection, error)
	// SendTest sends a test message to the contact by the channel and returns its ledger id.
	SendTest(ctx context.Context, channel, contact, actor string) (string, error)
	// Reload checks the site file on disk and swaps it in; a bad one changes nothing.
	Reload(ctx context.Context, actor string) error
	SiteFiles

	Events(ctx context.Context, q store.EventQuery) ([]event.Record, error)
	History(ctx context.Context, p point.Name, from, to time.Time, most int) ([]store.Reading, error)
	Messages(ctx context.Context, most int) ([]store.Message, error)
	Identity() (box, epoch string)

	// Explain answers why an alarm rings or not: now, or at a time in the past.
	Explain(ctx context.Context, key string, at time.Time) (event.Decision, error)
	Decisions(ctx context.Context, q store.DecisionQuery) ([]event.Decision, error)
	// Backtest replays what was kept through the rules in data, beside the present ones.
	Backtest(ctx context.Context, data []byte, from, to time.Time) (backtest.Report, []config.Problem, error)

	ProductMaps

	Wires
	// ReplaceSensor gives the points of a sensor to the one with that address: it changes
	// that in the site file and reloads. Blocks on the disk.
	ReplaceSensor(ctx context.Context, id, address, actor string) error

	// AttachPhoto keeps a JPEG of the newest signed test of an item of the checklist;
	// Photo reads one by its name. Both block on the disk.
	AttachPhoto(ctx context.Context, item string, picture []byte, actor string) error
	Photo(name string) ([]byte, error)

	Updates
	// Backup seals the whole box into a file; Restore takes one and, when it fits,
	// ends the daemon within seconds to be started again with it.
	Backup(ctx context.Context, passphrase, actor string) ([]byte, error)
	Restore(ctx context.Context, file []byte, passphrase, actor string) error

	Persons() person.Directory
	// Journal writes one record that the web itself has to tell: a log-in.
	Journal(event.Record)
}

// SiteFiles are the trial of a site file and those of before.
type SiteFiles interface {
	// ReloadOnTrial is Reload of a file that goes back unless ConfirmSite comes in time.
	ReloadOnTrial(ctx context.Context, actor string, confirm time.Duration) error
	ConfirmSite(ctx context.Context, actor string) error
	SiteTrial() (by string, left time.Duration, ok bool)
	SiteHistory() ([]config.Accepted, error)
	SiteDiff(number int) ([]config.Line, error)
	RestoreSite(ctx context.Context, number int, actor string) error
	// PutSite replaces the site file and puts it in force; confirm 0 is for good.
	PutSite(ctx context.Context, text []byte, actor string, confirm time.Duration) error
	SiteText() ([]byte, error)
}

// ProductMaps are the maps of products, of which the installer's own can change.
// config.ErrNoMap where there is none of the name.
type ProductMaps interface {
	Maps() []driver.Map // never blocks
	MapText(name string) ([]byte, error)
	MapUsers() map[string][]string // devices of the site by map; blocks on the disk
	// PutMap keeps an own map and puts it in force: config.ErrMap has faults. One with
	// which the site file would not be accepted changes nothing.
	PutMap(ctx context.Context, name string, text []byte, actor string) error
	// RemoveMap takes one away that no device uses.
	RemoveMap(ctx context.Context, name, actor string) error
}

// Updates are new firmware, on a box with slots; *update.Refusal says why not.
type Updates interface {
	Update() update.Status
	// StageUpdate writes a bundle as it comes in. Blocks for as long as that takes.
	StageUpdate(ctx context.Context, bundle io.Reader, insist bool, actor string) error
	// SwitchUpdate ends the daemon within seconds when it returns nil.
	SwitchUpdate(ctx context.Context, insist bool, reason, actor string) error
	ForgetUpdate(actor string) error
}

var _ dialout.Message
