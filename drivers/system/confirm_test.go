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
		got, fallen := c.was.AtStart(c.slot)
		if !reflect.DeepEqual(got, c.becomes) {
			t.Errorf("%s: %+v becomes %+v, want %+v", c.name, c.was, got, c.becomes)
		}
		if !reflect.DeepEqual(fallen, c.fallen) {
			t.Errorf("%s: fallen %+v, want %+v", c.name, fallen, c.fallen)
		}
		if again, twice := got.AtStart(c.slot); twice != nil || !reflect.DeepEqual(again, got) {
			t.Errorf("%s: the next start of the same slot: %+v, fallen %v", c.name, again, twice)
		}
	}
}

func TestStartTouchesNothingOfTheCallers(t *testing.T) {
	was := State{Order: []string{"B", "A"}, Left: map[string]int{"A": 1}, Trying: "B"}
	was.AtStart("A")
	if was.Left["A"] != 1 || was.Order[0] != "B" {
		t.Errorf("the old state was changed: %+v", was)
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
