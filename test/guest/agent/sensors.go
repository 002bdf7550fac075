package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// poke writes a word to a register of a chip on bus i2c-0, under its driver's feet:
// the kernel's i2c-stub keeps what was written.
func poke(w []string) (string, error) {
	var number [3]uint64
	for i, bits := range []int{7, 8, 16} {
		n, err := strconv.ParseUint(w[i], 0, bits)
		if err != nil {
			return "", err
		}
		number[i] = n
	}
	bus, err := os.OpenFile("/dev/i2c-0", os.O_RDWR, 0)
	if err != nil {
		return "", err
	}
	defer bus.Close()
	const slaveForce, smbus = 0x0706, 0x0720 // I2C_SLAVE_FORCE, I2C_SMBUS of linux/i2c-dev.h
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, bus.Fd(), slaveForce, uintptr(number[0])); errno != 0 {
		return "", errno
	}
	data := [34]byte{byte(number[2]), byte(number[2] >> 8)} // union i2c_smbus_data
	order := struct {
		write, command uint8
		size           uint32
		data           *[34]byte
	}{0, byte(number[1]), 3 /* I2C_SMBUS_WORD_DATA */, &data}
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, bus.Fd(), smbus, uintptr(unsafe.Pointer(&order))); errno != 0 {
		return "", errno
	}
	return "ok", nil
}

func write(w []string) (string, error) { return "ok", os.WriteFile(w[0], []byte(w[1]+"\n"), 0) }

// replace is what an editor does: one text for another, once, in a file.
func replace(w []string) (string, error) {
	text, err := os.ReadFile(w[0])
	if err != nil {
		return "", err
	}
	if n := strings.Count(string(text), w[1]); n != 1 {
		return "", fmt.Errorf("%s holds %q %d times", w[0], w[1], n)
	}
	return "ok", os.WriteFile(w[0], []byte(strings.Replace(string(text), w[1], w[2], 1)), 0)
}
