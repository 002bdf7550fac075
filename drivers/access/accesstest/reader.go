// Package accesstest is the fake that ships with the reader driver: it writes
// cards as serial readers do and pulses as Wiegand readers do, and can be told
// to misbehave.
package accesstest

import (
	"fmt"
	"io"
	"math/bits"
	"os"
	"strings"
	"sync"
	"time"

	"watchbox/drivers/access"
)

// Reader writes to the far end of a serial line.
type Reader struct {
	Wire   io.Writer
	Format string // decimal (or empty), hex, em4100
}

// Show writes a card as the reader does when one is held to it. A Write that
// blocks blocks Show.
func (r Reader) Show(card uint32) error {
	line := fmt.Sprintf("%010d\r\n", card)
	switch r.Format {
	case "hex":
		line = fmt.Sprintf("%08X\r\n", card)
	case "em4100":
		sum := byte(0x01)
		for shift := 0; shift < 32; shift += 8 {
			sum ^= byte(card >> shift)
		}
		line = fmt.Sprintf("\x0201%08X%02X\x03", card, sum)
	}
	_, err := io.WriteString(r.Wire, line)
	return err
}

// Babble writes what a reader with a loose wire does: n bytes of noise.
func (r Reader) Babble(n int) error {
	_, err := io.WriteString(r.Wire, strings.Repeat("\xff7\x00U", n/4+1)[:n])
	return err
}

// Frame is a Wiegand frame of 26 or 34 bits as edges 1 ms apart, the first at
// the stamp and with the sequence number given.
func Frame(bitCount int, number uint32, at time.Duration, sequence uint32) []access.Edge {
	half := (bitCount - 2) / 2
	first, second := number>>half, number&(1<<half-1)
	frame := uint64(bits.OnesCount32(first)%2)<<(bitCount-1) | uint64(number)<<1 | uint64(1-bits.OnesCount32(second)%2)
	var edges []access.Edge
	for i := range bitCount {
		edges = append(edges, access.Edge{One: frame>>(bitCount-1-i)&1 == 1, Stamp: at + time.Duration(i)*time.Millisecond, Sequence: sequence + uint32(i)})
	}
	return edges
}

// Lines are two wires that a test pulses; they meet access.Pulses. Their clock
// is the time since they were made.
type Lines struct {
	began time.Time
	edges chan access.Edge
	once  sync.Once
	lost  chan struct{}
}

// NewLines makes two quiet wires that hold up to 1024 edges nobody has taken yet.
func NewLines() *Lines {
	return &Lines{began: time.Now(), edges: make(chan access.Edge, 1024), lost: make(chan struct{})}
}

// Pulse sends edges; their stamps become the present time.
func (l *Lines) Pulse(edges ...access.Edge) {
	for i, e := range edges {
		e.Stamp = l.Now() + time.Duration(i)*time.Millisecond
		l.edges <- e
	}
}

// Next is access.Pulses.
func (l *Lines) Next(deadline time.Time) (access.Edge, error) {
	select {
	case e := <-l.edges:
		return e, nil
	default:
	}
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case e := <-l.edges:
		return e, nil
	case <-l.lost:
		return access.Edge{}, os.ErrClosed
	case <-timer.C:
		return access.Edge{}, os.ErrDeadlineExceeded
	}
}

// Now is access.Pulses.
func (l *Lines) Now() time.Duration { return time.Since(l.began) }

// Close cuts the wires.
func (l *Lines) Close() error { l.once.Do(func() { close(l.lost) }); return nil }
