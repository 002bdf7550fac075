package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/calendar"
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

// A PIN in clear is taken, and a person is told where it should stand; the digest of a
// certificate has the same name and is no secret.
func TestAPINInClearIsAWarning(t *testing.T) {
	for text, warned := range map[string]string{
		"devices: [{id: d, driver: modem, address: MODEM, options: {pin: \"4711\"}}]":     "devices[0].options.pin",
		"channels: [{id: c, driver: modem, address: MODEM, options: {pin: \"4711\"}}]":    "channels[0].options.pin",
		"channels: [{id: c, driver: modem, address: MODEM, options: {pin: secret:pin}}]":  "",
		"upstream: [{id: u, driver: mqtt, address: \"mqtts://h\", options: {pin: ab01}}]": "",
	} {
		site, problems := LoadText("site.yaml", []byte(headText+text+"\n"), func(string) (string, bool) { return "4711", true })
		if site == nil || (len(problems) == 1) != (warned != "") || Refused(problems) {
			t.Errorf("%s: %v", text, problems)
			continue
		}
		if warned == "" {
			continue
		}
		if w := problems[0].Words(); problems[0].Key != warned || !problems[0].Warning || !strings.Contains(w.Zh, "明文的 PIN 码") || !strings.Contains(w.En, "allowed secret:NAME") || strings.Contains(w.Zh+w.En, "4711") {
			t.Errorf("%s: %+v\n%s\n%s", text, problems[0], w.Zh, w.En)
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
	path := filepath.Join(dir, AcceptedFile)
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
	book, errs := calendar.Compile([]calendar.Calendar{{ID: "office", Days: []string{"mon", "tue", "wed", "thu", "fri"}, Hours: []string{"08:00-18:00"}}}, nil, nil)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	admit := Admit([]Card{
		{Number: "0012", Holder: "a", Doors: []string{"d"}},
		{Number: "34", Holder: "b", Doors: []string{"d"}, From: day(2), Until: day(4)},
		{Number: "56", Holder: "c", Doors: []string{"d"}, From: day(1), Until: day(9), Hours: "office"},
		{Number: "78", Holder: "e", Doors: []string{"d"}, Hours: "nowhere"},
		{Number: "secret:chief", Holder: "f", Doors: []string{"d"}}, // its number went with the data
	}, book)
	sure := func(n int) point.Instant { return point.Instant{Wall: day(n), Clock: point.ClockRTC} }
	hour := func(n, h int) point.Instant {
		return point.Instant{Wall: day(n).Add(time.Duration(h) * time.Hour), Clock: point.ClockRTC}
	}
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
		{"d", "secret:chief", sure(1), "", "unknown card"},
		{"d", "34", sure(1), "b", "not yet valid"},
		{"d", "34", sure(2), "b", ""},
		{"d", "34", sure(4), "b", "expired"},
		{"d", "34", point.Instant{Mono: time.Hour}, "b", ""},
		{"d", "34", point.Instant{Mono: 49 * time.Hour}, "b", "expired"},
		{"d", "56", hour(2, 8), "c", ""}, // a Thursday
		{"d", "56", hour(2, 7), "c", "outside hours"},
		{"d", "56", hour(2, 18), "c", "outside hours"},
		{"d", "56", hour(4, 12), "c", "outside hours"}, // a Saturday
		{"d", "56", hour(9, 12), "c", "expired"},       // validity before hours
		{"d", "56", point.Instant{Mono: 12 * time.Hour}, "c", ""},
		{"d", "56", point.Instant{Mono: 12*time.Hour + 1}, "c", "outside hours"},
		{"d", "78", hour(2, 12), "e", "outside hours"}, // a calendar that is missing admits nobody
	} {
		if holder, refusal := admit(c.door, c.card, c.now); holder != c.holder || refusal != c.refusal {
			t.Errorf("%+v: %q %q", c, holder, refusal)
		}
	}
}

// TestDoorsAreChecked: what a door needs for each of its rules.
func TestDoorsAreChecked(t *testing.T) {
	head := headText + "rooms: [{id: lab}, {id: hall}]\ninputs: [{terminal: DI1, point: a/contact}, {terminal: DI2, point: b/contact}, {terminal: DI3, point: r/in}, {terminal: DI4, point: r/out}]\n" +
		"outputs: [{terminal: DO1, point: a/strike}]\n" +
		"cards: [{number: \"1\", holder: wang, doors: [a]}, {number: \"2\", holder: li, doors: [a]}, {number: \"3\", holder: li, doors: [b]}, {number: \"4\", holder: li, doors: [b]}]\n"
	a := "{id: a, contact: a/contact, egress-by-wire: true, reader: r/in, strike: a/strike"
	b := "{id: b, contact: b/contact, egress-by-wire: true"
	for doors, want := range map[string]string{
		a + ", area: lab, exit-reader: r/out, anti-passback: hard, two-person: true, interlock: trap}, " + b + ", interlock: trap}": "",
		a + ", area: lab, from: hall, exit-reader: r/out}":                                                                          "",
		a + ", area: cellar, exit-reader: r/out}":                                                                                   "doors[0].area: read cellar",
		a + ", area: lab, from: lab, exit-reader: r/out}":                                                                           "doors[0].from: read lab",
		a + ", from: lab}":           "doors[0].from: read lab",
		a + ", area: lab}":           "doors[0].area: read lab, which nobody is seen leaving",
		a + ", exit-reader: r/in}":   "doors[0].exit-reader: read r/in, which is doors[0].reader already",
		a + ", exit-reader: r/none}": "doors[0].exit-reader: read r/none",
		a + ", anti-passback: soft}": "doors[0].anti-passback: read soft",
		a + ", anti-passback: firm}": "doors[0].anti-passback: read firm",
		a + "}, " + b + ", reader: r/out, strike: a/strike, two-person: true}": "doors[1].two-person: read true with 1 holders",
		b + ", two-person: true}":  "doors[0].two-person",
		a + ", interlock: trap}":   "doors[0].interlock: read trap, which no other door has",
		a + ", second-within: 1s}": "doors[0].second-within: read 1s",
		a + ", warn: 2h}":          "doors[0].warn: read 2h",
		"{id: a, contact: a/contact, area: lab, exit-reader: r/out}": "doors[0].egress-by-wire: read no confirmation",
	} {
		text := head + "doors: [" + doors + "]\n"
		if strings.HasPrefix(doors, "{id: b") || !strings.Contains(doors, "{id: b") {
			text = strings.ReplaceAll(text, "doors: [b]", "doors: []")
		}
		if !strings.Contains(doors, "{id: a") {
			text = strings.ReplaceAll(text, "doors: [a]", "doors: []")
		}
		site, problems := Parse("site.yaml", []byte(text))
		if site != nil {
			problems = Validate(site, World{Points: []point.Name{}})
		}
		if want == "" && len(problems) == 0 {
			continue
		}
		if want == "" || len(problems) != 1 || !strings.Contains(problems[0].String(), want) {
			t.Errorf("%s: %v, want %q", doors, problems, want)
		}
	}
}

func TestCardsGoByKnownCalendars(t *testing.T) {
	got := check(headText + "cards: [{number: \"1\", holder: wang, calendar: office}]\n")
	if len(got) != 1 || !strings.Contains(got[0].String(), "cards[0].calendar: read office, allowed a calendar") {
		t.Errorf("%v", got)
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
