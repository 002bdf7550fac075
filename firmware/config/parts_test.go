package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/point"
)

func TestSecretsComeFromPrivateFilesOnly(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(path, []byte(text), mode), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	write("good", "s3cret\n", 0o600)
	write("open", "s3cret", 0o644)
	secrets, err := SecretsFrom(dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"good": "s3cret", "open": "", "none": "", "../good": "", "": ""} {
		if got, ok := secrets(name); got != want || ok != (want != "") {
			t.Errorf("secret %q: %q %v", name, got, ok)
		}
	}
	if secrets, err = SecretsFrom(write("list", "# ours\na: b\n c:  d e \n", 0o600)); err != nil {
		t.Fatal(err)
	}
	if v, ok := secrets("c"); v != "d e" || !ok {
		t.Errorf("c: %q %v", v, ok)
	}
	for _, bad := range []string{write("readable", "a: b\n", 0o640), write("broken", "a b\n", 0o600)} {
		if _, err := SecretsFrom(bad); err == nil || !strings.Contains(err.Error(), filepath.Base(bad)) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestSecretsStandOnlyWhereTheyAreNotShown(t *testing.T) {
	known := func(string) (string, bool) { return "v", true }
	for text, want := range map[string]string{
		"channels: [{id: c, driver: smtp, address: h, options: {password: hunter2}}]": "channels[0].options.password: read a secret in clear, allowed secret:NAME",
		"rooms: [{id: a, label: {zh: \"secret:x\"}}]":                                 "rooms[0].label.zh: read secret:x, allowed no secret here",
		"channels: [{id: c, driver: smtp, address: h, options: {token: secret:x}}]":   "",
		"channels: [{id: c, driver: smtp, address: h, options: {token-file: /a}}]":    "",
		"cards: [{number: \"secret:x\", holder: a}]":                                  "",
	} {
		site, problems := Parse("site.yaml", []byte(headText+text+"\n"))
		if site == nil {
			t.Fatal(problems)
		}
		resolved, problems := site.Resolve(known)
		if want == "" {
			if len(problems) != 0 || resolved == nil {
				t.Errorf("%s: %v", text, problems)
			}
			continue
		}
		if len(problems) != 1 || resolved != nil || !strings.Contains(problems[0].String(), want) || strings.Contains(problems[0].String(), "hunter2") {
			t.Errorf("%s: %v", text, problems)
		}
	}
}

func TestResolveLeavesTheOriginalAlone(t *testing.T) {
	site, _ := Parse("site.yaml", exampleSite(t))
	again, _ := Parse("site.yaml", exampleSite(t))
	resolved, problems := site.Resolve(func(name string) (string, bool) { return "v", true })
	if resolved == nil || !reflect.DeepEqual(site, again) {
		t.Fatalf("the original changed, or %v", problems)
	}
	if resolved.Devices[10].Options["community"] != "v" || site.Devices[10].Options["community"] != "secret:firewall1-community" {
		t.Error("secrets are not where they belong")
	}
	resolved.Devices[10].Options["community"] = "secret:firewall1-community"
	if !reflect.DeepEqual(resolved, site) {
		t.Error("the copy lacks something")
	}
}

func TestAcceptedSiteIsWholeOrRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	if _, err := LoadAccepted(dir); !errors.Is(err, ErrNoAccepted) {
		t.Errorf("nothing saved: %v", err)
	}
	for _, text := range []string{"a: 1\n", "", headText} {
		if err := SaveAccepted(dir, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := LoadAccepted(dir); string(got) != text || err != nil {
			t.Errorf("%q came back as %q, %v", text, got, err)
		}
	}
	path := filepath.Join(dir, acceptedName)
	data, _ := os.ReadFile(path)
	for n := range data {
		if err := os.WriteFile(path, data[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := LoadAccepted(dir); err == nil {
			t.Fatalf("cut after %d bytes it reads as %q", n, got)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.*.*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestAdmit(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2025, 1, n, 0, 0, 0, 0, time.UTC) }
	admit := Admit([]Card{
		{Number: "0012", Holder: "a", Doors: []string{"d"}},
		{Number: "34", Holder: "b", Doors: []string{"d"}, From: day(2), Until: day(4)},
	})
	sure := func(n int) point.Instant { return point.Instant{Wall: day(n), Clock: point.ClockRTC} }
	for _, c := range []struct {
		door, card      string
		now             point.Instant
		holder, refusal string
	}{
		{"d", "12", sure(1), "a", ""},
		{"d", "000012", sure(1), "a", ""},
		{"e", "12", sure(1), "a", "not for this door"},
		{"d", "13", sure(1), "", "unknown card"},
		{"d", "", sure(1), "", "unknown card"},
		{"d", "34", sure(1), "b", "not yet valid"},
		{"d", "34", sure(2), "b", ""},
		{"d", "34", sure(4), "b", "expired"},
		{"d", "34", point.Instant{Mono: time.Hour}, "b", ""},
		{"d", "34", point.Instant{Mono: 49 * time.Hour}, "b", "expired"},
	} {
		if holder, refusal := admit(c.door, c.card, c.now); holder != c.holder || refusal != c.refusal {
			t.Errorf("%+v: %q %q", c, holder, refusal)
		}
	}
}

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"ups*/input.voltage", "ups1/input.voltage", true},
		{"ups*/input.voltage", "ups1/a/input.voltage", false},
		{"*/*", "a/b", true}, {"*/*", "a/b/c", false}, {"*/*/c", "a/b/c", true},
		{"a*b*c/x", "aXbYc/x", true}, {"a*b*c/x", "aXbY/x", false}, {"*/", "a/", true},
	} {
		if matches(c.pattern, c.name) != c.want {
			t.Errorf("%s %s", c.pattern, c.name)
		}
	}
}
