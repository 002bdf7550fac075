// Package commission is the checklist of a handover: every point, zone, door and
// output of the site, who tested it, when and how, and what the box itself saw
// meanwhile. It is pure; the engine's goroutine hands it samples, levels and raises.
//
// A test is begun, the person does something at the site (or simulates a value), and
// signs: passed or failed, with a remark. What the box saw between the two stands in
// the report beside the person's word. The newest signed test of each item is kept
// over restarts; a test that runs is not. All tests stand in the journal.
package commission

import (
	"time"

	"watchbox/firmware/point"
)

// The bounds of the checklist.
const (
	TestFor    = 15 * time.Minute // then a test that nobody signed is over
	testsLimit = 16               // under way at once
	seenLimit  = 8                // things seen in one test; of more, the first and the newest
	MostRemark = 500              // bytes
)

// Kind is what sort of thing an item is.
type Kind string

// The four kinds, in the order of the report.
const (
	Zone   Kind = "zone"
	Door   Kind = "door"
	Output Kind = "output"
	Point  Kind = "point"
)

// Item is one line of the checklist.
type Item struct {
	Key   string       `json:"key" doc:"zone/ID, door/ID, output/POINT or point/POINT"`
	Kind  Kind         `json:"kind" allowed:"zone|door|output|point"`
	Label point.Words  `json:"label"`
	Room  string       `json:"room,omitempty"`
	Watch []point.Name `json:"watch" doc:"what the box looks at during a test"`

	Silent bool `json:"-"` // it is of a silent alarm: its records are not for a screen in the room
}

// How is by which means an item was tested, as the box saw it.
type How string

// The three means.
const (
	Real      How = "real"      // it really moved
	Simulated How = "simulated" // only a simulated value moved it
	Unseen    How = "unseen"    // the box saw nothing: the person's word alone
)

// Seen is one thing that the box saw during a test.
type Seen struct {
	At        time.Time   `json:"at" doc:"by the box's wall clock"`
	Text      point.Words `json:"text"`
	Simulated bool        `json:"simulated,omitempty"`
}

// Entry is a signed test.
type Entry struct {
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Passed bool      `json:"passed"`
	How    How       `json:"how" allowed:"real|simulated|unseen"`
	Saw    []Seen    `json:"saw,omitempty" doc:"at most 8, oldest first"`
	Remark string    `json:"remark,omitempty"`
	Photo  string    `json:"photo,omitempty" doc:"name of the picture"`
}

// Test is one that runs.
type Test struct {
	By    string    `json:"by"`
	Since time.Time `json:"since"`
	Until time.Time `json:"until" doc:"it is over by itself"`
	Saw   []Seen    `json:"saw,omitempty"`
}

// ItemView is one line as a person sees it. Nobody writes to it.
type ItemView struct {
	Item
	Entry *Entry `json:"entry,omitempty" doc:"the newest signed test"`
	Test  *Test  `json:"test,omitempty" doc:"the one that runs"`
}

// Refusal is an order that was not carried out, and why, as a person reads it.
type Refusal struct {
	Key string
	Why point.Words
}

func (r *Refusal) Error() string { return "commission " + r.Key + ": " + r.Why.En }

// Refused gives the code and the words for an answer.
func (r *Refusal) Refused() (code string, why point.Words) { return "not-commissioned", r.Why }

// Unknown is the refusal of an item that is none of the checklist, or not for whoever
// asks.
func Unknown(key string) error {
	return refuse(key, "调试清单上没有这一项", "the checklist has no such item")
}

func refuse(key, zh, en string) error { return &Refusal{key, point.Words{Zh: zh, En: en}} }
