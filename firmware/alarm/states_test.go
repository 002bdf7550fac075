package alarm

import (
	"errors"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/event"
)

// The names of the model in model.go. TestEveryStateMeetsEveryInput holds the
// machine against that text: what stands there is what is tested.
var (
	modelStates = []string{"normal", "waiting", "active", "active acked", "cleared", "latched", "latched acked", "chattering",
		"held back", "hidden", "shelved normal", "shelved held", "shelved active", "removed normal", "removed held", "removed active"}
	modelInputs = []string{"raise", "clear", "ack", "silence", "reset", "shelve", "unshelve", "remove", "return",
		"cause", "no cause", "expiry", "restart"}
)

// state names where the alarm is, in the words of the model.
func state(l *life) string {
	base := "normal"
	switch a := l.Alarm; {
	case l.heldBack():
		base = "held back"
	case l.hidden():
		base = "hidden"
	case l.held:
		base = "held"
	case a.Chattering:
		base = "chattering"
	case a.Active:
		base = acked("active", a)
	case a.Latched:
		base = acked("latched", a)
	case l.raised:
		base = "cleared"
	case l.waiting:
		base = "waiting"
	}
	switch {
	case l.removed():
		return "removed " + base
	case l.shelved():
		return "shelved " + base
	}
	return base
}

func acked(s string, a Alarm) string {
	if a.Acknowledged {
		return s + " acked"
	}
	return s
}

// start is when the input comes that is tested.
const start = 20 * time.Second

// reach brings a fresh alarm "k", whose cause is "c", into the state.
func reach(t testing.TB, name string) *rig {
	d := Definition{Key: "k", Priority: 1, Latch: strings.HasPrefix(name, "latched"), Causes: []string{"c"}}
	if name == "waiting" {
		d.OnDelay = 10 * time.Second
	}
	r := newRig(t, d, Definition{Key: "c", Priority: 1})
	steps := map[string]string{"waiting": "raise", "active": "raise", "active acked": "raise ack", "cleared": "raise clear",
		"latched": "raise clear", "latched acked": "raise clear ack",
		"chattering": "raise clear raise clear raise clear raise clear raise",
		"held back":  "cause raise", "hidden": "raise cause", "shelved normal": "shelve", "shelved held": "shelve raise",
		"shelved active": "raise shelve", "removed normal": "remove", "removed held": "remove raise", "removed active": "raise remove"}
	words := strings.Fields(steps[name])
	for i, s := range words {
		if _, err := r.input(start-2*time.Second*time.Duration(len(words)-i), s); err != nil {
			t.Fatal(err)
		}
	}
	r.types()
	if got := state(r.lives["k"]); got != name {
		t.Fatalf("reach %s: got %s", name, got)
	}
	return r
}

// input gives one input of the model to "k"; after a restart the rig is another.
func (r *rig) input(d time.Duration, what string) (*rig, error) {
	now, hour := at(d), at(d+time.Hour).Wall
	signal := func(key string, active bool) error { return r.Signal(now, Signal{Key: key, Active: active}) }
	switch what {
	case "raise":
		return r, signal("k", true)
	case "clear":
		return r, signal("k", false)
	case "ack":
		return r, r.Acknowledge(now, "k", event.ID{}, "li", "x")
	case "silence":
		return r, r.Silence(now, "k", event.ID{}, "li")
	case "reset":
		return r, r.Reset(now, "k", event.ID{}, "li")
	case "shelve":
		return r, r.Shelve(now, "k", hour, "li", "x")
	case "unshelve":
		return r, r.Unshelve(now, "k", "li")
	case "remove":
		return r, r.OutOfService(now, "k", hour, "li", "", "x")
	case "return":
		return r, r.InService(now, "k", "li")
	case "cause":
		return r, signal("c", true)
	case "no cause":
		err := signal("c", false)
		r.run(d + shortestStay)
		return r, err
	case "expiry":
		if n := r.Next(); n < at(d+2*time.Hour).Mono {
			r.Tick(at(n - time.Hour))
		}
		return r, nil
	}
	return r.restarted(d), nil
}

func (r *rig) restarted(d time.Duration) *rig {
	store := map[string][]byte{}
	keepIn(store, r.Retained())
	s := newRig(r.t, r.lives["k"].Definition, r.lives["c"].Definition)
	s.Restore(at(d), store)
	return s
}

// tells takes what was told of "k".
func (r *rig) tells(err error) string {
	var list []string
	if err != nil {
		list = append(list, "refused")
	}
	for _, c := range r.Take() {
		if c.Alarm.Key == "k" {
			list = append(list, strings.TrimPrefix(string(c.Type), "alarm."))
		}
	}
	return strings.Join(list, " ")
}

// readModel takes the table from the package doc: state, input → next state, tells.
func readModel(t *testing.T) map[[2]string][2]string {
	f, err := parser.ParseFile(token.NewFileSet(), "model.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	model := map[[2]string][2]string{}
	for _, line := range strings.Split(f.Doc.Text(), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 4 {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		pair := [2]string{cells[0], cells[1]}
		if _, twice := model[pair]; twice {
			t.Errorf("the model has two rows of %v", pair)
		}
		if cells[0] != "state" {
			model[pair] = [2]string{cells[2], cells[3]}
		}
		if cells[0] != "state" && (!slices.Contains(modelStates, cells[0]) || !slices.Contains(modelInputs, cells[1])) {
			t.Errorf("the model speaks of %v, which nobody tests", pair)
		}
	}
	return model
}

// TestEveryStateMeetsEveryInput walks all pairs of (state, input). What the model
// does not list changes nothing: an order is refused, a fact is not told.
func TestEveryStateMeetsEveryInput(t *testing.T) {
	model := readModel(t)
	for _, from := range modelStates {
		for _, input := range modelInputs {
			want, listed := model[[2]string{from, input}]
			r, err := reach(t, from).input(start, input)
			got := [2]string{state(r.lives["k"]), r.tells(err)}
			if err != nil && !errors.Is(err, ErrRefused) {
				t.Errorf("%s, %s: %v is no refusal", from, input, err)
			}
			if !listed {
				want = [2]string{from, ""}
				if slices.Contains(modelInputs[2:9], input) {
					want[1] = "refused"
				}
			}
			if got != want {
				t.Errorf("%-14s | %-8s | %-20s | %s\twant %v", from, input, got[0], got[1], want)
			}
			a := r.alarm()
			shown := slices.ContainsFunc(r.Alarms(), func(a *Alarm) bool { return a.Key == "k" })
			if quiet := got[0] == "normal" || got[0] == "waiting"; shown == quiet || a.Standing() && quiet {
				t.Errorf("%s, %s: listed %v, standing %v in state %s", from, input, shown, a.Standing(), got[0])
			}
		}
	}
}
