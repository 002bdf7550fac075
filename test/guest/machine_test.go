//go:build guest

package guest

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The limits are for a machine that is busy with other things; a test that
// passes needs a small part of them.
const (
	bootLimit  = 4 * time.Minute
	orderLimit = time.Minute
)

// machine is one running guest and the line to its agent.
type machine struct {
	t       *testing.T
	console string
	conn    net.Conn // ends when the machine ends
	answers *bufio.Reader
	began   time.Time
}

// step says what comes now, and when.
func (m *machine) step(what string) {
	m.t.Helper()
	m.t.Logf("%5.1f s  %s", time.Since(m.began).Seconds(), what)
}

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

// boot starts the machine with these files (path in the guest → file here) and
// waits for the agent. The first argument of the guest's init is the product.
func boot(t *testing.T, files map[string]string, product ...string) *machine {
	t.Helper()
	folder, err := os.MkdirTemp("", "guest") // short: it holds a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	image := &archive{}
	for _, d := range []string{"/dev", "/proc", "/sys", "/run", "/tmp", "/data"} {
		image.folder(d)
	}
	for where, file := range files {
		if err := image.add(where, file); err != nil {
			t.Fatal(err)
		}
	}
	initrd := filepath.Join(folder, "initrd")
	if err := os.WriteFile(initrd, image.finish(), 0o600); err != nil {
		t.Fatal(err)
	}
	port, err := net.Listen("unix", filepath.Join(folder, "agent"))
	if err != nil {
		t.Fatal(err)
	}
	defer port.Close()
	m := &machine{t: t, began: time.Now(), console: filepath.Join(folder, "console")}
	ended := m.start(initrd, port.Addr().String(), product)
	m.meet(port, ended)
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
func (m *machine) start(initrd, port string, product []string) <-chan error {
	ctx, cancel := context.WithCancel(context.Background())
	qemu := exec.CommandContext(ctx, "qemu-system-aarch64",
		"-M", "virt", "-cpu", "cortex-a53", "-icount", "shift=0", "-m", "384", "-display", "none", "-monitor", "none", "-no-reboot", "-nic", "none",
		"-kernel", filepath.Join(kernel(m.t), "vmlinuz"), "-initrd", initrd,
		"-append", "console=ttyAMA0 quiet panic=-1 watchbox.board=qemu watchbox.slot=a rdinit=/agent -- "+strings.Join(product, " "),
		"-serial", "file:"+m.console,
		"-device", "virtio-serial-pci", "-chardev", "socket,id=agent,path="+port, "-device", "virtserialport,chardev=agent,name=agent")
	var says strings.Builder
	qemu.Stderr = &says
	if err := qemu.Start(); err != nil {
		m.t.Fatal(err)
	}
	ended := make(chan error, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(ended)
		if err := qemu.Wait(); ctx.Err() == nil {
			ended <- fmt.Errorf("the machine ended by itself: %v\n%s", err, says.String())
		}
	}()
	m.t.Cleanup(func() { // runs before the folder goes
		cancel()
		<-done
		if m.t.Failed() {
			text, _ := os.ReadFile(m.console)
			m.t.Logf("console, its last part:\n%s", text[max(0, len(text)-4000):])
		}
	})
	return ended
}

// meet waits until the agent says that it is there.
func (m *machine) meet(port net.Listener, ended <-chan error) {
	m.t.Helper()
	go func() {
		if err := <-ended; err != nil {
			m.t.Log(err)
			port.Close()
		}
	}()
	port.(*net.UnixListener).SetDeadline(time.Now().Add(bootLimit))
	conn, err := port.Accept()
	if err != nil {
		m.t.Fatalf("wait for the machine: %v", err)
	}
	m.t.Cleanup(func() { conn.Close() })
	m.conn, m.answers = conn, bufio.NewReader(conn)
	conn.SetReadDeadline(time.Now().Add(bootLimit))
	if line, err := m.answers.ReadString('\n'); line != "ready\n" {
		m.t.Fatalf("wait for the agent: %q, %v", line, err)
	}
}

// order gives the agent's answer; an error ends the test.
func (m *machine) order(words ...string) string {
	m.t.Helper()
	line := m.send(strings.Join(words, " "))
	if strings.HasPrefix(line, "error ") {
		m.t.Fatalf("order %q: %s", words, line)
	}
	return line
}

// try is order for what may not be there: "" in place of an error.
func (m *machine) try(order string) string {
	m.t.Helper()
	if line := m.send(order); !strings.HasPrefix(line, "error ") {
		return line
	}
	return ""
}

func (m *machine) send(order string) string {
	m.t.Helper()
	m.conn.SetDeadline(time.Now().Add(orderLimit))
	if _, err := fmt.Fprintln(m.conn, order); err != nil {
		m.t.Fatalf("order %q: %v", order, err)
	}
	line, err := m.answers.ReadString('\n')
	if err != nil {
		m.t.Fatalf("order %q: %v", order, err)
	}
	return strings.TrimSuffix(line, "\n")
}

// says is all that stands on the machine's console.
func (m *machine) says() string {
	text, err := os.ReadFile(m.console)
	if err != nil {
		m.t.Fatal(err)
	}
	return string(text)
}

// await repeats an order until its answer pleases.
func (m *machine) await(what string, enough func(answer string) bool, words ...string) {
	m.t.Helper()
	m.awaitText(what, enough, func() string { return m.order(words...) })
}

// awaitText repeats a question until its answer pleases.
func (m *machine) awaitText(what string, enough func(answer string) bool, ask func() string) {
	m.t.Helper()
	end := time.Now().Add(orderLimit)
	for {
		answer := ask()
		if enough(answer) {
			return
		}
		if time.Now().After(end) {
			m.t.Fatalf("%s: last answer %q", what, answer)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func is(wanted string) func(string) bool {
	return func(answer string) bool { return answer == wanted }
}
