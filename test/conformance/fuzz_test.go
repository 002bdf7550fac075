package conformance

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/config"
	"watchbox/firmware/event"
	"watchbox/firmware/zone"
)

// deeds are what a story may hold; each byte of it picks one.
var deeds = strings.Split(strings.TrimSpace(`
set hall/panic on
set hall/panic off
set hall/panic2 on
set hall/panic2 off
set hall/silent on
set hall/silent off
set hall/door on
set hall/door off
set hall/corridor on
set hall/corridor off
set hall/window on
set hall/window off
set hall/window bad
set hall/window-tamper on
set hall/window-tamper off
set hall/enclosure on
set hall/enclosure off
set hall/fire on
set hall/fire off
set hall/water on
set hall/water off
set hall/mains on
set hall/mains off
set hall/ups on
set hall/ups off
set loop/glass 2200
set loop/glass 6900
set loop/glass 1000000
set loop/glass 0
set loop/glass bad
set room/temperature 20
set room/temperature 30
set room/temperature 36
set room/temperature 4
set room/temperature bad
wait 100ms
wait 1s
wait 7s
wait 31s
wait 3m
wait 20m
arm main
arm main stay
force-arm main
disarm main
duress-disarm main
bypass window
unbypass window
walk-test main
walk-test panic
end-walk-test x
acknowledge all
silence all
reset all
acknowledge zone/panic
silence zone/panic
reset zone/panic
shelve warm.high/room/temperature 10m why
unshelve warm.high/room/temperature
shelve mains/hall/mains 10m why
out-of-service zone/water 10m - why
in-service zone/water
out-of-service zone/panic 1h wang stuck
in-service zone/panic
restart
restart 1h
clock -336h
clock +10h
clock unknown
clock synchronised
`), "\n")

const longestStory = 200

// live plays a story and holds every invariant after each step. Orders may be
// refused; anything else that fails is a failure.
func live(story []byte) error { return liveIn(story, func(*config.Site) {}) }

// liveIn is live in a room that was changed.
func liveIn(story []byte, change func(*config.Site)) error {
	if len(story) > longestStory {
		return nil
	}
	site, f, err := load("room", sensors())
	if err != nil {
		return err
	}
	change(site)
	r, err := newRig(site, f)
	if err != nil {
		return err
	}
	p, v := &player{rig: r, actor: "li"}, hold(r)
	for i, b := range story {
		words := strings.Fields(deeds[int(b)%len(deeds)])
		before := standing(r)
		err := p.do(words)
		if err != nil && (words[0] == "set" || words[0] == "wait" || words[0] == "restart" || words[0] == "clock") {
			return fmt.Errorf("step %d, %v: %w", i, words, err)
		}
		if err := v.check(r); err != nil {
			return fmt.Errorf("step %d, %v: %w", i, words, err)
		}
		if words[0] == "restart" {
			if err := same(before, r); err != nil {
				return fmt.Errorf("step %d, %v: %w", i, words, err)
			}
		}
		if words[0] == "silence" {
			for key, a := range standing(r) {
				if was, stood := before[key]; stood && a && !was {
					return fmt.Errorf("step %d: silence acknowledged %s", i, key)
				}
			}
		}
	}
	return nil
}

// standing tells of each alarm that stands whether it is acknowledged.
func standing(r *rig) map[string]bool {
	m := map[string]bool{}
	for _, a := range r.View().Alarms {
		if a.Standing() {
			m[a.Key] = a.Acknowledged
		}
	}
	return m
}

// same: what stood before a power cut stands after it, acknowledged or not as
// before. Only what was acknowledged and reads normal again may have ended.
func same(before map[string]bool, r *rig) error {
	after := standing(r)
	for key, acknowledged := range before {
		now, stands := after[key]
		a, _ := r.alarm(key)
		switch {
		case !stands && acknowledged && r.since(key, event.AlarmCleared):
		case !stands && a.Suppressed == "" && a.RemovedUntil.IsZero():
			return fmt.Errorf("%s is lost over the restart", key)
		case stands && acknowledged && !now && !r.since(key, event.AlarmRaised):
			return fmt.Errorf("%s lost its acknowledgement over the restart", key)
		}
	}
	return nil
}

// since tells whether the alarm has such a record since the last restart: it was
// raised anew when what held it back ended or its delay was over as the restart
// table says, or cleared when its first second was over.
func (r *rig) since(key string, what event.Type) bool {
	for _, x := range r.journal[r.booted:] {
		if x.Subject == key && x.Type == what {
			return true
		}
	}
	return false
}

func FuzzStory(f *testing.F) {
	rnd := rand.New(rand.NewPCG(11, 12))
	for range 40 {
		f.Add(randomStory(rnd, 60))
	}
	f.Fuzz(func(t *testing.T, story []byte) {
		if err := live(story); err != nil {
			t.Fatalf("%v\n%s", err, told(story))
		}
	})
}

// storyOf writes a story of deeds.
func storyOf(t *testing.T, lines ...string) (story []byte) {
	for _, line := range lines {
		i := slices.Index(deeds, line)
		if i < 0 {
			t.Fatalf("%q is no deed", line)
		}
		story = append(story, byte(i))
	}
	return story
}

// Invariants that cannot fail prove nothing: in a room that is not as it should
// be they must notice.
func TestInvariantsNoticeABrokenRoom(t *testing.T) {
	press := storyOf(t, "set hall/panic on", "set hall/panic off", "wait 3m", "wait 3m", "wait 20m")
	if err := live(press); err != nil {
		t.Fatalf("the right room: %v", err)
	}
	for _, c := range []struct {
		want  string
		spoil func(*config.Site)
	}{
		{"is not heard", func(s *config.Site) { s.Annunciators[0].CutOff = 2 * time.Minute }},
		{"beyond the cut-off", func(s *config.Site) { s.Annunciators[0].CutOff = 15 * time.Minute }},
		{"is not heard", func(s *config.Site) { s.Zones[zoneOf(s, "panic")].Silent = true }},
		{"lamp is dark", func(s *config.Site) { s.Wall.Rooms = []string{"elsewhere"} }},
		{"is not heard", func(s *config.Site) { s.Zones[zoneOf(s, "panic")].Type = "environment" }},
		{"did not sound again", func(s *config.Site) { s.Zones[zoneOf(s, "panic")].Type = "fire" }},
	} {
		if err := liveIn(press, c.spoil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want an error that says %q, got %v", c.want, err)
		}
	}
	acknowledged := storyOf(t, "set hall/panic on", "set hall/panic off", "wait 1s", "acknowledge all")
	err := liveIn(acknowledged, func(s *config.Site) { s.Zones[zoneOf(s, "panic")].Type = "environment" })
	if err == nil || !strings.Contains(err.Error(), "ended without a person") {
		t.Errorf("a panic zone that does not latch: %v", err)
	}
}

func zoneOf(s *config.Site, id string) int {
	return slices.IndexFunc(s.Zones, func(z zone.Zone) bool { return z.ID == id })
}

func randomStory(rnd *rand.Rand, n int) []byte {
	story := make([]byte, n)
	for i := range story {
		story[i] = byte(rnd.IntN(len(deeds)))
	}
	return story
}

func told(story []byte) string {
	var lines []string
	for _, b := range story {
		lines = append(lines, deeds[int(b)%len(deeds)])
	}
	return strings.Join(lines, "\n")
}

func TestRandomStories(t *testing.T) {
	rnd := rand.New(rand.NewPCG(21, 22))
	for range 60 {
		story := randomStory(rnd, 80)
		if err := live(story); err != nil {
			t.Fatalf("%v\n%s", err, told(story))
		}
	}
}
