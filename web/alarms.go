package web

import (
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/engine"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// AlarmView is one alarm as it stands.
type AlarmView struct {
	Key          string      `json:"key"`
	Label        point.Words `json:"label"`
	Text         point.Words `json:"text" doc:"what it says this time"`
	Instruction  point.Words `json:"instruction,omitzero" doc:"what to do first"`
	Room         string      `json:"room,omitempty"`
	Point        point.Name  `json:"point,omitempty"`
	Priority     int         `json:"priority" doc:"1 act now … 4 note"`
	Class        alarm.Class `json:"class" allowed:"alarm|supervisory|trouble"`
	Occurrence   event.ID    `json:"occurrence,omitzero" doc:"the raise event; absent until the journal is open"`
	Active       bool        `json:"active" doc:"the condition holds"`
	Acknowledged bool        `json:"acknowledged"`
	Silenced     bool        `json:"silenced"`
	Latched      bool        `json:"latched" doc:"the condition is gone, a person has to reset it"`
	Standing     bool        `json:"standing" doc:"must be shown"`
	Guarded      bool        `json:"guarded,omitempty" doc:"can never be shelved"`
	Raised       time.Time   `json:"raised,omitzero"`
	Cleared      time.Time   `json:"cleared,omitzero"`
	Age          float64     `json:"age" doc:"seconds since the raise; -1 when not raised"`
	AckedBy      string      `json:"ackedBy,omitempty"`
	AckComment   string      `json:"ackComment,omitempty"`
	Shelved      time.Time   `json:"shelved,omitzero" doc:"until then"`
	ShelvedBy    string      `json:"shelvedBy,omitempty"`
	OutOfService bool        `json:"outOfService,omitempty"`
	Count        int         `json:"count" doc:"raises since it last was normal and acknowledged"`
	Value        string      `json:"value,omitempty" doc:"at the raise"`
	ValueText    point.Words `json:"valueText,omitzero" doc:"the same as words, where it is words"`
	Now          point.Words `json:"now,omitzero" doc:"the reason by now, where it is no longer that of the raise"`
	Kind         alarm.Kind  `json:"kind,omitempty" doc:"fire, hold-up, intrusion, tamper, environment, technical"`
	Grade        string      `json:"grade,omitempty" doc:"the buyer's grade of events"`
	Asset        point.Asset `json:"asset,omitzero" doc:"in the owner's books, with the vendor's phone"`
	Suppressed   string      `json:"suppressed,omitempty" doc:"key of the alarm that explains it: it makes no noise of its own"`
	SuppressedBy point.Words `json:"suppressedBy,omitzero" doc:"what that is called"`
	FirstOut     bool        `json:"firstOut,omitempty" doc:"the first of its group"`
	After        string      `json:"after,omitempty" doc:"key of the first of its group"`
	Chattering   bool        `json:"chattering,omitempty"`
	Flaps        int         `json:"flaps,omitempty" doc:"raises that the chattering hides"`
	RemovedUntil time.Time   `json:"removedUntil,omitzero" doc:"out of service by a person until then"`
	RemovedBy    string      `json:"removedBy,omitempty"`
	RemovedWhy   string      `json:"removedWhy,omitempty"`
	Quiet        bool        `json:"quiet,omitempty" doc:"minor in a flood: no noise, no message"`
	Simulated    bool        `json:"simulated,omitempty" doc:"a simulated value raised it; the text says so too"`
	Old          bool        `json:"old,omitempty" doc:"active for a day and more"`
}

// Alarms is the answer of GET /alarms: most urgent first, then newest.
type Alarms struct {
	At     time.Time   `json:"at"`
	Alarms []AlarmView `json:"alarms"`
}

// AlarmOrder is what goes with acknowledge, silence and reset.
type AlarmOrder struct {
	Comment    string   `json:"comment,omitempty"`
	Occurrence event.ID `json:"occurrence,omitzero" doc:"refuse when another occurrence stands by now"`
}

// ShelveOrder puts an alarm aside for a bounded time.
type ShelveOrder struct {
	Comment string    `json:"comment" doc:"why; required"`
	Until   time.Time `json:"until,omitzero"`
	Minutes int       `json:"minutes,omitempty" doc:"instead of until"`
}

func alarmView(a *alarm.Alarm, now point.Instant) AlarmView {
	v := AlarmView{Key: a.Key, Label: a.Label, Text: a.Text, Instruction: a.Instruction, Room: a.Room, Point: a.Point,
		Priority: a.Priority, Class: a.Class, Occurrence: a.Occurrence, Active: a.Active, Acknowledged: a.Acknowledged,
		Silenced: a.Silenced, Latched: a.Latched, Standing: a.Standing(), Guarded: a.Guarded, Raised: a.Raised.Wall,
		Cleared: a.Cleared.Wall, Age: -1, AckedBy: a.AckedBy, AckComment: a.AckComment, Shelved: a.Shelved,
		ShelvedBy: a.ShelvedBy, OutOfService: a.OutOfService, Count: a.Count, Value: a.Value, ValueText: a.ValueText, Now: a.Now,
		Kind: a.Kind, Grade: a.Grade, Asset: a.Asset, Suppressed: a.Suppressed, SuppressedBy: a.SuppressedBy, FirstOut: a.FirstOut, After: a.After,
		Chattering: a.Chattering, Flaps: a.Flaps, RemovedUntil: a.RemovedUntil, RemovedBy: a.RemovedBy, RemovedWhy: a.RemovedWhy, Quiet: a.Quiet, Old: a.Old}
	if v.Text.IsZero() {
		v.Text = a.Label
	}
	if v.Simulated = a.Simulated; v.Simulated {
		v.Text = v.Text.Simulated()
	}
	if v.Class == "" {
		v.Class = alarm.ClassAlarm
	}
	if !a.Raised.Wall.IsZero() {
		v.Age = tenths(since(now, a.Raised))
	}
	return v
}

func listAlarms(c *call) (any, error) {
	v, err := c.view()
	if err != nil {
		return nil, err
	}
	now := c.options.Now()
	out := Alarms{now.Wall, []AlarmView{}}
	for _, a := range v.Alarms {
		out.Alarms = append(out.Alarms, alarmView(a, now))
	}
	return out, nil
}

// alarmCommand hands the order to the engine, which alone knows what stands at
// that moment; the view may be a moment behind. The key "*" is all of them.
func alarmCommand(verb engine.Verb) func(*call) (any, error) {
	return func(c *call) (any, error) {
		in, err := read[AlarmOrder](c)
		if err != nil {
			return nil, err
		}
		if len(in.Comment) > maxComment {
			return nil, errLongComment
		}
		return nil, c.alarmOrder(engine.Command{Verb: verb, Comment: in.Comment, Occurrence: in.Occurrence})
	}
}

// maxComment is the longest comment kept, in bytes; maxShelf the longest shelf.
const (
	maxComment = 500
	maxShelf   = 7 * 24 * time.Hour
)

func shelve(c *call) (any, error) {
	in, err := read[ShelveOrder](c)
	if err != nil {
		return nil, err
	}
	now := c.options.Now().Wall
	if in.Minutes > 0 && in.Minutes <= int(maxShelf/time.Minute) {
		in.Until = now.Add(time.Duration(in.Minutes) * time.Minute)
	}
	switch {
	case in.Comment == "" || len(in.Comment) > maxComment:
		return nil, badRequest("comment is required, at most 500 bytes")
	case !in.Until.After(now) || in.Until.After(now.Add(maxShelf)):
		return nil, badRequest("until must lie in the next seven days")
	}
	return nil, c.alarmOrder(engine.Command{Verb: engine.Shelve, Until: in.Until, Comment: in.Comment})
}

func unshelve(c *call) (any, error) {
	return nil, c.alarmOrder(engine.Command{Verb: engine.Unshelve})
}
