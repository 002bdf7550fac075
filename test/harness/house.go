package harness

import (
	"fmt"
	"os"
	"path/filepath"
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
