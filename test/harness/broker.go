package harness

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"
)

// Broker is mosquitto with TLS, a password and a disk, and beside it
// mosquitto_sub with a persistent session that writes down every message.
type Broker struct {
	Address string // mqtts://127.0.0.1:…
	Port    int
	CA      string
	User    string
	Word    string // the password

	t        testing.TB
	log      *Log
	config   string
	program  string
	process  *Process
	listener *listener
}

// NewBroker starts both; they end with the test.
func NewBroker(t testing.TB, dir string, c Certificates) *Broker {
	t.Helper()
	b := newBroker(t, dir, FreePort(t))
	b.Address, b.CA, b.User, b.Word = fmt.Sprintf("mqtts://127.0.0.1:%d", b.Port), c.CA, "watchbox", "broker password"
	b.users(dir)
	b.begin(dir, fmt.Sprintf("cafile %s\ncertfile %s\nkeyfile %s\npassword_file %s\nallow_anonymous false\n", c.CA, c.Cert, c.Key, filepath.Join(dir, "users")),
		"--cafile", c.CA, "-u", b.User, "-P", b.Word)
	return b
}

// NewPlainBroker starts both without TLS and password, for a machine whose network
// ends in this one.
func NewPlainBroker(t testing.TB, dir string) *Broker {
	t.Helper()
	b := newBroker(t, dir, FreePort(t))
	b.Address = fmt.Sprintf("mqtt://127.0.0.1:%d", b.Port)
	b.begin(dir, "allow_anonymous true\n")
	return b
}

func newBroker(t testing.TB, dir string, port int) *Broker {
	return &Broker{Port: port, t: t, log: &Log{}, config: filepath.Join(dir, "mosquitto.conf"), program: Need(t, "mosquitto", "mosquitto")}
}

// begin writes the rest of the configuration and starts broker and subscriber.
func (b *Broker) begin(dir, admits string, credentials ...string) {
	b.t.Helper()
	subscriber := Need(b.t, "mosquitto_sub", "mosquitto-clients")
	text := fmt.Sprintf("user root\nlistener %d 127.0.0.1\n%s"+
		"persistence true\npersistence_location %s/\nautosave_on_changes true\nautosave_interval 1\nmax_queued_messages 0\nlog_type all\n", b.Port, admits, dir)
	if err := os.WriteFile(b.config, []byte(text), 0o644); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { b.process.Kill() })
	b.Start()
	b.listener = listen(b.t, dir, b.log, subscriber, append([]string{"-h", "127.0.0.1", "-p", strconv.Itoa(b.Port),
		"-i", "platform", "-c", "-q", "1", "-k", "5", "-t", "watchbox/#", "-F", "event %p"}, credentials...)...)
}

func (b *Broker) users(dir string) {
	b.t.Helper()
	path := filepath.Join(dir, "users")
	if err := os.WriteFile(path, []byte(b.User+":"+b.Word+"\n"), 0o600); err != nil {
		b.t.Fatal(err)
	}
	p := Launch(b.t, b.log, dir, nil, Need(b.t, "mosquitto_passwd", "mosquitto"), "-U", path)
	<-p.done
	if p.err != nil {
		b.t.Fatalf("mosquitto_passwd: %v\n%s", p.err, b.log)
	}
}

// Start starts the broker again after Stop or Kill.
func (b *Broker) Start() {
	b.t.Helper()
	b.log.clear()
	b.process = Launch(b.t, b.log, "", nil, b.program, "-c", b.config)
	if err := b.log.Wait("running", patience); err != nil {
		b.t.Fatalf("mosquitto: %v\n%s", err, b.log)
	}
}

// Stop ends the broker in order: it keeps its sessions on the disk.
func (b *Broker) Stop() error { return b.process.Stop(10 * time.Second) }

// Kill ends it as a power cut would.
func (b *Broker) Kill() { b.process.Kill() }

// Told lists the events that the subscriber got, in order.
func (b *Broker) Told() ([]Told, error) { return b.listener.told() }

// Log is what broker and subscriber said last.
func (b *Broker) Log() string { return b.log.Tail(20) + "\n" + b.listener.Tail(5) }

// listener takes what mosquitto_sub prints: its own words, and lines that begin
// with "event " and hold one payload each.
type listener struct {
	Log
	stop, done chan struct{}

	lines sync.Mutex
	rest  []byte
	list  []Told
}

// listen starts it and waits until the broker has confirmed the subscription.
func listen(t testing.TB, dir string, broker *Log, program string, arguments ...string) *listener {
	t.Helper()
	l := &listener{stop: make(chan struct{}), done: make(chan struct{})}
	go l.keep(func() (*Process, error) { return launchInto(l, dir, nil, program, arguments...) })
	t.Cleanup(func() { close(l.stop); <-l.done })
	if err := broker.Wait("Sending SUBACK to platform", patience); err != nil {
		t.Fatalf("mosquitto: %v\n%s\n%s", err, broker, l)
	}
	return l
}

// keep starts mosquitto_sub again each time that it gives up: it does when its
// broker is cut off. The broker keeps the session meanwhile.
func (l *listener) keep(start func() (*Process, error)) {
	defer close(l.done)
	for {
		p, err := start()
		if err != nil {
			fmt.Fprintln(l, err)
			return
		}
		select {
		case <-l.stop:
			p.Kill()
			return
		case <-p.done:
		}
		select {
		case <-l.stop:
			return
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// Write meets io.Writer.
func (l *listener) Write(b []byte) (int, error) {
	l.lines.Lock()
	l.rest = append(l.rest, b...)
	for {
		line, rest, whole := bytes.Cut(l.rest, []byte("\n"))
		if !whole {
			break
		}
		if payload, ok := bytes.CutPrefix(line, []byte("event ")); ok {
			if t, ok := parse(append(append([]byte(`{"event":`), payload...), '}')); ok {
				l.list = append(l.list, t)
			}
		}
		l.rest = append([]byte(nil), rest...)
	}
	l.lines.Unlock()
	return l.Log.Write(b)
}

func (l *listener) told() ([]Told, error) {
	l.lines.Lock()
	defer l.lines.Unlock()
	return append([]Told(nil), l.list...), nil
}
