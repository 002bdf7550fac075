// Package boot starts the disk image in QEMU as a box starts: loader, slot, data
// partition, network. What is proven there is what no unit test can show: that
// the image boots to armed, that it answers on one port only, that an update goes
// in over the API or from a USB stick and stays, and that each way to break one ends
// in an armed box.
//
//	make boottest      the fast part
//	make bootproof     the faults, with a table
//	make boardtest     the image of the Raspberry Pi 4
//
// The images are the product's. Two of them have the agent of test/guest in
// front of init (AGENT=1 tools/image/build.sh), which is the hand on the wires; the
// first test shows the image without it.
package boot
