// Package annunciate decides what sounders, beacons, relays and the LED wall
// show for a set of alarms. It is pure: the engine's goroutine tells it the
// alarms and the time, and it answers with the level of each output, the wall's
// frame, and when it wants to be asked again.
package annunciate

import (
	"context"
	"slices"
	"time"

	"watchbox/firmware/point"
)

// Annunciator is one entry of `annunciators:` in the site file: an output and
// what it is for.
type Annunciator struct {
	ID     string        `yaml:"id"`
	Label  point.Words   `yaml:"label"`
	Kind   string        `yaml:"kind" allowed:"sounder|beacon|relay"`
	Output point.Name    `yaml:"output" doc:"the point that is written: terminals/siren"`
	Rooms  []string      `yaml:"rooms" doc:"only alarms of these rooms; none means all"`
	Class  []string      `yaml:"class" doc:"only these classes; none means alarm and supervisory for a sounder, all for others; delay makes a sounder the buzzer of entry and exit delays and of doors that stand open"`
	Upto   int           `yaml:"upto" min:"1" max:"4" default:"4" doc:"least urgent priority that it shows"`
	Alarms []string      `yaml:"alarms" doc:"only these alarm keys, * matches; for relays"`
	CutOff time.Duration `yaml:"cut-off" min:"2m" max:"15m" default:"5m" doc:"EN 50131: a siren stops after 2–15 min"`
	// Stealth makes a beacon a part of stealth: see Wall.Stealth.
	Stealth    bool     `yaml:"stealth" doc:"a beacon only: dark while a partition is armed away, but for fire and an audible panic button"`
	StealthFor []string `yaml:"stealth-for" doc:"the partitions that count for stealth; none means any"`
	// Feedback is read back from the output: a relay's second contact, a coil's current.
	Feedback point.Name    `yaml:"feedback" doc:"a point that is true while the output really is on; what it contradicts is an alarm"`
	Within   time.Duration `yaml:"feedback-within" min:"500ms" max:"30s" default:"2s" doc:"how long the output may take"`
	// What follows is for relays only; see relay.go.
	Delay      time.Duration `yaml:"delay" min:"0s" max:"1h" doc:"relay: its alarm must stand so long before it goes on"`
	Pulse      time.Duration `yaml:"pulse" min:"0s" max:"1h" doc:"relay: on for so long, once for each raise, then off"`
	MinimumOn  time.Duration `yaml:"minimum-on" min:"0s" max:"1h" doc:"relay: once on it stays on so long"`
	MinimumOff time.Duration `yaml:"minimum-off" min:"0s" max:"1h" doc:"relay: once off, or after a start of the box, it stays off so long"`
	Interlock  []string      `yaml:"interlock" doc:"relay: ids of relays that are never on together with it; the one that is on stays, of two that wait the first in the file goes on"`
}

// Wall is the LED status wall: one column per room, one row per state.
type Wall struct {
	Device string   `yaml:"device" doc:"the ledwall device it is shown on"`
	Rooms  []string `yaml:"rooms" doc:"the columns, left to right"`
	Rows   []string `yaml:"rows" doc:"the rows, top to bottom: alarm, supervisory, trouble, armed, power"`
	Pixels int      `yaml:"pixels" min:"1" max:"64" default:"1" doc:"LEDs per cell"`
	Power  []string `yaml:"power" doc:"alarm keys of the power row, * matches; none means those with mains, power or battery in the key"`
	// Heartbeat adds one lamp after the last, which blinks while the box lives.
	Heartbeat bool `yaml:"heartbeat" doc:"one more lamp at the end that blinks while the box lives"`

	Text       *Text  `yaml:"text" doc:"the wall's text part, a matrix of pixels"`
	Brightness int    `yaml:"brightness" min:"5" max:"100" default:"100" doc:"percent of full light; an unacknowledged alarm of priority 1 always shines in full"`
	Night      *Night `yaml:"night" doc:"another brightness while a calendar holds"`
	// Stealth darkens the wall while a partition is armed away, so that an intruder
	// sees nothing: not that he was seen, by which detector, or that somebody has
	// acknowledged. His alarm sounds siren and strobe all the same and goes out as
	// always; the wall shows what stands when the partition is disarmed. Fire and
	// an audible panic button show at once: people have to get out, or help. A
	// silent hold-up never shows, armed or not. A lamp test is a person's order
	// and lights everything. After a start nobody knows how the partitions were left
	// until the retained state is there: until then they count as armed away.
	Stealth    bool     `yaml:"stealth" doc:"dark while a partition is armed away, but for fire and an audible panic button"`
	StealthFor []string `yaml:"stealth-for" doc:"the partitions that count for stealth; none means any"`
	// Alive tells of a wall that cannot answer: E1.31 is sent without any receipt,
	// so a controller without power looks like one that shows everything.
	Alive point.Name `yaml:"alive" doc:"a point that is true while the wall's controller answers, such as that of a ping probe: E1.31 has no receipt of its own"`
}

// Night is a schedule of brightness. While nobody knows the time of day the wall
// is as bright as by day.
type Night struct {
	Calendar   string `yaml:"calendar" doc:"while it holds: hours: [22:00-06:00], holidays: ignore"`
	Brightness int    `yaml:"brightness" min:"1" max:"100" default:"20" doc:"percent of full light"`
}

// Text is the wall's text part: a matrix of pixels, a line of text per 16 rows. It
// shows what stands, most urgent first and what nobody has acknowledged before
// the rest; when nothing stands, the site, the time, what is armed, and chosen points.
type Text struct {
	Device   string        `yaml:"device" doc:"a ledwall device of its own; none means behind the cells of the wall's device"`
	Width    int           `yaml:"width" min:"32" max:"512" doc:"pixels: 64, 96, 128 …"`
	Height   int           `yaml:"height" min:"16" max:"64" default:"16" doc:"pixels: 16, 32, 48 or 64"`
	Turn     time.Duration `yaml:"turn" min:"3s" max:"10s" default:"5s" doc:"how long one page stays; a text that scrolls stays until it was seen whole"`
	Show     []string      `yaml:"show" doc:"points to show while nothing stands"`
	Language string        `yaml:"language" default:"zh" allowed:"zh|en|both"`
}

// RGB is one lamp of the wall.
type RGB struct{ R, G, B uint8 }

// Frame is the wall as it should look now, column after column, row by row in
// each, Pixels lamps a cell.
type Frame []RGB

// Equal is true when both frames look the same.
func (f Frame) Equal(g Frame) bool { return slices.Equal(f, g) }

// Picture is everything that the wall shows.
type Picture struct {
	Lamps  Frame
	Page   Page
	Bright int  // percent of full light, 1 to 100, for both parts; a display scales, nobody else
	Hidden bool // stealth: what is dark is dark on purpose
}

// Equal is true when both pictures look the same.
func (p Picture) Equal(q Picture) bool {
	return p.Bright == q.Bright && p.Hidden == q.Hidden && p.Page.equal(q.Page) && p.Lamps.Equal(q.Lamps)
}

// Display is a wall that can be driven. Show is one attempt within ctx's
// deadline, from one goroutine at a time; the picture is never written to. now
// is the engine's monotonic time, by which a long text scrolls. The owner shows
// the picture again at least once a second, changed or not, since a network wall
// goes dark after 2.5 s without one, and each ScrollStep while its page moves.
type Display interface {
	Show(ctx context.Context, p Picture, now time.Duration) error
}

// Level is what one output must be now.
type Level struct {
	Output point.Name
	On     bool
	Sounds bool // a sounder that sounds an alarm, in the pauses of its pattern too; no chirp, no delay, no test
}
