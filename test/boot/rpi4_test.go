//go:build board

package boot

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"watchbox/test/harness"
)

// Where `make boardtest` puts the image of the Raspberry Pi 4, and the same again.
var (
	first  = filepath.Join(harness.Root(), "out", "board", "rpi4")
	second = filepath.Join(harness.Root(), "out", "board", "again")
)

// The slot's root begins here (tools/mkimage/layout.go).
const rootAt = 16 << 20

// tool runs a program and gives its output.
func tool(t *testing.T, name string, arguments ...string) string {
	t.Helper()
	out, err := exec.Command(name, arguments...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(arguments, " "), err, out)
	}
	return string(out)
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// script is a tool of tools/image that prints the folder of what it made.
func script(t *testing.T, name string, arguments ...string) string {
	t.Helper()
	command := exec.Command(filepath.Join(harness.Root(), "tools", "image", name), arguments...)
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return strings.TrimSpace(string(out))
}

func TestBuiltTwiceIsTheSame(t *testing.T) {
	for _, name := range []string{"disk.img", "slot.img", "loader.dtb", "loader-cm4.dtb", "bom.json", "licences.txt"} {
		if !bytes.Equal(read(t, filepath.Join(first, name)), read(t, filepath.Join(second, name))) {
			t.Errorf("%s differs between two builds", name)
		}
	}
	one, _ := filepath.Glob(filepath.Join(first, "*.bundle"))
	if len(one) != 1 || !bytes.Equal(read(t, one[0]), read(t, filepath.Join(second, filepath.Base(one[0])))) {
		t.Errorf("bundles %v: want one, the same in both builds", one)
	}
}

// part is a partition as sfdisk tells it, in sectors.
type part struct {
	Name        string
	Start, Size int64
}

func partitions(t *testing.T) (list []part) {
	t.Helper()
	var told struct{ PartitionTable struct{ Partitions []part } }
	if err := json.Unmarshal([]byte(tool(t, "sfdisk", "-J", filepath.Join(first, "disk.img"))), &told); err != nil {
		t.Fatal(err)
	}
	return told.PartitionTable.Partitions
}

// cut writes one partition into a file of its own.
func cut(t *testing.T, name string) string {
	t.Helper()
	for _, p := range partitions(t) {
		if p.Name != name {
			continue
		}
		disk, err := os.Open(filepath.Join(first, "disk.img"))
		if err != nil {
			t.Fatal(err)
		}
		defer disk.Close()
		b := make([]byte, p.Size*512)
		if _, err := disk.ReadAt(b, p.Start*512); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	t.Fatalf("no partition %s", name)
	return ""
}

// The GPT is whole, and the old table in front of it shows the firmware the FAT
// first and the GPT second.
func TestPartitionTable(t *testing.T) {
	disk := filepath.Join(first, "disk.img")
	tool(t, "sfdisk", "--verify", disk)
	var names []string
	for _, p := range partitions(t) {
		names = append(names, p.Name)
	}
	if got := strings.Join(names, " "); got != "boot bootstate slot-a slot-b data" {
		t.Errorf("partitions %s", got)
	}
	old := read(t, disk)[446:512]
	fat, gpt := old[:16], old[16:32]
	p := partitions(t)[0]
	if fat[4] != 0x0c || int64(binary.LittleEndian.Uint32(fat[8:])) != p.Start || int64(binary.LittleEndian.Uint32(fat[12:])) != p.Size {
		t.Errorf("first entry % x: want the FAT of %+v", fat, p)
	}
	if gpt[4] != 0xee || binary.LittleEndian.Uint32(gpt[8:]) != 1 || old[64] != 0x55 || old[65] != 0xaa {
		t.Errorf("second entry % x: want the GPT from sector 1", gpt)
	}
}

// The FAT is sound; it holds each file that config.txt names, the firmware, and
// the loader that was built.
func TestFAT(t *testing.T) {
	fat := cut(t, "boot")
	tool(t, "fsck.vfat", "-n", fat)
	copied := func(name string) []byte {
		file := filepath.Join(t.TempDir(), "copy")
		tool(t, "mcopy", "-n", "-i", fat, "::/"+name, file)
		return read(t, file)
	}
	for _, name := range []string{"u-boot.bin", "loader.dtb", "loader-cm4.dtb"} {
		if !bytes.Equal(copied(name), read(t, filepath.Join(first, name))) {
			t.Errorf("%s is not the one that was built", name)
		}
	}
	for line := range strings.Lines(string(copied("config.txt"))) {
		if key, name, _ := strings.Cut(strings.TrimSpace(line), "="); key == "kernel" || key == "device_tree" {
			copied(name)
		}
	}
	if b := copied("start4.elf"); !bytes.HasPrefix(b, []byte("\x7fELF")) {
		t.Error("start4.elf is no ELF file")
	}
	copied("fixup4.dat")
	if licence := copied("copyright"); !bytes.Contains(licence, []byte("Broadcom")) || !bytes.Contains(read(t, filepath.Join(first, "licences.txt")), licence) {
		t.Error("the firmware's licence is not in the FAT, or not in licences.txt")
	}
	if !bytes.Contains(read(t, filepath.Join(first, "bom.json")), []byte(`"raspi-firmware"`)) {
		t.Error("the bill of materials does not name the firmware")
	}
}

// configurations are what the loader may start: each slot, on each machine.
var configurations = map[string]string{"slot-a": "", "slot-b": "", "slot-a-cm4": "-cm4", "slot-b-cm4": "-cm4"}

// U-Boot's own checker takes each configuration with the key in the loader's tree,
// and none after one bit of the kernel or of the tree has turned.
func TestSignature(t *testing.T) {
	checker := filepath.Join(script(t, "fitcheck.sh"), "fit_check_sign")
	slot := read(t, filepath.Join(first, "slot.img"))[:rootAt]
	check := func(fit []byte, configuration, suffix string) error {
		file := filepath.Join(t.TempDir(), "fit")
		if err := os.WriteFile(file, fit, 0o600); err != nil {
			t.Fatal(err)
		}
		return exec.Command(checker, "-f", file, "-k", filepath.Join(first, "loader"+suffix+".dtb"), "-c", configuration).Run()
	}
	kernel := bytes.ReplaceAll(slot, []byte("\x1f\x8b\x08"), []byte("\x1f\x8b\x09"))
	line := bytes.ReplaceAll(slot, []byte("root=/dev/dm-1"), []byte("root=/dev/dm-0"))
	for configuration, suffix := range configurations {
		if err := check(slot, configuration, suffix); err != nil {
			t.Errorf("%s: %v", configuration, err)
		}
		if check(kernel, configuration, suffix) == nil || check(line, configuration, suffix) == nil {
			t.Errorf("%s is taken with a turned bit", configuration)
		}
	}
}

// Each tree's command line carries the hash of the root that lies behind it.
func TestRootHash(t *testing.T) {
	slot := filepath.Join(first, "slot.img")
	root := filepath.Join(t.TempDir(), "root")
	if err := os.WriteFile(root, read(t, slot)[rootAt:], 0o600); err != nil {
		t.Fatal(err)
	}
	for number := 1; number <= len(configurations); number++ { // image 0 is the kernel
		tree := filepath.Join(t.TempDir(), "tree")
		tool(t, "dumpimage", "-T", "flat_dt", "-p", fmt.Sprint(number), "-o", tree, slot)
		line := tool(t, "fdtget", tree, "/chosen", "bootargs")
		_, table, _ := strings.Cut(line, " verity 1 /dev/dm-0 ")
		words := strings.Fields(table) // device, two block sizes, data blocks, first hash block, sha256, hash, salt
		if len(words) < 8 || words[5] != "sha256" {
			t.Fatalf("tree %d: command line %q", number, line)
		}
		blocks, err := strconv.ParseInt(words[3], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		tool(t, "veritysetup", "verify", root, root, words[6], fmt.Sprintf("--hash-offset=%d", blocks*4096))
	}
}
