package modbustest

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"
)

// Crossing is how a voyage through a Storm went.
type Crossing struct {
	Exchanges, Right, Failed, Wrong int
	First                           string // of the wrong ones
}

// String is a line of a table.
func (c Crossing) String() string {
	return fmt.Sprintf("%d exchanges: %d right, %d failed, %d wrong %s", c.Exchanges, c.Right, c.Failed, c.Wrong, c.First)
}

// Read asks count holding registers from address on: a master.
type Read func(ctx context.Context, unit uint8, address, count uint16) ([]byte, error)

// Sail makes n reads through the storm, of a few units and lengths so that many answers
// look alike, and compares each that the master believes with what was asked.
func (s *Storm) Sail(n int, read Read) (c Crossing) {
	r := rand.New(rand.NewPCG(uint64(n), 1))
	for range n {
		unit, address, count := uint8(1+r.IntN(2)), uint16(r.IntN(4)*100), uint16(4+4*r.IntN(2))
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		data, err := read(ctx, unit, address, count)
		cancel()
		c.Exchanges++
		switch fault := s.compare(data, address, count); {
		case err != nil:
			c.Failed++
		case fault != "":
			c.Wrong++
			if c.First == "" {
				c.First = fmt.Sprintf("(the first: exchange %d, %s)", c.Exchanges, fault)
			}
		default:
			c.Right++
		}
	}
	return c
}

func (s *Storm) compare(data []byte, address, count uint16) string {
	if len(data) != 2*int(count) {
		return fmt.Sprintf("%d bytes", len(data))
	}
	if got := binary.BigEndian.Uint32(data); got != s.Asked {
		return fmt.Sprintf("the answer to request %d, asked was %d", got, s.Asked)
	}
	for i := uint16(2); i < count; i++ {
		if v := binary.BigEndian.Uint16(data[2*i:]); v != address+i {
			return fmt.Sprintf("register %d is %d", address+i, v)
		}
	}
	return ""
}
