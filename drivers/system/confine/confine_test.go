package confine

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// TestMain is three programs: the tests, the shim that confines itself, and the
// confined program, which tries what it must not.
func TestMain(m *testing.M) {
	switch os.Getenv("CONFINE") {
	case "shim":
		folder := os.Getenv("FOLDER")
		self, _ := os.Executable()
		rules := []Rule{{"/", Read}, {self, Run}, {filepath.Join(folder, "data"), Write}, {"/dev/null", Use}, {"/no/such", Read},
			{"/lib", Run}, {"/lib64", Run}} // a test under the race detector is not static
		os.Setenv("CONFINE", "tries")
		fmt.Println(Exec(self, []string{self}, os.Environ(), rules, func(err error) { fmt.Println("landlock: missing") }))
		os.Exit(1)
	case "tries":
		tries(os.Getenv("FOLDER"))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func tries(folder string) {
	say := func(what string, err error) {
		var e syscall.Errno
		if errors.As(err, &e) {
			fmt.Printf("%s: %s\n", what, unix.ErrnoName(e))
			return
		}
		fmt.Printf("%s: %v\n", what, err)
	}
	say("write data", os.WriteFile(filepath.Join(folder, "data", "x"), []byte("x"), 0o600))
	say("move in data", os.Rename(filepath.Join(folder, "data", "x"), filepath.Join(folder, "data", "y")))
	say("write beside", os.WriteFile(filepath.Join(folder, "x"), []byte("x"), 0o600))
	say("link in data", os.Symlink("/etc", filepath.Join(folder, "data", "link")))
	_, err := os.ReadFile("/etc/hostname")
	say("read", err)
	say("null", os.WriteFile(os.DevNull, []byte("x"), 0))
	say("run", exec.Command("/bin/true").Run())
	say("mount", unix.Mount("none", folder, "tmpfs", 0, ""))
	say("unshare", unix.Unshare(unix.CLONE_NEWNS))
	_, err = unix.Getsockname(9)
	say("others", err)
	status, _ := os.ReadFile("/proc/self/status")
	fmt.Println("no new privileges:", strings.Contains(string(status), "NoNewPrivs:\t1"))
}

// TestConfinedProcess holds what a confined process can do against what it shall.
func TestConfinedProcess(t *testing.T) {
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(self)
	command.Env = append(os.Environ(), "CONFINE=shim", "FOLDER="+folder)
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := []string{"write data: <nil>", "move in data: <nil>", "read: <nil>", "null: <nil>", "mount: EPERM", "unshare: EPERM", "others: EBADF", "no new privileges: true"}
	if !strings.Contains(string(out), "landlock: missing") {
		want = append(want, "write beside: EACCES", "link in data: EACCES", "run: EACCES")
	} else {
		t.Log("this kernel has no Landlock: files are checked in the guest only")
	}
	for _, line := range want {
		if !strings.Contains(string(out), line+"\n") {
			t.Errorf("want %q", line)
		}
	}
	if t.Failed() {
		t.Logf("it said:\n%s", out)
	}
}

func TestFilter(t *testing.T) {
	vm, err := bpf.NewVM(program(unix.AUDIT_ARCH_AARCH64))
	if err != nil {
		t.Fatal(err)
	}
	ask := func(arch, call uint32) int {
		data := make([]byte, 64) // seccomp_data, as the filter's big-endian loads see it
		for i := range 4 {
			data[i], data[4+i] = byte(call>>(24-8*i)), byte(arch>>(24-8*i))
		}
		n, err := vm.Run(data)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	refuse := unix.SECCOMP_RET_ERRNO | int(unix.EPERM)
	for _, call := range refused {
		if got := ask(unix.AUDIT_ARCH_AARCH64, call); got != refuse {
			t.Errorf("call %d: %#x, want %#x", call, got, refuse)
		}
	}
	for _, call := range []uint32{unix.SYS_READ, unix.SYS_WRITE, unix.SYS_SOCKET, unix.SYS_EXECVE} {
		if got := ask(unix.AUDIT_ARCH_AARCH64, call); uint32(got) != unix.SECCOMP_RET_ALLOW {
			t.Errorf("call %d: %#x, want allowed", call, got)
		}
	}
	if got := ask(unix.AUDIT_ARCH_ARM, unix.SYS_READ); uint32(got) != unix.SECCOMP_RET_KILL_PROCESS {
		t.Errorf("numbers of another architecture: %#x", got)
	}
}

func TestRightsOfOldKernels(t *testing.T) {
	if known(1)&unix.LANDLOCK_ACCESS_FS_REFER != 0 || known(2)&unix.LANDLOCK_ACCESS_FS_TRUNCATE != 0 || known(3) != handled {
		t.Errorf("version 1 %#x, 2 %#x, 3 %#x", known(1), known(2), known(3))
	}
}
