//go:build guest

package guest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"watchbox/firmware/event"
	"watchbox/test/qemu"
	"watchbox/web"
)

// api is an administrator's session with the box. The requests are made by the
// agent, inside the guest; the daemon does not know it from a person.
type api struct {
	m       *qemu.Machine
	page    string
	session string
}

const page = "http://127.0.0.1:8080/"

// setUp waits for the page and makes the first administrator with the code that
// stands on the console.
func setUp(m *qemu.Machine, page string) *api {
	m.T.Helper()
	m.AwaitText("the box told no set-up code", func(code string) bool { return code != "" }, m.SetupCode)
	a := &api{m: m, page: page, session: "-"}
	m.AwaitText("the page does not answer", func(answer string) bool { return answer != "" }, func() string { return m.Try("ask - GET " + page + "healthz -") })
	var s web.Session
	a.must("POST", "setup", fmt.Sprintf(`{"code":%q,"name":"chief","password":"long-enough-1"}`, m.SetupCode()), &s)
	a.session = s.Session
	return a
}

// must asks the API; anything but success ends the test.
func (a *api) must(method, path, body string, out any) {
	a.m.T.Helper()
	code, answer := a.ask(method, path, body)
	if code[0] != '2' {
		a.m.T.Fatalf("%s %s: %s %s", method, path, code, answer)
	}
	if out == nil {
		return
	}
	if err := json.Unmarshal([]byte(answer), out); err != nil {
		a.m.T.Fatalf("%s %s: %v: %s", method, path, err, answer)
	}
}

func (a *api) ask(method, path, body string) (code, answer string) {
	a.m.T.Helper()
	if body == "" {
		body = "-"
	}
	code, answer, _ = strings.Cut(a.m.Order("ask", a.session, method, a.page+"api/v1/"+path, body), " ")
	return code, answer
}

// point is a value with its quality: "200 good".
func (a *api) point(name string) string {
	var p web.PointView
	a.must("GET", "points/"+url.PathEscape(name), "", &p)
	return p.Value.String() + " " + p.Quality
}

func (a *api) awaitPoint(name, wanted string) {
	a.m.T.Helper()
	a.m.AwaitText(name, qemu.Is(wanted), func() string { return a.point(name) })
}

func (a *api) health() (h web.HealthView) {
	a.must("GET", "health", "", &h)
	return h
}

// changes is how often a contact that began at rest changed, by the box's own history.
func (a *api) changes(name string) (n int) {
	var h web.History
	a.must("GET", "points/"+url.PathEscape(name)+"/history?from=-3600&most=5000", "", &h)
	last := false
	for _, r := range h.Readings {
		if now := r.Value.Truth(); now != last {
			last, n = now, n+1
		}
	}
	return n
}

func (a *api) alarm() (found web.AlarmView) {
	var list web.Alarms
	a.must("GET", "alarms", "", &list)
	for _, x := range list.Alarms {
		if x.Key == "zone/panic" {
			found = x
		}
	}
	return found
}

func (a *api) occurrence() event.ID { return a.alarm().Occurrence }

// awaitAlarm waits for the state of the panic alarm: active, latched,
// acknowledged; "" when it does not stand. The page may be away meanwhile.
func (a *api) awaitAlarm(when, wanted string) {
	a.m.T.Helper()
	a.m.AwaitText("panic alarm "+when+", want "+wanted, qemu.Is(wanted), func() string {
		if a.m.Try("ask - GET "+a.page+"healthz -") == "" {
			return "no answer"
		}
		x := a.alarm()
		var words []string
		for _, w := range []struct {
			word  string
			holds bool
		}{{"active", x.Active}, {"latched", x.Latched}, {"acknowledged", x.Acknowledged && x.Standing}} {
			if w.holds {
				words = append(words, w.word)
			}
		}
		return strings.Join(words, " ")
	})
}

// raises counts the records of an alarm being raised.
func (a *api) raises(key string) int {
	return a.count(func(r event.Record) bool { return r.Type == event.AlarmRaised && r.Subject == key })
}

// records counts the journal's records of a type.
func (a *api) records(kind event.Type) int {
	return a.count(func(r event.Record) bool { return r.Type == kind })
}

func (a *api) count(fits func(event.Record) bool) (n int) {
	for list := (web.Events{}); ; {
		after := list.Next
		list = web.Events{}
		a.must("GET", fmt.Sprintf("events?after=%d&limit=1000", after), "", &list)
		for _, r := range list.Events {
			if fits(r) {
				n++
			}
		}
		if list.Next == 0 {
			return n
		}
	}
}

// stands is "stands" for an alarm that is active.
func (a *api) stands(key string) string {
	var list web.Alarms
	a.must("GET", "alarms", "", &list)
	for _, x := range list.Alarms {
		if x.Key == key && x.Active {
			return "stands"
		}
	}
	return "does not stand"
}
