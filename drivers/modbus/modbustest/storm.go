package modbustest

import (
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"time"
)

// Weather is what a Storm does to the answers: each a chance from 0 to 1.
type Weather struct {
	Late    float64 // begins after up to Worst; else within Prompt
	Split   float64 // comes in two to five pieces; the last is not later than a late one
	Merged  float64 // behind the frame of another unit, in one piece
	Echo    float64 // behind the request itself
	Damaged float64 // by a pattern that CRC-16 detects for certain: see damage
	Lost    float64 // not at all

	Random  float64 // all bytes behind the head at random: CRC-16 misses one in 65 536
	Overdue float64 // begins up to ten times Worst late
	Double  float64 // twice
}

// Storm is a line in bad weather: a driver.Port whose far end answers reads of holding
// registers. The first register of each answer is the number of the request, high
// half, the second its low half, the others what was asked for: so an answer to any
// other request shows. It runs in a synctest bubble, without a goroutine of its own.
type Storm struct {
	Weather       Weather
	Prompt, Worst time.Duration // from the end of the request
	Char          time.Duration // one character on the wire
	Rand          *rand.Rand
	Asked         uint32 // requests so far

	mutex  sync.Mutex
	by     time.Time
	coming []piece // by time
}

type piece struct {
	at    time.Time
	bytes []byte
}

func (s *Storm) chance(p float64) bool { return s.Rand.Float64() < p }

// upTo is a random time below d.
func (s *Storm) upTo(d time.Duration) time.Duration {
	return time.Duration(s.Rand.Float64() * float64(d))
}

// Write is a request.
func (s *Storm) Write(request []byte) (int, error) {
	s.Asked++
	if len(request) != 8 || request[1] != 3 || !sound(request) || s.chance(s.Weather.Lost) {
		return len(request), nil
	}
	frame := s.damaged(s.answer(request))
	over := time.Now().Add(time.Duration(len(request)) * s.Char)
	begins, ends := s.upTo(s.Prompt), s.Worst
	switch w := s.Weather; {
	case s.chance(w.Overdue):
		begins, ends = s.upTo(10*s.Worst), 10*s.Worst
	case s.chance(w.Late):
		begins = s.upTo(s.Worst)
	}
	if s.chance(s.Weather.Merged) {
		frame = append(readdressed(s.answer(request), request[0]+1), frame...)
		over = over.Add(-time.Duration(len(frame)/2) * s.Char) // it began as much earlier
	}
	if s.chance(s.Weather.Echo) {
		frame = append(slices.Clone(request), frame...)
		over = over.Add(-time.Duration(len(request)) * s.Char)
	}
	s.send(over, frame, begins, ends)
	if s.chance(s.Weather.Double) {
		s.send(over, frame, begins+s.upTo(ends), 2*ends)
	}
	return len(request), nil
}

// answer is what a good slave says.
func (s *Storm) answer(request []byte) []byte {
	n := int(request[4])<<8 | int(request[5])
	b := []byte{request[0], 3, byte(2 * n)}
	for i := range n {
		v := uint16(request[2])<<8 | uint16(request[3]) + uint16(i)
		switch i {
		case 0:
			v = uint16(s.Asked >> 16)
		case 1:
			v = uint16(s.Asked)
		}
		b = append(b, byte(v>>8), byte(v))
	}
	return seal(b)
}

// damaged turns bits of some frames.
func (s *Storm) damaged(frame []byte) []byte {
	if s.chance(s.Weather.Random) {
		for i := 3; i < len(frame); i++ {
			frame[i] = byte(s.Rand.Uint32())
		}
		return frame
	}
	if s.chance(s.Weather.Damaged) {
		s.damage(frame)
	}
	return frame
}

// damage is one of three patterns that the polynomial x¹⁶+x¹⁵+x²+1 detects in every
// frame of this length: an odd number of bits (it has the factor x+1), two bits less
// than 32 767 apart, and a burst of at most 16 bits.
func (s *Storm) damage(frame []byte) {
	bits := 8 * len(frame)
	turn := func(i int) { frame[i/8] ^= 1 << (i % 8) } // in the order of the wire
	switch s.Rand.IntN(3) {
	case 0:
		for _, i := range s.Rand.Perm(bits)[:1+2*s.Rand.IntN(6)] {
			turn(i)
		}
	case 1:
		for _, i := range s.Rand.Perm(bits)[:2] {
			turn(i)
		}
	case 2:
		from := s.Rand.IntN(bits - 16)
		turn(from)
		for i := range s.Rand.IntN(16) {
			if s.chance(0.5) {
				turn(from + 1 + i)
			}
		}
	}
}

// send puts the frame on its way: it begins after begins, and its last piece is not
// held back beyond ends.
func (s *Storm) send(over time.Time, frame []byte, begins, ends time.Duration) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	pieces, held := 1, begins
	if s.chance(s.Weather.Split) {
		pieces = min(2+s.Rand.IntN(4), len(frame))
	}
	sent := 0
	for n := pieces; n > 0; n-- {
		cut := len(frame)
		if n > 1 {
			cut = sent + 1 + s.Rand.IntN(len(frame)-sent-n+1)
		}
		s.coming = append(s.coming, piece{over.Add(held + time.Duration(cut)*s.Char), slices.Clone(frame[sent:cut])})
		sent = cut
		held += s.upTo(max(0, ends-held))
	}
	slices.SortStableFunc(s.coming, func(a, b piece) int { return a.at.Compare(b.at) })
}

// Read waits for the next piece, or the deadline.
func (s *Storm) Read(b []byte) (int, error) {
	s.mutex.Lock()
	until, due := s.by, len(s.coming) > 0 && !s.coming[0].at.After(s.by)
	if due {
		until = s.coming[0].at
	}
	s.mutex.Unlock()
	time.Sleep(time.Until(until))
	if !due {
		return 0, os.ErrDeadlineExceeded
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	n := copy(b, s.coming[0].bytes)
	if s.coming[0].bytes = s.coming[0].bytes[n:]; len(s.coming[0].bytes) == 0 {
		s.coming = s.coming[1:]
	}
	return n, nil
}

// Flush drops what has come.
func (s *Storm) Flush() error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	now := time.Now()
	s.coming = slices.DeleteFunc(s.coming, func(p piece) bool { return !p.at.After(now) })
	return nil
}

// SetReadDeadline holds for reads that begin later.
func (s *Storm) SetReadDeadline(t time.Time) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.by = t
	return nil
}

// SetWriteDeadline does nothing: a write never waits.
func (s *Storm) SetWriteDeadline(time.Time) error { return nil }

// Close forgets what is under way.
func (s *Storm) Close() error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.coming = nil
	return nil
}
