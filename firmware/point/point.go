package point

import (
	"fmt"
	"strings"
)

// Name is a point's full name, device then item: "ups1/battery.charge". Where
// NUT has a registered variable name for the item, that name is used.
type Name string

// Join makes a Name of a device and its item.
func Join(device, item string) Name { return Name(device + "/" + item) }

// Device is the part before the first slash.
func (n Name) Device() string { d, _, _ := strings.Cut(string(n), "/"); return d }

// Item is the part after the first slash.
func (n Name) Item() string { _, i, _ := strings.Cut(string(n), "/"); return i }

// Check reports what is wrong with n: a name is device/item, each 1–64 bytes of
// lower-case letters, digits, '.', '-', '_'; an item may hold further slashes.
func (n Name) Check() error {
	d, i, ok := strings.Cut(string(n), "/")
	if !ok || !plain(d, "") || !plain(i, "/") {
		return fmt.Errorf("point name %q: want device/item in lower-case letters, digits, '.', '-' or '_'", string(n))
	}
	return nil
}

func plain(s, also string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for _, r := range s {
		if !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || strings.ContainsRune("._-"+also, r)) {
			return false
		}
	}
	return true
}

// Words is one text in the two languages, Chinese first.
type Words struct {
	Zh string `yaml:"zh" json:"zh"`
	En string `yaml:"en" json:"en"`
}

// In returns the text in the language ("zh" or "en"), the other one if it is missing.
func (w Words) In(language string) string {
	if language == "en" && w.En != "" || w.Zh == "" {
		return w.En
	}
	return w.Zh
}

// IsZero is true when neither language has a text.
func (w Words) IsZero() bool { return w == Words{} }

// SimulationMark stands before every text that rests on a simulated value.
var SimulationMark = Words{Zh: "【模拟】", En: "[SIM] "}

// Simulated is the text with SimulationMark before it.
func (w Words) Simulated() Words {
	return Words{Zh: SimulationMark.Zh + w.In("zh"), En: SimulationMark.En + w.In("en")}
}

// Asset says what a device is in the owner's books, and whom to call about it.
type Asset struct {
	Number string   `json:"number,omitempty" yaml:"number" doc:"in the owner's register"`
	Model  string   `json:"model,omitempty" yaml:"model"`
	Needs  []string `json:"needs,omitempty" yaml:"needs" doc:"numbers of the contract's needs that it serves"`
	Phone  string   `json:"phone,omitempty" yaml:"phone" doc:"of the vendor, as dialled"`
}

// IsZero is true when nothing is known of it.
func (a Asset) IsZero() bool {
	return a.Number == "" && a.Model == "" && len(a.Needs) == 0 && a.Phone == ""
}

// Unit is the unit of a Real or Count as it is shown: "°C", "V", "%".
type Unit string

// Point describes one point: what the map, the board or the site file says of it.
type Point struct {
	Name     Name            `json:"name"`
	Label    Words           `json:"label"`
	Kind     Kind            `json:"-"`
	Unit     Unit            `json:"unit,omitempty"`
	Decimals int             `json:"decimals"`         // digits after the point when shown
	States   map[int64]Words `json:"states,omitempty"` // text of each number of an enumerated Int or Bool
	Room     string          `json:"room,omitempty"`
	Owner    Words           `json:"-"`                // label of the device that gives it
	Asset    Asset           `json:"-"`                // the device in the owner's books
	Source   string          `json:"source,omitempty"` // provenance: where its address comes from
	Trust    string          `json:"-"`                // how far that can be trusted, in a word of the maps; empty: without doubt
	Stale    int64           `json:"-"`                // milliseconds after which a sample is stale; 0 = never (edges)
	Urgent   bool            `json:"-"`                // goes through the first inlet: an edge, never coalesced

	Write     bool     `json:"writable,omitempty"` // a command may set it
	Low, High *float64 `json:"-"`                  // of what may be written, both included; nil: no limit is known
	Period    int64    `json:"-"`                  // milliseconds between two reads; 0: it is not read by itself
	Feedback  Name     `json:"-"`                  // the point that shows whether a write was obeyed; empty: this one, where it is read
	Confirm   Words    `json:"-"`                  // what a person is told before he sets it; empty: nothing but the change itself
	Says      Words    `json:"-"`                  // of a contact: what its alarm tells in the place of the word of its state, {item} where another value of the device stands
	Clear     Clear    `json:"-"`                  // how the device ends the alarm that this point tells; empty: nobody wrote it down
}

// Clear is how a device ends an alarm that it tells of.
type Clear string

// The three ways of the field.
const (
	ClearAuto      Clear = "auto"      // by itself, when the cause is gone
	ClearManual    Clear = "manual"    // by hand, at the device
	ClearDependent Clear = "dependent" // it depends on the cause: look into the device's paper
)

// Title is the point as a person knows it, in both languages: its label, or its
// name, behind the device that gives it.
func (p *Point) Title() Words {
	label := Words{Zh: p.Label.In("zh"), En: p.Label.In("en")}
	if label.IsZero() {
		label = Words{Zh: string(p.Name), En: string(p.Name)}
	}
	if p.Owner.IsZero() {
		return label
	}
	return Words{Zh: p.Owner.In("zh") + " " + label.Zh, En: p.Owner.In("en") + " " + label.En}
}

// YesNo are the texts of a bool to which nobody gave any.
var YesNo = map[int64]Words{0: {Zh: "否", En: "no"}, 1: {Zh: "是", En: "yes"}}

// Bare is true for a bool whose states are only yes and no: they mean something
// with its label alone.
func (p *Point) Bare() bool { return p.Kind == Bool && p.States[1] == YesNo[1] }

// Sample is one reading of one point.
type Sample struct {
	Point    Name    `json:"point"`
	Value    Value   `json:"value"`
	Quality  Quality `json:"quality"`
	At       Instant `json:"at"`
	Sequence uint64  `json:"sequence,omitempty"` // the kernel's number of the edge, 0 where there is none
}
