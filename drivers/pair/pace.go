package pair

import (
	"time"

	"watchbox/firmware/driver"
)

// Slack is what the kernel and a busy box may take beside an exchange.
const Slack = 50 * time.Millisecond

// Pace is how long bytes take on a line.
type Pace struct {
	Char time.Duration // one character
	Gap  time.Duration // the silence between frames
}

// PaceOf follows "MODBUS over serial line" V1.02, 2.5.1.1: 3.5 characters of
// silence, and 1.75 ms above 19200 baud.
func PaceOf(line driver.Line) Pace {
	if line.Baud <= 0 {
		return Pace{}
	}
	bits := 1 + 8 + max(1, line.StopBits)
	if line.DataBits != 0 {
		bits += line.DataBits - 8
	}
	if line.Parity == "even" || line.Parity == "odd" {
		bits++
	}
	char := time.Duration(bits) * time.Second / time.Duration(line.Baud)
	if line.Baud > 19200 {
		return Pace{char, 1750 * time.Microsecond}
	}
	return Pace{char, char * 7 / 2}
}

// Of is how long so many characters take.
func (p Pace) Of(chars int) time.Duration { return time.Duration(chars) * p.Char }
