package bus

import (
	"context"
	"time"

	"watchbox/firmware/point"
)

// Order asks for a search of a wire. What is empty is chosen.
type Order struct {
	Protocols []string `json:"protocols,omitempty" doc:"modbus-rtu, ydt1363, megatec; all that the wire allows when absent"`
	From      int      `json:"from,omitempty" doc:"first address; 1 when absent"`
	To        int      `json:"to,omitempty" doc:"last address; when absent 247 of Modbus, 16 of YD/T 1363"`
	Shapes    []string `json:"shapes,omitempty" doc:"speeds such as 9600 8N1; on a wire with devices only its own is tried"`
	Learn     bool     `json:"learn,omitempty" doc:"only listen to another master, on a wire without devices; nothing is sent"`
	Seconds   int      `json:"seconds,omitempty" doc:"of learning; 300 when absent, at most 3600"`
}

// Search is one search of a wire: it asks and writes nothing. Step is called by the
// wire's own goroutine, the other methods by any.
type Search interface {
	// Step makes one exchange, or a short one of listening; true: the search is over.
	Step(ctx context.Context) (over bool)
	// Limit is the longest that a step takes.
	Limit() time.Duration
	// Monitor is that of the wire.
	Monitor() *Monitor
	// Progress is a copy of what is known by now.
	Progress() Progress
	Close() error
}

// Progress is how far a search is and what it found.
type Progress struct {
	Bus      string        `json:"bus"`
	By       string        `json:"by" doc:"who ordered it"`
	Began    time.Time     `json:"began"`
	Ended    time.Time     `json:"ended,omitzero"`
	Running  bool          `json:"running"`
	Asked    int           `json:"asked" doc:"addresses tried"`
	Of       int           `json:"of" doc:"addresses that are to be tried at this speed and before"`
	Now      string        `json:"now,omitempty" doc:"what is tried now: 9600 8N1 modbus-rtu 17"`
	Left     int           `json:"left,omitempty" doc:"seconds that the addresses of this speed still take at the pace so far; absent until it is known"`
	Findings []Finding     `json:"findings"`
	Notes    []point.Words `json:"notes" doc:"what was not tried and why, and what is odd"`
	Lines    string        `json:"lines,omitempty" doc:"for the site file, once the search is over"`
}

// Finding is one address that answers.
type Finding struct {
	Protocol  string     `json:"protocol"`
	Unit      int        `json:"unit"`
	Shape     string     `json:"shape" doc:"speed at which it answers"`
	Device    string     `json:"device,omitempty" doc:"the site file has it already under this id"`
	Identity  string     `json:"identity,omitempty" doc:"what it says of itself"`
	Proposals []Proposal `json:"proposals" doc:"maps that fit, best first"`
	Heard     []Heard    `json:"heard,omitempty" doc:"learnt: what the other master reads from it"`
	Draft     string     `json:"draft,omitempty" doc:"learnt, and no map fits: a map to be filled in"`
}

// Slave is whom it answers as.
func (f Finding) Slave() Slave { return Slave{f.Protocol, f.Unit} }

// Heard is one place that another master reads.
type Heard struct {
	Place      string `json:"place" doc:"holding 11000, or 42H+3: command and byte of YD/T 1363"`
	Item       string `json:"item,omitempty" doc:"what it is by the best proposal"`
	Value      string `json:"value"`
	Least      int    `json:"least" doc:"raw"`
	Most       int    `json:"most" doc:"raw"`
	Times      int    `json:"times" doc:"that it was read"`
	Changes    int    `json:"changes"`
	Confidence string `json:"confidence" allowed:"fits|odd|unnamed"`
}

// How sure the meaning of a place is, beside Fits.
const (
	Odd     = "odd"     // the proposal has a point here, but the value cannot be
	Unnamed = "unnamed" // no point here
)

// How sure a proposal is.
const (
	Identified = "identified" // it names itself as this product
	Fits       = "fits"       // its fingerprint is there, and nearly all points have values that can be
	Possible   = "possible"   // too few points to tell, or only some have, or one of its fingerprint has not
)

// Count notes a point of the map with its value; none when it cannot be.
func (p *Proposal) Count(v point.Value, q point.Quality) {
	if q.Level != point.Good || v.IsNone() {
		return
	}
	p.Good++
	if v.Kind() == point.Bool {
		return
	}
	p.Measures++
	if f, number := v.Float(); !number || f != 0 {
		p.Told++
	}
}

// Sound is a fit of enough points, nearly all good, and not only because they are
// zero.
func (p Proposal) Sound() bool {
	return 10*p.Good >= 9*p.Of && p.Of >= enoughPoints && p.Measures > 0 && 2*p.Told >= p.Measures
}

// Thinkable is a fit of half of the points, not all of them zero.
func (p Proposal) Thinkable() bool { return p.Good > 0 && 2*p.Good >= p.Of && !p.Zero() }

// Zero is whether all that is measured is zero: a device may answer 0 to everything.
func (p Proposal) Zero() bool { return p.Measures > 0 && p.Told == 0 }

// enoughPoints tell one product from another; two climate registers do not.
const enoughPoints = 8

// Proposal is a map that a finding may be.
type Proposal struct {
	Map        string      `json:"map"`
	Label      point.Words `json:"label"`
	Confidence string      `json:"confidence" allowed:"identified|fits|possible"`
	Good       int         `json:"good" doc:"points with a value that can be"`
	Of         int         `json:"of" doc:"points of the map"`
	Measures   int         `json:"measures" doc:"of the good ones, those that are no contact or alarm"`
	Told       int         `json:"told" doc:"of these, those that are not zero: a device may answer 0 to everything"`
	Odd        []string    `json:"odd,omitempty" doc:"items by which the product is known whose value cannot be: another product, or a fault"`
}
