// Package zone is the security panel: zones on contacts, partitions that are
// armed and disarmed with exit and entry delays, bypass, tamper, and doors with
// those who went in by them. It is a pure state machine, used by the engine's
// goroutine alone: told samples, commands and the time, it answers with alarm
// signals and journal records.
package zone

import (
	"time"

	"watchbox/firmware/point"
)

// Zone is one entry of `zones:` in the site file.
type Zone struct {
	ID          string      `yaml:"id" required:"true"`
	Was         string      `yaml:"was"`
	Label       point.Words `yaml:"label"`
	Input       point.Name  `yaml:"input" required:"true" doc:"the point of the contact; true is alarm"`
	Type        string      `yaml:"type" required:"true" allowed:"instant|entry|follower|panic|tamper|fire|environment|key-switch|exit-button"`
	Partition   string      `yaml:"partition" doc:"for instant, entry and follower: the partition that arms it"`
	Room        string      `yaml:"room"`
	Silent      bool        `yaml:"silent" doc:"panic only: silent hold-up, no sounder and no lamp in the room"`
	Priority    int         `yaml:"priority" min:"1" max:"4" doc:"0 takes the type's own"`
	Instruction point.Words `yaml:"instruction"`
	Loop        *Loop       `yaml:"loop" doc:"a supervised loop: input is then its resistance in Ω"`
	Tamper      point.Name  `yaml:"tamper" doc:"the detector's own tamper contact; true is opened"`
	Modes       []string    `yaml:"modes" allowed:"away|stay|night" doc:"the ways of arming in which it guards; none: all, a follower only away"`
	Trips       int         `yaml:"trips" min:"0" max:"10" default:"3" doc:"alarms in one armed period, then it is left out; 0 is no limit"`
	Key         string      `yaml:"key" allowed:"toggle|level" default:"toggle" doc:"key-switch: toggle is a key that springs back, each turn arms or disarms; level is one that stays, on is armed and off is disarmed"`
}

// Always is true for a zone that guards armed or not: its edges are never dropped.
func (z Zone) Always() bool { return !traits[z.Type].armed }

// Partition is one entry of `partitions:`.
type Partition struct {
	ID         string        `yaml:"id" required:"true"`
	Was        string        `yaml:"was"`
	Label      point.Words   `yaml:"label"`
	ExitDelay  time.Duration `yaml:"exit-delay" min:"0s" max:"5m" default:"30s"`
	EntryDelay time.Duration `yaml:"entry-delay" min:"0s" max:"45s" default:"30s" doc:"EN 50131-1: at most 45 s"`
	Verify     time.Duration `yaml:"verify" min:"0s" max:"60m" doc:"a second detector within this verifies the first (EN 50131-9); 0 is off"`
	Abort      time.Duration `yaml:"abort" min:"0s" max:"10m" default:"90s" doc:"disarmed so soon after an alarm, an abort is told upstream"`
	RearmAfter time.Duration `yaml:"re-arm-after" min:"0s" max:"15m" doc:"after an alarm it guards again without what still raises; 0 is off"`
	ArmedBy    string        `yaml:"armed-by" doc:"a calendar: armed away when it begins"`
	AutoDisarm bool          `yaml:"auto-disarm" doc:"and disarmed when it ends"`
	Notice     time.Duration `yaml:"notice" min:"0s" max:"1h" default:"10m" doc:"warning before the calendar arms"`
	Code       bool          `yaml:"code" doc:"disarming takes a panel code even in a personal session (撤防须输密码)"`
	Late       string        `yaml:"late" doc:"a calendar: a supervisory alarm when it begins and nobody has armed"`
}

// Door is one entry of `doors:`. The box never blocks a way out: the exit button
// and the fire contact free the lock by wire, and a card at the exit reader is
// never refused. Anti-passback, two persons and the interlock bind the way in
// only, and yield to fire.
type Door struct {
	ID       string        `yaml:"id" required:"true"`
	Was      string        `yaml:"was"`
	Label    point.Words   `yaml:"label"`
	Room     string        `yaml:"room"`
	Contact  point.Name    `yaml:"contact" required:"true" doc:"true is open"`
	Exit     point.Name    `yaml:"exit" doc:"the exit button, true is pressed; its wire frees the lock by itself"`
	Reader   point.Name    `yaml:"reader" doc:"the reader's card point"`
	Strike   point.Name    `yaml:"strike" doc:"the relay that the box pulses for a granted card"`
	Unlock   time.Duration `yaml:"unlock" min:"1s" max:"60s" default:"5s" doc:"how long a grant lasts"`
	HeldOpen time.Duration `yaml:"held-open" min:"5s" max:"1h" default:"60s"`
	Warn     time.Duration `yaml:"warn" min:"0s" max:"30m" default:"15s" doc:"so long before held-open a buzzer asks to close the door, at most half of it; 0 is off"`
	// Area and From make it known who is inside.
	Area         string        `yaml:"area" doc:"the room that it leads into: whoever enters is counted there"`
	From         string        `yaml:"from" doc:"the room that it leads out of; none: the outside"`
	ExitReader   point.Name    `yaml:"exit-reader" doc:"the card point of the reader inside; it lets everybody out and is told who leaves"`
	AntiPassback string        `yaml:"anti-passback" allowed:"off|soft|hard" default:"off" doc:"a card that is inside already: soft records it and lets in, hard refuses"`
	ForgiveAfter time.Duration `yaml:"forgive-after" min:"0s" max:"168h" default:"12h" doc:"whoever has been inside for longer is let in again, recorded; 0 is never"`
	TwoPerson    bool          `yaml:"two-person" doc:"only the cards of two persons open it"`
	SecondWithin time.Duration `yaml:"second-within" min:"3s" max:"2m" default:"15s" doc:"how soon the second person's card must follow"`
	Interlock    string        `yaml:"interlock" doc:"a name that the doors of a lock share: while one is open no card opens another"`
	WrongCards   int           `yaml:"wrong-cards" min:"1" max:"5" default:"5" doc:"so many refused cards in a row are an alarm (GB 50396-2007 5.1.5: at most 5)"`
	// EgressByWire is the installer's word that the exit button and the fire
	// contact cut the lock's power without the box.
	EgressByWire bool `yaml:"egress-by-wire" doc:"the exit button and the fire contact cut the power of the lock by wire, without the box"`
}

// Definition is all that a panel needs to know.
type Definition struct {
	Zones      []Zone
	Partitions []Partition
	Doors      []Door
	Admit      Admit     // who may pass; nil admits nobody
	Calendars  Calendars // nil: nothing happens by the calendar
	Consent    bool      // an engineer's work needs a user's consent (EN 50131-1)
	Rooms      map[string]point.Words
	// Replay is true for a panel that lives through the past again: what its keys,
	// its buttons, its card readers and its calendars did then it is told by Follow.
	Replay bool
}

// Admit answers whether the card may open the door now: the holder's name, also
// of a card that is refused, and why not: UnknownCard, Expired … Pure, never blocks.
type Admit func(door, card string, now point.Instant) (holder string, refusal string)

// Mode is a partition's state.
type Mode string

// The modes of a partition.
const (
	Disarmed Mode = "disarmed"
	Exiting  Mode = "exit-delay"
	Armed    Mode = "armed"
	Entering Mode = "entry-delay"
)

// The ways of arming: everybody is out; somebody stays; somebody sleeps.
const (
	Away  = "away"
	Stay  = "stay"
	Night = "night"
)

// View is the panel as everybody outside the engine sees it.
type View struct {
	Zones      []ZoneView      `json:"zones"`
	Partitions []PartitionView `json:"partitions"`
	Doors      []DoorView      `json:"doors"`
	Areas      []AreaView      `json:"areas"` // who is inside
	Consent    ConsentView     `json:"consent"`
}

// ConsentView is whether the installer may work.
type ConsentView struct {
	Required bool          `json:"required"`        // by the site file
	By       string        `json:"by,omitempty"`    // who gave it; empty while nobody has
	Until    point.Instant `json:"until,omitzero"`  // it ends by itself
	Alone    bool          `json:"alone,omitempty"` // given to himself: nobody else was there
}

// ZoneView is one zone now.
type ZoneView struct {
	ID        string      `json:"id"`
	Label     point.Words `json:"label"`
	Type      string      `json:"type"`
	Room      string      `json:"room,omitempty"`
	Partition string      `json:"partition,omitempty"`
	State     string      `json:"state"` // normal, alarm, trouble; of a supervised loop also open, short, strange
	Bypassed  bool        `json:"bypassed,omitempty"`
	Trips     int         `json:"trips,omitempty"` // alarms since it was armed
	Walk      string      `json:"walk,omitempty"`  // in a walk test: waiting, seen
}

// PartitionView is one partition now.
type PartitionView struct {
	ID       string         `json:"id"`
	Label    point.Words    `json:"label"`
	Mode     Mode           `json:"mode"`
	Deadline *point.Instant `json:"deadline,omitempty"` // end of the running delay
	NotReady []point.Words  `json:"notReady,omitempty"` // why it cannot be armed now
	By       string         `json:"by,omitempty"`
	As       string         `json:"as,omitempty"`       // away, stay, night; empty while disarmed
	Verified bool           `json:"verified,omitempty"` // two detectors have raised
	Walk     *point.Instant `json:"walk,omitempty"`     // end of the walk test that runs
	Code     bool           `json:"code,omitempty"`     // disarming takes a panel code
}

// DoorView is one door now.
type DoorView struct {
	ID       string      `json:"id"`
	Label    point.Words `json:"label"`
	Room     string      `json:"room,omitempty"`
	State    string      `json:"state"` // closed, open, warned, forced, held, trouble
	LastCard string      `json:"lastCard,omitempty"`
	LastWho  string      `json:"lastWho,omitempty"`
	Waiting  string      `json:"waiting,omitempty"` // whose card waits for a second person
	Freed    bool        `json:"freed,omitempty"`   // by the fire contact
}

// AreaView is one room with those who went in by card and have not come out.
type AreaView struct {
	ID     string      `json:"id"` // of the room
	Label  point.Words `json:"label"`
	Frozen bool        `json:"frozen,omitempty"` // a fire zone is in alarm: the last known inside
	People []Insider   `json:"people"`           // in the order of entering
}

// Insider is one person inside.
type Insider struct {
	Who    string        `json:"who"`
	Since  point.Instant `json:"since"`
	Door   string        `json:"door"`             // by which he went in
	Unsure bool          `json:"unsure,omitempty"` // he may have left unseen since
	Left   bool          `json:"left,omitempty"`   // his card was seen leaving during the fire
}
