package bus

import (
	"time"

	"watchbox/firmware/driver"
)

// Monitor is what one wire shows of itself: the zero value is ready. The owner of
// the wire tells it everything; any goroutine may ask. Nothing here waits for a
// listener.
type Monitor struct {
	tap
	tally
	Line driver.Line // shape of a serial wire; set before first use, zero elsewhere
}

// Monitored is a device that knows its wire. Devices that share a wire share the
// monitor. Never blocks.
type Monitored interface {
	Monitor() *Monitor
}

// Listening is whether anybody hears the frames: a frame that is costly to make
// needs not be made otherwise.
func (m *Monitor) Listening() bool { return m.listening() }

// Tell gives a frame to whoever listens. Never blocks; keeps a copy of Data.
func (m *Monitor) Tell(f Frame) { m.tell(f) }

// Listen begins to hear every frame from now on, until the ear is closed. Fails
// with ErrTooMany.
func (m *Monitor) Listen() (*Ear, error) { return m.listen() }

// Outcome is how one exchange went.
type Outcome struct {
	Slave   Slave
	End     Kind          // Answer, Late, Damaged, Noise or Silence
	Foreign bool          // somebody else's frames were stepped over
	Turn    time.Duration // from the end of the request to the first byte of the answer
	Ideal   time.Duration // of an Answer: what it takes at least: the characters, the silence before, and Turn
	Busy    time.Duration // what it took
}

// Count notes an exchange that has ended.
func (m *Monitor) Count(o Outcome) { m.add(time.Now(), o) }

// CountBetween notes bytes that came while nobody was asked, after an exchange
// with that slave: Doubled, Late, Foreign or Noise.
func (m *Monitor) CountBetween(s Slave, k Kind, bytes int) { m.between(time.Now(), s, k, bytes) }
