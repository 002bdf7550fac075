package serial

import (
	"fmt"
	"path/filepath"

	"watchbox/firmware/driver"
)

// AtUSB is the device node of the serial adapter in a USB socket. The kernel
// numbers ttyUSB0, ttyUSB1 … in the order of arrival: after a plug was pulled the
// number may be another adapter's. The socket stays the same. sys is where sysfs is
// mounted; socket is the kernel's name of the interface in it: bus, port of each
// hub on the way, configuration and interface, "1-1.2:1.0". An empty socket is
// driver.ErrDisconnect. Ask anew before each Open.
//
// Source: the kernel's Documentation/ABI/testing/sysfs-bus-usb. An adapter of
// drivers/usb/serial has its port in the interface's folder, a modem of cdc-acm one
// folder below.
func AtUSB(sys, socket string) (string, error) {
	interfaces := filepath.Join(sys, "bus/usb/devices", socket)
	for _, pattern := range []string{"ttyUSB*", "tty/ttyACM*"} {
		found, err := filepath.Glob(filepath.Join(interfaces, pattern))
		if err != nil {
			return "", fmt.Errorf("find USB socket %s: %w: %w", socket, driver.ErrUnsupported, err)
		}
		if len(found) > 0 {
			return "/dev/" + filepath.Base(found[0]), nil
		}
	}
	return "", fmt.Errorf("no serial adapter in USB socket %s: %w", socket, driver.ErrDisconnect)
}
