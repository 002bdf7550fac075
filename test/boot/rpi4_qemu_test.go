//go:build board

package boot

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"watchbox/test/harness"
)

// emulated is the image with raspi4b.dtso over the board's tree: without it the
// kernel dies of what QEMU's machine has not. Its programs and its kernel are the
// product's.
var emulated = filepath.Join(harness.Root(), "out", "board", "qemu")

// TestInitRuns starts the card in QEMU's raspi4b, which stands in for the firmware:
// it loads what config.txt names. Our U-Boot finds the boot state and checks the slot
// with the key in its tree; our kernel finds card and root; init makes the data
// partition and the first site file. On a busy builder its patience with the daemon
// ends soon after.
func TestInitRuns(t *testing.T) {
	console := start(t, read(t, filepath.Join(emulated, "disk.img")))
	await(t, console, `init: board "rpi4", slot "A"`, 5*time.Minute)
	await(t, console, "(rpi4), data mounted, site file new", 5*time.Minute)
}

// The loader starts the SoC's watchdog before it looks for a slot. QEMU's raspi4b
// resets at once where the hardware counts down: so it never comes further there.
func TestLoaderStartsTheWatchdog(t *testing.T) {
	console := startWith(t, read(t, filepath.Join(first, "disk.img")), filepath.Join(first, "u-boot.bin"))
	for end := time.Now().Add(2 * time.Minute); bytes.Count(read(t, console), []byte("Loading Environment")) < 3; time.Sleep(200 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the loader does not begin again:\n%s", read(t, console))
		}
	}
	if bytes.Contains(read(t, console), []byte("Starting kernel")) {
		t.Error("the kernel was started")
	}
}

// withoutWatchdog is the loader of the card that leaves the watchdog alone, for a
// machine that has none which counts.
func withoutWatchdog(t *testing.T) string {
	t.Helper()
	loader, arms := read(t, filepath.Join(first, "u-boot.bin")), []byte("guard=mw.l fe100024 5a0fffff; mw.l fe10001c 5a000122")
	if bytes.Count(loader, arms) != 1 {
		t.Fatal("the loader does not start the watchdog as board/rpi4/uboot.env has it")
	}
	other := append([]byte("guard=true;"), bytes.Repeat([]byte(" "), len(arms)-len("guard=true;"))...)
	file := filepath.Join(t.TempDir(), "u-boot.bin")
	if err := os.WriteFile(file, bytes.Replace(loader, arms, other, 1), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// A slot with a turned bit in its kernel is not started: the loader says why and
// begins again.
func TestTurnedBitIsNotStarted(t *testing.T) {
	disk := read(t, filepath.Join(first, "disk.img"))
	disk = bytes.ReplaceAll(disk, []byte("\x1f\x8b\x08"), []byte("\x1f\x8b\x09"))
	console := start(t, disk)
	await(t, console, "Bad Data Hash", 3*time.Minute)
	if bytes.Contains(read(t, console), []byte("Starting kernel")) {
		t.Error("the kernel was started")
	}
}

// start gives the file of the console of a machine that runs until the test ends.
func start(t *testing.T, disk []byte) string {
	t.Helper()
	return startWith(t, disk, withoutWatchdog(t))
}

func startWith(t *testing.T, disk []byte, loader string) string {
	t.Helper()
	folder := t.TempDir()
	card := filepath.Join(folder, "card.img")
	if err := os.WriteFile(card, disk, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(card, 512<<20); err != nil { // QEMU: a card's size is a power of two
		t.Fatal(err)
	}
	console := filepath.Join(folder, "console")
	if err := os.WriteFile(console, nil, 0o600); err != nil { // it is read before QEMU has come so far
		t.Fatal(err)
	}
	// The first SD bus that QEMU finds is of the controller for the WLAN: name the other's.
	machine := exec.Command(filepath.Join(script(t, "raspi4b.sh"), "qemu-system-aarch64"), "-M", "raspi4b", "-nodefaults", "-display", "none",
		"-serial", "null", "-serial", "file:"+console, "-kernel", loader, "-dtb", filepath.Join(first, "loader.dtb"),
		"-drive", "if=none,id=card,format=raw,file="+card, "-device", "sd-card,drive=card,bus=/generic-sdhci/sd-bus")
	if err := machine.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		machine.Process.Kill()
		machine.Wait()
	})
	return console
}

func await(t *testing.T, console, words string, limit time.Duration) {
	t.Helper()
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if b, _ := os.ReadFile(console); bytes.Contains(b, []byte(words)) {
			return
		}
	}
	text, _ := os.ReadFile(console)
	t.Fatalf("no %q within %v; the console's end:\n%s", words, limit, text[max(0, len(text)-4000):])
}
