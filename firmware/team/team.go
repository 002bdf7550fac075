// Package team lets the air-conditioners of a room work as a team: so many on
// duty, the others in reserve; a reserve starts when one on duty fails, when the
// room is too warm, and in its turn. It is pure: told readings, alarms and the
// time, it answers with orders, records, conditions and its next deadline.
//
// What it holds to, whatever happens:
//
//   - It never orders the last unit that is known to run off, and stops one only
//     while enough others are known to run: it starts first and stops later.
//   - Two starts are at least gap apart, also after the mains come back.
//   - A unit is not started within minimum-off of its stop, nor stopped within
//     minimum-on of its start.
//   - A missing reading alone starts and stops nothing: what was last known holds.
//     A unit that cannot be read for lost counts as gone, and a reserve starts
//     beside it; nothing is ever stopped for that.
//   - A failed unit is left as it is: it may still blow.
//   - While the mains are away nothing is ordered.
//   - A unit in hand mode (a person wrote to it, or took it out) gets no order
//     until it is given back. It does not count as one on duty.
//   - A start that is not followed by the state is tried again; then the unit
//     is faulty, that is an alarm, and the next one starts. A unit that goes off
//     unordered is faulty too: somebody may stand before it. A faulty unit is started only
//     when no other can be, and then after retryAfter.
//
// Among the units that could serve the order is: on duty and well for return,
// running, fewest hours run, as listed. The first so many are wanted; what is
// wanted and off is started, what runs and is not wanted is stopped.
//
// Across a restart who is on duty, hours run, hand mode, faults and the
// assistance stay; every timer begins again.
package team

import (
	"time"

	"watchbox/firmware/point"
)

// Team is one entry of `teams:` in the site file.
type Team struct {
	ID      string      `yaml:"id" required:"true"`
	Label   point.Words `yaml:"label"`
	Room    string      `yaml:"room"`
	Duty    int         `yaml:"duty" min:"1" max:"7" default:"1" doc:"how many are on duty; the others are in reserve"`
	Members []Member    `yaml:"members" required:"true" doc:"2 to 8 units"`

	RotateDay   string        `yaml:"rotate-day" allowed:"|daily|monday|tuesday|wednesday|thursday|friday|saturday|sunday" doc:"when the duty goes to those that ran least; with rotate-at"`
	RotateAt    string        `yaml:"rotate-at" default:"10:00" doc:"time of day, when somebody is there: 10:00"`
	RotateEvery time.Duration `yaml:"rotate-every" min:"0s" max:"8760h" doc:"instead of rotate-day: after so many hours of duty"`

	Temperature point.Name    `yaml:"temperature" doc:"of the room; with assist-above and assist-below"`
	AssistAbove float64       `yaml:"assist-above" doc:"from here on one more unit helps"`
	AssistBelow float64       `yaml:"assist-below" doc:"down here it rests again"`
	AssistAfter time.Duration `yaml:"assist-after" min:"10s" max:"1h" default:"5m" doc:"it must be so warm, or so cool, for so long"`

	Mains      point.Name    `yaml:"mains" doc:"true while the mains of the units are away: a contact such as machine-room/mains-fail"`
	Gap        time.Duration `yaml:"gap" min:"5s" max:"10m" default:"30s" doc:"between two starts"`
	MinimumOn  time.Duration `yaml:"minimum-on" min:"0s" max:"1h" default:"10m"`
	MinimumOff time.Duration `yaml:"minimum-off" min:"0s" max:"1h" default:"3m" doc:"a compressor rests so long before it starts again"`
	Takeover   time.Duration `yaml:"takeover" min:"0s" max:"10m" default:"30s" doc:"how long one may be missing before a reserve starts"`
	Confirm    time.Duration `yaml:"confirm" min:"10s" max:"10m" default:"1m" doc:"the state must follow an order within this"`
	Attempts   int           `yaml:"attempts" min:"1" max:"5" default:"2" doc:"starts before a unit is faulty"`
	Return     time.Duration `yaml:"return" min:"0s" max:"24h" default:"10m" doc:"a repaired unit must be well for so long before the duty is its again"`
	Lost       time.Duration `yaml:"lost" min:"1m" max:"1h" default:"5m" doc:"a unit that cannot be read for so long counts as gone"`
}

// Member is one air-conditioner.
type Member struct {
	ID     string      `yaml:"id" required:"true" doc:"short name: ac1"`
	Label  point.Words `yaml:"label"`
	Run    point.Name  `yaml:"run" required:"true" doc:"the point that switches it: ac1/unit.on; its map must allow it to be written"`
	State  point.Name  `yaml:"state" doc:"true while it runs; none: the point run as it is read"`
	Failed []string    `yaml:"failed" doc:"points that are true while it cannot serve: ac1/alarm, ac1/off.local"`
	Alarms []string    `yaml:"alarms" doc:"keys of alarms that mean the same, * matches"`
}

// state is the point that shows whether it runs.
func (m Member) state() point.Name {
	if m.State != "" {
		return m.State
	}
	return m.Run
}

// Order is a command for a unit.
type Order struct {
	Point  point.Name
	On     bool
	Reason point.Words
}

// TeamView is one team as a person sees it; nobody writes to it.
type TeamView struct {
	ID       string      `json:"id"`
	Label    point.Words `json:"label"`
	Room     string      `json:"room,omitempty"`
	Duty     int         `json:"duty" doc:"units that shall be on duty"`
	Needed   int         `json:"needed" doc:"the same with the one that assists"`
	Assist   bool        `json:"assist,omitempty" doc:"one more helps: the room is warm"`
	Blackout bool        `json:"blackout,omitempty" doc:"the mains are away: nothing is ordered"`
	Short    bool        `json:"short,omitempty" doc:"too few can serve"`
	Next     time.Time   `json:"nextRotation,omitzero"`
	Why      point.Words `json:"why,omitzero" doc:"the newest change and its reason"`
	Units    []UnitView  `json:"units"`
}

// UnitView is one air-conditioner of a team.
type UnitView struct {
	ID      string      `json:"id"`
	Label   point.Words `json:"label"`
	Point   point.Name  `json:"point"`
	State   string      `json:"state" allowed:"on|off|unknown"`
	OnDuty  bool        `json:"onDuty"`
	Hand    bool        `json:"hand,omitempty" doc:"out of the team until it is given back"`
	By      string      `json:"by,omitempty" doc:"who took it"`
	Failed  bool        `json:"failed,omitempty" doc:"it says that it cannot serve"`
	Faulty  point.Words `json:"faulty,omitzero" doc:"why the team does not count on it"`
	Ordered string      `json:"ordered,omitempty" allowed:"|start|stop" doc:"an order that its state has not followed yet"`
	Hours   float64     `json:"hours" doc:"run, as the team has seen"`
}

const (
	retryAfter = 10 * time.Minute // a faulty unit rests so long before it is the last resort
	blackGrace = time.Minute      // what goes off so soon after a mains failure went off by it
	hoursKept  = 15 * time.Minute // hours run are written so often
	blind      = 30 * time.Second // unread for so long a unit may have gone on and off: its rest begins anew
	recheck    = time.Minute      // of what hangs on the wall clock
)
