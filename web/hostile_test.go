package web

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/point"
	"watchbox/web/webtest"
)

func TestHostileRequests(t *testing.T) {
	b := newBench(t)
	b.box.Raise("zone/panic", "")
	const path = "alarms/zone%2Fpanic/acknowledge"
	b.want(413, "operator", "POST", path, `{"comment":"`+strings.Repeat("x", maxBody)+`"}`, nil)
	b.want(400, "operator", "POST", path, `{"comment":"`+strings.Repeat("x", maxComment+1)+`"}`, nil)
	b.want(400, "operator", "POST", path, `{"unknown":1}`, nil)
	b.want(400, "operator", "POST", path, `{} {}`, nil)
	b.want(400, "operator", "POST", path, `[`, nil)
	b.want(404, "viewer", "GET", "nothing", "", nil)
	b.want(405, "viewer", "GET", path, "", nil)
	b.want(400, "viewer", "GET", "points/oc%2Fpanic/history?from=tomorrow", "", nil)
	r := httptest.NewRequest("POST", base+path, strings.NewReader("a=b"))
	r.Header.Set("X-Watchbox", "1")
	r.Header.Set("Authorization", "Bearer "+b.box.People().Session("operator"))
	if w := b.send(r); w.Code != 400 {
		t.Errorf("body that is not JSON: %d", w.Code)
	}
	if w := b.ask(strings.Repeat("x", 5000), "GET", base+"session", ""); w.Code != 401 {
		t.Errorf("long session: %d", w.Code)
	}
}

func TestHeadersAndHealth(t *testing.T) {
	b := newBench(t)
	w := b.ask("", "GET", "/healthz", "")
	if w.Code != 200 || w.Body.String() != "up\n" {
		t.Errorf("%d %q", w.Code, w.Body)
	}
	if p := w.Header().Get("Content-Security-Policy"); !strings.Contains(p, "default-src 'self'") || !strings.Contains(p, "frame-ancestors 'none'") {
		t.Error(p)
	}
	if w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Error("nosniff is missing")
	}
	b.box.Starting()
	if w := b.ask("", "GET", "/healthz", ""); w.Code != 503 {
		t.Errorf("starting: %d", w.Code)
	}
	b.want(503, "viewer", "GET", "overview", "", nil)
}

func TestMetrics(t *testing.T) {
	b := newBench(t)
	b.box.Raise("rule/leak/cz/leak", "")
	b.box.Fail("ups2", point.Timeout, "no answer")
	w := b.ask(b.box.People().Session("viewer"), "GET", "/metrics", "")
	for _, line := range []string{
		`watchbox_alarms_standing{priority="1"} 1`, `watchbox_device_up{device="ups2",room="cz",driver="modbus-rtu"} 0`,
		`watchbox_point_value{point="th1/temperature",room="oc",unit="°C"} 22.4`, `watchbox_point_good{point="ups2/ups.load"} 0`,
	} {
		if !strings.Contains(w.Body.String(), line+"\n") {
			t.Errorf("metrics lack %s", line)
		}
	}
	if strings.Contains(w.Body.String(), `watchbox_point_value{point="ups2/ups.load"`) {
		t.Error("a bad point has a value")
	}
}

func TestAPanicInAHandlerIsOneBadAnswer(t *testing.T) {
	b := newBench(t)
	h := b.server.recovering(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("rule") }))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 500 || !strings.Contains(w.Body.String(), `"code":"internal"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func FuzzQueries(f *testing.F) {
	for _, q := range []string{"", "after=0&limit=10", "before=7&types=a,b", "epoch=x&origin=a/b/3", "from=-3600&to=2026-01-01T00:00:00Z&most=5", "limit=-1", "types=,"} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := url.ParseQuery(text)
		if err != nil {
			return
		}
		if e, err := parseEvents(q.Get); err == nil && (e.Limit < 1 || e.Limit > 1000 || len(e.Types) > 50) {
			t.Errorf("%q: %+v", text, e)
		}
		if s, err := parseSpan(q.Get, webtest.Now().Wall); err == nil && (s.most < 1 || s.most > mostReadings || !s.from.Before(s.to)) {
			t.Errorf("%q: %+v", text, s)
		}
	})
}

func FuzzBodies(f *testing.F) {
	f.Add(`{"comment":"x","until":"2026-01-01T00:00:00Z"}`)
	f.Add(`{"comment":1}`)
	box := webtest.New()
	box.Raise("zone/panic", "")
	s := New(box, Options{Now: webtest.Now})
	session := box.People().Session("operator")
	f.Fuzz(func(t *testing.T, body string) {
		for _, verb := range []string{"acknowledge", "shelve"} {
			r := httptest.NewRequest("POST", base+"alarms/zone%2Fpanic/"+verb, io.NopCloser(strings.NewReader(body)))
			r.Header.Set("Authorization", "Bearer "+session)
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, r)
			if w.Code >= 500 {
				t.Errorf("%q: %d %s", body, w.Code, w.Body)
			}
		}
	})
}

func TestAStreamOutlivesTheServersReadTimeout(t *testing.T) {
	b := newBench(t)
	h := b.server.HTTP()
	h.ReadTimeout = 200 * time.Millisecond
	real := httptest.NewUnstartedServer(nil)
	real.Config = h
	real.Start()
	defer real.Close()
	defer b.server.Close()
	r, _ := http.NewRequest("GET", real.URL+base+"stream", nil)
	r.Header.Set("Authorization", "Bearer "+b.box.People().Session("viewer"))
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(answer.Body); s.Scan(); {
			lines <- s.Text()
		}
	}()
	time.Sleep(600 * time.Millisecond)
	b.box.Raise("zone/panic", "")
	for line := range lines {
		if strings.HasPrefix(line, "data:") && strings.Contains(line, `"zone/panic"`) {
			return
		}
	}
	t.Error("the stream ended before the alarm came")
}
