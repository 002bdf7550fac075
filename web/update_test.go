package web

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/point"
	"watchbox/firmware/update"
	"watchbox/web/webtest"
)

func withSlots(b *bench) {
	b.box.Firmware.Status = update.Status{Slots: true, Slot: "A", Version: "1.0.0", Phase: update.Idle, Room: 1 << 20}
}

func bundleFor(t *testing.T, board string, v update.Version, size int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := update.Pack(&out, update.Manifest{Board: board, Version: v}, webtest.BundleKey, bytes.NewReader(make([]byte, size))); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// upload sends a bundle as the page does.
func (b *bench) upload(user, query string, body []byte) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", base+"update"+query, bytes.NewReader(body))
	r.Header.Set("X-Watchbox", "page")
	r.Header.Set("Content-Type", "application/octet-stream")
	r.AddCookie(&http.Cookie{Name: "watchbox", Value: b.box.People().Session(user)})
	return b.send(r)
}

func TestABundleIsUploadedAndSwitchedTo(t *testing.T) {
	b := newBench(t)
	withSlots(b)
	w := b.upload("admin", "", bundleFor(t, "sim", update.Version{Major: 1, Minor: 1}, 1<<20))
	if w.Code != 200 || !strings.Contains(w.Body.String(), `"phase":"staged"`) || !strings.Contains(w.Body.String(), `"next":"1.1.0"`) {
		t.Fatalf("upload: %d %s", w.Code, w.Body)
	}
	b.box.Firmware.Status.Obstacles = []point.Words{{Zh: "漏水", En: "leak"}}
	for body, want := range map[string]string{"": "alarm-situation", `{"insist":true}`: "reason-missing", `{"insist":true,"reason":"` + strings.Repeat("x", 201) + `"}`: "bad-request"} {
		if w := b.ask(b.box.People().Session("admin"), "POST", base+"update/switch", body); !strings.Contains(w.Body.String(), want) {
			t.Errorf("switch %s: %d %s", body, w.Code, w.Body)
		}
	}
	b.want(204, "admin", "POST", "update/switch", `{"insist":true,"reason":" vendor here "}`, nil)
	if s := b.box.Firmware.Switched; len(s) != 1 || s[0] != "vendor here" {
		t.Errorf("switched: %q", s)
	}
	var s update.Status
	if b.want(200, "viewer", "GET", "update", "", &s); s.Phase != update.Trying {
		t.Errorf("%+v", s)
	}
}

func TestABundleIsRefusedWithItsReason(t *testing.T) {
	b := newBench(t)
	good := bundleFor(t, "sim", update.Version{Minor: 9}, 2000)
	if w := b.upload("admin", "", good); w.Code != 409 || !strings.Contains(w.Body.String(), "no-slots") {
		t.Errorf("without slots: %d %s", w.Code, w.Body)
	}
	withSlots(b)
	for name, c := range map[string]struct {
		user, query string
		body        []byte
		status      int
		code        string
	}{
		"engineer":  {"engineer", "", good, 403, "forbidden"},
		"downgrade": {"admin", "", good, 409, "downgrade"},
		"board":     {"admin", "", bundleFor(t, "rpi4", update.Version{Major: 2}, 2000), 409, "wrong-board"},
		"cut":       {"admin", "?insist=true", good[:3000], 400, "bundle-damaged"},
		"nothing":   {"admin", "", nil, 400, "bundle-damaged"},
		"too large": {"admin", "", bundleFor(t, "sim", update.Version{Major: 2}, 1<<20+1), 413, "too-large"},
		"endless":   {"admin", "", bytes.Repeat([]byte("x"), 3<<20), 400, "bundle-damaged"},
	} {
		if w := b.upload(c.user, c.query, c.body); w.Code != c.status || !strings.Contains(w.Body.String(), `"code":"`+c.code+`"`) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	if w := b.upload("admin", "?insist=true", good); w.Code != 200 {
		t.Errorf("insist on a downgrade: %d %s", w.Code, w.Body)
	}
	b.want(204, "admin", "DELETE", "update", "", nil)
}

// A bundle that comes in slowly must outlive the server's limit for a request.
func TestASlowUploadIsNotCut(t *testing.T) {
	b := newBench(t)
	withSlots(b)
	h := b.server.HTTP()
	h.ReadTimeout = 300 * time.Millisecond
	server := httptest.NewUnstartedServer(nil)
	server.Config = h
	server.Start()
	defer server.Close()
	data := bundleFor(t, "sim", update.Version{Major: 2}, 5000)
	body, pen := io.Pipe()
	go func() {
		pen.Write(data[:4000])
		time.Sleep(700 * time.Millisecond)
		pen.Write(data[4000:])
		pen.Close()
	}()
	r, err := http.NewRequest("POST", server.URL+base+"update", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+b.box.People().Session("admin"))
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	if text, _ := io.ReadAll(a.Body); a.StatusCode != 200 {
		t.Errorf("%d %s", a.StatusCode, text)
	}
}
