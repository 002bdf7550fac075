package system

import (
	"reflect"
	"testing"
	"time"
)

func TestStartOfASlot(t *testing.T) {
	for _, c := range []struct {
		name, slot string
		was        State
		becomes    State
		fallen     *Fallen
	}{
		{"a confirmed slot has its tries back", "A",
			State{Order: []string{"A", "B"}, Left: map[string]int{"A": 1, "B": 2}, Box: "x"},
			State{Order: []string{"A", "B"}, Left: map[string]int{"A": 3, "B": 2}, Box: "x"}, nil},
		{"a slot on trial keeps its count", "B",
			State{Order: []string{"B", "A"}, Left: map[string]int{"A": 3, "B": 2}, Trying: "B"},
			State{Order: []string{"B", "A"}, Left: map[string]int{"A": 3, "B": 2}, Trying: "B"}, nil},
		{"a failed trial is put back", "A",
			State{Order: []string{"B", "A"}, Left: map[string]int{"A": 2, "B": 0}, Trying: "B"},
			State{Order: []string{"A", "B"}, Left: map[string]int{"A": 3, "B": 0}}, &Fallen{"B", "A", true}},
		{"a confirmed slot that no longer starts", "B",
			State{Order: []string{"A", "B"}, Left: map[string]int{"A": 0, "B": 2}},
			State{Order: []string{"B", "A"}, Left: map[string]int{"A": 0, "B": 3}}, &Fallen{"A", "B", false}},
		{"not from a slot", "",
			State{Order: []string{"A", "B"}, Left: map[string]int{"A": 1, "B": 1}, Trying: "B"},
			State{Order: []string{"A", "B"}, Left: map[string]int{"A": 1, "B": 1}, Trying: "B"}, nil},
		{"an empty state", "A", State{}, State{Order: []string{"A", "B"}, Left: map[string]int{"A": 3}}, nil},
	} {
		got, fallen := c.was.AtStart(c.slot, false)
		if !reflect.DeepEqual(got, c.becomes) {
			t.Errorf("%s: %+v becomes %+v, want %+v", c.name, c.was, got, c.becomes)
		}
		if !reflect.DeepEqual(fallen, c.fallen) {
			t.Errorf("%s: fallen %+v, want %+v", c.name, fallen, c.fallen)
		}
		if again, twice := got.AtStart(c.slot, false); twice != nil || !reflect.DeepEqual(again, got) {
			t.Errorf("%s: the next start of the same slot: %+v, fallen %v", c.name, again, twice)
		}
	}
}

func TestStartTouchesNothingOfTheCallers(t *testing.T) {
	was := State{Order: []string{"B", "A"}, Left: map[string]int{"A": 1}, Trying: "B"}
	was.AtStart("A", false)
	if was.Left["A"] != 1 || was.Order[0] != "B" {
		t.Errorf("the old state was changed: %+v", was)
	}
}

// A slot that crashes at each start before its daemon makes progress comes to its
// last try, and with progress has all of them again.
func TestACrashSpendsATryUntilTheProof(t *testing.T) {
	s := State{Order: []string{"A", "B"}, Left: map[string]int{"A": Tries, "B": Tries}}
	for left := Tries - 1; left >= 0; left-- {
		s.Left["A"]-- // the loader
		s, _ = s.AtStart("A", true)
		if s.Left["A"] != left || s.LastTry("A") != (left == 0) {
			t.Errorf("%d left, last try %v; want %d", s.Left["A"], s.LastTry("A"), left)
		}
	}
	if now := s.Proven("A"); now.Left["A"] != Tries || now.LastTry("A") || s.Left["A"] != 0 {
		t.Errorf("proven: %+v, from %+v", now, s)
	}
	on, _ := State{Order: []string{"B", "A"}, Left: map[string]int{"A": Tries}, Trying: "B"}.AtStart("B", false)
	if on = on.Proven("B"); on.Left["B"] != 0 || on.LastTry("B") {
		t.Errorf("a slot on trial: %+v, last try %v", on, on.LastTry("B"))
	}
	if fell, told := s.AtStart("B", true); told == nil || fell.Order[0] != "B" || fell.Left["B"] != Tries {
		t.Errorf("the other slot: %+v, %+v", fell, told)
	}
	if none := (State{}).Proven("A"); none.Left["A"] != Tries {
		t.Errorf("an empty state: %+v", none)
	}
}

func TestCommandLine(t *testing.T) {
	for text, want := range map[string]Told{
		"quiet watchbox.board=qemu watchbox.slot=b root=/dev/dm-1\n": {"qemu", "B", 0},
		"watchbox.slot=c watchbox.board= watchbox.gate=never":        {},
		"watchbox.gate=20s -- /bin/init":                             {Gate: 20 * time.Second},
		"":                                                           {},
	} {
		if got := ParseCommandLine(text); got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}
