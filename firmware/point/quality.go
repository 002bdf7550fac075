package point

import "fmt"

// Level is how far a value can be trusted.
type Level uint8

// The three levels. The zero value is Good on purpose: a sample made by hand in
// a test or by a rule is good unless it says otherwise.
const (
	Good Level = iota
	Uncertain
	Bad
)

var levelNames = [...]string{"good", "uncertain", "bad"}

func (l Level) String() string { return name(levelNames[:], int(l), "level") }

// Reason says why a value is not simply good. There is exactly one.
type Reason uint8

// The reasons, in the words of DESIGN.md section 4.
const (
	NoReason    Reason = iota
	NotPresent         // the device has no such item (an absent filler, a missing sensor)
	DeviceFault        // the device itself says that the value is wrong
	CommFailure        // the wire or the far end refused, broke off or spoke garbage
	Timeout            // no answer in time
	Stale              // older than the point allows
	OutOfRange         // outside what the sensor can measure
	Overflow           // edges were lost before this one
	Substituted        // a person or a rule put this value here
	Blocked            // reading is switched off
	Simulated          // a value for a drill or a test
	ClockUnset         // the value needs the time of day and nobody knows it
)

var reasonNames = [...]string{"", "not-present", "device-fault", "comm-failure", "timeout", "stale",
	"out-of-range", "overflow", "substituted", "blocked", "simulated", "clock-unset"}

func (r Reason) String() string { return name(reasonNames[:], int(r), "reason") }

// Quality is a level with its reason. The zero Quality is good.
type Quality struct {
	Level  Level
	Reason Reason
}

// BadBecause and UncertainBecause make the two that are not good.
func BadBecause(r Reason) Quality { return Quality{Bad, r} }

// UncertainBecause makes a quality that may be used with care.
func UncertainBecause(r Reason) Quality { return Quality{Uncertain, r} }

// Simulation is the quality of a value that a person put in the place of what the
// input reads: it feeds every rule, and says so everywhere.
var Simulation = UncertainBecause(Simulated)

// IsSimulated is true for a person's value and for what was made of one.
func (q Quality) IsSimulated() bool { return q.Reason == Simulated }

// Usable is true unless the quality is bad: the value may feed a rule.
func (q Quality) Usable() bool { return q.Level != Bad }

// String is "good", "bad/timeout", "uncertain/overflow".
func (q Quality) String() string {
	if q.Reason == NoReason {
		return q.Level.String()
	}
	return q.Level.String() + "/" + q.Reason.String()
}

// MarshalText writes String.
func (q Quality) MarshalText() ([]byte, error) { return []byte(q.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (q *Quality) UnmarshalText(b []byte) error {
	for l := range levelNames {
		for r := range reasonNames {
			if c := (Quality{Level(l), Reason(r)}); c.String() == string(b) {
				*q = c
				return nil
			}
		}
	}
	return fmt.Errorf("read quality %q: want level or level/reason, such as bad/timeout", b)
}
