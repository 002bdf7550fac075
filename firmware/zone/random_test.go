package zone

import (
	"fmt"
	"math/rand/v2"
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
