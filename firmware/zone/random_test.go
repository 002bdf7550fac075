package zone

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"watchbox/firmware/point"
)

// steps are what may happen to the panel.
var steps = []string{"arm main", "force-arm main", "disarm main", "bypass window", "unbypass window", "bypass door", "bypass panic",
	"z/panic=1", "z/panic=0", "z/panic=?", "z/door=1", "z/door=0", "z/door=?", "z/hall=1", "z/hall=0", "z/window=1", "z/window=0", "z/window=?",
	"z/fire=1", "z/fire=0", "z/tamper=1", "z/tamper=0", "d/contact=1", "d/contact=0", "d/contact=?", "d/exit=1", "d/exit=0", "card 42", "card 7",
	"+1s", "+7s", "+31s", "restart", "reload"}

// FuzzStories plays any story and holds the panel against what must always be
// true of it.
func FuzzStories(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		story := make([]byte, 120)
		for i := range story {
			story[i] = byte(r.UintN(uint(len(steps))))
		}
		f.Add(story)
	}
	f.Fuzz(func(t *testing.T, story []byte) {
		if len(story) > 1000 {
			return
		}
		b := newBench(t, room()).rest()
		last := map[string]string{"z/panic": "0", "z/fire": "0", "z/tamper": "0"}
		for _, s := range story {
			step := steps[int(s)%len(steps)]
			b = take(b, step)
			if name, value, ok := strings.Cut(step, "="); ok && value != "?" {
				last[name] = value
			}
			if why := wrong(b, last, step); why != "" {
				t.Fatalf("after %q: %s", step, why)
			}
		}
	})
}

func take(b *bench, step string) *bench {
	switch step {
	case "restart":
		again := b.again(room())
		for key, active := range b.active { // the alarm machine keeps its own
			if _, told := again.active[key]; !told {
				again.active[key] = active
			}
		}
		for _, z := range b.panel.zones {
			if z.known {
				again.do(fmt.Sprintf("%s=%d", z.Input, map[bool]int{true: 1}[z.violated]))
			}
		}
		again.do(fmt.Sprintf("d/contact=%d", map[bool]int{true: 1}[b.panel.doors[0].open]))
		return again
	case "reload":
		b.panel.Reload(b.now, room())
		b.settle()
	default:
		b.do(step)
	}
	return b
}

// houseSteps are what may happen to the house of the security tests.
var houseSteps = []string{"arm main", "arm main stay", "arm main night", "force-arm main", "force-arm main stay", "disarm main", "disarm! main", "walk-test main", "walk-test panic", "end-walk-test x",
	"z/panic=1", "z/panic=0", "z/panic2=1", "z/panic2=0", "z/door=1", "z/door=0", "z/pir=1", "z/pir=0", "z/pir=?", "z/pir-tamper=1", "z/pir-tamper=0",
	"z/glass=2200Ω", "z/glass=6900Ω", "z/glass=1000000Ω", "z/glass=0Ω", "z/glass=4000Ω", "z/glass=?", "z/gas=4700Ω", "z/gas=1500Ω", "z/gas=0Ω",
	"z/key=1", "z/key=0", "z/key=?", "z/lock=1", "z/lock=0", "z/lock=?", "z/out=1", "z/out=0", "bypass pir", "unbypass pir", "bypass panic", "+1s", "+20s", "+5m", "+11m", "reload", "restart"}

// FuzzHouse holds what the security tests' house adds against what must always
// be true: a panic button not under test shows its contact; tamper and lines
// show armed or not; a zone that does not guard in this way of arming raises
// nothing; duress always tells; nothing is verified while disarmed; a restart
// keeps mode and way of arming but for the delays of the restart table.
func FuzzHouse(f *testing.F) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 60 {
		story := make([]byte, 120)
		for i := range story {
			story[i] = byte(r.UintN(uint(len(houseSteps))))
		}
		f.Add(story)
	}
	f.Fuzz(func(t *testing.T, story []byte) {
		if len(story) > 1000 {
			return
		}
		b := newHouse(t, house())
		last := map[string]string{"z/panic": "0", "z/panic2": "0", "z/pir-tamper": "0", "z/glass": "2200Ω", "z/gas": "4700Ω",
			"z/door": "0", "z/pir": "0", "z/key": "0", "z/lock": "0", "z/out": "0"}
		for _, s := range story {
			step, before := houseSteps[int(s)%len(houseSteps)], b.mode()
			b = b.live(step, last)
			if armed := b.mode() != Disarmed; step == "restart" && armed != (before != Disarmed) {
				t.Fatalf("a restart made %v of %v", b.mode(), before)
			}
			if name, value, ok := strings.Cut(step, "="); ok && value != "?" {
				last[name] = value
			}
			if why := b.wrongHouse(last); why != "" {
				t.Fatalf("after %q: %s", step, why)
			}
		}
	})
}

// live takes a step of the house; a restart reads every contact again.
func (b *bench) live(step string, last map[string]string) *bench {
	switch step {
	case "reload":
		b.panel.Reload(b.now, house())
		b.settle()
	case "restart":
		again := b.again(house())
		for key, active := range b.active {
			if _, told := again.active[key]; !told {
				again.active[key] = active
			}
		}
		for _, name := range slices.Sorted(maps.Keys(last)) {
			again.do(name + "=" + last[name])
		}
		return again
	default:
		b.do(step)
	}
	return b
}

func (b *bench) wrongHouse(last map[string]string) string {
	v := b.panel.View()
	for i, id := range []string{"panic", "panic2"} {
		tested := b.panel.testing(b.panel.zones[i])
		if pressed := last["z/"+id] == "1"; b.active["zone/"+id] != (pressed && !tested) {
			return fmt.Sprintf("%s is %v, pressed %v, tested %v", id, b.active["zone/"+id], pressed, tested)
		}
	}
	if b.active["zone/pir/tamper"] != (last["z/pir-tamper"] == "1") {
		return "the tamper contact does not show"
	}
	cut := last["z/glass"] != "2200Ω" && last["z/glass"] != "6900Ω"
	if b.active["zone/glass/line"] != cut {
		return "the line does not show: " + last["z/glass"]
	}
	a := v.Partitions[0]
	switch {
	case a.Mode == Disarmed && (b.active["partition/main/verified"] || a.Verified || a.As != ""):
		return "verified, or armed in some way, while disarmed"
	case a.As != Away && a.As != "" && b.active["zone/pir"]:
		return "the inside raises while somebody stays"
	case (a.Mode == Disarmed || a.Mode == Exiting) && (b.active["zone/pir"] || b.active["zone/door"] || b.active["zone/glass"]):
		return "an intrusion while not armed"
	case b.panel.walk != nil && a.Mode != Disarmed && b.panel.walk.target == "main":
		return "a walk test while armed"
	}
	return ""
}

// wrong says which invariant is broken, if one is.
func wrong(b *bench, last map[string]string, step string) string {
	for _, id := range []string{"panic", "fire", "tamper"} {
		if b.active["zone/"+id] != (last["z/"+id] == "1") {
			return fmt.Sprintf("a 24-hour zone does not show its contact: %s is %v", id, b.active["zone/"+id])
		}
	}
	mode := b.mode()
	intruded := b.active["zone/door"] || b.active["zone/hall"] || b.active["zone/window"]
	if (mode == Disarmed || mode == Exiting) && intruded {
		return "an intrusion while not armed: " + b.standing()
	}
	w := b.panel.zones[6]
	if mode == Armed && w.known && w.violated && !w.bypassed && !b.active["zone/window"] {
		return "an open window is no alarm although armed"
	}
	if next := b.panel.Next(); next < b.now.Mono && step[0] == '+' {
		return "a delay that is over still waits"
	}
	if running := mode == Exiting || mode == Entering; running != (b.panel.View().Partitions[0].Deadline != nil) {
		return "a delay without an end, or the reverse"
	}
	d := b.panel.doors[0]
	if b.active["door/d1/forced"] && !d.open || b.active["door/d1/held"] && !d.open {
		return "a closed door is forced or held"
	}
	if (d.heldAt != point.Never) && !d.open {
		return "a closed door waits to be held open"
	}
	return ""
}
