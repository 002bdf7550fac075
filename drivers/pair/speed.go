package pair

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// ConnectLimit is the longest that a port behind the network may take to open.
const ConnectLimit = time.Second

// retune is the silence at a change of speed. Whoever does not speak the new one
// hears noise from now on, and whoever does has heard noise until now: both begin
// afresh after 3.5 characters of silence, 32 ms at 1200 baud. The margin is ours.
const retune = 50 * time.Millisecond

// usual fills in what a line leaves open, so that lines can be compared.
func usual(line driver.Line) driver.Line {
	line.StopBits = max(1, line.StopBits)
	if line.Parity == "" {
		line.Parity = "none"
	}
	return line
}

// wanted is the line for a device whose Manners say so.
func (r *Pair) wanted(line driver.Line) driver.Line {
	if line == (driver.Line{}) {
		return r.own
	}
	return line
}

// tune gives the port the line that the next device needs. What may still come at
// the old speed is waited for at the old speed: at another it would be noise, which
// an answer could hide in. A device that takes another's noise for a request is a
// ghost; no time helps against it, which is why a person has to have looked.
func (r *Pair) tune(ctx context.Context, line driver.Line) error {
	line = r.wanted(line)
	if line == r.line {
		return nil
	}
	port, can := r.port.(driver.Shaper)
	if !can {
		return driver.Fail(driver.ErrUnsupported, "bus %s has one speed only", r.name)
	}
	if err := r.hush(ctx, Limit(ctx)); err != nil {
		if errors.Is(err, driver.ErrDisconnect) {
			r.shut()
		}
		return err
	}
	if err := port.Shape(line); err != nil {
		r.shut()
		return driver.Fail(driver.ErrDisconnect, "bus %s: %v", r.name, err)
	}
	r.line, r.pace = line, PaceOf(line)
	r.quiet = time.Now().Add(retune)
	return nil
}

// shapes are the options by which a device says that it speaks otherwise than the pair.
var shapes = map[string]func(*driver.Line, string) bool{
	"baud": func(l *driver.Line, s string) bool {
		var err error
		l.Baud, err = strconv.Atoi(s)
		return err == nil && l.Baud >= 1200 && l.Baud <= 115200
	},
	"parity": func(l *driver.Line, s string) bool {
		l.Parity = s
		return s == "none" || s == "even" || s == "odd"
	},
	"stop-bits": func(l *driver.Line, s string) bool {
		var err error
		l.StopBits, err = strconv.Atoi(s)
		return err == nil && l.StopBits >= 1 && l.StopBits <= 2
	},
}

// allowed is what the options may say.
var allowed = map[string]point.Words{"baud": driver.Between(1200, 115200), "parity": driver.OneOf("none", "even", "odd"), "stop-bits": driver.Between(1, 2)}

// LineFor takes the options baud, parity and stop-bits of a device: the line for its
// Manners, zero when it speaks as the pair does. Other options are left alone. A nil
// Pair knows only whether they are possible.
func (r *Pair) LineFor(options map[string]string) (driver.Line, error) {
	own := usual(driver.Line{})
	if r != nil {
		own = r.own
	}
	line := own
	for key, set := range shapes {
		if text, said := options[key]; said && !set(&line, strings.TrimSpace(text)) {
			return driver.Line{}, driver.BadOption(key, text, allowed[key])
		}
	}
	if line == own {
		return driver.Line{}, nil
	}
	if r != nil && r.remote {
		return driver.Line{}, driver.Fail(driver.ErrUnsupported, "options baud, parity, stop-bits: the serial server of bus %s has one speed", r.name)
	}
	return line, nil
}

// IsShape is true for the options that LineFor takes.
func IsShape(option string) bool { return shapes[option] != nil }
