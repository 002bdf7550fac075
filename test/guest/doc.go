// Package guest boots the stock Debian arm64 kernel in QEMU with simulated GPIO
// lines, cmd/init and cmd/watchboxd with the site file beside this, and proves on
// the kernel's own interface what no fake can: a panic button moves the siren (how
// quickly is printed), of 200 edges of a contact none is lost, a contact that
// bounces for 20 ms is one event, kill -9 of the daemon moves no line that
// is to be held, and the next daemon takes alarm and lines up where they are,
// until a person acknowledges and resets. A second boot is the whole box with
// wires: RTU on the PL011 and on USB, a modem, an adapter that is pulled. A third one
// has sensors behind the kernel's own drivers: an LM75 on I2C (i2c-stub), and a
// 1-Wire chain on the PL011 whose bits our fake answers (w1-uart, w1_therm). Run it with
//
//	go test -tags guest ./test/guest
//
// The first run fetches the kernel (tools/guest/kernel.sh). The programs in the
// guest are the product's; only the agent knows that the lines are simulated. It
// is also the person: it asks the API from inside the guest.
//
// The machine is slow, and its time is its own: one nanosecond an instruction.
// A duration of the guest is comparable with itself on any builder's machine,
// not with a real board's.
package guest
