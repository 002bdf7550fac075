package self

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// board is a tree of the kernel's files about the disk of the data: partition 4 of
// an eMMC with ext4.
func board(t *testing.T, d *Device) (write func(file, text string)) {
	d.root, d.data = t.TempDir(), t.TempDir()
	var s unix.Stat_t
	if err := unix.Stat(d.data, &s); err != nil {
		t.Fatal(err)
	}
	numbers := filepath.Join(d.root, "sys/dev/block", fmt.Sprintf("%d:%d", unix.Major(s.Dev), unix.Minor(s.Dev)))
	write = func(file, text string) {
		file = filepath.Join(d.root, file)
		os.MkdirAll(filepath.Dir(file), 0o755)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("sys/block/mmcblk0/mmcblk0p4/stat", "1 0 8 0 5 0 0 0 0 0 0\n")
	os.MkdirAll(filepath.Dir(numbers), 0o755)
	if err := os.Symlink("../../block/mmcblk0/mmcblk0p4", numbers); err != nil {
		t.Fatal(err)
	}
	return write
}

func TestFlashIsSeenAgainstItsBudgetAndItsLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, err := New(driver.Spec{Name: "box", Options: map[string]string{"flash-budget": "200", "flash-endurance": "10"}})
		if err != nil {
			t.Fatal(err)
		}
		write := board(t, d)
		write("sys/block/mmcblk0/device/life_time", "0x02 0x01\n")
		write("sys/fs/ext4/mmcblk0p4/lifetime_write_kbytes", "1048576\n")
		if got := poll(t, d); got["flash.rate"].Quality != point.BadBecause(point.NotPresent) || got["flash.years"].Quality != point.BadBecause(point.NotPresent) {
			t.Errorf("a rate at once: %v", got["flash.rate"])
		}
		sectors := 0
		for range 6 * 30 { // 30 h; 1 MiB in ten minutes is 151 MB per day
			time.Sleep(10 * time.Minute)
			sectors += 2048
			write("sys/block/mmcblk0/mmcblk0p4/stat", fmt.Sprintf("1 0 8 0 5 0 %d 0 0 0 0\n", sectors))
			poll(t, d)
		}
		got := poll(t, d)
		for item, want := range map[string]string{"flash.rate": "151.0", "flash.share": "75.5", "flash.written": "1.1", "flash.years": "99.0", "flash.used": "20.0"} {
			if f, _ := got[item].Value.Float(); fmt.Sprintf("%.1f", f) != want {
				t.Errorf("%s: %.1f, want %s", item, f, want)
			}
		}
		if len(d.marks) > 145 {
			t.Errorf("%d marks are kept", len(d.marks))
		}
		write("sys/fs/ext4/mmcblk0p4/lifetime_write_kbytes", "9000000000\n")
		if f, _ := poll(t, d)["flash.years"].Value.Float(); f < 14.2 || f > 14.3 { // 784 GB at 151 MB per day
			t.Errorf("%v years", f)
		}
	})
}

func TestACardTellsNoLife(t *testing.T) {
	d, err := New(driver.Spec{Name: "box"})
	if err != nil {
		t.Fatal(err)
	}
	board(t, d)
	got := poll(t, d)
	for _, item := range []string{"flash.used", "flash.written", "flash.years"} {
		if got[item].Quality != point.BadBecause(point.NotPresent) {
			t.Errorf("%s: %v", item, got[item])
		}
	}
}

func TestFlashOptionsAreChecked(t *testing.T) {
	for option, value := range map[string]string{"flash-budget": "0", "flash-endurance": "NaN", "flash": "1"} {
		if _, err := New(driver.Spec{Name: "box", Options: map[string]string{option: value}}); err == nil {
			t.Errorf("%s = %s was taken", option, value)
		}
	}
}
