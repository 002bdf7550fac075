//go:build scenario

package scenario

import (
	"embed"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/event"
	"watchbox/test/harness"
)

// slack is by how much a loaded machine may be late before a story fails: the
// time that the story promises is reported, not asserted.
var slack = flag.Float64("slack", 4, "a step fails after so many times the time that it is given")

//go:embed *.scenario
var stories embed.FS

// story is one script on its way.
type story struct {
	*harness.House
	t       *testing.T
	script  *Script
	begun   time.Time
	page    *harness.Page
	said    string // by the last command
	people  map[string]*harness.API
	reads   map[string]uint64 // good reads of devices when the story first asked
	moments map[string]time.Time
	left    map[string]bool // the outputs when the daemon was last killed
	modbus  int             // port of the Modbus server
	proxy   int             // of the proxy
	marked  struct {
		at            time.Time
		sequence      uint64
		mqtt, webhook int
	}
}

// houses is how many run at once: they mostly wait.
const houses = 6

func TestMain(m *testing.M) {
	flag.Parse()
	_ = flag.Set("test.parallel", fmt.Sprint(houses))
	os.Exit(m.Run())
}

func TestStories(t *testing.T) {
	words := vocabulary()
	names, err := fs.Glob(stories, "*.scenario")
	if err != nil || len(names) == 0 {
		t.Fatal("no stories", err)
	}
	harness.Programs(t)
	for _, name := range names {
		text, err := stories.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		script, wrong := Parse(name, string(text), words)
		for _, w := range wrong {
			t.Error(w)
		}
		if len(wrong) == 0 {
			t.Run(strings.TrimSuffix(name, ".scenario"), func(t *testing.T) {
				t.Parallel()
				run(t, script)
			})
		}
	}
}

func run(t *testing.T, script *Script) {
	has := func(e string) bool { return slices.Contains(script.With, e) }
	o := harness.Options{MQTT: has("mqtt"), Webhook: has("webhook")}
	for _, c := range script.Changes {
		o.Changes = append(o.Changes, harness.Change{Old: c[0], New: c[1]})
	}
	s := &story{t: t, script: script, begun: time.Now()}
	if has("no-box") {
		s.House = harness.NewHouse(t, o)
	} else {
		s.House = harness.Start(t, o)
	}
	if has("page") {
		s.page = s.OpenPage()
	}
	t.Logf("%s · %s (ready after %v)", script.Zh, script.En, time.Since(s.begun).Round(time.Millisecond))
	for _, step := range script.Steps {
		begun := time.Now()
		err := s.play(step)
		took := time.Since(begun).Round(time.Millisecond)
		if err != nil {
			t.Fatalf("%s:%d: %s: failed after %v: %v", script.Name, step.Line, step.Text, took, err)
		}
		late := ""
		if step.When == "within" && took > step.Time {
			late = " LATE"
		}
		t.Logf("%s:%-3d %8v%s  %s", script.Name, step.Line, took, late, step.Text)
	}
	t.Logf("%v in all", time.Since(s.begun).Round(time.Millisecond))
}

// play does one line.
func (s *story) play(step Step) error {
	w := verbs[step.Word.Words]
	switch step.When {
	case "within":
		return s.within(time.Duration(float64(step.Time)**slack), w, step.Args)
	case "for":
		return s.during(step.Time, w, step.Args)
	}
	return w.do(s, step.Args)
}

// How often a condition is looked at: one that is to come, one that is to stay.
const (
	look  = 25 * time.Millisecond
	watch = 100 * time.Millisecond
)

// within waits until the condition holds; the error is what was seen last.
func (s *story) within(limit time.Duration, w verb, args []string) error {
	for deadline := time.Now().Add(limit); ; time.Sleep(look) {
		err := w.do(s, args)
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return err
		}
		var never *harness.Refusal
		if errors.As(err, &never) && never.Status == 404 {
			return err
		}
	}
}

// during wants the condition to hold all the time.
func (s *story) during(length time.Duration, w verb, args []string) error {
	for end := time.Now().Add(length); time.Now().Before(end); time.Sleep(watch) {
		if err := w.do(s, args); err != nil {
			return err
		}
	}
	return nil
}

// mark lets later lines see only what happens from now on.
func (s *story) mark() error {
	s.marked.at = time.Now()
	if s.Broker != nil {
		told, err := s.Broker.Told()
		if err != nil {
			return err
		}
		s.marked.mqtt = len(told)
	}
	if s.Receiver != nil {
		told, err := s.Receiver.Told()
		if err != nil {
			return err
		}
		s.marked.webhook = len(told)
	}
	journal, err := s.Journal(s.marked.sequence)
	if len(journal) > 0 {
		s.marked.sequence = journal[len(journal)-1].ID.Sequence
	}
	return err
}

// records are those since the mark of that type about that subject; "*" is any.
func (s *story) records(kind, subject string) (found []event.Record, err error) {
	all, err := s.Journal(s.marked.sequence)
	for _, r := range all {
		if string(r.Type) == kind && (subject == "*" || subject == r.Subject) {
			found = append(found, r)
		}
	}
	return found, err
}
