// Package i2ctest is an I²C bus as the kernel shows it: the folder of an adapter and,
// beside it, one for each chip with the files of its driver, laid out as
// Documentation/hwmon/sysfs-interface.rst and Documentation/ABI/testing/sysfs-bus-iio
// say. That the kernel's own are so, and that it obeys new_device, is shown in
// test/guest.
package i2ctest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Bus is the folder that stands for /sys/bus/i2c/devices, with bus number 1 in it.
type Bus struct{ Dir string }

// New makes an empty bus.
func New(dir string) (Bus, error) {
	b := Bus{dir}
	err := os.MkdirAll(b.Adapter(), 0o755)
	for _, name := range []string{"new_device", "delete_device"} {
		err = errors.Join(err, os.WriteFile(filepath.Join(b.Adapter(), name), nil, 0o600))
	}
	return b, err
}

// Adapter is the folder of the bus itself.
func (b Bus) Adapter() string { return filepath.Join(b.Dir, "i2c-1") }

func (b Bus) folder(address int) string {
	return filepath.Join(b.Dir, fmt.Sprintf("1-%04x", address))
}

// Put sets a chip on the bus, or changes it. Links are what the kernel has beside:
// driver for one that answered, of_node for one of the device tree.
func (b Bus) Put(address int, name string, files map[string]string, links ...string) error {
	folder := b.folder(address)
	err := os.MkdirAll(folder, 0o755)
	for _, link := range links {
		if e := os.Symlink("/", filepath.Join(folder, link)); !errors.Is(e, os.ErrExist) {
			err = errors.Join(err, e)
		}
	}
	err = errors.Join(err, os.WriteFile(filepath.Join(folder, "name"), []byte(name+"\n"), 0o644))
	for file, text := range files {
		path := filepath.Join(folder, file)
		err = errors.Join(err, os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644))
	}
	return err
}

// Take removes a chip.
func (b Bus) Take(address int) error { return os.RemoveAll(b.folder(address)) }

// Told is what was written to new_device or delete_device, and forgets it.
func (b Bus) Told(file string) []string {
	path := filepath.Join(b.Adapter(), file)
	text, _ := os.ReadFile(path)
	os.WriteFile(path, nil, 0o600)
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}
