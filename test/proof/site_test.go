//go:build proof

package proof

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"watchbox/test/harness"
	"watchbox/web"
)

// bad is how many spoilt files the running box must have refused.
const bad = 100

// place begins each problem: file, line, column.
var place = regexp.MustCompile(`^site\.yaml:(\d+):(\d+): `)

// TestHundredSpoiltSites gives a running box one spoilt site file after the
// other. Each refusal names lines, one of them that of the damage; the box is
// afterwards what it was, no device was started anew; a file that is good in
// another way is taken whole, and so is the way back.
func TestHundredSpoiltSites(t *testing.T) {
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d", *seed)
	r := rand.New(rand.NewPCG(*seed, 3))
	h := harness.Start(t, harness.Options{})
	calm(t, h)
	good, before, polls := h.Site(), picture(t, h), reads(t, h)
	refused, taken, stray := 0, 0, 0
	lines := strings.Split(good, "\n")
	for refused < bad {
		line, m := r.IntN(len(lines)), Mutations[r.IntN(len(Mutations))]
		text, ok := Spoil(good, line, m)
		if !ok {
			continue
		}
		h.WriteSite(text)
		err := h.Call("POST", "site/reload", nil, nil)
		var no *harness.Refusal
		if err == nil {
			taken++
			h.WriteSite(good)
			if err := h.Call("POST", "site/reload", nil, nil); err != nil {
				t.Fatalf("the way back from %s of line %d: %v", m.Name, line+1, err)
			}
			time.Sleep(2500 * time.Millisecond) // the view of devices is renewed every second
			calm(t, h)
			polls = reads(t, h)
		} else if !errors.As(err, &no) || no.Code != "site-refused" {
			t.Fatalf("%s of line %d %q: %v", m.Name, line+1, lines[line], err)
		} else {
			refused++
			if !leads(t, no.Text, good, line, lines[line]) {
				stray++
				t.Logf("%s of line %d %q does not lead there:\n%s", m.Name, line+1, lines[line], no.Text)
			}
		}
		if after := picture(t, h); after != before {
			t.Fatalf("%s of line %d %q (refused: %v) changed the box:\n%s\n%s", m.Name, line+1, lines[line], err != nil, before, after)
		}
		if now := reads(t, h); err != nil && now < polls {
			t.Fatalf("%s of line %d started devices anew", m.Name, line+1)
		} else {
			polls = now
		}
	}
	t.Logf("%d refused, %d taken and taken back, %d refusals that do not lead to the line", refused, taken, stray)
	if stray > bad/20 {
		t.Errorf("%d of %d refusals do not lead to the line", stray, refused)
	}
	guards(t, h)
}

// leads checks that every problem has its place, and tells whether one of them
// leads the reader to the damage.
func leads(t *testing.T, text, good string, line int, said string) (found bool) {
	t.Helper()
	first, last := Entry(good, line)
	problems := 0
	for _, reason := range strings.Split(text, "\n")[1:] { // the first is the sentence above the list
		m := place.FindStringSubmatch(reason)
		if m == nil {
			if !strings.HasPrefix(reason, "site file not accepted") {
				t.Errorf("a problem without its place: %q", reason)
			}
			continue
		}
		problems++
		at, _ := strconv.Atoi(m[1])
		value := keyValue.FindStringSubmatch(said)
		switch {
		case at >= first-1 && at <= last+2:
			found = true
		case value != nil && len(value[3]) > 2 && strings.Contains(reason, strings.Trim(value[3], `"'[]{}`)):
			found = true // it names what the line had said
		case !strings.HasPrefix(said, " ") && strings.Contains(reason, strings.TrimSuffix(strings.TrimSpace(said), ":")):
			found = true // a key of the file itself that is missing now
		}
	}
	if problems == 0 {
		t.Errorf("refused without a problem: %q", text)
	}
	return found
}

// picture is the configuration as the API shows it, without what changes by itself.
func picture(t *testing.T, h *harness.House) string {
	t.Helper()
	var site web.SiteView
	var points web.Points
	panel, err := h.Panel()
	devices, err1 := h.Devices()
	for _, e := range []error{err, err1, h.Call("GET", "site", nil, &site), h.Call("GET", "points", nil, &points)} {
		if e != nil {
			t.Fatal(e)
		}
	}
	for i := range points.Points {
		points.Points[i].PointReading = web.PointReading{Name: points.Points[i].Name}
	}
	for i := range devices {
		d := &devices[i]
		d.OK, d.Error, d.LastGood, d.Polls, d.Failures = true, "", time.Time{}, 0, 0
	}
	b, err := json.Marshal([]any{site, points.Points, panel, devices})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// reads is how often all devices were read since they were made.
func reads(t *testing.T, h *harness.House) (n uint64) {
	t.Helper()
	list, err := h.Devices()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range list {
		n += d.Polls
	}
	return n
}

// calm waits until every device answers.
func calm(t *testing.T, h *harness.House) {
	t.Helper()
	lost := ""
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		list, err := h.Devices()
		if err != nil {
			t.Fatal(err)
		}
		lost = ""
		for _, d := range list {
			if !d.OK {
				lost = d.ID + ": " + d.Error
			}
		}
		if lost == "" && len(list) > 10 {
			return
		}
	}
	t.Fatalf("not every device answers: %s", lost)
}

// guards presses the button.
func guards(t *testing.T, h *harness.House) {
	t.Helper()
	if err := h.Do("press panic"); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		f, err := h.Look()
		if err != nil {
			t.Fatal(err)
		}
		if f.Outputs["siren"] {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("panic pressed after all of that: no siren")
		}
	}
}
