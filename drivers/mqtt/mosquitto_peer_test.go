//go:build peer

package mqtt

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
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

// program finds a counterpart program; without it the test fails.
func program(t *testing.T, name, pkg string) string {
	t.Helper()
	for _, p := range []string{name, "/usr/sbin/" + name} {
		if found, err := exec.LookPath(p); err == nil {
			return found
		}
	}
	t.Fatalf("%s is missing: apt-get install %s", name, pkg)
	return ""
}

// mosquitto is a broker with TLS, passwords and sessions that outlive it.
type mosquitto struct {
	t          *testing.T
	dir, ca    string
	port       int
	pair       tls.Certificate
	executable string
	process    *exec.Cmd
}

func newMosquitto(t *testing.T) *mosquitto {
	t.Helper()
	m := &mosquitto{t: t, dir: t.TempDir(), executable: program(t, "mosquitto", "mosquitto")}
	m.pair, m.ca, _ = certificate(t)
	key, err := x509.MarshalPKCS8PrivateKey(m.pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	m.write("key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m.port = l.Addr().(*net.TCPAddr).Port
	l.Close()
	passwords := filepath.Join(m.dir, "passwords")
	m.write("passwords", "")
	for _, user := range []string{"box", "platform"} {
		if out, err := exec.Command(program(t, "mosquitto_passwd", "mosquitto"), "-b", passwords, user, "right").CombinedOutput(); err != nil {
			t.Fatalf("mosquitto_passwd: %v: %s", err, out)
		}
	}
	user := ""
	if os.Getuid() == 0 {
		user = "user root\n"
	}
	m.write("mosquitto.conf", fmt.Sprintf(`%slistener %d 127.0.0.1
certfile %s
keyfile %s/key.pem
allow_anonymous false
password_file %s
persistence true
persistence_location %s/
autosave_interval 1
autosave_on_changes true
max_queued_messages 100000
`, user, m.port, m.ca, m.dir, passwords, m.dir))
	t.Cleanup(m.stop)
	return m
}

func (m *mosquitto) write(name, text string) {
	m.t.Helper()
	if err := os.WriteFile(filepath.Join(m.dir, name), []byte(text), 0o600); err != nil {
		m.t.Fatal(err)
	}
}

func (m *mosquitto) start() {
	m.t.Helper()
	m.process = exec.Command(m.executable, "-c", filepath.Join(m.dir, "mosquitto.conf"))
	m.process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := m.process.Start(); err != nil {
		m.t.Fatal(err)
	}
	for range 200 {
		if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", m.port)); err == nil {
			c.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	m.t.Fatal("mosquitto does not listen")
}

func (m *mosquitto) stop() {
	if m.process != nil {
		m.process.Process.Signal(syscall.SIGTERM)
		m.process.Wait()
		m.process = nil
	}
}

// platform is mosquitto_sub with a persistent session: an independent client.
type platform struct {
	m       *mosquitto
	process *exec.Cmd
	mu      sync.Mutex
	events  map[event.ID]string // payload
	again   int
	trouble []string
	status  []string
}

func (p *platform) start() {
	p.m.t.Helper()
	p.process = exec.Command(program(p.m.t, "mosquitto_sub", "mosquitto-clients"), "-h", "127.0.0.1", "-p", fmt.Sprint(p.m.port),
		"--cafile", p.m.ca, "-u", "platform", "-P", "right", "-i", "platform", "-c", "-q", "1", "-t", "watchbox/#", "-F", "%t %p")
	p.process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := p.process.StdoutPipe()
	if err == nil {
		err = p.process.Start()
	}
	if err != nil {
		p.m.t.Fatal(err)
	}
	go func() {
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			p.take(lines.Text())
		}
	}()
}

// stop ends the client in order. One that is between two connections forgets the
// request and connects again: it is asked until it has gone.
func (p *platform) stop() {
	gone := make(chan struct{})
	go func() { p.process.Wait(); close(gone) }()
	for {
		p.process.Process.Signal(syscall.SIGTERM)
		select {
		case <-gone:
			return
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (p *platform) take(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	topic, payload, _ := strings.Cut(line, " ")
	if strings.HasSuffix(topic, "/status") {
		p.status = append(p.status, payload)
		return
	}
	if strings.HasSuffix(topic, "/heartbeat") {
		return
	}
	r, err := forward.Decode([]byte(payload))
	switch before, there := p.events[r.ID]; {
	case err != nil:
		p.trouble = append(p.trouble, err.Error())
	case topic != "watchbox/"+r.ID.Box+"/events/"+string(r.Type):
		p.trouble = append(p.trouble, "topic "+topic)
	case there && before != payload:
		p.trouble = append(p.trouble, "two events with the id "+r.ID.String())
	case there:
		p.again++
	default:
		p.events[r.ID] = payload
	}
}

func (p *platform) count() int { p.mu.Lock(); defer p.mu.Unlock(); return len(p.events) }

// chain is the whole way: store, writer, runner, path.
type chain struct {
	store  *store.Store
	writer *store.Writer
	runner *forward.Runner
	id     event.ID
}

func startChain(t *testing.T, m *mosquitto) *chain {
	t.Helper()
	s, _, err := store.Open(t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SetPaths(t.Context(), []string{"platform"}); err != nil {
		t.Fatal(err)
	}
	p := path(t, fmt.Sprintf("mqtts://127.0.0.1:%d", m.port), map[string]string{"ca": m.ca})
	wake := make(chan struct{}, 1)
	c := &chain{store: s, runner: forward.NewRunner("platform", p, s, wake, t.Logf)}
	c.writer = store.NewWriter(s, store.QueueBatches, func([]event.Batch) {
		select {
		case wake <- struct{}{}:
		default:
		}
	})
	c.id.Box, c.id.Epoch, c.id.Sequence = s.Identity()
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() { c.writer.Run(ctx) })
	group.Go(func() { c.runner.Run(ctx) })
	t.Cleanup(func() { cancel(); group.Wait(); s.Close() })
	return c
}

func (c *chain) tell(n int, kind event.Type) {
	for range n {
		c.writer.Record(event.Batch{Records: []event.Record{{ID: c.id, Type: kind, Subject: "door1"}}})
		c.id.Sequence++
		time.Sleep(5 * time.Millisecond)
	}
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(90 * time.Second); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

func TestMosquittoStoppedAndStarted(t *testing.T) {
	m := newMosquitto(t)
	m.start()
	p := &platform{m: m, events: map[event.ID]string{}}
	p.start()
	defer func() { p.stop() }()
	c := startChain(t, m)
	eventually(t, "the box is online", func() bool {
		c.tell(1, event.DoorClosed)
		p.mu.Lock()
		defer p.mu.Unlock()
		return len(p.status) > 0 && len(p.events) > 0
	})
	c.tell(100, event.DoorGranted)
	m.stop()
	c.tell(100, event.AlarmRaised)
	eventually(t, "the runner notices", func() bool { return !c.runner.State().OK })
	m.start()
	c.tell(100, event.DoorClosed)
	p.stop() // the platform restarts too; its session queues
	c.tell(100, event.AlarmCleared)
	p.start()
	want := int(c.id.Sequence) - 2
	eventually(t, "everything has arrived", func() bool { return p.count() >= want })
	eventually(t, "the outbox is empty", func() bool { return c.store.Waiting()["platform"] == 0 })
	p.mu.Lock()
	defer p.mu.Unlock()
	sent := c.runner.State().Sent
	t.Logf("%d events; the broker acknowledged %d to the box, and gave %d to the platform again with the same id", len(p.events), sent, p.again)
	if sent != uint64(want) {
		t.Errorf("%d acknowledged, want %d", sent, want)
	}
	if len(p.trouble) > 0 || len(p.events) != want {
		t.Errorf("%d events, want %d; %v", len(p.events), want, p.trouble)
	}
	if s := strings.Join(p.status, " "); !strings.Contains(s, `"online":true`) {
		t.Errorf("status: %s", s)
	}
}
