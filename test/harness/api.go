package harness

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"watchbox/firmware/engine"
	"watchbox/firmware/event"
	"watchbox/firmware/person"
	"watchbox/web"
)

// Password is the administrator's.
const Password = "correct horse battery"

// API is the box as a program sees it.
type API struct {
	server  string
	session string
	client  *http.Client // nil: the default one, and 20 s for each answer
}

// At is the API of a box that somebody else started. The client's own limit bounds
// each answer.
func At(server string, client *http.Client) *API { return &API{server: server, client: client} }

// Begin makes the first administrator with the code that the box printed.
func (a *API) Begin(code string) error {
	var s web.Session
	err := a.Call("POST", "setup", web.SetupOrder{Code: code, Name: "admin", Password: Password}, &s)
	a.session = s.Session
	return err
}

// LogIn begins another session of that administrator.
func (a *API) LogIn() error {
	var s web.Session
	err := a.Call("POST", "session", web.LogIn{Name: "admin", Password: Password}, &s)
	a.session = s.Session
	return err
}

// Refusal is an answer other than 2xx.
type Refusal struct {
	Status int
	Code   string
	Text   string
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("the box answered %d %s: %s", r.Status, r.Code, r.Text)
}

// Call asks the API; in and out may be nil.
func (a *API) Call(method, path string, in, out any) error {
	return a.call(context.Background(), method, path, in, out)
}

func (a *API) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	return a.Send(ctx, method, path, "application/json", body, out)
}

// Send is Call with a body of any kind.
func (a *API) Send(ctx context.Context, method, path, kind string, body io.Reader, out any) error {
	client := a.client
	if client == nil {
		limited, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		ctx, client = limited, http.DefaultClient
	}
	r, err := http.NewRequestWithContext(ctx, method, a.server+"/api/v1/"+path, body)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Authorization", "Bearer "+a.session)
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode/100 != 2 {
		return refusal(answer.StatusCode, text)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(text, out)
}

func refusal(status int, text []byte) error {
	var f web.FailureBody
	if json.Unmarshal(text, &f) != nil {
		return &Refusal{Status: status, Text: string(text)}
	}
	lines := []string{f.Error.En}
	for _, r := range f.Error.Reasons {
		lines = append(lines, r.En)
	}
	return &Refusal{status, f.Error.Code, strings.Join(lines, "\n")}
}

var setupCode = regexp.MustCompile(`set-up code: (\S+)`)

// SetUp makes the first administrator with the code that the box printed.
func (h *House) SetUp() {
	h.t.Helper()
	if err := h.boxLog.Wait("set-up code: ", patience); err != nil {
		h.t.Fatal(err)
	}
	if err := h.Answers(patience); err != nil { // the code is told before the page is there
		h.t.Fatal(err)
	}
	code := setupCode.FindStringSubmatch(h.boxLog.String())[1]
	var s web.Session
	if err := h.Call("POST", "setup", web.SetupOrder{Code: code, Name: "admin", Password: Password}, &s); err != nil {
		h.t.Fatalf("set up: %v", err)
	}
	h.session = s.Session
}

// Person makes a user and gives the API in a session of his.
func (h *House) Person(name string, role person.Role) (*API, error) {
	if err := h.Call("POST", "users", web.UserOrder{Name: name, Role: role, Password: Password}, nil); err != nil {
		return nil, err
	}
	a := &API{server: h.server}
	var s web.Session
	if err := a.Call("POST", "session", web.LogIn{Name: name, Password: Password}, &s); err != nil {
		return nil, err
	}
	a.session = s.Session
	return a, nil
}

// Session is the secret that proves the API's user.
func (a *API) Session() string { return a.session }

// Raw is the text that the box answers, whatever it is.
func (a *API) Raw(path string) (string, error) {
	r, err := http.NewRequest(http.MethodGet, a.server+path, nil)
	if err != nil {
		return "", err
	}
	r.Header.Set("Authorization", "Bearer "+a.session)
	client := a.client
	if client == nil {
		client = http.DefaultClient
	}
	answer, err := client.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return string(text), err
}

// Alarms lists what stands.
func (a *API) Alarms() ([]web.AlarmView, error) {
	var out web.Alarms
	err := a.Call("GET", "alarms", nil, &out)
	return out.Alarms, err
}

// Journal lists every record of the current epoch after the sequence, oldest first.
func (a *API) Journal(after uint64) (all []event.Record, err error) {
	for {
		var page web.Events
		if err := a.Call("GET", fmt.Sprintf("events?after=%d&limit=1000", after), nil, &page); err != nil {
			return nil, err
		}
		if len(page.Events) == 0 {
			return all, nil
		}
		all = append(all, page.Events...)
		after = page.Events[len(page.Events)-1].ID.Sequence
	}
}

// Point is one point now.
func (a *API) Point(name string) (p web.PointView, err error) {
	return p, a.Call("GET", "points/"+url.PathEscape(name), nil, &p)
}

// Devices are all devices.
func (a *API) Devices() ([]engine.DeviceView, error) {
	var d web.Devices
	err := a.Call("GET", "devices", nil, &d)
	return d.Devices, err
}

// Panel is the security panel.
func (a *API) Panel() (p web.Panel, err error) { return p, a.Call("GET", "panel", nil, &p) }

// Order is an acknowledge, silence or reset of one alarm.
func (a *API) Order(verb, key string) error {
	return a.Call("POST", "alarms/"+url.PathEscape(key)+"/"+verb, web.AlarmOrder{}, nil)
}

// Command runs the product's own command line against the box and gives what it
// printed.
func (h *House) Command(arguments ...string) (string, error) {
	return h.CommandAs(h.session, "", arguments...)
}

// CommandAs runs it in another session, with the lines that it asks for.
func (h *House) CommandAs(session, lines string, arguments ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c := exec.CommandContext(ctx, filepath.Join(h.programs, "watchbox"), append([]string{"-lang", "en"}, arguments...)...)
	c.Env = append(c.Environ(), "WATCHBOX="+h.server, "WATCHBOX_TOKEN="+session, "HOME="+h.Dir)
	c.Stdin = strings.NewReader(lines)
	out, err := c.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("watchbox %s: %w: %s", strings.Join(arguments, " "), err, bytes.TrimSpace(out))
	}
	return string(out), nil
}
