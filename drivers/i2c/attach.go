package i2c

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Bus is one I²C bus of the box: the kernel's folder of its adapter,
// /sys/bus/i2c/devices/i2c-1. The chips on it stand beside: 1-0048.
type Bus struct{ Adapter string }

// String is the kernel's name of it, "i2c-1".
func (b Bus) String() string { return filepath.Base(b.Adapter) }

func (b Bus) folder(address int) string {
	number, _ := strings.CutPrefix(b.String(), "i2c-")
	return filepath.Join(filepath.Dir(b.Adapter), fmt.Sprintf("%s-%04x", number, address))
}

// chip is what the kernel knows of one address.
type chip struct {
	name   string // "" when it knows none
	ours   bool   // not of the board's device tree
	driven bool   // a driver found it and took it
}

func (b Bus) chip(address int) (c chip) {
	folder := b.folder(address)
	text, err := os.ReadFile(filepath.Join(folder, "name"))
	if err != nil {
		return chip{}
	}
	_, board := os.Lstat(filepath.Join(folder, "of_node"))
	_, driver := os.Lstat(filepath.Join(folder, "driver"))
	return chip{strings.TrimSpace(string(text)), errors.Is(board, fs.ErrNotExist), driver == nil}
}

// Attach makes the kernel know the wanted chips of the bus (address → a name of
// Chips) and forget those that it was told before and that are wanted no more. One
// that nothing answered for is told anew, so that a sensor that is plugged in later is
// found when Attach is called again. What the board's device tree names is left
// alone. Root only: it writes the adapter's new_device and delete_device
// (Documentation/i2c/instantiating-devices.rst). Blocks while the chips are
// asked, a second or so for each that hangs. The error names each that is not
// there; the others are.
func (b Bus) Attach(want map[int]string) error {
	if _, err := os.Stat(b.Adapter); err != nil && len(want) == 0 {
		return nil
	} else if err != nil {
		return fmt.Errorf("i2c bus %s: %w", b, err)
	}
	var all []error
	for address := 0x08; address <= 0x77; address++ {
		have := b.chip(address)
		known := ParseChip(have.name) == nil
		if known && have.ours && (want[address] != have.name || !have.driven) {
			all = append(all, b.tell("delete_device", fmt.Sprintf("0x%02x", address)))
		}
	}
	for _, address := range slices.Sorted(maps.Keys(want)) {
		all = append(all, b.attach(address, want[address]))
	}
	return errors.Join(all...)
}

func (b Bus) attach(address int, name string) error {
	if _, err := ParseAddress(fmt.Sprintf("0x%x", address)); err != nil {
		return err
	}
	if err := ParseChip(name); err != nil {
		return err
	}
	if have := b.chip(address); have.name == name && have.driven {
		return nil
	} else if have.name != "" {
		return fmt.Errorf("i2c bus %s: 0x%02x is taken by the box's own %s", b, address, have.name)
	}
	if err := b.tell("new_device", fmt.Sprintf("%s 0x%02x", name, address)); err != nil {
		return err
	}
	if !b.chip(address).driven {
		return fmt.Errorf("i2c bus %s: no %s answers at 0x%02x", b, name, address)
	}
	return nil
}

func (b Bus) tell(file, words string) error {
	f, err := os.OpenFile(filepath.Join(b.Adapter, file), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(words + "\n")
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("i2c bus %s: tell the kernel %q: %w", b, words, err)
	}
	return nil
}
