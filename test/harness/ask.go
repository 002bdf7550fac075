package harness

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"

	"watchbox/firmware/engine"
	"watchbox/firmware/event"
	"watchbox/web"
)

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
