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
	Of       int           `json:"of" doc:"addresses that are to be tried, as far as is known"`
	Now      string        `json:"now,omitempty" doc:"what is tried now: 9600 8N1 modbus-rtu 17"`
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
}

// How sure a proposal is.
const (
	Identified = "identified" // it names itself as this product
	Fits       = "fits"       // nearly all points have values that can be
	Possible   = "possible"   // too few points to tell, or only some fit
)

// Proposal is a map that a finding may be.
type Proposal struct {
	Map        string      `json:"map"`
	Label      point.Words `json:"label"`
	Confidence string      `json:"confidence" allowed:"identified|fits|possible"`
	Good       int         `json:"good" doc:"points with a value that can be"`
	Of         int         `json:"of" doc:"points of the map"`
	Told       int         `json:"told" doc:"of the good ones, those that are not zero: a device may answer 0 to everything"`
}
