package ledwall

import (
	"context"
	"fmt"

	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"

	"watchbox/firmware/annunciate"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// fullCurrent is the chain's: 31 of 31. The picture is dimmed before it comes here.
const fullCurrent = 31

// APA102 is a chain of APA102 or SK9822 LEDs on SPI. Used by one goroutine at a
// time. The chain has no read-back: Show succeeds when the bus took the bytes.
type APA102 struct {
	conn   spi.Conn
	buffer []byte
}

// NewAPA102 makes a wall on a connected SPI bus.
func NewAPA102(conn spi.Conn) *APA102 { return &APA102{conn: conn} }

// ConnectAPA102 connects the port as the chain wants it: 4 MHz, which a metre of
// cable between LEDs carries, clock idle low, 8 bits.
func ConnectAPA102(port spi.Port) (*APA102, error) {
	c, err := port.Connect(4*physic.MegaHertz, spi.Mode0, 8)
	if err != nil {
		return nil, fmt.Errorf("ledwall %s: connect: %w: %w", port, driver.ErrDisconnect, err)
	}
	return NewAPA102(c), nil
}

// Describe gives no points: a wall is only shown.
func (a *APA102) Describe() []point.Point { return nil }

// Show shifts the frame into the chain. The chain has no chip select, so a frame
// longer than the bus takes at once goes in pieces.
func (a *APA102) Show(ctx context.Context, f annunciate.Frame) error {
	if len(f) > MostPixels {
		return fmt.Errorf("ledwall %s: %d pixels: at most %d: %w", a.conn, len(f), MostPixels, driver.ErrUnsupported)
	}
	a.buffer = chain(a.buffer[:0], f)
	piece := len(a.buffer)
	if l, ok := a.conn.(conn.Limits); ok && l.MaxTxSize() > 0 {
		piece = l.MaxTxSize()
	}
	for rest := a.buffer; len(rest) > 0; {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("ledwall %s: show: %w", a.conn, err)
		}
		n := min(piece, len(rest))
		if err := a.conn.Tx(rest[:n], nil); err != nil {
			return fmt.Errorf("ledwall %s: show: %w: %w", a.conn, driver.ErrDisconnect, err)
		}
		rest = rest[n:]
	}
	return nil
}

// chain appends the bytes of the frame: 32 zero bits to start; for each LED
// three ones, five bits of current, blue, green, red; and an end that gives
// the clock edges which the chain still needs, since each LED delays the data by
// half a clock: half a bit per LED. The end begins with 32 zeros, at which an
// SK9822 takes the new colours over, and is zeros throughout, so that a LED
// beyond the frame stays as it is.
func chain(b []byte, f annunciate.Frame) []byte {
	b = append(b, 0, 0, 0, 0)
	for _, c := range f {
		b = append(b, 0xe0|fullCurrent, c.B, c.G, c.R)
	}
	for range 4 + (len(f)+15)/16 {
		b = append(b, 0)
	}
	return b
}

// Close leaves the lamps as they are; the port belongs to whoever opened it.
func (a *APA102) Close() error { return nil }
