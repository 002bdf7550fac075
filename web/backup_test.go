package web

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestABackupIsTakenAndRestored(t *testing.T) {
	b := newBench(t)
	const pass = "口令够长才可以放心"
	admin := b.box.People().Session("admin")
	if w := b.ask(admin, "POST", base+"backup", `{"passphrase":"short"}`); w.Code != 400 || !strings.Contains(w.Body.String(), "weak-passphrase") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w := b.ask(admin, "POST", base+"backup", `{"passphrase":"`+pass+`啊"}`)
	if w.Code != 200 || w.Header().Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(w.Body.String(), "WATCHBOX BACKUP") {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	restore := func(passphrase string, file []byte) *httptest.ResponseRecorder {
		r := httptest.NewRequest("POST", base+"restore", bytes.NewReader(file))
		r.Header.Set("X-Watchbox", "page")
		r.Header.Set("X-Watchbox-Passphrase", url.QueryEscape(passphrase))
		r.AddCookie(&http.Cookie{Name: "watchbox", Value: admin})
		return b.send(r)
	}
	for name, c := range map[string]struct {
		passphrase string
		file       []byte
		code       string
	}{
		"no passphrase":    {"", w.Body.Bytes(), "bad-request"},
		"wrong passphrase": {pass, w.Body.Bytes(), "wrong-passphrase"},
		"no backup":        {pass, []byte("x"), "no-backup"},
	} {
		if a := restore(c.passphrase, c.file); !strings.Contains(a.Body.String(), c.code) {
			t.Errorf("%s: %d %s", name, a.Code, a.Body)
		}
	}
	if a := restore(pass+"啊", w.Body.Bytes()); a.Code != 204 || len(b.box.Restored) != 1 || b.box.Restored[0].By != "admin" {
		t.Errorf("%d %s", a.Code, a.Body)
	}
}
