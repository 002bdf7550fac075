package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

const simulators = "/sys/kernel/config/gpio-sim"

// modules are the stock kernel's that a test may bring, in their order; GPIO lines
// first, then a serial adapter on USB, then sensors.
var modules = []string{"configfs.ko.xz", "gpio-sim.ko",
	"usb-common.ko.xz", "usbcore.ko.xz", "xhci-hcd.ko.xz", "xhci-pci.ko.xz", "usbserial.ko.xz", "ftdi_sio.ko.xz",
	"i2c-dev.ko.xz", "lm75.ko.xz", "i2c-stub.ko", "wire.ko.xz", "w1_therm.ko.xz", "w1-uart.ko"}

// parameters of modules: the one chip on the I2C bus; the seconds between two looks
// for sensors on the 1-Wire chain, and how many find nothing before one is given up,
// ten of each otherwise.
var parameters = map[string]string{"i2c-stub.ko": "chip_addr=0x48", "wire.ko.xz": "timeout=3 slave_ttl=3"}

// solder makes the hardware that the product finds: two chips of lines. The disk
// image brings no modules: its device tree has the chips.
func solder() error {
	if _, err := os.Stat("/modules"); err != nil {
		return nil
	}
	steps := []func() error{
		mount("devtmpfs", "/dev"), mount("proc", "/proc"), mount("sysfs", "/sys"),
		load, mount("configfs", "/sys/kernel/config"),
		chip("inputs", "di", 12), chip("outputs", "do", 4),
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func mount(kind, where string) func() error {
	return func() error {
		os.MkdirAll(where, 0o755)
		if err := unix.Mount(kind, where, kind, 0, ""); err != nil && !errors.Is(err, unix.EBUSY) {
			return fmt.Errorf("mount %s: %w", where, err)
		}
		return nil
	}
}

// load gives the kernel those modules that are there.
func load() error {
	for _, name := range modules {
		f, err := os.Open(filepath.Join("/modules", name))
		if errors.Is(err, os.ErrNotExist) {
			continue
		} else if err != nil {
			return err
		}
		defer f.Close()
		flags := 0
		if filepath.Ext(name) == ".xz" {
			flags = unix.MODULE_INIT_COMPRESSED_FILE
		}
		if err := unix.FinitModule(int(f.Fd()), parameters[name], flags); err != nil && !errors.Is(err, unix.EEXIST) {
			return fmt.Errorf("load %s: %w", name, err)
		}
	}
	return nil
}

func chip(name, label string, lines int) func() error {
	return func() error {
		bank := filepath.Join(simulators, name, "bank")
		return errors.Join(
			os.MkdirAll(bank, 0o755),
			os.WriteFile(bank+"/num_lines", fmt.Append(nil, lines), 0),
			os.WriteFile(bank+"/label", []byte(label), 0),
			os.WriteFile(filepath.Join(simulators, name, "live"), []byte("1"), 0),
		)
	}
}

// place is a line of a simulated chip: its folder in sysfs, and its chip's node.
func place(label, line string) (folder, node string, err error) {
	home, known := soldered[label]
	if !known {
		return "", "", fmt.Errorf("no simulated chip labelled %s", label)
	}
	return filepath.Join(home.folder, "sim_gpio"+line), home.node, nil
}

// soldered are the chips by their labels, looked up once: a slow machine looks
// at many lines.
var soldered = map[string]struct{ folder, node string }{}

// findChips asks the kernel for the label of each simulated chip, whoever made
// it: solder, or the device tree of the disk image.
func findChips() {
	folders, _ := filepath.Glob("/sys/devices/platform/gpio-sim*/gpiochip*")
	for _, folder := range folders {
		node := "/dev/" + filepath.Base(folder)
		if label, err := labelOf(node); err == nil {
			soldered[label] = struct{ folder, node string }{folder, node}
		}
	}
}

func labelOf(node string) (string, error) {
	chip, err := os.Open(node)
	if err != nil {
		return "", err
	}
	defer chip.Close()
	var info struct {
		name, label [32]byte
		lines       uint32
	} // struct gpiochip_info
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, chip.Fd(), unix.GPIO_GET_CHIPINFO_IOCTL, uintptr(unsafe.Pointer(&info))); errno != 0 {
		return "", errno
	}
	return unix.ByteSliceToString(info.label[:]), nil
}

func word(path string) string {
	text, _ := os.ReadFile(path)
	return strings.TrimSpace(string(text))
}
