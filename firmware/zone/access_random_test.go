package zone

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// labSteps are what may happen at the doors of the lab.
var labSteps = func() (all []string) {
	for _, d := range []string{"outer", "inner", "vault"} {
		for _, card := range []string{"1", "11", "2", "3", "4", "99"} {
			all = append(all, "in "+d+" "+card, "out "+d+" "+card)
		}
		all = append(all, d+"/contact=1", d+"/contact=1", d+"/contact=0", d+"/contact=0", d+"/contact=0", d+"/contact=?", d+"/exit=1", d+"/exit=0")
	}
	return append(all, "z/fire=1", "z/fire=0", "z/fire=0", "z/smoke=1", "z/smoke=0", "z/smoke=0", "z/fire=?", "+1s", "+1s", "+4s", "+16s", "+1m", "+13h", "forgive wang", "forgive room", "reload", "restart")
}()

// FuzzDoors plays any story at the doors of the lab and holds the panel against
// what must always be true of it: nobody is denied the way out, by whatever card
// and whatever stands; while a fire zone is in alarm nothing is forced, held,
// warned or barred; who is inside is who was let in and opened, less who was let
// out and opened, less who was forgiven; a restart and a reload keep the lists;
// hard anti-passback and the interlock let nobody in who is surely inside, or
// past an open door; two persons are two.
func FuzzDoors(f *testing.F) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 80 {
		story := make([]byte, 200)
		for i := range story {
			story[i] = byte(r.UintN(uint(len(labSteps))))
		}
		f.Add(story)
	}
	f.Fuzz(func(t *testing.T, story []byte) {
		if len(story) > 1000 {
			return
		}
		m := &labModel{bench: newLab(t), where: map[string]string{}, sure: map[string]bool{}, left: map[string]bool{}, since: map[string]time.Duration{},
			passing: map[string][]passage{}, last: map[string]string{"z/fire": "0", "z/smoke": "0"}}
		for _, d := range []string{"outer", "inner", "vault"} {
			m.last[d+"/contact"] = "0"
		}
		for i, s := range story {
			step := labSteps[int(s)%len(labSteps)]
			if why := m.live(step); why != "" {
				t.Fatalf("step %d, %q: %s", i, step, why)
			}
		}
	})
}

// labModel is what the records and the contacts say, reckoned apart from the panel.
type labModel struct {
	*bench
	where   map[string]string        // who is in which room
	sure    map[string]bool          // and has surely not left
	left    map[string]bool          // seen leaving during the fire
	since   map[string]time.Duration // when he went in
	passing map[string][]passage     // at each door
	last    map[string]string        // of each contact, the last good reading
	bad     map[string]bool          // contacts that cannot be read
}

var labWays = map[string][2]string{"outer": {"", "lock"}, "inner": {"lock", "room"}, "vault": {"", "safe"}}

func (m *labModel) fire() bool { return m.last["z/fire"] == "1" || m.last["z/smoke"] == "1" }

// live takes a step and says what is wrong after it.
func (m *labModel) live(step string) string {
	if m.bad == nil {
		m.bad = map[string]bool{}
	}
	before, burning := m.lists(), m.fire()
	m.records, m.pulses = nil, nil
	listed, sure := maps.Clone(m.where), maps.Clone(m.sure)
	switch step {
	case "reload":
		m.panel.Reload(m.now, lab())
		m.settle()
		if m.lists() != before {
			return "a reload changed the lists: " + before + ", now " + m.lists()
		}
		return m.judge(step, burning)
	case "restart":
		return m.cut()
	}
	m.do(step)
	name, value, isSample := strings.Cut(step, "=")
	if isSample {
		m.sample(name, value)
	}
	if burning && !m.fire() {
		m.over()
	}
	if why := m.heed(step, burning, listed, sure); why != "" {
		return why
	}
	return m.judge(step, burning || m.fire())
}

// sample notes a contact; a door that opens lets through who was granted.
func (m *labModel) sample(name, value string) {
	door, what, _ := strings.Cut(name, "/")
	was := m.last[name]
	m.bad[name] = value == "?"
	if value == "?" {
		return
	}
	m.last[name] = value
	switch {
	case what == "exit" && value == "1" && was != "1" && m.unseen(door):
		m.doubt(door)
	case what != "contact" || value == was:
	case value == "0":
		m.passing[door] = nil
	default:
		somebody := false
		for _, g := range m.passing[door] {
			if m.now.Mono < g.until {
				m.move(door, g)
				somebody = true
			}
		}
		if m.passing[door] = nil; !somebody {
			m.doubt(door)
		}
	}
}

func (m *labModel) unseen(door string) bool {
	return m.last[door+"/contact"] == "1" || m.bad[door+"/contact"]
}

func (m *labModel) doubt(door string) {
	for who, room := range m.where {
		if room == labWays[door][0] || room == labWays[door][1] {
			m.sure[who] = false
		}
	}
}

// over ends the fire.
func (m *labModel) over() {
	for who := range m.where {
		if m.sure[who] = false; m.left[who] {
			delete(m.where, who)
		}
	}
	clear(m.left)
}

func (m *labModel) move(door string, g passage) {
	switch to := labWays[door][1-int(g.way)]; {
	case g.who == "":
		m.doubt(door)
	case g.way == outward && m.fire():
		m.left[g.who] = m.where[g.who] != ""
	case to == "":
		delete(m.where, g.who)
	default:
		m.where[g.who], m.sure[g.who], m.left[g.who], m.since[g.who] = to, true, false, m.now.Mono
	}
}

// heed reads the records of a step.
func (m *labModel) heed(step string, burning bool, listed map[string]string, sure map[string]bool) string {
	verb, rest, _ := strings.Cut(step, " ")
	door, card, _ := strings.Cut(rest, " ")
	for _, r := range m.records {
		switch r.Type {
		case event.DoorDenied:
			if verb == "out" {
				return "somebody is denied the way out"
			}
			if why := r.Text.En; burning && !strings.HasSuffix(why, UnknownCard) && !strings.HasSuffix(why, Expired) {
				return "barred during a fire: " + why
			}
		case event.DoorForced, event.DoorHeld, event.DoorWarned:
			if burning && m.fire() {
				return "a door is judged during a fire: " + string(r.Type)
			}
		case event.DoorForgiven:
			who, _, _ := strings.Cut(r.Text.En, " ")
			delete(m.where, who)
		case event.DoorGranted:
			if why := m.granted(door, r, burning, listed, sure); why != "" {
				return why
			}
		case event.DoorExit:
			if verb == "out" {
				m.let(door, passage{r.Actor, outward, m.now.Mono + 5*time.Second})
			}
		}
	}
	if verb == "out" && len(m.pulses) != 1 {
		return fmt.Sprintf("card %s at the exit reader pulses the strike %d times", card, len(m.pulses))
	}
	return ""
}

func (m *labModel) granted(door string, r event.Record, burning bool, listed map[string]string, sure map[string]bool) string {
	for _, other := range [][2]string{{"outer", "inner"}, {"inner", "outer"}} {
		if !burning && door == other[0] && m.last[other[1]+"/contact"] == "1" {
			return "granted although " + other[1] + " is open"
		}
	}
	who := r.Actor
	if !burning && door == "inner" && listed[who] == "room" && sure[who] && m.now.Mono-m.since[who] < 12*time.Hour {
		return who + " is surely inside already"
	}
	m.let(door, passage{who, inward, m.now.Mono + 5*time.Second})
	if door != "vault" || burning {
		return ""
	}
	other := string(r.Detail)
	for _, name := range []string{"wang", "li", "zhao"} {
		if strings.Contains(other, `"with":"`+name+`"`) && name != who {
			m.let(door, passage{name, inward, m.now.Mono + 5*time.Second})
			return ""
		}
	}
	return "one person opened the door of two: " + other
}

func (m *labModel) let(door string, g passage) {
	if m.unseen(door) {
		m.move(door, g)
		return
	}
	m.passing[door] = append(slices.DeleteFunc(m.passing[door], func(x passage) bool { return x.who == g.who }), g)
}

// cut is a restart in which every contact is read again.
func (m *labModel) cut() string {
	m.bench = m.again(lab())
	for who := range m.where {
		if m.sure[who] = false; m.left[who] {
			delete(m.where, who)
		}
	}
	clear(m.passing)
	clear(m.left)
	clear(m.bad)
	for _, name := range slices.Sorted(maps.Keys(m.last)) {
		m.do(name + "=" + m.last[name])
	}
	return m.judge("restart", m.fire())
}

// judge holds the lists and the doors against the model.
func (m *labModel) judge(step string, burning bool) string {
	want := map[string]string{}
	for who, room := range m.where {
		want[who] = room + map[bool]string{false: "?"}[m.sure[who]] + map[bool]string{true: "!"}[m.left[who]]
	}
	got := map[string]string{}
	v := m.panel.View()
	for _, a := range v.Areas {
		for _, i := range a.People {
			if there := got[i.Who]; there != "" && !strings.HasSuffix(there, "!") && !i.Left {
				return i.Who + " is in two rooms"
			}
			if got[i.Who] == "" || !i.Left {
				got[i.Who] = a.ID + map[bool]string{true: "?"}[i.Unsure] + map[bool]string{true: "!"}[i.Left]
			}
		}
	}
	if !burning && !maps.Equal(got, want) {
		return fmt.Sprintf("inside are %v, and should be %v", got, want)
	}
	for who := range want {
		if got[who] == "" {
			return who + " vanished from the lists during the fire"
		}
	}
	for _, d := range v.Doors {
		if d.State == "forced" && m.last[d.ID+"/contact"] != "1" || d.Freed != m.fire() {
			return fmt.Sprintf("%s is %s, freed %v", d.ID, d.State, d.Freed)
		}
	}
	if next := m.panel.Next(); next < m.now.Mono && step[0] == '+' {
		return "a time that is over still waits"
	}
	return ""
}

// TestTheWayOutIsNeverRefused: by no card, in no state of the lab.
func TestTheWayOutIsNeverRefused(t *testing.T) {
	for _, before := range []string{"", "outer/contact=1", "inner/contact=1", "in vault 1", "z/fire=1", "outer/contact=?", "in outer 1;outer/contact=1;+1h"} {
		for _, door := range []string{"outer", "inner", "vault"} {
			for _, card := range []string{"1", "4", "99", strings.Repeat("9", cardLimit)} {
				b := newLab(t)
				if before != "" {
					b.do(strings.Split(before, ";")...)
				}
				b.records, b.pulses = nil, nil
				b.do("out " + door + " " + card)
				if len(b.pulses) != 1 || b.pulses[0].Output != point.Join(door, "strike") || b.told() != "door.exit" {
					t.Errorf("%q, then %s out by %s: %v", before, card, door, b.pulses)
				}
			}
		}
	}
}
