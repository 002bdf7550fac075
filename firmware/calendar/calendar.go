// Package calendar knows weeks, holidays, working make-up days (调休) and key
// periods (重保期), and answers whether a calendar of the site file holds at an
// instant. It is pure: a Book never changes after Compile, and every method may
// be called from any goroutine.
//
// How a day is judged, in this order:
//
//  1. A day of a key period: `key-periods: off` does not hold, `only` holds on
//     such days alone, `ignore` looks no further into it.
//  2. A holiday: `holidays: off` does not hold, `only` holds on holidays alone,
//     `ignore` keeps to the bare week, make-up days too.
//  3. The weekday. A make-up workday counts as the weekday that it follows; when
//     none is named, as Monday if it falls on a weekend, else as itself.
//
// Hours that cross midnight belong to the day on which they begin: "22:00-06:00"
// on the eve of a holiday ends at six on the holiday. Hours are those of the
// wall: over a change to or from summer time they last shorter or longer.
package calendar

import (
	"fmt"
	"time"

	"watchbox/firmware/point"
)

// The words of `days:` and `follows:`.
const weekdays = "mon|tue|wed|thu|fri|sat|sun"

// Calendar is one entry of `calendars:` in the site file.
type Calendar struct {
	ID         string      `yaml:"id" required:"true" doc:"short name that rules and partitions refer to"`
	Label      point.Words `yaml:"label"`
	Days       []string    `yaml:"days" allowed:"mon|tue|wed|thu|fri|sat|sun" doc:"on which it holds; none means every day"`
	Hours      []string    `yaml:"hours" doc:"08:00-18:00, may cross midnight: 22:00-06:00; none means the whole day"`
	Holidays   string      `yaml:"holidays" default:"off" allowed:"off|only|ignore" doc:"off: not on holidays; only: on nothing else; ignore: the bare week"`
	KeyPeriods string      `yaml:"key-periods" default:"ignore" allowed:"ignore|only|off" doc:"off: not in key periods; only: in nothing else"`
}

// The kinds of special days.
const (
	Holiday   = "holiday"
	Workday   = "workday"
	KeyPeriod = "key-period"
)

// Special is one entry of `special-days:`: a run of days that are not what their
// weekday says. A key period may lie over holidays and workdays.
type Special struct {
	From    time.Time   `yaml:"from" required:"true" doc:"the first day: 2026-10-01"`
	Until   time.Time   `yaml:"until" doc:"the last day, which belongs to it; none means one day"`
	Kind    string      `yaml:"kind" required:"true" allowed:"holiday|workday|key-period"`
	Label   point.Words `yaml:"label"`
	Follows string      `yaml:"follows" allowed:"mon|tue|wed|thu|fri|sat|sun" doc:"the weekday whose hours a make-up workday keeps"`
}

// Fault is what is wrong with one entry, in the words of the site file.
type Fault struct {
	List    string // "calendars" or "special-days"
	Index   int
	Key     string // "hours[1]"
	Read    string
	Allowed string
}

// Error is "calendars[2].hours[0]: read 8-18, want …".
func (f *Fault) Error() string {
	return fmt.Sprintf("%s[%d].%s: read %s, want %s", f.List, f.Index, f.Key, f.Read, f.Allowed)
}
