package forward

import (
	"context"
	"fmt"
)

// Beater is a Path that can also tell that the box lives. One attempt, by ctx's
// deadline.
type Beater interface {
	Beat(ctx context.Context, h Heartbeat) error
}

// Part is the error of a Send that got some of its records through: they are
// not sent again. A Path need not use it; whole batches that failed are sent again.
type Part struct {
	Taken []int // indexes into the records of the Send
	Err   error
}

func (p *Part) Error() string { return fmt.Sprintf("%d records taken, then: %v", len(p.Taken), p.Err) }

// Unwrap gives the cause.
func (p *Part) Unwrap() error { return p.Err }
