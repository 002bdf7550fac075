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
	Priority    int           `yaml:"priority" min:"1" max:"4" doc:"1 act now … 4 note"`
	Class       Class         `yaml:"class" allowed:"alarm|supervisory|trouble" default:"alarm"`
	OnDelay     time.Duration `yaml:"on-delay" min:"0s" max:"24h"`
	OffDelay    time.Duration `yaml:"off-delay" min:"0s" max:"24h"`
	Latch       bool          `yaml:"latch" doc:"stays until a person resets it"`
	Resound     time.Duration `yaml:"resound" min:"0s" max:"24h"`
	Instruction point.Words   `yaml:"instruction" doc:"what to do first, whom to call"`
}

// Condition is the tested fact: exactly one of its fields is set (Deadband goes
// with Above and Below).
type Condition struct {
	Above    *float64 `yaml:"above" doc:"raises when the value is greater"`
	Below    *float64 `yaml:"below" doc:"raises when the value is less"`
	Deadband float64  `yaml:"deadband" min:"0" doc:"clears only this far inside the limit"`
	Is       string   `yaml:"is" doc:"raises when the value equals: true, false, a number or a text"`
	IsNot    string   `yaml:"is-not" doc:"raises when the value differs"`
}
