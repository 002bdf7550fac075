package pair

import (
	"context"
	"time"

	"watchbox/firmware/driver"
)

// Rest waits until then, the end of the pause that a device needs; an error when
// ctx ends before.
func Rest(ctx context.Context, until time.Time) error {
	rest := time.Until(until)
	if rest <= 0 {
		return nil
	}
	t := time.NewTimer(rest)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return driver.Fail(driver.ErrTimeout, "no time left in the device's pause")
	}
}

// exchangeLimit bounds an exchange whose caller set no deadline.
const exchangeLimit = 10 * time.Second

// Limit is when an exchange must be over in any case.
func Limit(ctx context.Context) time.Time {
	if t, ok := ctx.Deadline(); ok {
		return t
	}
	return time.Now().Add(exchangeLimit)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
