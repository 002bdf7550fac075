package harness

import (
	_ "embed"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// patience is how long a program may take to be ready on a busy machine.
const patience = 60 * time.Second

//go:embed receiver.py
var receiverProgram []byte

// Secret is what box and receiver share; the receiver tells the box's body
// from a forged one by it.
const Secret = "a secret of forty characters at the least"

// Receiver is an HTTPS receiver of webhooks in Python: it checks each signature
// with Python's own hmac and writes down every event.
type Receiver struct {
	book
	URL     string
	process *Process
}

// NewReceiver starts one that ends with the test.
func NewReceiver(t testing.TB, dir string, c Certificates) *Receiver {
	t.Helper()
	program := filepath.Join(dir, "receiver.py")
	if err := os.WriteFile(program, receiverProgram, 0o644); err != nil {
		t.Fatal(err)
	}
	port := FreePort(t)
	r := &Receiver{book: book{path: filepath.Join(dir, "webhook.jsonl")}, URL: fmt.Sprintf("https://127.0.0.1:%d/events", port)}
	log := &Log{}
	r.process = Launch(t, log, dir, nil, python(t), program, strconv.Itoa(port), c.Cert, c.Key, r.path, Secret)
	t.Cleanup(r.process.Kill)
	if err := log.Wait("ready", patience); err != nil {
		t.Fatalf("receiver: %v\n%s", err, log)
	}
	return r
}

// python is the system's, whatever else stands in the path.
func python(t testing.TB) string {
	if _, err := os.Stat("/usr/bin/python3"); err == nil {
		return "/usr/bin/python3"
	}
	return Need(t, "python3", "python3")
}

// Told lists what came, in order.
func (r *Receiver) Told() ([]Told, error) { return r.all() }

// Break lets the receiver answer 503 until it is mended.
func (r *Receiver) Break(broken bool) error {
	if broken {
		return os.WriteFile(r.path+".broken", nil, 0o644)
	}
	if err := os.Remove(r.path + ".broken"); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// FreePort asks the kernel for a TCP port of 127.0.0.1.
func FreePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
