package serial_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"watchbox/drivers/serial"
	"watchbox/firmware/driver"
)

// TestAdapterIsFoundBySocket lays sysfs out as the kernel does.
func TestAdapterIsFoundBySocket(t *testing.T) {
	sys := t.TempDir()
	for _, folder := range []string{"1-1:1.0/ttyUSB3", "1-1.2:1.2/ttyUSB0", "1-4:1.0/tty/ttyACM1", "1-5:1.0/input"} {
		if err := os.MkdirAll(filepath.Join(sys, "bus/usb/devices", folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for socket, want := range map[string]string{"1-1:1.0": "/dev/ttyUSB3", "1-1.2:1.2": "/dev/ttyUSB0", "1-4:1.0": "/dev/ttyACM1"} {
		if got, err := serial.AtUSB(sys, socket); err != nil || got != want {
			t.Errorf("socket %s: %q, %v; want %s", socket, got, err, want)
		}
	}
	for _, empty := range []string{"1-2:1.0", "1-5:1.0"} {
		if got, err := serial.AtUSB(sys, empty); !errors.Is(err, driver.ErrDisconnect) {
			t.Errorf("empty socket %s: %q, %v; want it disconnected", empty, got, err)
		}
	}
}
