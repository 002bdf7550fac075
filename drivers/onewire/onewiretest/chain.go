// Package onewiretest is a chain of DS18B20 as the kernel shows it: a folder of a
// bus master with a folder and a file w1_slave per sensor, laid out as
// Documentation/w1/w1-generic.rst and w1_therm.rst say. Files do not convert:
// what takes time on a wire is shown in test/guest with the kernel itself.
package onewiretest

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
)

// Chain is the folder of one bus master.
type Chain struct{ Dir string }

// New makes the folder with what a master has of its own.
func New(dir string) (Chain, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return Chain{}, err
	}
	return Chain{dir}, os.WriteFile(filepath.Join(dir, "w1_master_name"), []byte(filepath.Base(dir)+"\n"), 0o644)
}

// Set plugs a sensor in, or gives it another temperature; 12 bits, 1/16 °C.
func (c Chain) Set(rom string, celsius float64) error {
	raw := uint16(int16(math.Round(celsius * 16)))
	return c.Say(rom, Reading([8]byte{byte(raw), byte(raw >> 8), 0x4b, 0x46, 0x7f, 0xff, 0x0c, 0x10}))
}

// Say lets the sensor's file hold this text; an empty one is what the kernel shows
// of a sensor that does not answer.
func (c Chain) Say(rom, text string) error {
	if err := os.MkdirAll(filepath.Join(c.Dir, rom), 0o755); err != nil {
		return err
	}
	file := filepath.Join(c.Dir, rom, "w1_slave")
	if err := os.WriteFile(file+".new", []byte(text), 0o644); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

// Unplug takes a sensor off the chain, as the kernel does after ten looks.
func (c Chain) Unplug(rom string) error { return os.RemoveAll(filepath.Join(c.Dir, rom)) }

// Reading is w1_slave's text for a DS18B20's first eight bytes, with a right check sum.
func Reading(b [8]byte) string {
	hex := ""
	for _, x := range b {
		hex += fmt.Sprintf("%02x ", x)
	}
	sum := CRC(b[:])
	hex += fmt.Sprintf("%02x ", sum)
	return fmt.Sprintf("%s: crc=%02x YES\n%st=%d\n", hex, sum, hex, int(int16(uint16(b[0])|uint16(b[1])<<8))*1000/16)
}

// CRC is Dallas's CRC-8: polynomial x⁸+x⁵+x⁴+1, the low bit first (Maxim's
// application note 27).
func CRC(b []byte) (sum byte) {
	for _, x := range b {
		for range 8 {
			mix := (sum ^ x) & 1
			sum >>= 1
			if mix != 0 {
				sum ^= 0x8c
			}
			x >>= 1
		}
	}
	return sum
}
