package conformance

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"watchbox/firmware/alarm"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// expect …
func (p *player) expect(a []string) error {
	if len(a) < 2 {
		return errWords
	}
	switch a[0] {
	case "no":
		return p.expectNo(a[1:])
	case "alarm":
		return p.expectAlarm(a[1], a[2:])
	case "alarms", "first", "messages":
		return p.expectMany(a)
	case "siren", "buzzer", "output":
		return p.expectOutput(a)
	case "record":
		return p.expectRecord(a[1:])
	case "inside":
		return p.expectInside(a[1], a[2:])
	case "detail":
		return p.expectDetail(a[1:])
	case "partition", "zone", "door":
		return p.expectPanel(a)
	case "wall":
		return p.expectWall(a[1:])
	case "lamp":
		if len(a) != 4 {
			return errWords
		}
		if got := p.lamp(a[1], a[2]); got != a[3] {
			return fmt.Errorf("it is %s", got)
		}
		return nil
	}
	return fmt.Errorf("%q cannot be expected", a[0])
}

func (p *player) expectNo(a []string) error {
	if len(a) != 2 {
		return errWords
	}
	switch a[0] {
	case "alarm":
		if x, listed := p.alarm(a[1]); listed && x.Standing() {
			return fmt.Errorf("it stands: %s", life(x))
		}
		return nil
	case "record":
		for _, r := range p.journal[p.from:] {
			if string(r.Type) == a[1] {
				return fmt.Errorf("there is one: %s", r.Text.Zh)
			}
		}
		return nil
	}
	return fmt.Errorf("no %q cannot be expected", a[0])
}

// life is the state of an alarm in words.
func life(a alarm.Alarm) []string {
	var w []string
	for _, x := range []struct {
		word string
		is   bool
	}{{"active", a.Active}, {"cleared", !a.Active}, {"latched", a.Latched}, {"acknowledged", a.Acknowledged}, {"unacknowledged", !a.Acknowledged},
		{"silenced", a.Silenced}, {"shelved", !a.Shelved.IsZero()}, {"chattering", a.Chattering}, {"silent", a.Silent},
		{"suppressed", a.Suppressed != ""}, {"first-out", a.FirstOut}, {"later", a.After != ""}, {"out-of-service", !a.RemovedUntil.IsZero()}, {"quiet", a.Quiet}, {"old", a.Old},
		{"priority" + strconv.Itoa(a.Priority), true}, {"class-" + string(a.Class), true}} {
		if x.is {
			w = append(w, x.word)
		}
	}
	return w
}

func (p *player) expectAlarm(key string, words []string) error {
	a, listed := p.alarm(key)
	if !listed {
		var keys []string
		for _, a := range p.View().Alarms {
			keys = append(keys, a.Key)
		}
		return fmt.Errorf("it is not listed; listed are %v", keys)
	}
	for _, w := range words {
		if !slices.Contains(life(a), w) {
			return fmt.Errorf("it is not %s but %v", w, life(a))
		}
	}
	return nil
}

// expect siren sounds|quiet · output NAME on|off
func (p *player) expectOutput(a []string) error {
	output, want := point.Name("hall/"+a[0]), a[len(a)-1]
	if a[0] == "output" {
		output = point.Name(a[1])
	}
	on := p.sounds(output)
	if a[0] == "output" {
		on = p.levels[output]
	}
	if on != (want == "sounds" || want == "on") {
		return fmt.Errorf("it is not")
	}
	return nil
}

// expect record TYPE [SUBJECT] [times N]
func (p *player) expectRecord(a []string) error {
	want := -1
	if n := len(a); n >= 3 && a[n-2] == "times" {
		k, err := strconv.Atoi(a[n-1])
		if err != nil {
			return err
		}
		want, a = k, a[:n-2]
	}
	n := 0
	for _, r := range p.journal[p.from:] {
		if r.Type == event.Type(a[0]) && (len(a) < 2 || r.Subject == a[1]) {
			n++
		}
	}
	if want >= 0 && n != want || want < 0 && n == 0 {
		return fmt.Errorf("there are %d", n)
	}
	return nil
}

func (p *player) expectPanel(a []string) error {
	if len(a) < 3 {
		return errWords
	}
	v, got := p.View().Panel, []string{}
	for _, x := range v.Partitions {
		if a[0] == "partition" && x.ID == a[1] {
			got = append(got, string(x.Mode), x.As)
		}
	}
	for _, x := range v.Zones {
		if a[0] == "zone" && x.ID == a[1] {
			got = append(got, x.State, x.Walk, map[bool]string{true: "bypassed", false: "in-use"}[x.Bypassed])
		}
	}
	for _, x := range v.Doors {
		if a[0] == "door" && x.ID == a[1] {
			got = append(got, x.State, map[bool]string{true: "freed", false: "locked"}[x.Freed])
		}
	}
	for _, w := range a[2:] {
		if !slices.Contains(got, w) {
			return fmt.Errorf("it is %v", got)
		}
	}
	return nil
}

// expect inside ROOM nobody | WHO… : exactly these, in the order of entering; WHO?
// may have left unseen, WHO! was seen leaving during a fire.
func (p *player) expectInside(room string, who []string) error {
	var got []string
	for _, x := range p.View().Panel.Areas {
		for _, i := range x.People {
			if x.ID == room {
				got = append(got, i.Who+map[bool]string{true: "?"}[i.Unsure]+map[bool]string{true: "!"}[i.Left])
			}
		}
	}
	if len(got) == 0 {
		got = []string{"nobody"}
	}
	if !slices.Equal(got, who) {
		return fmt.Errorf("inside are %v", got)
	}
	return nil
}

// expect detail TYPE TEXT…: the newest record of the type, in words or in its
// detail, says so.
func (p *player) expectDetail(a []string) error {
	want := strings.Join(a[1:], " ")
	for i := len(p.journal) - 1; i >= p.from; i-- {
		if r := p.journal[i]; r.Type == event.Type(a[0]) {
			if said := r.Text.En + " " + string(r.Detail); !strings.Contains(said, want) {
				return fmt.Errorf("it says %s", said)
			}
			return nil
		}
	}
	return errors.New("there is none")
}
