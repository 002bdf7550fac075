package harness

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Options say what a house has besides the simulated site and the box.
type Options struct {
	MQTT    bool          // a broker, as upstream "platform"
	Webhook bool          // a receiver, as upstream "hook"
	Air     time.Duration // the modem's time to send one part; 0: 200 ms
	Changes []Change      // of the site file, before the box starts
}

// House is one simulated site with a box that guards it.
type House struct {
	*API
	Dir      string // everything of this house
	Data     string // the box's data
	SiteFile string
	Broker   *Broker   // nil without Options.MQTT
	Receiver *Receiver // nil without Options.Webhook

	t        testing.TB
	programs string
	field    *Process
	box      *Process
	fieldLog *Log
	boxLog   *Log
	fieldAt  string // address of fieldsim's page
	boxAt    string
}

// Start starts a house and returns when the box answers, guarded by an
// administrator "admin" whose session the API uses. All of it ends with the test.
func Start(t testing.TB, o Options) *House {
	t.Helper()
	h := NewHouse(t, o)
	h.StartBox()
	h.SetUp()
	return h
}

// NewHouse starts everything but the box.
func NewHouse(t testing.TB, o Options) *House {
	t.Helper()
	h := newHouse(t)
	h.startField(o.Air)
	site, err := os.ReadFile(filepath.Join(h.sim(), "site.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	h.furnish(string(site), o)
	return h
}

// newHouse makes the folders of one.
func newHouse(t testing.TB) *House {
	t.Helper()
	h := &House{t: t, Dir: t.TempDir(), programs: Programs(t), fieldLog: &Log{}, boxLog: &Log{}}
	h.Data, h.SiteFile = filepath.Join(h.Dir, "data"), filepath.Join(h.Dir, "site.yaml")
	for _, dir := range []string{h.Data, h.secrets(), h.sim()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	h.boxAt = fmt.Sprintf("127.0.0.1:%d", FreePort(t))
	h.API = &API{server: "http://" + h.boxAt}
	t.Cleanup(h.end)
	return h
}

func (h *House) secrets() string { return filepath.Join(h.Data, "secrets") }
func (h *House) sim() string     { return filepath.Join(h.Dir, "sim") }

func (h *House) startField(air time.Duration) {
	h.t.Helper()
	if air == 0 {
		air = 200 * time.Millisecond
	}
	h.field = Launch(h.t, h.fieldLog, h.Dir, nil, filepath.Join(h.programs, "fieldsim"),
		"-dir", h.sim(), "-secrets", h.secrets(), "-free-ports", "-air", air.String())
	ready := filepath.Join(h.sim(), "ready")
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if b, err := os.ReadFile(ready); err == nil {
			var a struct{ Page string }
			if err := json.Unmarshal(b, &a); err != nil {
				h.t.Fatalf("read %s: %v", ready, err)
			}
			h.fieldAt = a.Page
			return
		}
		if !h.field.Alive() || time.Now().After(deadline) {
			h.t.Fatalf("fieldsim is not ready\n%s", h.fieldLog)
		}
	}
}

// furnish makes the programs upstream and the site file.
func (h *House) furnish(site string, o Options) {
	h.t.Helper()
	upstream := ""
	if o.MQTT || o.Webhook {
		c := NewCertificates(h.t, h.Dir)
		if o.MQTT {
			h.Broker = NewBroker(h.t, h.Dir, c)
			h.store("platform", h.Broker.Word)
			upstream += fmt.Sprintf("  - id: platform\n    driver: mqtt\n    address: %s\n    options:\n      ca: %s\n      user: %s\n      password: secret:platform\n",
				h.Broker.Address, c.CA, h.Broker.User)
		}
		if o.Webhook {
			h.Receiver = NewReceiver(h.t, h.Dir, c)
			h.store("hook", Secret)
			upstream += fmt.Sprintf("  - id: hook\n    driver: webhook\n    address: %s\n    options:\n      ca: %s\n      secret: secret:hook\n", h.Receiver.URL, c.CA)
		}
	}
	h.WriteSite(withUpstream(site, upstream))
	for _, c := range o.Changes {
		if err := h.ChangeSite(c); err != nil {
			h.t.Fatal(err)
		}
	}
}

// store keeps a secret where the box looks for it.
func (h *House) store(name, value string) {
	h.t.Helper()
	if err := os.WriteFile(filepath.Join(h.secrets(), name), []byte(value+"\n"), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

// StartBox starts the daemon and waits until it answers.
func (h *House) StartBox() {
	h.t.Helper()
	h.LaunchBox()
	if err := h.Answers(patience); err != nil {
		h.t.Fatalf("%v\n%s", err, h.boxLog.Tail(40))
	}
}

// LaunchBox starts the daemon and waits for nothing.
func (h *House) LaunchBox() {
	h.t.Helper()
	h.races()
	h.boxLog.clear()
	h.box = Launch(h.t, h.boxLog, h.Dir, []string{"WATCHBOX_SIM=" + h.sim()}, filepath.Join(h.programs, "watchboxd"),
		"-site", h.SiteFile, "-data", h.Data, "-listen", h.boxAt)
}

// Answers waits until the page is served.
func (h *House) Answers(patience time.Duration) error {
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		r, err := http.Get("http://" + h.boxAt + "/healthz")
		if err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return nil
			}
		}
		if !h.box.Alive() {
			return errors.New("watchboxd ended")
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("watchboxd does not answer within %v: %v", patience, err)
		}
	}
}

// Kill ends the daemon with SIGKILL.
func (h *House) Kill() { h.box.Kill() }

// Stop ends the daemon in order.
func (h *House) Stop() error { return h.box.Stop(20 * time.Second) }

// Alive is true while the daemon runs.
func (h *House) Alive() bool { return h.box.Alive() }

// PID is the daemon's process.
func (h *House) PID() int { return h.box.cmd.Process.Pid }

// ForgetDeaths removes the count of early deaths: a test that kills the daemon
// on purpose, often, does not want safe mode.
func (h *House) ForgetDeaths() {
	if err := os.Remove(filepath.Join(h.Data, "starts")); err != nil && !errors.Is(err, os.ErrNotExist) {
		h.t.Error(err)
	}
}

// BoxLog is what the daemon said since its last start.
func (h *House) BoxLog() string { return h.boxLog.String() }

// races fails the test when the daemon, built with the race detector, saw one,
// or when a goroutine of it died.
func (h *House) races() {
	for _, sign := range []string{"WARNING: DATA RACE", "panic: ", "fatal error: "} {
		if _, after, found := strings.Cut(h.boxLog.String(), sign); found {
			h.t.Errorf("watchboxd: %s%.4000s", sign, after)
		}
	}
}

// end tells what was said when the test failed, and ends everything.
func (h *House) end() {
	h.box.Kill()
	h.field.Kill()
	h.races()
	if !h.t.Failed() {
		return
	}
	h.t.Logf("last words of watchboxd:\n%s", h.boxLog.Tail(40))
	h.t.Logf("last words of fieldsim:\n%s", h.fieldLog.Tail(10))
	if h.Broker != nil {
		h.t.Logf("last words of the broker:\n%s", h.Broker.Log())
	}
}

// Do has something done at the site, in fieldsim's words.
func (h *House) Do(words string) error {
	r, err := http.NewRequest(http.MethodPost, "http://"+h.fieldAt+"/do", strings.NewReader(words))
	if err != nil {
		return err
	}
	r.Header.Set("X-Fieldsim", "1")
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("fieldsim: %w", err)
	}
	defer a.Body.Close()
	if text, _ := io.ReadAll(a.Body); a.StatusCode/100 != 2 {
		return fmt.Errorf("fieldsim: %s", strings.TrimSpace(string(text)))
	}
	return nil
}

// Field is what can be seen at the site.
type Field struct {
	Outputs  map[string]bool `json:"outputs"`
	DoorFree bool            `json:"doorFree"`
	Wall     []string        `json:"wall"` // CSS colours, room after room
	WallRows int             `json:"wallRows"`
	Pixels   int             `json:"wallPixels"` // of one row of a room
	SMS      []Message       `json:"sms"`
	Mail     []Message       `json:"mail"`
}

// Message is one short message or mail that reached the far end.
type Message struct {
	At       time.Time `json:"at"`
	To       string    `json:"to"`
	Text     string    `json:"text"`
	Complete bool      `json:"complete"` // all of its parts came
}

// Look is the site now.
func (h *House) Look() (f Field, err error) {
	r, err := http.Get("http://" + h.fieldAt + "/state")
	if err != nil {
		return f, fmt.Errorf("fieldsim: %w", err)
	}
	defer r.Body.Close()
	return f, json.NewDecoder(r.Body).Decode(&f)
}
