package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// What tells one FAT from another is fixed, as everything in the image is.
const (
	fatID    = "77617463"
	fatLabel = "WATCHBOX"
)

// fat makes the boot partition of a board whose own firmware reads a FAT: the
// files of the firmware folder and the loader's control trees. mtools and
// dosfstools do it without root and without a mount, and take the time from
// SOURCE_DATE_EPOCH: two lines, and no dependency for one partition of one board.
func (o order) fat() (string, error) {
	image := o.tmp("boot.fat")
	if err := os.WriteFile(image, nil, 0o644); err != nil {
		return "", err
	}
	if err := os.Truncate(image, fatSize); err != nil {
		return "", err
	}
	if _, err := run("mkfs.vfat", "--invariant", "-F", "32", "-s", "1", "-i", fatID, "-n", fatLabel, image); err != nil {
		return "", err
	}
	files, err := filepath.Glob(filepath.Join(o.firmware, "*"))
	if err != nil || len(files) == 0 {
		return "", fmt.Errorf("firmware %s: want files, found none", o.firmware)
	}
	for _, t := range o.trees() {
		files = append(files, o.path("loader"+t.suffix+".dtb"))
	}
	_, err = run("mcopy", append(append([]string{"-i", image}, files...), "::/")...)
	return image, err
}

// hybrid puts the FAT partition into the old partition table too, in front of the
// entry that stands for the GPT. The board's second stage of Debian 12 finds its
// files only so: beside a loader in the EEPROM of 2025 or later it takes the wrong
// partition of a pure GPT (github.com/raspberrypi/rpi-eeprom issue 668), and it
// wants the FAT first and the GPT second (github.com/raspberrypi/firmware issue
// 1465). U-Boot and the kernel see the GPT: they look for its entry, wherever it is.
func hybrid(disk io.WriterAt, start, size uint32) error {
	const table, fat32, gpt = 446, 0x0c, 0xee
	entries := append(entry(fat32, start, size), entry(gpt, 1, start-1)...)
	_, err := disk.WriteAt(entries, table)
	return err
}

// entry is one of the four of the old table; sectors are counted, not addressed by
// cylinder (UEFI specification 2.10, 5.2.3: FFFFFFh where they do not fit).
func entry(kind byte, start, size uint32) []byte {
	none := []byte{0xff, 0xff, 0xff}
	b := append([]byte{0}, none...)
	b = append(append(b, kind), none...)
	b = binary.LittleEndian.AppendUint32(b, start)
	return binary.LittleEndian.AppendUint32(b, size)
}
