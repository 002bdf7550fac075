package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// begin starts a whole site in a folder of its own.
func begin(t *testing.T) *field {
	t.Helper()
	dir := t.TempDir()
	f, err := start(order{dir: filepath.Join(dir, "sim"), secrets: filepath.Join(dir, "secrets"), at: anywhere()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// anywhere lets the kernel choose every port.
func anywhere() (a addresses) {
	for _, p := range a.ports() {
		*p.address = "127.0.0.1:0"
	}
	return a
}

// do does something at the site, which must be possible.
func do(t *testing.T, f *field, words ...string) {
	t.Helper()
	for _, w := range words {
		if err := f.do(w); err != nil {
			t.Fatal(err)
		}
	}
}

// within waits for what happens at its own pace.
func within(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 30 s: %s", what)
		}
	}
}

func TestReadySaysWhereEverythingIs(t *testing.T) {
	f := begin(t)
	a, err := readAddresses(f.dir)
	if err != nil || a != f.at {
		t.Fatalf("%+v, %v", a, err)
	}
	for _, name := range []string{"rs485-1", "rs485-2", "rs485-3", "modem", "reader1", "reader2"} {
		if to, err := os.Readlink(filepath.Join(f.dir, name)); err != nil || !strings.HasPrefix(to, "/dev/pts/") {
			t.Errorf("%s → %q, %v", name, to, err)
		}
	}
	site, err := os.ReadFile(filepath.Join(f.dir, "site.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{a.Meter, a.Switch, a.Firewall, a.Card, a.Wall, a.Mail} {
		if !strings.Contains(string(site), address) {
			t.Errorf("site.yaml lacks %s", address)
		}
	}
}

func TestFolderBelongsToOneAtATimeAndIsTakenAgain(t *testing.T) {
	o := order{dir: t.TempDir(), at: anywhere()}
	f, err := start(o)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := start(o); err == nil || !strings.Contains(err.Error(), "another fieldsim") {
		second.close()
		t.Errorf("a second one in the same folder: %v", err)
	}
	if err := f.close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(o.dir, "ready")); !os.IsNotExist(err) {
		t.Errorf("ready is left behind: %v", err)
	}
	// What a killed one leaves behind is in nobody's way.
	for _, name := range []string{"ready", "gpio.sock", "modem", "rs485-1"} {
		if err := os.WriteFile(filepath.Join(o.dir, name), []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, err = start(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.close(); err != nil {
		t.Error(err)
	}
}

func TestPortThatIsTakenEndsTheStartCleanly(t *testing.T) {
	f := begin(t)
	o := order{dir: t.TempDir(), at: anywhere()}
	o.at.Mail = f.at.Mail
	if _, err := start(o); err == nil || !strings.Contains(err.Error(), "mail host") {
		t.Fatalf("got %v", err)
	}
	if left, err := os.Readlink(filepath.Join(o.dir, "modem")); err == nil {
		t.Errorf("modem → %s is left behind", left)
	}
}

func TestTimePassesAsFastAsAsked(t *testing.T) {
	f := begin(t)
	do(t, f, "charge 3 2", "speed 3600", "mains off")
	within(t, "the batteries are empty", func() bool { return f.room.Look().UPS[2].Off })
	do(t, f, "speed 0")
	within(t, "time stands still", func() bool {
		before := f.room.Look().Clock
		time.Sleep(3 * pace)
		return f.room.Look().Clock == before
	})
}

func TestStoryPlaysAndAnotherTakesItsPlace(t *testing.T) {
	f := begin(t)
	file := filepath.Join(t.TempDir(), "a.story")
	if err := os.WriteFile(file, []byte("water on\nafter 1h water off\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	do(t, f, "story "+file)
	within(t, "the story wets the rope", func() bool { return f.room.Look().Contacts["water"] })
	do(t, f, "story panic-at-night")
	if f.stories.playing() != "panic-at-night" {
		t.Errorf("%q plays", f.stories.playing())
	}
	do(t, f, "story stop")
	if f.stories.playing() != "" {
		t.Errorf("%q still plays", f.stories.playing())
	}
	if err := f.do("story nowhere"); err == nil {
		t.Error("a story that does not exist was played")
	}
}

func TestCalmUndoesEverything(t *testing.T) {
	f := begin(t)
	do(t, f, "press panic", "mains off", "ac fault high-pressure", "slave ups2 silent", "slave meter1 slow", "bus cut", "battery 2 out",
		"sim out", "agent switch1 silent", "door open", "smoke on", "calm")
	s := f.look()
	for name, away := range s.Room.Contacts {
		if away && name != "mains" { // that follows with the next step
			t.Errorf("contact %s is away", name)
		}
	}
	if !s.Room.Mains || s.Room.AC[0].Fault != "" || s.Room.UPS[1].BatteryGone || !s.Bus || len(s.Faults) != 0 {
		t.Errorf("not calm: %+v", s)
	}
}

func TestDeedsRefuseWhatMakesNoSense(t *testing.T) {
	f := begin(t)
	for words, want := range map[string]string{
		"battery 5 out":      "allowed 1 to 4",
		"slave ups9 silent":  "allowed ac1, ac2, gxe1",
		"slave ups1 merry":   "allowed: slave",
		"card x":             "want a number",
		"card 0":             "want a number",
		"speed -1":           "want 0 to 3600",
		"speed NaN":          "want 0 to 3600",
		"speed x":            "want a number",
		"wait 11m":           "want 0s to 10m",
		"charge 1 101":       "want 0 to 100",
		"load 1 NaN":         "want 0 to 30",
		"agent nobody ok":    "allowed switch1",
		"port ge9 down":      "ge9",
		"sms from 12a hello": "want + and 3 to 15 digits",
		"":                   "allowed:",
	} {
		if err := f.do(words); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want …%s…", words, err, want)
		}
	}
}

func TestEveryDeedIsExplainedInBothLanguages(t *testing.T) {
	for _, h := range (&field{}).everything().help() {
		if h.Zh == "" || h.En == "" || h.Zh == h.En {
			t.Errorf("%s: %q, %q", h.Words, h.Zh, h.En)
		}
	}
}

func TestCommandLine(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sim")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- command(ctx, []string{"-dir", dir, "-free-ports", "-speed", "2"}, new(strings.Builder))
	}()
	within(t, "ready", func() bool { _, err := readAddresses(dir); return err == nil })
	say := func(args ...string) (string, error) {
		var out strings.Builder
		err := command(t.Context(), args, &out)
		return out.String(), err
	}
	if _, err := say("do", "-dir", dir, "water", "on"); err != nil {
		t.Error(err)
	}
	if _, err := say("do", "-dir", dir, "dance"); err == nil || !strings.Contains(err.Error(), "press panic") {
		t.Errorf("an unknown deed: %v", err)
	}
	t.Setenv("WATCHBOX_SIM", dir)
	text, err := say("state")
	var s state
	if err != nil || json.Unmarshal([]byte(text), &s) != nil || !s.Room.Contacts["water"] || s.Speed != 2 {
		t.Errorf("state %v: %s", err, text)
	}
	if text, err = say("words"); err != nil || !strings.Contains(text, "press panic") {
		t.Errorf("words %v: %s", err, text)
	}
	if _, err = say("sing"); err == nil {
		t.Error("an unknown command was accepted")
	}
	if _, err = say("-dir", dir, "-listen", "0.0.0.0:0"); err == nil {
		t.Error("it listens to everybody")
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, err := say("state"); err == nil {
		t.Error("a state of nothing")
	}
}
