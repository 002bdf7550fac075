// Package peertest runs programs that we did not write beside a test: what a driver is
// proven against.
package peertest

import (
	"bytes"
	"net"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Need fails the test when a program is not there, and says what to install.
func Need(t testing.TB, pkg string, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Fatalf("%s is missing: apt-get install %s", p, pkg)
		}
	}
}

// output is what a program prints, for the report of a failure.
type output struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.String()
}

// Start runs a program until stop or the end of the test; stop ends it with its
// children and waits.
func Start(t testing.TB, name string, arguments ...string) (stop func()) {
	t.Helper()
	out := &output{}
	c := exec.Command(name, arguments...)
	c.Stdout, c.Stderr = out, out
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
		c.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", name, out)
		}
	})
	t.Cleanup(stop)
	return stop
}

// Eventually waits for a program that needs time to come up, at most 30 s.
func Eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if is() {
			return
		}
	}
	t.Fatalf("%s did not come", what)
}

// FreePort is one that nobody listens at just now.
func FreePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
