//go:build guest

package guest

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"watchbox/test/qemu"
)

// need ends the test where a program is missing.
func need(t *testing.T, program, from string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Fatalf("%s is missing: apt-get install %s", program, from)
	}
}

// kernel is the folder that tools/guest/kernel.sh fills.
func kernel(t *testing.T) string {
	t.Helper()
	command := exec.Command("../../tools/guest/kernel.sh")
	var says strings.Builder
	command.Stderr = &says
	out, err := command.Output()
	if err != nil {
		t.Fatalf("fetch the guest's kernel: %v\n%s", err, says.String())
	}
	return strings.TrimSpace(string(out))
}

// recipe is how a program is built for the guest.
type recipe struct{ environment, flags []string }

var (
	withoutC = recipe{[]string{"CGO_ENABLED=0"}, []string{"-ldflags", "-s -w"}}
	withC    = recipe{[]string{"CGO_ENABLED=1", "CC=aarch64-linux-gnu-gcc"}, // SQLite; static all the same
		[]string{"-tags", "sqlite_omit_load_extension,osusergo,netgo", "-ldflags", "-s -w -linkmode external -extldflags '-static'"}}
)

// programs is where they are kept: go does not link again what has not changed.
const programs = "../../out/guest"

// build makes a static arm64 program.
func build(t *testing.T, pkg string, r recipe) string {
	t.Helper()
	file := filepath.Join(programs, filepath.Base(pkg))
	compile(t, append(append([]string{"build", "-trimpath", "-o", file}, r.flags...), pkg), r.environment)
	return file
}

// buildTest makes a program of a package's tests with the tag guestkernel.
func buildTest(t *testing.T, pkg string) string {
	t.Helper()
	file := filepath.Join(programs, filepath.Base(pkg)+".test")
	compile(t, append([]string{"test", "-c", "-tags", "guestkernel", "-trimpath", "-o", file}, append(withoutC.flags, pkg)...), withoutC.environment)
	return file
}

func compile(t *testing.T, arguments, environment []string) {
	t.Helper()
	began := time.Now()
	command := exec.Command("go", arguments...)
	command.Env = append(append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "GOFLAGS="), environment...)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(arguments, " "), err, out)
	}
	t.Logf("built %s in %v", arguments[len(arguments)-1], time.Since(began).Round(100*time.Millisecond))
}

// noPorts is the hardware of a box with nothing at its serial port.
var noPorts = []string{"-serial", "null"}

// boot starts the machine with these files (path in the guest → file here) and
// this hardware beside the lines, and waits for the agent. The first argument of
// the guest's init is the product. The console is no serial port.
func boot(t *testing.T, files map[string]string, hardware []string, product ...string) *qemu.Machine {
	t.Helper()
	image := &archive{}
	for _, d := range []string{"/dev", "/proc", "/sys", "/run", "/tmp", "/data"} {
		image.folder(d)
	}
	for where, file := range files {
		if err := image.add(where, file); err != nil {
			t.Fatal(err)
		}
	}
	initrd := filepath.Join(t.TempDir(), "initrd")
	if err := os.WriteFile(initrd, image.finish(), 0o600); err != nil {
		t.Fatal(err)
	}
	m := start(t, initrd, hardware, product)
	m.AwaitAgent(qemu.BootLimit)
	return m
}

// start runs QEMU with one processor on purpose: the kernel's interrupt thread
// then always runs before the agent can move a line again. With two, a busy
// builder's machine lets the thread come late, and the kernel itself takes
// several edges for one (the gap in its numbers shows it; seen: 6 of 200).
//
// The machine's time counts its instructions, one nanosecond each: what a busy
// builder's machine takes away from it is not missing in it, and what it
// measures of itself is about the same everywhere.
func start(t *testing.T, initrd string, hardware, product []string) *qemu.Machine {
	return qemu.Start(t, "", slices.Concat([]string{
		"-M", "virt", "-cpu", "cortex-a53", "-icount", "shift=0", "-m", "384", "-no-reboot", "-nic", "none",
		"-kernel", filepath.Join(kernel(t), "vmlinuz"), "-initrd", initrd,
		"-append", "console=hvc0 quiet panic=-1 watchbox.board=qemu watchbox.slot=a rdinit=/agent -- " + strings.Join(product, " "),
	}, qemu.Console(), hardware, qemu.Wires())...)
}
