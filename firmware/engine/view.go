// Package engine is the one goroutine in which the box decides: live → derive →
// zone → alarm → annunciate as plain function calls. It blocks on nothing, takes
// no lock, and can be single-stepped. It has two inlets: the first for edges,
// commands and 24-hour zones, the second for everything else.
package engine

import (
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/annunciate"
	"watchbox/firmware/command"
	"watchbox/firmware/commission"
	"watchbox/firmware/driver"
	"watchbox/firmware/event"
	"watchbox/firmware/live"
	"watchbox/firmware/point"
	"watchbox/firmware/simulation"
	"watchbox/firmware/team"
	"watchbox/firmware/zone"
)

// View is the box at one moment, for readers: the page, the API, reports. It is
// never changed after it was published; a new one replaces it.
type View struct {
	Number  uint64 // rises with each view
	At      point.Instant
	Points  live.Snapshot
	Alarms  []*alarm.Alarm // standing and shelved ones; most urgent first, then newest
	Panel   zone.View
	Outputs []annunciate.Level
	Wall    annunciate.Picture
	Devices []DeviceView
	Inputs  []InputView // the contacts on the box's own terminals, in the order of the site file
	Health  Health
	Flood   alarm.Flood
	// Commands are the newest, newest first.
	Commands []command.CommandView
	Teams    []team.TeamView
	// Simulations are what people have put in the place of readings, by point.
	Simulations []simulation.SimulationView
	Checklist   []*commission.ItemView // of the handover, in the order of the report
}

// DeviceView is one device as scan sees it.
type DeviceView struct {
	ID     string      `json:"id"`
	Label  point.Words `json:"label"`
	Room   string      `json:"room,omitempty"`
	Driver string      `json:"driver"`
	Map    string      `json:"map,omitempty"`
	driver.Product
	OK       bool        `json:"ok"`
	Reason   point.Words `json:"reason,omitzero" doc:"why it is not well, for a person"`
	Error    string      `json:"error,omitempty" doc:"the same as its driver says it, in English, for an engineer"`
	LastGood time.Time   `json:"lastGood,omitzero"`
	Polls    uint64      `json:"polls"`
	Failures uint64      `json:"failures"`
}

// InputView is one contact on a terminal of the box, with what is known of its
// edges since the daemon began to read it.
type InputView struct {
	Terminal   string
	Point      point.Name
	Label      point.Words
	Room       string
	RestClosed bool // how it stands while all is well
	Debounce   time.Duration
	Known      bool // Closed was read
	Closed     bool // how the contact stands now, after the debounce
	Edges      uint64
	Lost       uint64    // by the kernel, the room or the first inlet, known to be of this input
	Last       time.Time // of the last edge; zero: none
}

// Health is how the guard itself is.
type Health struct {
	JournalOK bool      `json:"journalOk"`
	Journal   string    `json:"journal,omitempty"` // what is wrong with it
	SafeMode  bool      `json:"safeMode,omitempty"`
	Started   time.Time `json:"started"`
	Dropped   uint64    `json:"dropped"`   // samples that the second inlet replaced or lost
	LostEdges uint64    `json:"lostEdges"` // edges that the kernel or the first inlet lost
}

// Verb is what a command asks for.
type Verb string

// The verbs. Acknowledge, silence and reset are three things.
const (
	Acknowledge  Verb = "acknowledge" // Target: alarm key, or "*" for all
	Silence      Verb = "silence"     // Target: alarm key, or "*" for all
	Reset        Verb = "reset"       // Target: alarm key, or "*" for all that may be reset
	Shelve       Verb = "shelve"      // Target: alarm key; Until and Comment required
	Unshelve     Verb = "unshelve"
	OutOfService Verb = "out-of-service" // Target: alarm key; Until and Comment required, Second for a guarded one
	InService    Verb = "in-service"
	Arm          Verb = "arm"       // Target: partition
	ForceArm     Verb = "force-arm" // Target: partition; bypasses what is open, recorded
	Disarm       Verb = "disarm"    // Target: partition
	Bypass       Verb = "bypass"    // Target: zone; until the next disarm
	Unbypass     Verb = "unbypass"
	WalkTest     Verb = "walk-test" // Target: partition that is disarmed, or a panic zone
	EndWalk      Verb = "end-walk-test"
	Forgive      Verb = "forgive"      // Target: a room, or the name of somebody inside: off the list of those inside
	LampTest     Verb = "lamp-test"    // all lamps and a short chirp
	Consent      Verb = "consent"      // lets the installer in; For
	EndConsent   Verb = "end-consent"  // before its time
	Service      Verb = "service"      // does nothing; refused when the installer may not work on Target ("site" for all)
	Execute      Verb = "execute"      // Target: a point that was selected; Selection
	TeamHand     Verb = "team-hand"    // Target: team/unit; it gets no orders of its team
	TeamAuto     Verb = "team-auto"    // Target: team/unit; it is given back
	Simulate     Verb = "simulate"     // Target: a point; Value, For
	EndSimulate  Verb = "end-simulate" // Target: a point, or "*" for all
	TestItem     Verb = "test-item"    // Target: an item of the checklist
	CancelItem   Verb = "cancel-item"  // its test is over, unsigned
	PassItem     Verb = "pass-item"    // Comment
	FailItem     Verb = "fail-item"    // Comment
	AttachPhoto  Verb = "attach-photo" // Selection: the name of its picture
)

// Command is one order, from a person or a rule.
type Command struct {
	Verb       Verb
	Target     string
	Actor      string // who: a user's name, a contact, "box"
	Comment    string
	Until      time.Time     // shelve
	For        time.Duration // consent, simulate
	Value      point.Value   // select, simulate
	Mode       string        // arm: away, stay, night
	Coded      bool          // the actor proved himself by his panel code
	Duress     bool          // it was his duress code
	Alone      bool          // consent: nobody else is there who could give it
	Blind      bool          // the actor must not know of silent alarms: an order for all leaves them out
	Second     string        // the second person, where an order needs two
	Occurrence event.ID      // when set, the order is meant for this occurrence only
	Selection  string        // execute: its id
}
