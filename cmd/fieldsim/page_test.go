package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// ask makes one request to the page.
func ask(t *testing.T, f *field, method, path, body, host string, guarded bool) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+f.at.Page+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if guarded {
		r.Header.Set(guard, "1")
	}
	r.Host = host
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

func TestPageObeysOnlyItself(t *testing.T) {
	f := begin(t)
	for _, c := range []struct {
		what, method, path, body, host string
		guarded                        bool
		code                           int
	}{
		{"the page", "GET", "/", "", "", false, 200},
		{"the page under its other name", "GET", "/", "", "localhost:8081", false, 200},
		{"a foreign name", "GET", "/state", "", "evil.example:8081", false, 421},
		{"a deed", "POST", "/do", "press panic", "", true, 204},
		{"a deed without the header", "POST", "/do", "water on", "", false, 403},
		{"an unknown deed", "POST", "/do", "dance", "", true, 422},
		{"a novel", "POST", "/do", strings.Repeat("x", mostWords+1), "", true, 413},
		{"a deed by reading", "GET", "/do", "", "", true, 405},
		{"another page", "GET", "/x", "", "", false, 404},
	} {
		if code, text := ask(t, f, c.method, c.path, c.body, c.host, c.guarded); code != c.code {
			t.Errorf("%s: %d, want %d: %s", c.what, code, c.code, text)
		}
	}
	if s := f.room.Look(); !s.Contacts["panic"] || s.Contacts["water"] {
		t.Errorf("contacts %v", s.Contacts)
	}
}

func TestStateHasWhatThePageShows(t *testing.T) {
	f := begin(t)
	_, text := ask(t, f, "GET", "/state", "", "", false)
	var s map[string]any
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	page := string(pageFile)
	for key := range s {
		if key != "bus" && key != "deeds" && key != "faults" && key != "addresses" && !strings.Contains(page, "s."+key) {
			t.Errorf("the page does not show %s", key)
		}
	}
	for _, key := range []string{"room", "outputs", "wall", "wallRows", "sms", "deeds"} {
		if s[key] == nil {
			t.Errorf("no %s", key)
		}
	}
	// Every button of the page names something that can happen.
	for i, part := range strings.Split(page, "', '") {
		words, _, ended := strings.Cut(part, "'")
		if i == 0 || !ended || !strings.Contains(words, " ") || !isDeed(words) {
			continue
		}
		if !f.deeds.knows(words) {
			t.Errorf("the page has a button for %q", words)
		}
	}
}

// isDeed is true for text of the page that begins like a deed.
func isDeed(text string) bool {
	first, _, _ := strings.Cut(text, " ")
	for _, w := range (&field{}).everything().words() {
		if strings.HasPrefix(w, first+" ") {
			return true
		}
	}
	return false
}

func TestSecretsAreWrittenOnceAndForTheOwner(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "secrets")
	if err := writeSecrets(dir, siteFile); err != nil {
		t.Fatal(err)
	}
	names := named(siteFile)
	if len(names) == 0 {
		t.Fatal("the site names no secret")
	}
	for _, n := range names {
		info, err := os.Stat(filepath.Join(dir, n))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", n, info, err)
		}
	}
	own := filepath.Join(dir, names[0])
	if err := os.WriteFile(own, []byte("changed\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := writeSecrets(dir, siteFile); err != nil || secret(dir, names[0]) != "changed" {
		t.Errorf("a secret that is there was replaced: %q, %v", secret(dir, names[0]), err)
	}
	if err := writeSecrets(dir, "password: secret:unheard-of\n# secret:commented\n"); err == nil || strings.Contains(err.Error(), "commented") {
		t.Errorf("got %v", err)
	}
}
