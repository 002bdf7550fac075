package event

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
