package self

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"watchbox/firmware/driver"
)

// Flash wears out by writing. What the box writes per day is seen against a
// budget, and against what the maker of the card or chip promises.
const (
	// DefaultBudget is what the box may write per day, in MB (10⁶ bytes).
	DefaultBudget = 200
	flashSettle   = 10 * time.Minute // a rate over less says nothing: history is written in pieces
	flashWindow   = 24 * time.Hour
	sector        = 512 // of the kernel's block statistics (Documentation/block/stat.rst)
)

// mark is how much had been written at a time.
type mark struct {
	at    time.Time
	bytes float64
}

// flashFile is a file of the kernel about the disk of the data: below
// /sys/dev/block/MAJOR:MINOR.
func (d *Device) flashFile(name string) (string, error) {
	var s unix.Stat_t
	if err := unix.Stat(d.data, &s); err != nil {
		return "", fmt.Errorf("look at %s: %w", d.data, err)
	}
	return filepath.Join("sys/dev/block", fmt.Sprintf("%d:%d", unix.Major(s.Dev), unix.Minor(s.Dev)), name), nil
}

// written is what was written to the data partition in its whole life, in bytes:
// ext4 counts it (Documentation/ABI/testing/sysfs-fs-ext4, lifetime_write_kbytes).
func (d *Device) written() (float64, error) {
	link, err := d.flashFile("")
	if err != nil {
		return 0, err
	}
	disk, err := filepath.EvalSymlinks(filepath.Join(d.root, link))
	if err != nil {
		return 0, err
	}
	kib, err := d.field(filepath.Join("sys/fs/ext4", filepath.Base(disk), "lifetime_write_kbytes"), "", 0)
	return kib * 1024, err
}

// sinceStart is what went to the disk's partition since the kernel started, in bytes.
func (d *Device) sinceStart() (float64, error) {
	file, err := d.flashFile("stat")
	if err != nil {
		return 0, err
	}
	sectors, err := d.field(file, "", 6)
	return sectors * sector, err
}

// flashRate is what is written per day, in MB, over the last day or what there is
// of it.
func flashRate(d *Device) (float64, error) {
	bytes, err := d.sinceStart()
	if err != nil {
		return 0, err
	}
	now := time.Now()
	if n := len(d.marks); n == 0 || now.Sub(d.marks[n-1].at) >= flashSettle {
		d.marks = append(d.marks, mark{now, bytes})
	}
	for now.Sub(d.marks[0].at) > flashWindow {
		d.marks = d.marks[1:]
	}
	passed := now.Sub(d.marks[0].at)
	if passed < flashSettle {
		return 0, fmt.Errorf("writing per day is known after %v: %w", flashSettle, driver.ErrNotPresent)
	}
	return (bytes - d.marks[0].bytes) / 1e6 * float64(24*time.Hour) / float64(passed), nil
}

// flashShare is the writing per day as a share of the budget, in %.
func flashShare(d *Device) (float64, error) {
	rate, err := flashRate(d)
	return 100 * rate / d.budget, err
}

func flashWritten(d *Device) (float64, error) {
	bytes, err := d.written()
	return bytes / 1e9, err
}

// flashYears is how long the card lasts at this rate, by its maker's promise.
func flashYears(d *Device) (float64, error) {
	if d.endurance == 0 {
		return 0, fmt.Errorf("endurance of the card is not in the site file: %w", driver.ErrNotPresent)
	}
	rate, err := flashRate(d)
	if err != nil {
		return 0, err
	}
	bytes, err := d.written()
	return min(99, max(0, d.endurance*1e6-bytes/1e6)/max(rate, 0.001)/365.25), err
}

// flashUsed is how much of its life an eMMC says to have used, in %, the upper end
// of the worse of its two steps of ten (JEDEC JESD84-B51, EXT_CSD bytes 268 and 269,
// device life time estimation types A and B; 0x0b is beyond it). A card has none.
func flashUsed(d *Device) (float64, error) {
	link, err := d.flashFile("")
	if err != nil {
		return 0, err
	}
	for _, device := range []string{"../device", "device"} { // of a partition, of a whole disk
		b, err := os.ReadFile(filepath.Join(d.root, link) + "/" + device + "/life_time")
		if err != nil {
			continue
		}
		var a, z int
		if _, err := fmt.Sscanf(string(b), "0x%x 0x%x", &a, &z); err != nil || max(a, z) == 0 {
			return 0, fmt.Errorf("life time %q: %w", b, driver.ErrNotPresent)
		}
		return float64(min(110, 10*max(a, z))), nil
	}
	return 0, fmt.Errorf("life time of the disk: %w", driver.ErrNotPresent)
}
