package driver

import (
	"context"
	"errors"
	"os"

	"watchbox/firmware/point"
)

// The error classes. A driver wraps exactly one with %w, after its place:
// "modbus ups1: read input 0x2af8+24: timeout after 500ms".
var (
	ErrTimeout     = errors.New("no answer in time")
	ErrRefused     = errors.New("device refused")               // it answered, and said no: an exception, a bad user name
	ErrGarbage     = errors.New("answer not understood")        // bad check sum, wrong length, foreign protocol
	ErrDisconnect  = errors.New("connection lost")              // the port or the socket is gone: the wire, not the device
	ErrNotPresent  = errors.New("device has no such item")      // asking again will not help
	ErrUnsure      = errors.New("perhaps the device obeyed")    // an order went out and its answer did not come: it is not given again by itself
	ErrUnsupported = errors.New("not supported by this driver") // configuration asks for what the code cannot do
)

// ReasonOf is the quality reason of the points whose read failed with err.
func ReasonOf(err error) point.Reason {
	switch {
	case errors.Is(err, ErrTimeout), errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return point.Timeout
	case errors.Is(err, ErrNotPresent):
		return point.NotPresent
	case errors.Is(err, ErrRefused):
		return point.DeviceFault
	}
	return point.CommFailure
}
