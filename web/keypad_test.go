package web

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/firmware/config"
	"watchbox/firmware/engine"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
	"watchbox/web/webtest"
)

const (
	rightCode  = "270518"
	duressCode = "270519"
)

var silentZone = zone.Zone{ID: "panic", Input: "oc/panic", Type: "panic", Silent: true}

// withCodes is a bench where the operator has a panel code and a duress code.
func withCodes(t *testing.T) *bench {
	t.Helper()
	b := newBench(t)
	b.want(204, "operator", "POST", "session/codes", fmt.Sprintf(`{"password":%q,"code":%q,"duress":%q}`, webtest.Password, rightCode, duressCode), nil)
	return b
}

func (b *bench) code(session, path, user, code string) *httptest.ResponseRecorder {
	b.Helper()
	return b.ask(session, "POST", base+"partitions/"+path, fmt.Sprintf(`{"user":%q,"code":%q}`, user, code))
}

func TestSettingCodes(t *testing.T) {
	b := newBench(t)
	for _, c := range []struct {
		user, path, body string
		want             int
		says             string
	}{
		{"operator", "session/codes", `{"password":"wrong","code":"270518"}`, 403, "wrong-password"},
		{"operator", "session/codes", `{"password":"` + webtest.Password + `","code":"111111"}`, 400, "bad-code"},
		{"operator", "session/codes", `{"password":"` + webtest.Password + `","code":"2705"}`, 400, "6–8"},
		{"operator", "session/codes", `{"password":"` + webtest.Password + `","code":"270518","duress":"270518"}`, 400, "胁迫"},
		{"operator", "session/codes", `{"password":"` + webtest.Password + `","code":"270518","duress":"270519"}`, 204, ""},
		{"viewer", "session/codes", `{}`, 403, "forbidden"},
		{"operator", "users/engineer/codes", `{"code":"604183"}`, 403, "forbidden"},
		{"admin", "users/engineer/codes", `{"code":"604183"}`, 204, ""},
		{"admin", "users/nobody/codes", `{"code":"604183"}`, 404, ""},
	} {
		w := b.ask(b.box.People().Session(c.user), "POST", base+c.path, c.body)
		if w.Code != c.want || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%s %s %s: %d %s", c.user, c.path, c.body, w.Code, w.Body)
		}
	}
	var k Keypad
	if b.want(200, "viewer", "GET", "keypad", "", &k); !slices.Equal(k.Users, []string{"engineer", "operator"}) {
		t.Errorf("%v", k.Users)
	}
	for _, r := range b.box.Records() {
		if text := r.Text.Zh + r.Text.En + string(r.Detail); strings.Contains(text, "270518") || strings.Contains(text, "胁迫") {
			t.Errorf("the journal tells: %s", text)
		}
	}
}

func TestWhoMovedThePanel(t *testing.T) {
	b := withCodes(t)
	b.box.AskCode("main")
	for _, c := range []struct {
		session, path, body string
		want                int
		says, actor         string
	}{
		{"viewer", "net/disarm", "", 403, "code-required", ""},
		{"viewer", "net/disarm", `{"user":"operator"}`, 403, "code-required", ""},
		{"viewer", "net/disarm", `{"code":"270518"}`, 403, "wrong-code", ""},
		{"viewer", "net/disarm", `{"user":"operator","code":"604183"}`, 403, "wrong-code", ""},
		{"viewer", "net/disarm", `{"user":"operator","code":"270518"}`, 204, "", "operator"},
		{"viewer", "net/arm", `{"user":"operator","code":"270518","mode":"stay"}`, 204, "", "operator"},
		{"engineer", "net/disarm", "", 204, "", "engineer"},
		{"engineer", "net/arm", `{"user":"operator","code":"270518"}`, 204, "", "operator"},
		{"engineer", "main/disarm", "", 403, "code-required", ""},
		{"operator", "main/disarm", `{"code":"270518"}`, 204, "", "operator"},
		{"operator", "main/disarm", `{"code":"` + strings.Repeat("1", 65) + `"}`, 400, "bad-request", ""},
		{"viewer", "nowhere/disarm", `{"user":"operator","code":"270518"}`, 404, "", ""},
	} {
		before := len(b.box.Ordered())
		w := b.ask(b.box.People().Session(c.session), "POST", base+"partitions/"+c.path, c.body)
		if w.Code != c.want || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%s %s %s: %d %s", c.session, c.path, c.body, w.Code, w.Body)
		}
		if done := b.box.Ordered(); c.actor != "" && (len(done) != before+1 || done[before].Actor != c.actor || done[before].Coded != (c.body != "")) {
			t.Errorf("%s %s: ordered %+v", c.session, c.path, done[before:])
		}
	}
}

func TestWrongCodesAreToldAndLock(t *testing.T) {
	b := withCodes(t)
	desk := b.box.People().Session("viewer")
	for i := range 5 {
		want := `"wrong-code"`
		if i == 4 {
			want = `"code-locked"`
		}
		if w := b.code(desk, "net/disarm", "operator", "604183"); !strings.Contains(w.Body.String(), want) {
			t.Errorf("try %d: %d %s", i+1, w.Code, w.Body)
		}
	}
	if w := b.code(desk, "net/disarm", "operator", rightCode); w.Code != 429 || !strings.Contains(w.Body.String(), "90 ") {
		t.Errorf("the right one while locked: %d %s", w.Code, w.Body)
	}
	refused := 0
	for _, r := range b.box.Records() {
		if r.Type == event.CodeRefused && r.Subject == "operator" && r.Actor == "viewer" {
			refused++
		}
	}
	var list Alarms
	b.want(200, "viewer", "GET", "alarms", "", &list)
	if refused != 5 || len(list.Alarms) != 1 || list.Alarms[0].Key != "panel/codes" {
		t.Errorf("%d records, alarms %v", refused, list.Alarms)
	}
	b.want(200, "", "POST", "session", fmt.Sprintf(`{"name":"operator","password":%q}`, webtest.Password), nil)
}

// TestCodesAndLogInsDoNotUseUpEachOther: neither a guesser at the keypad keeps
// anybody from logging in, nor one at the log-in anybody from disarming.
func TestCodesAndLogInsDoNotUseUpEachOther(t *testing.T) {
	b := withCodes(t)
	desk := b.box.People().Session("viewer")
	for range 3 * burst {
		b.code(desk, "net/disarm", "operator", "604183")
	}
	if w := b.code(desk, "net/disarm", "operator", rightCode); w.Code != 429 {
		t.Errorf("after %d codes: %d", 3*burst, w.Code)
	}
	if w := b.ask("", "POST", base+"session", fmt.Sprintf(`{"name":"operator","password":%q}`, webtest.Password)); w.Code != 200 {
		t.Errorf("log-in: %d %s", w.Code, w.Body)
	}
	for range 3 * burst {
		b.ask("", "POST", base+"session", `{"name":"operator","password":"wrong"}`)
	}
	b.box.People().Unlock()
	if w := b.code(b.box.People().Session("engineer"), "net/disarm", "operator", rightCode); w.Code != 204 {
		t.Errorf("disarm after a flood of log-ins: %d %s", w.Code, w.Body)
	}
}

// volatile is what differs between two runs whatever the code was.
var volatile = regexp.MustCompile(`[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+(Z|[+-][0-9:]+)?|"(age|uptime|remaining|mono|sequence|id|next|streams)":("[^"]*"|[-0-9.]+)|_seconds[^\n]*|[0-9]+h?[0-9]*m?[0-9]*s<|e19c04/[0-9]+|[0-9a-f]{64}|session-[0-9]+`)

// sight is everything that the session can see of the box by asking.
func (b *bench) sight(session string) map[string]string {
	seen := map[string]string{}
	fill := strings.NewReplacer("{name}", "oc%2Fsiren")
	for _, r := range b.server.routes {
		path := fill.Replace(r.path)
		if r.method == "GET" && !strings.HasSuffix(path, "/stream") && !strings.Contains(path, "openapi") {
			seen[path] = b.ask(session, "GET", path, "").Body.String()
		}
	}
	for _, path := range []string{"/plain", base + "why?key=partition%2Fnet%2Fduress", base + "events?types=alarm.raised", base + "events?limit=3"} {
		seen[path] = b.ask(session, "GET", path, "").Body.String()
	}
	for path, text := range seen {
		seen[path] = volatile.ReplaceAllString(text, "…")
	}
	return seen
}

// TestDuressShowsNowhereAtThePanel: after a duress code the session sees what it
// sees after the ordinary one, by every question that can be asked; somebody
// else sees the alarm.
func TestDuressShowsNowhereAtThePanel(t *testing.T) {
	for _, user := range []string{"viewer", "operator"} {
		var after [2]map[string]string
		var answer [2]string
		for i, code := range []string{rightCode, duressCode} {
			b := withCodes(t)
			desk := b.box.People().Session(user)
			w := b.code(desk, "net/disarm", "operator", code)
			answer[i] = fmt.Sprint(w.Code, w.Header(), w.Body)
			after[i] = b.sight(desk)
			elsewhere := b.sight(b.box.People().Session("admin"))
			if told := strings.Contains(elsewhere[base+"alarms"], "partition/net/duress"); told != (code == duressCode) {
				t.Errorf("elsewhere: %v, %s", told, elsewhere[base+"alarms"])
			}
		}
		if answer[0] != answer[1] {
			t.Errorf("answered %s\n%s", answer[0], answer[1])
		}
		for path, text := range after[0] {
			if after[1][path] != text {
				t.Errorf("%s as %s differs:\n%s\n%s", path, user, text, after[1][path])
			}
			if strings.HasPrefix(path, base+"why") { // an unknown name is repeated to whoever asked for it
				after[1][path] = strings.NewReplacer("「partition/net/duress」", "", "“partition/net/duress”", "").Replace(after[1][path])
			}
			if strings.Contains(after[1][path], "duress") || strings.Contains(after[1][path], "胁迫") {
				t.Errorf("%s as %s tells", path, user)
			}
		}
	}
}

func TestDuressShowsNowhereOnTheStreamOfThePanel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := withCodes(t)
		own := b.box.People().Session("operator")
		page, leave := b.listenAs(own, "")
		defer leave()
		guard, leaveGuard := b.listenAs(b.box.People().Session("admin"), "")
		defer leaveGuard()
		time.Sleep(time.Second)
		if w := b.code(own, "net/disarm", "operator", duressCode); w.Code != 204 {
			t.Fatal(w.Code, w.Body)
		}
		b.box.Raise("zone/panic", "")
		time.Sleep(20 * time.Second)
		text := func(p *tape) string {
			var all strings.Builder
			for _, m := range p.heard() {
				all.WriteString(m.name + m.data)
			}
			return all.String()
		}
		if got := text(page); strings.Contains(got, "duress") || strings.Contains(got, "胁迫") || !strings.Contains(got, `"key":"zone/panic"`) || !strings.Contains(got, "alarm.raised") {
			t.Errorf("the page was told %s", got)
		}
		if got := text(guard); strings.Count(got, `"key":"partition/net/duress"`) == 0 || !strings.Contains(got, `"subject":"partition/net/duress"`) {
			t.Errorf("the other page was told %s", got)
		}
		first := page.heard()[0]
		again, leaveAgain := b.listenAs(own, "b7f3a2/e19c04/1")
		defer leaveAgain()
		time.Sleep(time.Second)
		if got := text(again); strings.Contains(got, "duress") || first.name != "hello" {
			t.Errorf("after a reconnect %s", got)
		}
	})
}

func TestABlindSessionCannotTouchASilentAlarm(t *testing.T) {
	b := withCodes(t)
	desk := b.box.People().Session("operator")
	b.code(desk, "net/disarm", "operator", duressCode)
	key := "alarms/partition%2Fnet%2Fduress/"
	for _, verb := range []string{"acknowledge", "silence", "reset"} {
		if w := b.ask(desk, "POST", base+key+verb, ""); w.Code != 404 {
			t.Errorf("%s: %d %s", verb, w.Code, w.Body)
		}
		if w := b.ask(desk, "POST", base+"alarms/*/"+verb, ""); w.Code != 204 {
			t.Errorf("%s all: %d %s", verb, w.Code, w.Body)
		}
	}
	page := b.ask(desk, "GET", "/plain", "").Body.String()
	token := tokenField.FindStringSubmatch(page)[1]
	for _, key := range []string{"partition/net/duress", "*"} {
		b.form(desk, "/plain/alarm", url.Values{"token": {token}, "verb": {"acknowledge"}, "key": {key}})
	}
	var list Alarms
	b.want(200, "admin", "GET", "alarms", "", &list)
	if len(list.Alarms) != 1 || list.Alarms[0].Acknowledged || list.Alarms[0].Silenced {
		t.Fatalf("%+v", list.Alarms)
	}
	b.want(204, "admin", "POST", key+"acknowledge", "", nil)
}

func TestConsent(t *testing.T) {
	b := newBench(t)
	b.box.AskConsent()
	b.want(403, "engineer", "POST", "site/reload", "", nil)
	for _, c := range []struct {
		user, body string
		want       int
	}{
		{"viewer", `{"hours":4}`, 403}, {"engineer", `{"hours":4}`, 403}, {"operator", `{"hours":0}`, 400}, {"operator", `{"hours":25}`, 400},
		{"operator", `{"hours":-1}`, 400}, {"operator", `{"hours":1e9}`, 400}, {"operator", `{"hours":4}`, 204},
	} {
		b.want(c.want, c.user, "POST", "consent", c.body, nil)
	}
	var p Panel
	b.want(200, "viewer", "GET", "panel", "", &p)
	if !p.Consent.Required || p.Consent.By != "operator" || p.Consent.Remaining < 4*3600-60 || p.Consent.Alone {
		t.Errorf("%+v", p.Consent)
	}
	b.want(204, "engineer", "POST", "site/reload", "", nil)
	b.want(204, "operator", "DELETE", "consent", "", nil)
	b.want(403, "engineer", "POST", "site/reload", "", nil)
	b.want(204, "admin", "DELETE", "users/operator", "", nil)
	b.want(204, "admin", "POST", "consent", `{"hours":1}`, nil)
	if c := b.box.Ordered(); !c[len(c)-1].Alone || c[len(c)-1].Verb != engine.Consent {
		t.Errorf("nobody else is there: %+v", c[len(c)-1])
	}
}

// TestASilentButtonShowsNowhereInTheRoom: a silent hold-up is kept with its zone
// and its contact, pressed or not.
func TestASilentButtonShowsNowhereInTheRoom(t *testing.T) {
	b := newBench(t)
	b.box.Site().Zones = append(b.box.Site().Zones, silentZone)
	var before, after Panel
	b.want(200, "viewer", "GET", "panel", "", &before)
	b.box.Set("oc/panic", point.OfBool(true))
	b.want(200, "viewer", "GET", "panel", "", &after)
	var p PointView
	b.want(200, "viewer", "GET", "points/oc%2Fpanic", "", &p)
	if len(before.Zones) != len(after.Zones) || p.Quality != "unknown" || !p.Value.IsNone() {
		t.Errorf("%+v, %+v", after.Zones, p)
	}
	var h History
	if b.want(200, "viewer", "GET", "points/oc%2Fpanic/history", "", &h); len(h.Readings) != 0 {
		t.Error("its past is shown")
	}
	for _, z := range after.Zones {
		if z.ID == "panic" {
			t.Error("its zone is shown")
		}
	}
	if b.want(200, "operator", "GET", "points/oc%2Fpanic", "", &p); !p.Value.Truth() {
		t.Error("an operator does not see it")
	}
	b.box.Site().Inputs = append(b.box.Site().Inputs, config.Input{Terminal: "DI1", Point: "oc/panic"})
	for _, path := range []string{"points/terminals%2Fdi1.edges/history", "points/terminals%2Fdi1.edges"} {
		if text := b.ask(b.box.People().Session("viewer"), "GET", base+path, "").Body.String(); strings.Contains(text, `"value":7`) {
			t.Errorf("%s: %s", path, text)
		}
		if text := b.ask(b.box.People().Session("operator"), "GET", base+path, "").Body.String(); !strings.Contains(text, `"value":7`) {
			t.Errorf("%s of an operator: %s", path, text)
		}
	}
	for user, seen := range map[string]bool{"viewer": false, "operator": true} { // its edges tell as much
		session := b.box.People().Session(user)
		terminals, figures := b.ask(session, "GET", base+"terminals", "").Body.String(), b.ask(session, "GET", "/metrics", "").Body.String()
		if strings.Contains(terminals, `"oc/panic"`) != seen || strings.Contains(figures, `watchbox_input_edges_total{terminal="DI1"`) != seen {
			t.Errorf("as %s the contact is told of in %s or %s", user, terminals, figures)
		}
	}
}
