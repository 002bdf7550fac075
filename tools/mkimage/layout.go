package main

// The disk. Every partition begins on a whole MiB; the loader finds them by name,
// the kernel by the partition's UUID, which is the same on every box: what tells
// boxes apart is the box id in the boot state.
const (
	mib = 1 << 20

	stateSize = 1 * mib  // its two copies, the ledger and two copies of the site file (drivers/system)
	slotSize  = 64 * mib // FIT, root and verity tree
	fatSize   = 64 * mib // a FAT32 of the usual kind; below 33 MiB it would be a FAT16
	fitSize   = 16 * mib // the slot's first part; the root begins here
	block     = 4096     // of squashfs, of dm-verity
)

// partition is one entry of the GPT.
type partition struct {
	name, uuid, kind string
	size             int64
}

const (
	kindLinux = "0FC63DAF-8483-4772-8E79-3D69D8477DE4"
	kindFAT   = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"
	diskUUID  = "7761746B-6469-4E00-8000-000000000000"

	uuidState = "7761746B-6469-4E00-8000-000000000001"
	uuidA     = "7761746B-6469-4E00-8000-00000000000A"
	uuidB     = "7761746B-6469-4E00-8000-00000000000B"
	uuidData  = "7761746B-6469-4E00-8000-00000000000D"
	uuidFAT   = "7761746B-6469-4E00-8000-00000000000F"
)

// partitions are those of a board, in the order of the disk.
func (o order) partitions() []partition {
	list := []partition{
		{"bootstate", uuidState, kindLinux, stateSize},
		{"slot-a", uuidA, kindLinux, slotSize},
		{"slot-b", uuidB, kindLinux, slotSize},
		{"data", uuidData, kindLinux, o.data},
	}
	if o.firmware != "" {
		list = append([]partition{{"boot", uuidFAT, kindFAT, fatSize}}, list...)
	}
	return list
}
