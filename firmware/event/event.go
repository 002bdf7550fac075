// Package event holds the journal's record types: what happened, in an order
// that never changes. A record is written once and never altered.
package event

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"watchbox/firmware/point"
)

// ID names one record for ever, everywhere: box/epoch/sequence. Box is random
// at first boot, Epoch random whenever a journal begins, Sequence counts from 1
// without gaps within an epoch, so that a receiver can ask for what is missing.
type ID struct {
	Box      string
	Epoch    string
	Sequence uint64
}

// String is "box/epoch/sequence"; empty for the zero ID.
func (i ID) String() string {
	if i == (ID{}) {
		return ""
	}
	return i.Box + "/" + i.Epoch + "/" + strconv.FormatUint(i.Sequence, 10)
}

// MarshalText writes String.
func (i ID) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText reads what MarshalText wrote; empty is the zero ID.
func (i *ID) UnmarshalText(b []byte) (err error) {
	*i = ID{}
	if len(b) > 0 {
		*i, err = ParseID(string(b))
	}
	return err
}

// ParseID reads box/epoch/sequence.
func ParseID(s string) (ID, error) {
	p := strings.Split(s, "/")
	if len(p) != 3 || p[0] == "" || p[1] == "" {
		return ID{}, fmt.Errorf("event id %q: want box/epoch/sequence", s)
	}
	n, err := strconv.ParseUint(p[2], 10, 63)
	if err != nil {
		return ID{}, fmt.Errorf("event id %q: sequence is not a number", s)
	}
	return ID{p[0], p[1], n}, nil
}

// Type is the kind of a record: dotted, the thing first: "alarm.raised".
type Type string

// The types of the first release. Releases only add.
const (
	AlarmRaised       Type = "alarm.raised"
	AlarmCleared      Type = "alarm.cleared"      // the condition is gone; a latched alarm still stands
	AlarmAcknowledged Type = "alarm.acknowledged" // a person has taken it
	AlarmSilenced     Type = "alarm.silenced"     // the noise only
	AlarmReset        Type = "alarm.reset"        // a person let it go
	AlarmsOrdered     Type = "alarm.all"          // a person's order for all alarms; what it does to each is a record of its own
	AlarmShelved      Type = "alarm.shelved"
	AlarmUnshelved    Type = "alarm.unshelved"
	AlarmResounded    Type = "alarm.resounded"
	AlarmChattering   Type = "alarm.chattering" // comes and goes too fast: one notice, then quiet until it settles
	AlarmRemoved      Type = "alarm.removed"    // point or rule vanished by configuration
	RuleOutOfService  Type = "rule.out-of-service"
	PartitionArming   Type = "partition.arming" // exit delay runs
	PartitionArmed    Type = "partition.armed"
	PartitionDisarmed Type = "partition.disarmed"
	PartitionEntry    Type = "partition.entry"   // entry delay runs
	PartitionRefused  Type = "partition.refused" // not ready, with reasons
	ZoneBypassed      Type = "zone.bypassed"
	ZoneUnbypassed    Type = "zone.unbypassed"
	DoorGranted       Type = "door.granted"
	DoorDenied        Type = "door.denied"
	DoorForced        Type = "door.forced"
	DoorHeld          Type = "door.held"
	DoorClosed        Type = "door.closed"
	DoorExit          Type = "door.exit"
	MessageSent       Type = "message.sent" // a channel took it: SMS, mail
	MessageDelivered  Type = "message.delivered"
	MessageFailed     Type = "message.failed"
	MessageReply      Type = "message.reply"
	CommandIssued     Type = "command.issued" // a write to an output or a set-point
	CommandFailed     Type = "command.failed"
	ConfigApplied     Type = "config.applied"
	ConfigRefused     Type = "config.refused"
	UserLogin         Type = "user.login"
	UserLoginFailed   Type = "user.login-failed"
	UserChanged       Type = "user.changed"
	BoxStarted        Type = "box.started"
	BoxStopped        Type = "box.stopped"
	BoxErased         Type = "box.erased" // the button for the factory reset was held
	BoxReset          Type = "box.reset"  // why the machine itself started: power, order, panic, watchdog
	TimeEstablished   Type = "box.time-established"
	JournalBegan      Type = "journal.began" // a new epoch
	JournalGap        Type = "journal.gap"   // sequences from–to were never journaled
	JournalFailed     Type = "journal.failed"
	JournalRecovered  Type = "journal.recovered"
	LampTest          Type = "lamp.test"
)

// The types of the second release: the whole life of an alarm, the whole panel,
// outputs that answer for themselves.
const (
	AlarmSuppressed   Type = "alarm.suppressed"     // by design: its cause stands
	AlarmUnsuppressed Type = "alarm.unsuppressed"   // the cause is gone, the alarm is not
	AlarmContinued    Type = "alarm.continued"      // it stood before the restart and still does
	AlarmStanding     Type = "alarm.standing"       // has stood for a day: told once
	AlarmOutOfService Type = "alarm.out-of-service" // by a person, for a time
	AlarmInService    Type = "alarm.in-service"
	FloodBegan        Type = "flood.began" // more alarms than a person can read
	FloodEnded        Type = "flood.ended"
	PartitionAborted  Type = "partition.aborted"  // a user disarmed after the alarm: EN 50131-9's abort
	PartitionVerified Type = "partition.verified" // a second detector confirms the first
	PartitionReset    Type = "partition.re-armed" // set again without the failing detector
	PartitionLate     Type = "partition.late"     // should be armed by now, and is not
	PartitionNotice   Type = "partition.notice"   // will be armed or disarmed by its calendar soon
	ZoneTested        Type = "zone.tested"        // seen in a walk test
	WalkTestBegan     Type = "walk-test.began"
	WalkTestEnded     Type = "walk-test.ended" // with the coverage list
	CodeRefused       Type = "code.refused"    // a wrong code at the panel
	ConsentGiven      Type = "consent.given"   // a user let the installer in
	ConsentEnded      Type = "consent.ended"
	DoorWarned        Type = "door.warned"      // open for long, not yet held
	DoorFreed         Type = "door.freed"       // the fire contact cut the lock's power
	DoorWaiting       Type = "door.waiting"     // the first of two cards; the second person's must follow
	DoorWrongCards    Type = "door.wrong-cards" // so many cards in a row were refused
	DoorForgiven      Type = "door.forgiven"    // a person took somebody off the list of those inside
	CommandSelected   Type = "command.selected"
	CommandDone       Type = "command.done"       // read back as ordered
	OutputContradicts Type = "output.contradicts" // it did not do what it was told
	TeamChanged       Type = "team.changed"       // another air-conditioner is on duty
)

// The types of new firmware, of a configuration on trial, of a box that helps itself.
const (
	UpdateStick      Type = "update.stick"       // a USB stick was plugged in: which bundle is read, or why none is
	UpdateStaged     Type = "update.staged"      // a bundle is written into the other slot and read back
	UpdateRefused    Type = "update.refused"     // with the reasons
	UpdateTrying     Type = "update.trying"      // a person switched to it; it has still to prove itself
	UpdateConfirmed  Type = "update.confirmed"   // it senses, rings and sends
	UpdateRolledBack Type = "update.rolled-back" // it did not, and why
	ConfigTrying     Type = "config.trying"      // a site file is in force until somebody confirms it, or its time is over
	ConfigTakenBack  Type = "config.taken-back"  // nobody confirmed it: the former one is in force again
	BackupMade       Type = "backup.made"        // the whole box went into a file
	BackupRestored   Type = "backup.restored"    // and came out of one
	BoxRemedy        Type = "box.remedy"         // journal or a bus stands still: the daemon, or the box, starts again by itself
	ServerOpened     Type = "server.opened"      // a further server of the box: others may ask now
	ServerClosed     Type = "server.closed"
	ProxyWrote       Type = "proxy.wrote"   // another master wrote to a device on a bus of the box
	ProxyRefused     Type = "proxy.refused" // and would have
	SearchBegan      Type = "search.began"  // a person has a bus searched for devices
	SearchEnded      Type = "search.ended"  // with what was found
)

// The types of commissioning.
const (
	SimulationBegan Type = "simulation.began"  // a person put a value in the place of what an input reads
	SimulationEnded Type = "simulation.ended"  // by him, by its time, by a real alarm, by a restart
	SensorReplaced  Type = "sensor.replaced"   // another sensor gives a device's points from here on
	Commissioned    Type = "commission.tested" // a person signed the test of an item of the checklist
)

// Record is one line of the journal.
type Record struct {
	ID       ID              `json:"id"`
	At       point.Instant   `json:"at"`
	Type     Type            `json:"type"`
	Subject  string          `json:"subject,omitempty"`  // key of the alarm, zone, door, point or contact
	Origin   ID              `json:"origin,omitzero"`    // the raise event that this record is about
	Priority int             `json:"priority,omitempty"` // 1–4 for alarms
	Class    string          `json:"class,omitempty"`    // alarm, supervisory, trouble
	Room     string          `json:"room,omitempty"`
	Actor    string          `json:"actor,omitempty"`  // who: user, contact, "box"
	Text     point.Words     `json:"text,omitzero"`    // what a person reads
	Detail   json.RawMessage `json:"detail,omitempty"` // further fields of this type, small
	Drill    bool            `json:"drill,omitempty"`
	// Simulated is true for what a simulated value brought about; its text says so too.
	Simulated bool `json:"simulated,omitempty"`
	// Silent is true for what tells of a silent alarm: told upstream like the
	// rest, but on no screen that somebody at the panel may look at.
	Silent bool `json:"silent,omitempty"`
	// Journaled is false only for what was told upstream while the journal had failed.
	Journaled bool `json:"journaled"`
}

// Retained is one entry of the retained state, written in the same transaction
// as the records that changed it. A nil Value deletes the key.
type Retained struct {
	Key   string // "alarm:water/leak", "partition:main"
	Value []byte
}

// Decision is one change of mind of the alarm engine about one alarm: why it
// rings, or why it does not. It is kept beside the journal (the why-log), not in
// it, and is never told upstream.
type Decision struct {
	At      point.Instant `json:"at"`
	Key     string        `json:"key"`               // of the alarm
	Origin  ID            `json:"origin,omitzero"`   // the occurrence that it led to or belongs to
	Verdict string        `json:"verdict"`           // a word of package alarm: "waiting", "raised", "suppressed" …
	Version string        `json:"version,omitempty"` // of the rule: a digest of its definition
	Inputs  []Input       `json:"inputs,omitempty"`
	Text    point.Words   `json:"text"`              // one sentence for a person
	Until   point.Instant `json:"until,omitzero"`    // end of the timer that runs
	Cause   string        `json:"cause,omitempty"`   // key of the alarm that suppresses it
	Skipped int           `json:"skipped,omitempty"` // decisions like this one that were not kept before it
}

// Input is one reading that a decision rests on.
type Input struct {
	Point   point.Name    `json:"point"`
	Value   string        `json:"value"` // as shown, with unit
	Quality point.Quality `json:"quality"`
	At      point.Instant `json:"at"`
}

// Batch is what one step of the engine leaves behind: it is committed whole or
// not at all.
type Batch struct {
	Records   []Record
	Retained  []Retained
	Decisions []Decision

	Makeshift bool // the records are of no journal and come again under the names of one
}

// Empty is true when there is nothing to write.
func (b Batch) Empty() bool {
	return len(b.Records) == 0 && len(b.Retained) == 0 && len(b.Decisions) == 0
}

// Recorder takes batches to the journal. Record never blocks: a full queue is
// the journal's failure, not the caller's.
type Recorder interface {
	Record(Batch)
}
