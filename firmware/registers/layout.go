// Package registers is the box as a Modbus master reads it: which register tells
// what. It is pure; drivers/modbusserver carries it over the wire.
//
// Each point has a number in the site file, given once by a person and kept, and
// the number n makes its addresses (as they go over the wire, from 0). Coils and
// discrete inputs show the same bits, holding and input registers the same words:
//
//	register 1000+n   quality: 256 × level + reason, see quality.go
//	register 2000+n   value × scale as a signed 16-bit number
//	register 4000+2n  value as an IEEE 754 float in two registers, high word first
//	bit      1000+n   the value is true, or not zero
//	bit      2000+n   the value may be used: its quality is good or uncertain
//
// What is not known is never a number that could be one: a value of bad quality,
// one that was never read, and a number without a point read as NaN (0x7FC00000)
// and as −32768 (0x8000), SunSpec's marks for "not there" ("Information Model
// Overview", standard data formats), and as 0 in both bits. A value that does not
// fit into 16 bits is −32768 there, and whole in its float.
//
// Registers and bits 0–99 tell of the box itself, see box.go. A new release may
// put something into those that hold 0 today; what has a meaning keeps it.
package registers

import "math"

// Version is that of the layout, in register 0. It changes only if an address
// ever had to take another meaning.
const Version = 1

// The blocks. Each may be read from end to end; what lies between does not exist.
const (
	boxEnd     = 100  // registers and bits 0–99
	statusAt   = 1000 // register
	scaledAt   = 2000 // register
	floatAt    = 4000 // register, two per point
	truthAt    = 1000 // bit
	usableAt   = 2000 // bit
	numbers    = 1000 // 0 is never given
	partitions = 33   // 0 is never given
)

// What stands for "not known".
const (
	noScaled = 0x8000
	noFloat  = 0x7fc00000
)

// scaled is f × scale in 16 bits, or noScaled where it does not fit.
func scaled(f, scale float64) uint16 {
	x := math.Round(f * scale)
	if !(x >= -32767 && x <= 32767) {
		return noScaled
	}
	return uint16(int16(x))
}

// float is f in 32 bits, or noFloat where it does not fit.
func float(f float64) uint32 {
	x := float32(f)
	if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
		return noFloat
	}
	return math.Float32bits(x)
}
