package onewiretest

import (
	"encoding/binary"
	"fmt"
	"math"
)

// phase is where a sensor is in a transaction.
type phase int

const (
	quiet      phase = iota // until the next reset
	commandROM              // eight bits: who is meant
	matching                // 64 bits: one of us
	searching               // 64 times: own bit, its complement, the master's choice
	command                 // eight bits: what to do
	sending                 // out, then ones
	writing                 // three bytes of the scratchpad
)

// sensor is one DS18B20.
type sensor struct {
	rom     uint64 // as it goes over the wire, the low bit first: family, number, check sum
	celsius float64
	memory  [8]byte // scratchpad without its check sum
	phase   phase
	n       int // bits of the phase
	word    uint64
	out     []byte
}

func newSensor(rom string) *sensor {
	var family byte
	var number uint64
	if _, err := fmt.Sscanf(rom, "%02x-%012x", &family, &number); err != nil {
		panic("onewiretest: " + rom + ": " + err.Error()) // the test's own mistake
	}
	s := &sensor{rom: uint64(family) | number<<8}
	b := binary.LittleEndian.AppendUint64(nil, s.rom)
	s.rom |= uint64(CRC(b[:7])) << 56
	s.powerOn()
	return s
}

func (s *sensor) powerOn() { s.memory = [8]byte{0x50, 0x05, 0x4b, 0x46, 0x7f, 0xff, 0x0c, 0x10} }

func (s *sensor) begin(p phase) { s.phase, s.n, s.word = p, 0, 0 }

// releases is false while the sensor pulls the wire low in this slot.
func (s *sensor) releases() bool {
	switch s.phase {
	case searching:
		bit := s.rom>>(s.n/3)&1 == 1
		return s.n%3 == 2 || bit == (s.n%3 == 0)
	case sending:
		return s.n >= 8*len(s.out) || s.out[s.n/8]>>(s.n%8)&1 == 1
	}
	return true
}

// hear takes what was on the wire in this slot.
func (s *sensor) hear(line bool) {
	bit := uint64(0)
	if line {
		bit = 1
	}
	i := s.n
	s.n++
	switch s.phase {
	case commandROM, command, matching, writing:
		s.word |= bit << i
		s.whole()
	case searching:
		if i%3 == 2 && bit != s.rom>>(i/3)&1 {
			s.begin(quiet)
		} else if s.n == 3*64 {
			s.begin(command)
		}
	}
}

// whole acts when enough bits of a phase have come.
func (s *sensor) whole() {
	switch {
	case s.phase == commandROM && s.n == 8:
		s.begin(map[uint64]phase{0xf0: searching, 0x55: matching, 0xcc: command}[s.word])
	case s.phase == matching && s.n == 64 && s.word == s.rom:
		s.begin(command)
	case s.phase == matching && s.n == 64:
		s.begin(quiet)
	case s.phase == command && s.n == 8:
		s.obey(byte(s.word))
	case s.phase == writing && s.n == 24:
		s.memory[2], s.memory[3], s.memory[4] = byte(s.word), byte(s.word>>8), byte(s.word>>16)
		s.begin(quiet)
	}
}

func (s *sensor) obey(order byte) {
	s.out = nil // ones: done, and powered by its own wire
	s.begin(sending)
	switch order {
	case 0x44: // convert
		if !math.IsNaN(s.celsius) {
			binary.LittleEndian.PutUint16(s.memory[:], uint16(int16(math.Round(s.celsius*16))))
		}
	case 0xbe: // read scratchpad
		s.out = append(s.memory[:], CRC(s.memory[:]))
	case 0x4e:
		s.begin(writing)
	}
}
