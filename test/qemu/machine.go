// Package qemu runs a guest for a test: its console is a file, and an agent in it
// (test/guest/agent) obeys over a virtio port. What the machine is made of is the
// caller's business.
package qemu

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The limits are for a machine that is busy with other things; a test that
// passes needs a small part of them.
const (
	BootLimit  = 4 * time.Minute
	OrderLimit = time.Minute
)

// Machine is one running guest and the line to its agent.
type Machine struct {
	T       testing.TB
	console string
	began   time.Time
	conn    net.Conn      // ends when the machine ends
	ready   chan struct{} // a life of the agent begins
	answers chan string   // closed when the line ends
	stop    context.CancelFunc
	ended   chan struct{}
}

// Start runs QEMU with these arguments and adds console and agent. What the loader
// says on the first serial port is on the console too, unless the arguments give that
// port another end. The console goes on in the file, where it has one. The machine
// ends with the test, or with Kill. An agent that never comes is waited for by
// AwaitAgent only.
func Start(t testing.TB, console string, arguments ...string) *Machine {
	t.Helper()
	folder, err := os.MkdirTemp("", "guest") // short: it holds a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	if console == "" {
		console = filepath.Join(folder, "console")
	}
	port, err := net.Listen("unix", filepath.Join(folder, "agent"))
	if err != nil {
		t.Fatal(err)
	}
	defer port.Close()
	m := &Machine{T: t, began: time.Now(), console: console, ready: make(chan struct{}, 8), answers: make(chan string, 1), ended: make(chan struct{})}
	if !slices.Contains(arguments, "-serial") {
		arguments = append(arguments, "-serial", "chardev:console")
	}
	m.run(append(arguments, "-display", "none", "-monitor", "none",
		"-chardev", "file,id=console,append=on,mux=on,path="+console,
		"-chardev", "socket,id=agent,path="+port.Addr().String()))
	m.meet(port)
	return m
}

// Console are the arguments of the kernel's console, hvc0. It has a controller of
// its own with one place: the kernel then has it before it looks for init.
func Console() []string {
	return []string{"-device", "virtio-serial-pci,id=console,max_ports=1", "-device", "virtconsole,bus=console.0,chardev=console"}
}

// Wires are the arguments of a controller for what is between test and guest, and of
// these ports on it; the agent's is the last.
func Wires(ports ...string) []string {
	arguments := []string{"-device", "virtio-serial-pci,id=wires"}
	for _, p := range append(ports, "chardev=agent,name=agent") {
		arguments = append(arguments, "-device", "virtserialport,bus=wires.0,"+p)
	}
	return arguments
}

func (m *Machine) run(arguments []string) {
	m.T.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	m.stop = cancel
	command := exec.CommandContext(ctx, "qemu-system-aarch64", arguments...)
	var says strings.Builder
	command.Stderr = &says
	if err := command.Start(); err != nil {
		m.T.Fatal(err)
	}
	go func() {
		defer close(m.ended)
		if err := command.Wait(); ctx.Err() == nil {
			m.T.Logf("the machine ended by itself: %v\n%s", err, says.String())
		}
	}()
	m.T.Cleanup(func() { // runs before the folder goes
		last := ctx.Err() == nil // of the lives that share a console
		m.Kill()
		if m.T.Failed() && last {
			text := m.Says()
			m.T.Logf("console, its last part:\n%s", text[max(0, len(text)-4000):])
		}
	})
}

// Kill ends the machine as a power cut does.
func (m *Machine) Kill() { m.stop(); <-m.ended }

// Ended is closed when the machine has ended.
func (m *Machine) Ended() <-chan struct{} { return m.ended }

// meet waits for QEMU at the port and hears the agent from then on.
func (m *Machine) meet(port net.Listener) {
	m.T.Helper()
	go func() { <-m.ended; port.Close() }()
	port.(*net.UnixListener).SetDeadline(time.Now().Add(OrderLimit))
	conn, err := port.Accept()
	if err != nil {
		m.T.Fatalf("wait for the machine: %v", err)
	}
	m.T.Cleanup(func() { conn.Close() })
	m.conn = conn
	go m.hear(bufio.NewReader(conn))
}

func (m *Machine) hear(in *bufio.Reader) {
	defer close(m.answers)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		if line = strings.TrimSuffix(line, "\n"); line == "ready" {
			m.ready <- struct{}{}
			continue
		}
		select {
		case m.answers <- line:
		default: // nobody asked: the last life's answer
		}
	}
}

// AwaitAgent waits until the agent says that it is there: once per life of the
// machine.
func (m *Machine) AwaitAgent(limit time.Duration) {
	m.T.Helper()
	select {
	case <-m.ready:
	case <-m.ended:
		m.T.Fatal("wait for the agent: the machine ended")
	case <-time.After(limit):
		m.T.Fatalf("wait for the agent: it is not there after %v", limit)
	}
}

// Step says what comes now, and when.
func (m *Machine) Step(what string) {
	m.T.Helper()
	m.T.Logf("%5.1f s  %s", time.Since(m.began).Seconds(), what)
}

// Since is how long the machine runs.
func (m *Machine) Since() time.Duration { return time.Since(m.began) }

// Says is all that stands on the machine's console.
func (m *Machine) Says() string {
	text, err := os.ReadFile(m.console)
	if err != nil {
		return fmt.Sprintf("(no console: %v)", err)
	}
	return string(text)
}
