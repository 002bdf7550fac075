package zone

import (
	"fmt"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/point"
)

// machine is one table of model.go: how each of its states is reached on a fresh
// panel, what each input is, and how the state that was reached is named.
type machine struct {
	states [][2]string // name, words of the bench
	inputs [][2]string
	name   func(b *bench) string
}

// modelHouse has one of each thing that the model speaks of.
func modelHouse() Definition {
	return Definition{
		Partitions: []Partition{{ID: "main", ExitDelay: 30 * time.Second, EntryDelay: 20 * time.Second}, {ID: "shop"}},
		Zones: []Zone{
			{ID: "door", Input: "z/door", Type: "entry", Partition: "main"},
			{ID: "hall", Input: "z/hall", Type: "follower", Partition: "main"},
			{ID: "window", Input: "z/window", Type: "instant", Partition: "main"},
			{ID: "key", Input: "z/key", Type: "key-switch", Partition: "main", Key: "toggle"},
			{ID: "last", Input: "z/last", Type: "exit-button", Partition: "main"},
			{ID: "lock", Input: "z/lock", Type: "key-switch", Partition: "shop", Key: "level"},
			{ID: "panic", Input: "z/panic", Type: "panic"},
			{ID: "gas", Input: "z/gas", Type: "environment", Loop: &Loop{Kind: "double", End: 2200, Alarm: 4700, Tolerance: 15}},
		},
	}
}

var machines = map[string]machine{
	"partition": {
		states: [][2]string{{"disarmed", ""}, {"not ready", "z/window=1"}, {"bypassed", "bypass window"}, {"exiting", "arm main"},
			{"armed", "arm main;+30s"}, {"armed bypassed", "z/window=1;force-arm main;+30s"}, {"stay", "arm main stay"}, {"entering", "arm main;+30s;z/door=1;z/door=0"},
			{"intruded", "arm main;+30s;z/window=1"}, {"overdue", "arm main;+30s;z/door=1;z/door=0;+20s"}, {"entering intruded", "arm main;+30s;z/door=1;z/door=0;z/window=1"}, {"walked", "walk-test main"}},
		inputs: [][2]string{{"arm", "arm main"}, {"stay", "arm main stay"}, {"force", "force-arm main"}, {"disarm", "disarm main"}, {"duress", "disarm! main"},
			{"door", "z/door=1"}, {"window", "z/window=1"}, {"hall", "z/hall=1"}, {"rest", "z/window=0"}, {"unread", "z/window=?"}, {"panic", "z/panic=1"},
			{"key", "z/key=1"}, {"last", "z/last=1"}, {"bypass", "bypass window"}, {"unbypass", "unbypass window"}, {"test", "walk-test main"}, {"end", "end-walk-test x"},
			{"expiry", "expiry"}, {"restart", "restart"}},
		name: partitionState,
	},
	"loop": {
		states: [][2]string{{"unread", "fresh"}, {"normal", ""}, {"alarm", "z/gas=6900Ω"}, {"cut", "z/gas=1000000Ω"}, {"shorted", "z/gas=0Ω"}, {"strange", "z/gas=4000Ω"},
			{"lost", "z/gas=?"}, {"alarm lost", "z/gas=6900Ω;z/gas=?"}, {"alarm cut", "z/gas=6900Ω;z/gas=1000000Ω"}},
		inputs: [][2]string{{"rest", "z/gas=2200Ω"}, {"away", "z/gas=6900Ω"}, {"cut", "z/gas=1000000Ω"}, {"short", "z/gas=0Ω"}, {"strange", "z/gas=4000Ω"}, {"bad", "z/gas=?"},
			{"bypass", "bypass gas"}, {"restart", "restart"}},
		name: loopState,
	},
	"button": {
		states: [][2]string{{"at rest", ""}, {"pressed", "z/panic=1"}, {"stuck", "z/panic=1;+60s"}, {"tested", "walk-test panic"}, {"tested pressed", "walk-test panic;z/panic=1"}},
		inputs: [][2]string{{"press", "z/panic=1"}, {"release", "z/panic=0"}, {"unread", "z/panic=?"}, {"expiry", "expiry"}, {"bypass", "bypass panic"},
			{"test", "walk-test panic"}, {"end", "end-walk-test x"}, {"restart", "restart"}},
		name: buttonState,
	},
	"key": {
		states: [][2]string{{"unread", "fresh"}, {"off", ""}, {"on", "z/key=1;disarm main"}, {"off armed", "arm main"}, {"on armed", "z/key=1"}, {"lost", "z/key=?"}},
		inputs: [][2]string{{"off", "z/key=0"}, {"on", "z/key=1"}, {"bad", "z/key=?"}, {"welded", "restart z/key=1"}, {"freed", "restart z/key=0"}},
		name:   func(b *bench) string { return keyState(b, "key", 0) },
	},
	"lock": {
		states: [][2]string{{"unread", "fresh"}, {"off", "z/lock=0"}, {"on", "z/lock=0;z/lock=1;disarm shop"}, {"off armed", "z/lock=0;arm shop"}, {"on armed", "z/lock=0;z/lock=1"},
			{"lost", "z/lock=0;z/lock=?"}, {"lost armed", "z/lock=0;z/lock=1;z/lock=?"}},
		inputs: [][2]string{{"off", "z/lock=0"}, {"on", "z/lock=1"}, {"bad", "z/lock=?"}, {"left", "restart z/lock=0"}, {"stayed", "restart z/lock=1"}},
		name:   func(b *bench) string { return keyState(b, "lock", 1) },
	},
}

func keyState(b *bench, id string, partition int) string {
	z, name := b.zone(id), "off"
	switch {
	case z.trouble:
		name = "lost"
	case !z.known:
		name = "unread"
	case z.violated:
		name = "on"
	}
	if b.panel.partitions[partition].mode != Disarmed {
		name += " armed"
	}
	return name
}

func partitionState(b *bench) string {
	a, window := b.panel.partitions[0], b.zone("window")
	overdue, intruded := b.active["zone/door"], b.active["zone/window"] || b.active["zone/hall"]
	var words []string
	for _, w := range []struct {
		word string
		is   bool
	}{
		{"walked", b.panel.walk != nil},
		{"disarmed", a.mode == Disarmed && b.panel.walk == nil && !window.bypassed && !window.violated},
		{"not ready", a.mode == Disarmed && b.panel.walk == nil && !window.bypassed && window.violated},
		{"exiting", a.mode == Exiting},
		{"entering", a.mode == Entering},
		{"stay", a.as == Stay},
		{"armed", a.mode == Armed && a.as == Away && !overdue && !intruded},
		{"overdue", overdue},
		{"intruded", intruded},
		{"bypassed", window.bypassed},
	} {
		if w.is {
			words = append(words, w.word)
		}
	}
	return strings.Join(words, " ")
}

func loopState(b *bench) string {
	z := b.zone("gas")
	wires := map[wire]string{wireUnread: "unread", wireNormal: "normal", wireAlarm: "alarm", wireOpen: "cut", wireShort: "shorted", wireStrange: "strange"}
	name := wires[z.wire]
	if z.trouble {
		name = strings.TrimPrefix(strings.Replace(name+" lost", "unread ", "", 1), "normal ")
	}
	if b.active["zone/gas"] && !strings.HasPrefix(name, "alarm") {
		name = "alarm " + name
	}
	return name
}

func buttonState(b *bench) string {
	switch z := b.zone("panic"); {
	case b.panel.walk != nil && z.violated:
		return "tested pressed"
	case b.panel.walk != nil:
		return "tested"
	case z.stuck:
		return "stuck"
	case z.violated:
		return "pressed"
	}
	return "at rest"
}

func (b *bench) zone(id string) *loop {
	for _, z := range b.panel.zones {
		if z.ID == id {
			return z
		}
	}
	b.Fatal("no zone " + id)
	return nil
}

// reach makes a panel in the state of that recipe.
func reach(t *testing.T, recipe string) *bench {
	b := newBench(t, modelHouse())
	if recipe == "fresh" {
		return b
	}
	b.do("z/door=0", "z/hall=0", "z/window=0", "z/key=0", "z/last=0", "z/panic=0", "z/gas=2200Ω")
	if recipe != "" {
		b.do(strings.Split(recipe, ";")...)
	}
	b.records, b.flashed = nil, nil
	return b
}

// input gives one input; what it tells is the order of records and signals.
func (b *bench) input(word string) *bench {
	switch word {
	case "expiry":
		if next := b.panel.Next(); next < point.Never {
			b.do("+" + (next - b.now.Mono).String())
		}
		return b
	}
	if moved, is := strings.CutPrefix(word, "restart"); is {
		late := b.restarted(true, strings.TrimSpace(moved))
		early := b.restarted(false, strings.TrimSpace(moved))
		if x, y := late.panel.View(), early.panel.View(); fmt.Sprint(x.Zones, x.Partitions) != fmt.Sprint(y.Zones, y.Partitions) {
			b.Errorf("the order of readings and retained state matters:\n%+v\n%+v", x, y)
		}
		return late
	}
	b.do(word)
	return b
}

// restarted is the panel after a power cut: every contact is read again, before
// or after the retained state is there, and the alarm machine has kept what it
// was told. moved is a contact that was moved meanwhile: "z/key=1".
func (b *bench) restarted(readFirst bool, moved string) *bench {
	again := newBench(b.T, modelHouse())
	again.now, again.kept, again.active = point.Instant{Boot: "c", Mono: time.Second}, maps.Clone(b.kept), maps.Clone(b.active)
	merge := func() { again.panel.Restore(again.now, maps.Clone(b.kept)); again.settle() } // kept is as the store had it when it was opened
	if !readFirst {
		merge()
	}
	contact, _, _ := strings.Cut(moved, "=")
	for _, z := range b.panel.zones {
		switch {
		case contact == string(z.Input):
			again.do(moved)
		case z.known || z.trouble:
			again.do(string(z.Input) + "=" + z.shows())
		}
	}
	if readFirst {
		merge()
	}
	return again
}

// shows is the reading of the zone in the words of the bench.
func (z *loop) shows() string {
	switch {
	case z.trouble:
		return "?"
	case z.Loop != nil:
		return map[wire]string{wireNormal: "2200Ω", wireAlarm: "6900Ω", wireOpen: "1000000Ω", wireShort: "0Ω", wireStrange: "4000Ω"}[z.wire]
	case z.violated:
		return "1"
	}
	return "0"
}

// told says what changed for the alarm machine and what the journal got.
func told(before map[string]bool, b *bench) string {
	var words []string
	for _, r := range b.records {
		name := strings.TrimPrefix(strings.TrimPrefix(string(r.Type), "partition."), "zone.")
		switch {
		case name == "refused":
			name = "not-ready"
		case strings.HasPrefix(name, "!"):
			name = "refused"
		}
		words = append(words, name)
	}
	for _, key := range slices.Sorted(maps.Keys(b.active)) {
		if b.active[key] != before[key] {
			sign := map[bool]string{true: "+", false: "-"}[b.active[key]]
			words = append(words, sign+strings.TrimPrefix(strings.TrimPrefix(key, "zone/"), "partition/main/"))
		}
	}
	for _, key := range b.flashed {
		if !b.active[key] && !before[key] {
			words = append(words, "±"+strings.TrimPrefix(strings.TrimPrefix(key, "zone/"), "partition/main/"))
		}
	}
	return strings.Join(words, " ")
}

// readModel takes the tables from the package doc: the first cell of each head
// names the machine.
func readModel(t *testing.T) map[string]map[[2]string][2]string {
	f, err := parser.ParseFile(token.NewFileSet(), "model.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]map[[2]string][2]string{}
	var rows map[[2]string][2]string
	for _, line := range strings.Split(f.Doc.Text(), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 4 {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if cells[1] == "input" {
			rows = map[[2]string][2]string{}
			all[cells[0]] = rows
			continue
		}
		pair := [2]string{cells[0], cells[1]}
		if _, twice := rows[pair]; twice {
			t.Errorf("the model has two rows of %v", pair)
		}
		rows[pair] = [2]string{cells[2], cells[3]}
	}
	return all
}

// TestEveryStateMeetsEveryInput walks all pairs of (state, input) of each table
// of the model. What a table does not list changes nothing and tells nothing.
func TestEveryStateMeetsEveryInput(t *testing.T) {
	model := readModel(t)
	for _, name := range slices.Sorted(maps.Keys(machines)) {
		m, rows := machines[name], model[name]
		walked := map[[2]string]bool{}
		for _, from := range m.states {
			if b := reach(t, from[1]); m.name(b) != from[0] {
				t.Errorf("%s: %q is reached as %q", name, from[0], m.name(b))
				continue
			}
			for _, input := range m.inputs {
				pair := [2]string{from[0], input[0]}
				walked[pair] = true
				b := reach(t, from[1])
				before := maps.Clone(b.active)
				b = b.input(input[1])
				got := [2]string{m.name(b), told(before, b)}
				want, listed := rows[pair]
				if !listed {
					want = [2]string{from[0], ""}
				}
				if got != want {
					t.Errorf("%s:\n%-17s | %-8s | %-25s | %s\twant %v", name, pair[0], pair[1], got[0], got[1], want)
				}
			}
		}
		for pair := range rows {
			if !walked[pair] {
				t.Errorf("%s: the model speaks of %v, which nobody tests", name, pair)
			}
		}
	}
}
