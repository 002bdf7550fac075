package access

import (
	"fmt"
	"math/bits"
	"slices"
	"time"

	"watchbox/firmware/driver"
)

// Edge is the begin of one pulse on a reader's two wires. Both wires stand in
// one line request, so that Sequence orders them; it rises by one with each.
type Edge struct {
	One      bool          // on D1: a one; on D0: a zero
	Stamp    time.Duration // the kernel's, monotonic
	Sequence uint32
}

// Credential is what one frame carried.
type Credential struct {
	Bits   int    // of the frame: 26 or 34
	Number uint32 // the bits between the two parities: 24 or 32
}

// Facility and Card are the two parts that some cards print; 26 bits: 8 and 16.
func (c Credential) Facility() uint32 { return c.Number >> 16 }

// Card is the lower part.
func (c Credential) Card() uint32 { return c.Number & 0xffff }

// Times of the wire: pulses are 50–100 µs, one every 1–2 ms.
const (
	Idle    = 25 * time.Millisecond  // silence that ends a frame
	closest = 100 * time.Microsecond // nearer edges are noise
	longest = 64                     // edges kept of one frame; a longer one is noise
)

// Wiegand puts edges together into frames. It is pure: it reads no clock.
type Wiegand struct {
	edges []Edge
	many  bool // more than longest
}

// Waiting is the stamp at which the frame under way ends by silence; ok is false
// while there is none.
func (w *Wiegand) Waiting() (end time.Duration, ok bool) {
	if len(w.edges) == 0 {
		return 0, false
	}
	return w.edges[len(w.edges)-1].Stamp + Idle, true
}

// Add takes one edge. When it comes after the silence that ends a frame, that
// frame is answered, and the edge begins the next one. The error wraps
// driver.ErrGarbage; done tells whether a frame ended at all.
func (w *Wiegand) Add(e Edge) (c Credential, done bool, err error) {
	if end, waiting := w.Waiting(); waiting && e.Stamp >= end {
		c, done, err = w.End(e.Stamp)
	}
	switch {
	case len(w.edges) < longest:
		w.edges = append(w.edges, e)
	default: // only the silence matters now
		w.many = true
		w.edges[longest-1] = e
	}
	return c, done, err
}

// End ends the frame under way if now is late enough.
func (w *Wiegand) End(now time.Duration) (c Credential, done bool, err error) {
	if end, waiting := w.Waiting(); !waiting || now < end {
		return Credential{}, false, nil
	}
	edges, many := w.edges, w.many
	w.edges, w.many = w.edges[:0], false
	if many {
		return Credential{}, true, fmt.Errorf("wiegand frame of more than %d bits: %w", longest, driver.ErrGarbage)
	}
	c, err = decode(edges)
	return c, true, err
}

// decode orders the edges by their number and checks that none is missing.
func decode(edges []Edge) (Credential, error) {
	slices.SortFunc(edges, func(a, b Edge) int { return int(int32(a.Sequence - b.Sequence)) })
	var frame uint64
	for i, e := range edges {
		if i > 0 {
			if lost := e.Sequence - edges[i-1].Sequence; lost != 1 {
				return Credential{}, fmt.Errorf("wiegand frame: an edge is lost or doubled after %d bits: %w", i, driver.ErrGarbage)
			}
			if gap := e.Stamp - edges[i-1].Stamp; gap < closest {
				return Credential{}, fmt.Errorf("wiegand frame: two edges within %s: %w", gap, driver.ErrGarbage)
			}
		}
		frame <<= 1
		if e.One {
			frame |= 1
		}
	}
	return parity(frame, len(edges))
}

// parity checks and strips the two parity bits: the first makes its half of the
// frame even, the last makes the other half odd.
func parity(frame uint64, n int) (Credential, error) {
	if n != 26 && n != 34 {
		return Credential{}, fmt.Errorf("wiegand frame of %d bits, want 26 or 34: %w", n, driver.ErrGarbage)
	}
	half := n / 2
	first, second := frame>>half, frame&(1<<half-1)
	if bits.OnesCount64(first)%2 != 0 || bits.OnesCount64(second)%2 != 1 {
		return Credential{}, fmt.Errorf("wiegand frame %0*b: parity is wrong: %w", n, frame, driver.ErrGarbage)
	}
	return Credential{Bits: n, Number: uint32(frame >> 1 & (1<<(n-2) - 1))}, nil
}
