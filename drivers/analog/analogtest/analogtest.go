// Package analogtest is an ADC whose terminals hold resistors: files as the
// kernel's industrial I/O interface shows them. It has 12 bits over 3.3 V.
package analogtest

import (
	"fmt"
	"os"
	"path/filepath"
)

// The board of the fake: pull-up, supply, and the converter's steps.
const (
	PullUp = 4700.0
	Supply = 3.3
	steps  = 4095
)

// Chip is a folder with the channels of one converter.
type Chip struct{ Dir string }

// New makes the folder with the scale that all channels share.
func New(dir string) (Chip, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return Chip{}, err
	}
	scale := fmt.Sprintf("%.9f\n", Supply*1000/steps)
	return Chip{dir}, os.WriteFile(filepath.Join(dir, "in_voltage_scale"), []byte(scale), 0o644)
}

// Raw is the path of a channel.
func (c Chip) Raw(channel int) string {
	return filepath.Join(c.Dir, fmt.Sprintf("in_voltage%d_raw", channel))
}

// Hang puts a resistor of so many Ω on the terminal; a negative one leaves it open.
func (c Chip) Hang(channel int, ohms float64) error {
	if ohms < 0 {
		return c.Drive(channel, Supply)
	}
	return c.Drive(channel, Supply*ohms/(ohms+PullUp))
}

// Drive puts so many V on a channel; beyond its scale the converter shows its end.
func (c Chip) Drive(channel int, volts float64) error {
	raw := min(max(steps*volts/Supply, 0), steps)
	file := c.Raw(channel)
	if err := os.WriteFile(file+".new", []byte(fmt.Sprintf("%.0f\n", raw)), 0o644); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}
