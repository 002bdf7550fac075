package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"watchbox/firmware/command"
	"watchbox/firmware/config"
	"watchbox/firmware/engine"
	"watchbox/firmware/event"
	"watchbox/firmware/person"
	"watchbox/firmware/point"
	"watchbox/web/webtest"
)

// bench is a server over a fake box, with a way to ask it.
type bench struct {
	*testing.T
	box    *webtest.Box
	server *Server
	http   http.Handler
}

func newBench(t *testing.T) *bench {
	t.Helper()
	box := webtest.New()
	s := New(box, Options{Version: "test", Now: webtest.Now, Log: t.Logf})
	t.Cleanup(s.Close)
	return &bench{t, box, s, s.Handler()}
}

// ask sends one request with the session, as our own page would.
func (b *bench) ask(session, method, path, body string) *httptest.ResponseRecorder {
	b.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("X-Watchbox", "page")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if session != "" {
		r.AddCookie(&http.Cookie{Name: "watchbox", Value: session})
	}
	return b.send(r)
}

func (b *bench) send(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	b.http.ServeHTTP(w, r)
	return w
}

// want asks as the user and checks the status; the answer is decoded into out.
func (b *bench) want(status int, user, method, path, body string, out any) {
	b.Helper()
	w := b.ask(b.box.People().Session(user), method, base+path, body)
	if w.Code != status {
		b.Fatalf("%s %s as %s: %d, want %d: %s", method, path, user, w.Code, status, w.Body)
	}
	if out != nil {
		if err := json.Unmarshal(w.Body.Bytes(), out); err != nil {
			b.Fatalf("%s %s: %v: %s", method, path, err, w.Body)
		}
	}
}

func TestEveryRouteAsksForItsRole(t *testing.T) {
	b := newBench(t)
	fill := strings.NewReplacer("{name}", "none", "{key}", "none", "{id}", "none", "{number}", "1")
	for _, r := range b.server.routes {
		if r.role == "" || r.path == base+"stream" {
			continue
		}
		path := fill.Replace(r.path)
		if w := b.ask("", r.method, path, ""); w.Code != 401 {
			t.Errorf("%s %s without log-in: %d", r.method, path, w.Code)
		}
		if w := b.ask("stolen", r.method, path, ""); w.Code != 401 {
			t.Errorf("%s %s with a wrong session: %d", r.method, path, w.Code)
		}
		for i, user := range []string{"viewer", "operator", "engineer", "admin"} {
			w := b.ask(b.box.People().Session(user), r.method, path, "")
			if refused := strings.Contains(w.Body.String(), `"code":"forbidden"`); refused == may(ranks[i], r.role) && w.Code != 401 {
				t.Errorf("%s %s as %s: %d, least role %s", r.method, path, user, w.Code, r.role)
			}
		}
	}
}

func TestForgedRequestsAreRefused(t *testing.T) {
	b := newBench(t)
	session := b.box.People().Session("admin")
	forged := func(change func(*http.Request)) int {
		r := httptest.NewRequest("POST", base+"alarms/*/acknowledge", nil)
		r.AddCookie(&http.Cookie{Name: "watchbox", Value: session})
		change(r)
		return b.send(r).Code
	}
	for name, c := range map[string]struct {
		want   int
		change func(*http.Request)
	}{
		"plain form":     {403, func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }},
		"no type":        {403, func(*http.Request) {}},
		"own header":     {204, func(r *http.Request) { r.Header.Set("X-Watchbox", "1") }},
		"JSON":           {204, func(r *http.Request) { r.Header.Set("Content-Type", "application/json; charset=utf-8") }},
		"foreign site":   {403, func(r *http.Request) { r.Header.Set("X-Watchbox", "1"); r.Header.Set("Sec-Fetch-Site", "cross-site") }},
		"foreign origin": {403, func(r *http.Request) { r.Header.Set("X-Watchbox", "1"); r.Header.Set("Origin", "https://evil.example") }},
		"bearer": {204, func(r *http.Request) {
			r.Header.Del("Cookie")
			r.Header.Set("Authorization", "Bearer "+session)
		}},
	} {
		if got := forged(c.change); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestLogInSetsAStrictCookieAndIsJournaled(t *testing.T) {
	b := newBench(t)
	w := b.ask("", "POST", base+"session", `{"name":"operator","password":"`+webtest.Password+`"}`)
	if w.Code != 200 {
		t.Fatalf("log-in: %d %s", w.Code, w.Body)
	}
	c := w.Result().Cookies()[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Secure || c.Path != "/" {
		t.Errorf("cookie %+v", c)
	}
	if w := b.ask(c.Value, "GET", base+"session", ""); w.Code != 200 || !strings.Contains(w.Body.String(), `"role":"operator"`) {
		t.Errorf("who: %d %s", w.Code, w.Body)
	}
	if w := b.ask("", "POST", base+"session", `{"name":"operator","password":"wrong"}`); w.Code != 401 {
		t.Errorf("wrong password: %d", w.Code)
	}
	if w := b.ask(c.Value, "DELETE", base+"session", ""); w.Code != 204 {
		t.Errorf("log-out: %d", w.Code)
	}
	if w := b.ask(c.Value, "GET", base+"session", ""); w.Code != 401 {
		t.Errorf("after log-out: %d", w.Code)
	}
	r := b.box.Records()
	if n := len(r); r[n-2].Type != event.UserLogin || r[n-1].Type != event.UserLoginFailed || !strings.Contains(string(r[n-1].Detail), "192.0.2.1") {
		t.Errorf("journal ends with %+v", r[n-2:])
	}
	secure := New(b.box, Options{Secure: true})
	w = httptest.NewRecorder()
	secure.setCookie(w, "x")
	if c := w.Result().Cookies()[0]; !c.Secure || c.Name != "__Host-watchbox" {
		t.Errorf("cookie over TLS %+v", c)
	}
}

func TestLogInIsThrottled(t *testing.T) {
	b := newBench(t)
	for range burst {
		if w := b.ask("", "POST", base+"session", `{"name":"x","password":"y"}`); w.Code != 401 {
			t.Fatalf("guess: %d", w.Code)
		}
	}
	w := b.ask("", "POST", base+"session", `{"name":"operator","password":"`+webtest.Password+`"}`)
	if w.Code != 429 || w.Header().Get("Retry-After") == "" {
		t.Errorf("after %d guesses: %d", burst, w.Code)
	}
}

func TestFirstSetUp(t *testing.T) {
	b := newBench(t)
	b.box.People().Empty()
	if w := b.ask("", "GET", base+"setup", ""); !strings.Contains(w.Body.String(), `"needed":true`) {
		t.Fatal(w.Body)
	}
	if w := b.ask("", "POST", base+"setup", `{"code":"0","name":"chief","password":"long enough"}`); w.Code != 403 {
		t.Errorf("wrong code: %d", w.Code)
	}
	w := b.ask("", "POST", base+"setup", `{"code":"`+webtest.SetupCode+`","name":"chief","password":"long enough"}`)
	if w.Code != 200 || len(w.Result().Cookies()) != 1 {
		t.Fatalf("set-up: %d %s", w.Code, w.Body)
	}
	if w := b.ask("", "POST", base+"setup", `{"code":"`+webtest.SetupCode+`","name":"two","password":"long enough"}`); w.Code != 403 {
		t.Errorf("second set-up: %d", w.Code)
	}
}

// TestWhileTheStoreOpensNobodyComesIn: a box that does not know its people tells
// so, to whoever has a session too, and is claimed by nobody.
func TestWhileTheStoreOpensNobodyComesIn(t *testing.T) {
	b := newBench(t)
	session := b.box.People().Session("operator")
	b.box.People().Empty()
	b.box.Opening = true
	for _, q := range [][3]string{
		{"GET", "setup"}, {"GET", "session"}, {"GET", "alarms"},
		{"POST", "setup", `{"code":"` + webtest.SetupCode + `","name":"thief","password":"long enough"}`},
		{"POST", "session", `{"name":"operator","password":"` + webtest.Password + `"}`},
	} {
		w := b.ask(session, q[0], base+q[1], q[2])
		if text := w.Body.String(); w.Code != 503 || w.Header().Get("Retry-After") == "" || !strings.Contains(text, `"code":"opening"`) || !strings.Contains(text, "正在打开数据库") {
			t.Errorf("%s %s: %d %s", q[0], q[1], w.Code, text)
		}
	}
	if w := b.form("", "/plain/login", url.Values{"name": {"operator"}, "password": {webtest.Password}}); w.Header().Get("Location") != "/plain?note=opening" {
		t.Errorf("plain page: %v", w.Header())
	}
	if w := b.ask("", "GET", "/plain?note=opening", ""); !strings.Contains(w.Body.String(), "正在打开数据库") {
		t.Errorf("plain page: %s", w.Body)
	}
	b.box.Opening = false
	if w := b.ask(session, "GET", base+"alarms", ""); w.Code == 503 {
		t.Errorf("once it is open: %d %s", w.Code, w.Body)
	}
}

func TestABadNumberKeepsItsLastGoodValueAndTheReason(t *testing.T) {
	b := newBench(t)
	b.box.Spoil("ups2/ups.load", point.Timeout)
	var p PointView
	b.want(200, "viewer", "GET", "points/ups2%2Fups.load", "", &p)
	if f, _ := p.Value.Float(); f != 41 || p.Quality != "bad" || p.Reason != "timeout" || p.Age < 0 || p.GoodAt.IsZero() || p.Unit != "%" {
		t.Errorf("%+v", p)
	}
	b.want(200, "viewer", "GET", "points/oc%2Ffan", "", &p)
	if p.Quality != "unknown" || p.Age != -1 || !p.Value.IsNone() {
		t.Errorf("never read: %+v", p)
	}
	var list Points
	b.want(200, "viewer", "GET", "points?device=ups2", "", &list)
	if len(list.Points) != 5 {
		t.Errorf("%d points of ups2", len(list.Points))
	}
	b.want(404, "viewer", "GET", "points/none%2Fsuch", "", nil)
}

func TestAlarmOrders(t *testing.T) {
	b := newBench(t)
	b.box.Raise("rule/leak/cz/leak", "")
	var list Alarms
	b.want(200, "viewer", "GET", "alarms", "", &list)
	if len(list.Alarms) != 1 || list.Alarms[0].Priority != 1 || !list.Alarms[0].Standing {
		t.Fatalf("%+v", list)
	}
	occurrence := list.Alarms[0].Occurrence.String()
	const key = "alarms/rule%2Fleak%2Fcz%2Fleak/"
	b.want(409, "operator", "POST", key+"acknowledge", `{"occurrence":"x/y/7"}`, nil)
	b.want(204, "operator", "POST", key+"silence", "", nil)
	b.want(204, "operator", "POST", key+"acknowledge", `{"comment":"在路上","occurrence":"`+occurrence+`"}`, nil)
	b.want(409, "operator", "POST", key+"reset", "", nil)
	b.box.Clear("rule/leak/cz/leak")
	b.want(204, "operator", "POST", key+"reset", "{}", nil)
	b.want(404, "operator", "POST", key+"reset", "", nil)
	b.want(404, "operator", "POST", "alarms/*audible/acknowledge", "", nil) // the engine's word, not a person's
	b.want(204, "operator", "POST", "alarms/*/acknowledge", "", nil)
	first := b.box.Commands[1]
	if first.Verb != engine.Silence || first.Actor != "operator" || b.box.Commands[2].Comment != "在路上" {
		t.Errorf("%+v", b.box.Commands)
	}
}

func TestShelving(t *testing.T) {
	b := newBench(t)
	b.box.Raise("zone/panic", "")
	b.box.Raise("rule/load/ups2/ups.load", "91 %")
	b.want(409, "operator", "POST", "alarms/zone%2Fpanic/shelve", `{"comment":"x","minutes":5}`, nil)
	const key = "alarms/rule%2Fload%2Fups2%2Fups.load/"
	b.want(400, "operator", "POST", key+"shelve", `{"minutes":5}`, nil)
	b.want(400, "operator", "POST", key+"shelve", `{"comment":"x"}`, nil)
	b.want(400, "operator", "POST", key+"shelve", `{"comment":"x","minutes":99999999}`, nil)
	b.want(204, "operator", "POST", key+"shelve", `{"comment":"换电池","minutes":30}`, nil)
	var o Overview
	b.want(200, "viewer", "GET", "overview", "", &o)
	if o.Standing != 1 || o.Shelved != 1 || o.State != "alarm" {
		t.Errorf("%+v", o)
	}
	b.want(204, "operator", "POST", key+"unshelve", "", nil)
}

func TestPanelOrders(t *testing.T) {
	b := newBench(t)
	b.box.SetReady("main", point.Words{Zh: "门开着", En: "Door open"})
	var f FailureBody
	b.want(409, "operator", "POST", "partitions/main/arm", "", &f)
	if f.Error.Code != "not-ready" || len(f.Error.Reasons) != 1 || f.Error.Zh == "" {
		t.Errorf("%+v", f)
	}
	b.want(204, "operator", "POST", "partitions/main/force-arm", "", nil)
	var p Panel
	b.want(200, "viewer", "GET", "panel", "", &p)
	if p.Partitions[0].Mode != "exit-delay" || p.Partitions[0].Remaining < 1 || p.Partitions[0].Remaining > 30 {
		t.Errorf("%+v", p.Partitions[0])
	}
	b.want(204, "operator", "POST", "partitions/main/disarm", "", nil)
	b.want(404, "operator", "POST", "partitions/none/arm", "", nil)
	b.want(204, "engineer", "POST", "zones/pir/bypass", "", nil)
	b.want(204, "engineer", "POST", "zones/pir/unbypass", "", nil)
	b.want(404, "engineer", "POST", "zones/none/bypass", "", nil)
}

func TestAWriteTakesTwoSteps(t *testing.T) {
	b := newBench(t)
	const target = "outputs/ac1%2Fsetpoint.temperature/"
	w := b.ask(b.box.People().Session("engineer"), "POST", base+target+"select", `{"value":40,"reason":"hot"}`)
	if w.Code != 409 || !strings.Contains(w.Body.String(), "18 to 29 °C") {
		t.Errorf("out of range: %d %s", w.Code, w.Body)
	}
	b.want(409, "engineer", "POST", target+"execute", `{"id":"none"}`, nil)
	var s command.Selection
	b.want(200, "engineer", "POST", target+"select", `{"value":22,"reason":"hot"}`, &s)
	if s.To.En != "22 °C" && s.To.En != "22.0 °C" || s.Until.IsZero() {
		t.Errorf("%+v", s)
	}
	b.want(409, "admin", "POST", target+"execute", `{"id":"`+s.ID+`"}`, nil)
	b.want(204, "engineer", "POST", target+"execute", `{"id":"`+s.ID+`"}`, nil)
	b.want(409, "engineer", "POST", target+"execute", `{"id":"`+s.ID+`"}`, nil)
	var list Commands
	b.want(200, "viewer", "GET", "commands", "", &list)
	if len(list.Commands) != 1 || list.Commands[0].State != command.Done || list.Commands[0].Actor != "engineer" || list.Commands[0].Reason != "hot" {
		t.Errorf("%+v", list)
	}
}

func TestAUnitIsTakenOutOfItsTeamAndGivenBack(t *testing.T) {
	b := newBench(t)
	for _, step := range []struct {
		path string
		want int
		hand bool
	}{{"ac1/hand", 204, true}, {"ac1/hand", 409, true}, {"ac1/auto", 204, false}, {"ac1/auto", 409, false}, {"ac7/auto", 404, false}} {
		b.want(step.want, "engineer", "POST", "teams/cooling/units/"+step.path, "", nil)
		var list Teams
		b.want(200, "viewer", "GET", "teams", "", &list)
		if u := list.Teams[0].Units[0]; u.Hand != step.hand || step.hand && u.By != "engineer" || !u.OnDuty {
			t.Errorf("%s: %+v", step.path, u)
		}
	}
}

func TestEngineerRoutes(t *testing.T) {
	b := newBench(t)
	b.want(400, "engineer", "POST", "outputs/oc%2Ffan/select", `{"reason":"test"}`, nil)
	b.want(404, "engineer", "POST", "outputs/none%2Fx/select", `{"value":true,"reason":"test"}`, nil)
	b.want(409, "engineer", "POST", "outputs/oc%2Ffan/select", `{"value":true}`, nil)
	b.want(409, "engineer", "POST", "outputs/oc%2Fsiren/select", `{"value":true,"reason":"test"}`, nil)
	b.want(403, "operator", "POST", "outputs/oc%2Ffan/select", `{"value":true,"reason":"test"}`, nil)
	b.want(204, "engineer", "POST", "outputs/lamp-test", "", nil)
	var a TestAnswer
	b.want(200, "engineer", "POST", "contacts/test", `{"channel":"sms","contact":"zhang"}`, &a)
	var m Messages
	b.want(200, "operator", "GET", "messages", "", &m)
	if len(m.Messages) != 1 || m.Messages[0].ID != a.Message {
		t.Errorf("%+v", m)
	}
	b.want(409, "engineer", "POST", "contacts/test", `{"channel":"pigeon","contact":"zhang"}`, nil)
	w := b.ask(b.box.People().Session("engineer"), "GET", base+"site", "")
	for _, secret := range []string{"hush", "secret:", "1234567", "13800000001", "zhang@"} {
		if strings.Contains(w.Body.String(), secret) {
			t.Errorf("site shows %q: %s", secret, w.Body)
		}
	}
	b.want(204, "engineer", "POST", "site/reload", "", nil)
	b.box.ReloadError = errors.New("site.yaml:3:5: rooms: read 7\nsite.yaml:9:1: unknown key")
	var f FailureBody
	b.want(409, "engineer", "POST", "site/reload", "", &f)
	if f.Error.Code != "site-refused" || len(f.Error.Reasons) != 2 {
		t.Errorf("%+v", f)
	}
	_, problems := config.Parse("site.yaml", []byte("version: 1\nroms: []\n"))
	b.box.ReloadError = fmt.Errorf("site file not accepted:\n%w", config.Problems(problems))
	b.want(409, "engineer", "POST", "site/reload", "", &f)
	if r := f.Error.Reasons; len(r) == 0 || !strings.Contains(fmt.Sprint(r), "第 2 行") || !strings.Contains(fmt.Sprint(r), "不认识的键") || !strings.Contains(fmt.Sprint(r), "site.yaml:2:1") {
		t.Errorf("%+v", r)
	}
}

func TestPeopleRoutes(t *testing.T) {
	b := newBench(t)
	b.want(204, "admin", "POST", "users", `{"name":"wang","role":"operator","password":"long enough"}`, nil)
	b.want(409, "admin", "POST", "users", `{"name":"wang","role":"operator","password":"long enough"}`, nil)
	b.want(400, "admin", "POST", "users", `{"name":"x","role":"king","password":"long enough"}`, nil)
	b.want(204, "admin", "POST", "users/wang/password", `{"password":"another one"}`, nil)
	var tok Token
	b.want(200, "admin", "POST", "tokens", `{"user":"wang","label":"ticket desk"}`, &tok)
	if w := b.ask(tok.Token, "GET", base+"session", ""); !strings.Contains(w.Body.String(), `"name":"wang"`) {
		t.Errorf("token: %s", w.Body)
	}
	b.want(409, "admin", "DELETE", "users/admin", "", nil)
	b.want(204, "admin", "DELETE", "users/wang", "", nil)
	var u Users
	b.want(200, "admin", "GET", "users", "", &u)
	if len(u.Users) != 4 || u.Users[0].Role != person.Administrator {
		t.Errorf("%+v", u)
	}
	b.want(403, "viewer", "POST", "session/password", `{"old":"no","new":"something new"}`, nil)
	b.want(204, "viewer", "POST", "session/password", `{"old":"`+webtest.Password+`","new":"something new"}`, nil)
}

func TestEventsAreReRequestedWithoutGaps(t *testing.T) {
	b := newBench(t)
	for range 57 {
		b.box.Journal(event.Record{Type: event.DoorGranted})
	}
	_, epoch := b.box.Identity()
	var next, got uint64
	for page := 0; ; page++ {
		var e Events
		b.want(200, "viewer", "GET", "events?limit=10&epoch="+epoch+"&after="+jsonNumber(next), "", &e)
		for _, r := range e.Events {
			if got++; r.ID.Sequence != got {
				t.Fatalf("sequence %d, want %d", r.ID.Sequence, got)
			}
		}
		if next = e.Next; next == 0 {
			break
		}
	}
	if got != 59 {
		t.Errorf("%d records", got)
	}
	var e Events
	b.want(200, "viewer", "GET", "events?limit=3", "", &e)
	if e.Events[0].ID.Sequence != 59 || e.Next != 57 {
		t.Errorf("newest first: %+v", e)
	}
	b.want(200, "viewer", "GET", "events?before=57&types=journal.began,box.started", "", &e)
	if len(e.Events) != 2 {
		t.Errorf("by type: %d", len(e.Events))
	}
	b.want(400, "viewer", "GET", "events?before=5&after=2", "", nil)
	b.box.JournalError = errors.New("disk hangs")
	b.want(503, "viewer", "GET", "events", "", nil)
}

func jsonNumber(n uint64) string { b, _ := json.Marshal(n); return string(b) }
