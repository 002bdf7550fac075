// Package alarm holds alarm definitions and the life of an alarm after
// ISA-18.2 / IEC 62682, as a pure state machine: it is told what happened and
// what time it is, and answers with changes. It starts no goroutine, reads no
// clock and blocks on nothing; one goroutine (the engine) may use a Machine.
//
// Acknowledge, silence and reset are three things. Acknowledge: a person has
// taken it. Silence: the noise stops. Reset: a latched alarm whose condition is
// gone is let go.
package alarm

import (
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// Class tells what a person must do about it.
type Class string

// The three classes, loudest first.
const (
	ClassAlarm       Class = "alarm"       // danger to people, rooms or service
	ClassSupervisory Class = "supervisory" // something guarded is not as it should be
	ClassTrouble     Class = "trouble"     // the guard itself is impaired: a dead device, a cut wire
)

// Definition says what an alarm is, whatever raises it: a rule over points, a
// zone, a door, or the box itself.
type Definition struct {
	Key         string      // unique and stable: "rule/point", "zone/panic", "device/ups1"
	Label       point.Words // what it is: "Panic button", "UPS 1 on battery"
	Room        string      // id of the room it is in, or empty
	Point       point.Name  // the point it watches, or empty
	Priority    int         // 1 (act now) to 4 (note)
	Class       Class
	Instruction point.Words   // what to do first, whom to call
	OnDelay     time.Duration // the condition must hold so long before it raises
	OffDelay    time.Duration // and be gone so long before it clears
	Latch       bool          // stays until a person resets it
	Guarded     bool          // panic, tamper: never shelved, never suppressed
	Silent      bool          // no sounder and no lamp in the room: silent hold-up
	Resound     time.Duration // sounds again after this while unacknowledged; 0 = never
	Was         string        // its former key, to carry state over a rename; may be empty
	RoomLabel   point.Words   // the room as a person calls it; filled in by Machine.Rooms

	Kind    Kind        // what sort of danger: fire, hold-up, intrusion …; may be empty
	Causes  []string    // keys of alarms that explain this one, * matches: while one is active it is suppressed by design
	Group   string      // alarms of one group tell which of them was first (first-out); empty: the point's device
	Clear   string      // how it ends: auto (with its condition), manual (like Latch), dependent (its condition going clears it only when none of Causes is active any more); empty: auto
	Asset   point.Asset // what it is about: asset number, needs, vendor's phone
	Grade   string      // the buyer's grade of events, by the site file's table; may be empty
	Version string      // digest of the rule that defines it
}

// Kind is the sort of danger, by which cadences and lists tell alarms apart.
type Kind string

// The kinds of alarm; a rule may name one, zones have their own.
const (
	KindFire        Kind = "fire"
	KindHoldUp      Kind = "hold-up"
	KindIntrusion   Kind = "intrusion"
	KindTamper      Kind = "tamper"
	KindEnvironment Kind = "environment"
	KindTechnical   Kind = "technical"
)

// Signal is the state of a condition, as a rule, a zone or the box sees it now.
type Signal struct {
	Key       string
	Active    bool
	Value     string      // what was read, as shown: "31.2 °C"
	ValueText point.Words // the same in two languages, where it is words
	Text      point.Words // overrides the label for this occurrence: "Door forced: card 1234"; may be zero
	Simulated bool        // what was seen rests on a simulated value
}

// Alarm is the life of one definition as it stands, as everybody outside the
// engine sees it. It is a copy; nobody writes to it.
type Alarm struct {
	Definition
	Occurrence   event.ID // the raise record; Epoch is empty until the journal is open
	Active       bool     // the condition holds
	Acknowledged bool
	Silenced     bool
	Latched      bool // the condition is gone, a person has to reset it
	Raised       point.Instant
	Cleared      point.Instant // zero while active
	AckedBy      string
	AckComment   string
	Shelved      time.Time // until then; zero when not shelved
	ShelvedBy    string
	OutOfService bool        // its rule failed, until the next reload; a person's order is RemovedUntil
	Count        int         // raises since it last was normal and acknowledged
	Value        string      // at the raise
	Text         point.Words // label or the signal's own text

	ValueText  point.Words   // Value in both languages where it is a named state; else zero
	Now        point.Words   `json:"-"` // on the list of Alarms only: what a zone or the box says by now, where that differs from the raise; else zero
	Sounded    point.Instant // when its noise last began: raise, re-sound, end of a shelf; in this boot's time
	Chattering bool          // it comes and goes too fast to tell each: stays raised until quiet for a minute
	Flaps      int           // raises that the chattering hides, in this occurrence

	Suppressed      string        // key of the cause that explains it: suppressed by design; empty when it is not
	SuppressedBy    point.Words   // what that cause is called
	SuppressedSince point.Instant // when the cause began to hide it
	SuppressedCount int           // raises held back since it last was normal

	FirstOut bool   // it was raised when nothing else of its group stood, and is the first until the whole group is normal
	After    string // key of the group's first-out alarm, for those that came later

	RemovedUntil time.Time // out of service by a person until then; zero when in service
	RemovedBy    string    // who ordered it: "li", or "li, wang" for a guarded alarm
	RemovedWhy   string    // the reason that was given

	Simulated bool // a simulated value raised it: its every text says so

	Quiet bool // a flood is on and this one is minor: listed and journaled, but no noise and no dial-out
	Old   bool // active for a day and more: listed apart
}

// Standing is true while the alarm must be shown: not yet normal again. One that
// was raised and is now explained by its cause stands under that, not by itself.
func (a *Alarm) Standing() bool {
	if a.Active {
		return a.Suppressed == ""
	}
	return a.Latched || a.Occurrence.Sequence != 0 && !a.Acknowledged
}

// Aside is true while the alarm is listed but nobody is to be disturbed by it:
// shelved, out of service by a person, explained by its cause, or minor in a
// flood. Annunciators and dial-out leave it out. One that cleared before its
// cause came still waits for a person and is not aside.
func (a *Alarm) Aside() bool {
	return !a.Shelved.IsZero() || !a.RemovedUntil.IsZero() || a.Quiet || a.Suppressed != "" && !a.Latched && (a.Active || a.Acknowledged)
}

// Change is one step in the life of an alarm: it becomes one journal record.
type Change struct {
	Type  event.Type // alarm.raised, alarm.cleared, …
	Alarm Alarm      // as it is after the change
	Actor string     // user, contact or "box"
	Text  string     // comment or reason
	At    point.Instant
}
