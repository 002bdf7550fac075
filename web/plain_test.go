package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"watchbox/firmware/live"
	"watchbox/firmware/point"
	"watchbox/web/webtest"
)

// form sends a form of the plain page.
func (b *bench) form(session, path string, fields url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", path, strings.NewReader(fields.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if session != "" {
		r.AddCookie(&http.Cookie{Name: "watchbox", Value: session})
	}
	return b.send(r)
}

var tokenField = regexp.MustCompile(`name="token" value="([0-9a-f]{64})"`)

func TestPlainPageShowsNothingWithoutLogIn(t *testing.T) {
	b := newBench(t)
	b.box.Raise("zone/panic", "")
	w := b.ask("", "GET", "/plain", "")
	if w.Code != 200 || strings.Contains(w.Body.String(), "紧急按钮") || !strings.Contains(w.Body.String(), "密码") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestPlainPageWorksWithoutScript(t *testing.T) {
	b := newBench(t)
	b.box.Raise("rule/leak/cz/leak", "")
	b.box.Fail("ups2", point.Timeout, "modbus ups2: timeout")
	if w := b.form("", "/plain/login", url.Values{"name": {"operator"}, "password": {"wrong"}}); w.Header().Get("Location") != "/plain?note=login" {
		t.Errorf("wrong password: %v", w.Header())
	}
	w := b.form("", "/plain/login", url.Values{"name": {"operator"}, "password": {webtest.Password}})
	if w.Code != 303 {
		t.Fatalf("log-in: %d", w.Code)
	}
	session := w.Result().Cookies()[0].Value
	page := b.ask(session, "GET", "/plain", "").Body.String()
	for _, text := range []string{"1 个报警", "机房漏水", "关闭空调进水阀", "确认", "消音", "超时无应答", "22.4 °C", "modbus ups2: timeout", `http-equiv="refresh"`, "机房空调", "空调 1: 运行 · 值班", "空调 2: 停机 · 备用", "点表为模板，待现场确认"} {
		if !strings.Contains(page, text) {
			t.Errorf("the page lacks %q", text)
		}
	}
	if strings.Contains(page, "<script") || strings.Contains(page, "style=") {
		t.Error("the plain page holds a script or an inline style")
	}
	token := tokenField.FindStringSubmatch(page)[1]
	order := url.Values{"key": {"rule/leak/cz/leak"}, "verb": {"acknowledge"}, "token": {token}}
	if w := b.form(session, "/plain/alarm", order); w.Header().Get("Location") != "/plain?note=done" {
		t.Errorf("acknowledge: %d %v", w.Code, w.Header())
	}
	if w := b.form(session, "/plain/alarm", order); w.Code != 409 || !strings.Contains(w.Body.String(), "被拒绝：acknowledge rule/leak") || !strings.Contains(w.Body.String(), "机房漏水") {
		t.Errorf("again: %d %s", w.Code, w.Body)
	}
	order.Set("key", "zone/panick")
	if w := b.form(session, "/plain/alarm", order); w.Code != 404 || !strings.Contains(w.Body.String(), "没有名为「zone/panick」的报警") {
		t.Errorf("a key of no alarm: %d %s", w.Code, w.Body)
	}
	order.Set("key", "rule/leak/cz/leak")
	order.Set("token", strings.Repeat("0", 64))
	if w := b.form(session, "/plain/alarm", order); w.Header().Get("Location") != "/plain?note=again" {
		t.Errorf("forged: %v", w.Header())
	}
	viewer := b.box.People().Session("viewer")
	order.Set("token", b.server.formToken(viewer))
	if w := b.form(viewer, "/plain/alarm", order); w.Header().Get("Location") != "/plain?note=forbidden" {
		t.Errorf("viewer: %v", w.Header())
	}
	if len(b.box.Commands) != 3 {
		t.Errorf("%d commands", len(b.box.Commands))
	}
	english := b.ask(session, "GET", "/plain?lang=en", "").Body.String()
	if !strings.Contains(english, "1 standing alarms") || !strings.Contains(english, "Water in the machine room") {
		t.Error(english)
	}
	b.form(session, "/plain/logout", url.Values{"token": {token}})
	if w := b.ask(session, "GET", base+"session", ""); w.Code != 401 {
		t.Errorf("after log-out: %d", w.Code)
	}
}

func TestWithoutABuiltPageTheServerPointsToThePlainOne(t *testing.T) {
	b := newBench(t)
	b.server.site = newPageFiles(fstest.MapFS{"page/.keep": {}})
	w := b.ask("", "GET", "/", "")
	if w.Code != 200 || !strings.Contains(w.Body.String(), `href="/plain"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := b.ask("", "GET", "/assets/../.keep", ""); w.Code == 200 {
		t.Error("the placeholder is served")
	}
}

func TestPageFilesAreCompressedAndCached(t *testing.T) {
	b := newBench(t)
	long := strings.Repeat("watchbox ", 1000)
	b.server.site = newPageFiles(fstest.MapFS{"page/index.html": {Data: []byte(long)}, "page/assets/a-1.js": {Data: []byte(long)}})
	r := httptest.NewRequest("GET", "/assets/a-1.js", nil)
	r.Header.Set("Accept-Encoding", "gzip, br")
	w := b.send(r)
	if w.Header().Get("Content-Encoding") != "gzip" || w.Body.Len() > 500 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("%v", w.Header())
	}
	w = b.ask("", "GET", "/", "")
	if w.Body.String() != long {
		t.Error("without gzip the file is not plain")
	}
	r = httptest.NewRequest("GET", "/", nil)
	r.Header.Set("If-None-Match", w.Header().Get("ETag"))
	if w := b.send(r); w.Code != 304 {
		t.Errorf("unchanged: %d", w.Code)
	}
	if w := b.ask("", "GET", "/assets/none.js", ""); w.Code != 404 {
		t.Errorf("missing: %d", w.Code)
	}
}

func TestASpanIsSaidInDaysHoursAndMinutes(t *testing.T) {
	for seconds, want := range map[float64][2]string{0: {"0 秒", "0 s"}, 59.9: {"59 秒", "59 s"}, 60: {"1 分", "1 min"}, 3600: {"1 小时", "1 h"},
		90061: {"1 天 1 小时 1 分", "1 d 1 h 1 min"}, 86400 * 400: {"400 天", "400 d"}, 86460: {"1 天 1 分", "1 d 1 min"}} {
		if got := lasting(seconds); got.Zh != want[0] || got.En != want[1] {
			t.Errorf("%v s: %q, %q", seconds, got.Zh, got.En)
		}
	}
	for _, c := range []struct {
		p    point.Point
		v    point.Value
		want string
	}{
		{point.Point{Kind: point.Real, Unit: "s"}, point.OfReal(273_900), "3 天 4 小时 5 分"},
		{point.Point{Kind: point.Count, Unit: "s"}, point.OfInt(273_900), "3 天 4 小时 5 分"},
		{point.Point{Kind: point.Real, Unit: "s", Decimals: 2}, point.OfReal(0.25), "0.25 s"},
		{point.Point{Kind: point.Real, Unit: "V"}, point.OfReal(220), "220 V"},
	} {
		if got := shown(live.Entry{Point: &c.p, Last: point.Sample{Value: c.v}}, "zh"); got != c.want {
			t.Errorf("%v %s: %q, want %q", c.v, c.p.Unit, got, c.want)
		}
	}
}
