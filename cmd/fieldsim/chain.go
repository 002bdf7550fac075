package main

import (
	"fmt"
	"strconv"

	"watchbox/drivers/onewire"
	"watchbox/drivers/onewire/onewiretest"
)

// sensor is the deed: a thermometer on the 1-Wire chain shows a temperature, is plugged
// in with one, or goes. Nothing hangs on the chain until somebody plugs it in.
func (f *field) sensor(a []string) error {
	rom, err := onewire.ParseROM(a[0])
	if err != nil {
		return err
	}
	f.diary.tell(fmt.Sprintf("温度传感器 %s：%s", rom, a[1]), fmt.Sprintf("thermometer %s: %s", rom, a[1]))
	if a[1] == "gone" {
		return f.chain.Unplug(rom)
	}
	celsius, err := strconv.ParseFloat(a[1], 64)
	if err != nil || !(celsius >= -55 && celsius <= 125) {
		return fmt.Errorf("sensor %q: allowed gone, or -55 to 125 °C", a[1])
	}
	return f.chain.Set(rom, celsius)
}

// newChain is the folder in which the kernel would show the chain.
func newChain(dir string) (onewiretest.Chain, error) {
	c, err := onewiretest.New(dir)
	if err != nil {
		err = fmt.Errorf("chain: %w", err)
	}
	return c, err
}
