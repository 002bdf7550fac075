// Package guest boots the stock Debian arm64 kernel in QEMU with simulated GPIO
// lines, our init and a daemon, and proves on the kernel's own interface what no
// fake can: an edge moves the siren, none of 200 is lost, and kill -9 of the
// daemon does not move the line. Run it with
//
//	go test -tags guest ./test/guest
//
// The first run fetches the kernel (tools/guest/kernel.sh). The programs in the
// guest are the product's; only the agent knows that the lines are simulated.
package guest
