//go:build peer

package webhook

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/forward"
	"watchbox/firmware/store"
)

// python is the receiver in testdata: another language, another HMAC.
type python struct {
	t       *testing.T
	dir     string
	port    int
	process *exec.Cmd
	said    bytes.Buffer
}

func newPython(t *testing.T) *python {
	t.Helper()
	r := &python{t: t, dir: t.TempDir()}
	openssl := exec.Command(program(t, "openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
		"-subj", "/CN=receiver", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", r.file("key.pem"), "-out", r.file("ca.pem"))
	if out, err := openssl.CombinedOutput(); err != nil {
		t.Fatalf("openssl: %v: %s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.port = l.Addr().(*net.TCPAddr).Port
	l.Close()
	t.Cleanup(r.stop)
	return r
}

func program(t *testing.T, name string) string {
	t.Helper()
	found, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is missing: apt-get install %s", name, name)
	}
	return found
}

func (r *python) file(name string) string { return filepath.Join(r.dir, name) }

func (r *python) start() {
	r.t.Helper()
	r.process = exec.Command(program(r.t, "python3"), "testdata/receiver.py", fmt.Sprint(r.port), r.file("ca.pem"), r.file("key.pem"), secret, r.file("log"))
	r.process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	r.process.Stdout, r.process.Stderr = &r.said, &r.said
	if err := r.process.Start(); err != nil {
		r.t.Fatal(err)
	}
	for range 400 {
		if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", r.port)); err == nil {
			c.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	r.t.Fatal("the receiver does not listen")
}

func (r *python) stop() {
	if r.process != nil {
		r.process.Process.Kill()
		r.process.Wait()
		r.process = nil
	}
}

// events are the distinct lines of the log, and how many came again.
func (r *python) events() (lines map[string]bool, again int) {
	b, _ := os.ReadFile(r.file("log"))
	lines = map[string]bool{}
	for _, l := range strings.Split(string(b), "\n") {
		if l == "" {
			continue
		}
		if lines[l] {
			again++
		}
		lines[l] = true
	}
	return lines, again
}

func TestReceiverKilledAndStarted(t *testing.T) {
	r := newPython(t)
	r.start()
	s, _, err := store.Open(t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.SetPaths(t.Context(), []string{"platform"})
	wake := make(chan struct{}, 1)
	p := path(t, fmt.Sprintf("https://127.0.0.1:%d/events", r.port), map[string]string{"ca": r.file("ca.pem")})
	runner := forward.NewRunner("platform", p, s, wake, t.Logf)
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() { runner.Run(ctx) })
	t.Cleanup(func() { cancel(); group.Wait(); s.Close() })
	box, epoch, first := s.Identity()
	next := first
	tell := func(n int) {
		for range n {
			b := event.Batch{Records: []event.Record{{ID: event.ID{Box: box, Epoch: epoch, Sequence: next}, Type: event.AlarmRaised}}}
			if err := s.Commit(t.Context(), []event.Batch{b}); err != nil {
				t.Fatal(err)
			}
			next++
			select {
			case wake <- struct{}{}:
			default:
			}
		}
	}
	until := func(what string, is func() bool) {
		t.Helper()
		for deadline := time.Now().Add(90 * time.Second); !is(); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				r.stop()
				t.Fatalf("never: %s; the receiver said %s", what, r.said.String())
			}
		}
	}
	tell(150)
	until("some have arrived", func() bool { l, _ := r.events(); return len(l) > 20 })
	r.stop()
	tell(150)
	until("the runner notices", func() bool { return !runner.State().OK })
	r.start()
	tell(100)
	until("the outbox is empty", func() bool { return s.Waiting()["platform"] == 0 })
	lines, again := r.events()
	r.stop()
	t.Logf("%d events, %d of them came again with the same id", len(lines), again)
	for n := first; n < next; n++ {
		if l := fmt.Sprintf("%s/%s/%d %d watchbox.alarm.raised", box, epoch, n, n); !lines[l] {
			t.Errorf("lost: %s", l)
		}
	}
	if len(lines) != int(next-first) || strings.Contains(r.said.String(), "refused") {
		t.Errorf("%d events, want %d; the receiver said %s", len(lines), next-first, r.said.String())
	}
}
