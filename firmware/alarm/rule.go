package alarm

import (
	"time"

	"watchbox/firmware/point"
)

// Rule is one entry of `alarms:` in the site file: a condition on every point
// that its patterns match, and what the alarm is when it holds.
type Rule struct {
	ID          string        `yaml:"id" doc:"short unique name, part of the alarm's key"`
	Was         string        `yaml:"was" doc:"its former id, to carry state over a rename"`
	Label       point.Words   `yaml:"label" doc:"what it is; {device}, {point} and {room} are filled in"`
	Points      []string      `yaml:"points" doc:"point names, * matches within one part: ups*/input.voltage"`
	When        Condition     `yaml:"when" doc:"the tested fact"`
	Limits      *Limits       `yaml:"limits" doc:"instead of when: two levels on each side, each an alarm of its own"`
	While       string        `yaml:"while" doc:"a calendar: judged only while it holds"`
	Except      string        `yaml:"except" doc:"a calendar: not judged while it holds"`
	Priority    int           `yaml:"priority" min:"1" max:"4" doc:"1 act now … 4 note"`
	Class       Class         `yaml:"class" allowed:"alarm|supervisory|trouble" default:"alarm"`
	OnDelay     time.Duration `yaml:"on-delay" min:"0s" max:"24h"`
	OffDelay    time.Duration `yaml:"off-delay" min:"0s" max:"24h"`
	Latch       bool          `yaml:"latch" doc:"stays until a person resets it"`
	Resound     time.Duration `yaml:"resound" min:"0s" max:"24h"`
	Instruction point.Words   `yaml:"instruction" doc:"what to do first, whom to call"`
	Kind        Kind          `yaml:"kind" allowed:"|fire|hold-up|intrusion|tamper|environment|technical" doc:"the sort of danger, by which it sounds"`
	Group       string        `yaml:"group" doc:"alarms of one group tell which was first; without it the device"`
	CausedBy    []string      `yaml:"caused-by" doc:"keys of alarms that explain this one, * matches: zone/mains; while one is active this one is suppressed"`
	Clear       string        `yaml:"clear" allowed:"|auto|manual|dependent" doc:"how it ends: with its condition, by a person's reset, or when its cause is gone too"`

	outer  string // id of the level beyond this one
	digest string
}

// Limits are up to two levels on each side of a value. The outer ones are one
// step more urgent, and while one stands it explains the inner one.
type Limits struct {
	LowLow   *float64 `yaml:"low-low"`
	Low      *float64 `yaml:"low"`
	High     *float64 `yaml:"high"`
	HighHigh *float64 `yaml:"high-high"`
	Deadband float64  `yaml:"deadband" min:"0"`
}
