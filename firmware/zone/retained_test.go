package zone

import (
	"strings"
	"testing"
	"time"

	"watchbox/firmware/event"
)

// TestRestart holds the table of standards.md 5: an exit delay counts as
// expired (armed), an entry delay as expired (alarm).
func TestRestart(t *testing.T) {
	for _, c := range []struct{ name, before, after, standing, mode string }{
		{"armed", "arm main;+30s", "z/window=0", "", "armed"},
		{"armed, window opened meanwhile", "arm main;+30s", "z/window=1", "zone/window", "armed"},
		{"armed, door opened meanwhile", "arm main;+30s", "z/door=1", "", "entry-delay"},
		{"exit delay", "arm main;+3s", "", "", "armed"},
		{"entry delay", "arm main;+30s;z/door=1;+3s;z/door=0", "", "zone/door", "armed"},
		{"entry delay, then disarmed", "arm main;+30s;z/door=1;+3s", "disarm main", "", "disarmed"},
		{"entry ran out before", "arm main;+30s;z/door=1;z/door=0;+20s", "z/door=0", "zone/door", "armed"},
		{"disarmed", "arm main;+30s;disarm main", "z/window=1", "", "disarmed"},
		{"bypass", "bypass window;arm main;+30s", "z/window=1", "", "armed"},
		{"forced door, still open", "d/contact=1", "d/contact=1", "door/d1/forced", "disarmed"},
		{"forced door, closed meanwhile", "d/contact=1", "d/contact=0", "", "disarmed"},
		{"held door, still open", "card 42;d/contact=1;+60s", "d/contact=1;+10m", "door/d1/held", "disarmed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, room()).rest()
			b.do(strings.Split(c.before, ";")...)
			b = b.again(room())
			if c.after != "" {
				b.do(strings.Split(c.after, ";")...)
			}
			if b.standing() != c.standing || string(b.mode()) != c.mode {
				t.Errorf("standing %q, mode %s\nwant %q, %s", b.standing(), b.mode(), c.standing, c.mode)
			}
		})
	}
}

func TestRestoreAfterTheFirstSamples(t *testing.T) {
	b := newBench(t, room()).rest()
	b.do("arm main", "+30s")
	c := newBench(t, room()).rest()
	c.do("z/window=1")
	if c.standing() != "" {
		t.Fatal("an alarm before anybody knows that it is armed")
	}
	c.panel.Restore(c.now, b.kept)
	c.settle()
	if c.standing() != "zone/window" || c.mode() != Armed {
		t.Errorf("standing %q, mode %s", c.standing(), c.mode())
	}
}

func TestACommandSinceTheStartIsNewerThanWhatIsRestored(t *testing.T) {
	b := newBench(t, room()).rest()
	b.do("arm main", "+30s")
	c := newBench(t, room()).rest()
	c.do("disarm main")
	c.panel.Restore(c.now, b.kept)
	c.settle()
	if c.mode() != Disarmed {
		t.Error("a person's disarm was undone by the store")
	}
}

func TestDamagedStateCountsAsArmed(t *testing.T) {
	b := newBench(t, room()).rest()
	b.panel.Restore(b.now, map[string][]byte{"partition:main": []byte("{"), "zone:window": []byte("?"), "door:d1": []byte("[]"), "alarm:x": []byte("{}")})
	b.settle()
	if b.mode() != Armed || !strings.Contains(b.told(), string(event.PartitionArmed)) {
		t.Errorf("mode %s", b.mode())
	}
}

func TestRetainedOfVanishedPartsIsDeleted(t *testing.T) {
	b := newBench(t, room()).rest()
	b.do("bypass window", "arm main", "+30s", "card 42")
	if len(b.kept) != 3 {
		t.Fatalf("kept: %q", b.kept)
	}
	c := b.again(Definition{})
	if len(c.kept) != 0 {
		t.Errorf("left behind: %q", c.kept)
	}
}

func TestReloadKeepsWhatKeepsItsName(t *testing.T) {
	b := newBench(t, room()).rest()
	b.do("arm main", "+30s", "z/panic=1", "z/door=1", "+5s")
	d := room()
	d.Partitions[0].ID, d.Partitions[0].Was = "whole", "main"
	for i := range d.Zones {
		if d.Zones[i].Partition != "" {
			d.Zones[i].Partition = "whole"
		}
	}
	d.Zones[6].ID, d.Zones[6].Was = "pane", "window"
	if errs := b.panel.Reload(b.now, d); errs != nil {
		t.Fatal(errs)
	}
	b.settle()
	if b.mode() != Entering || b.panel.Next() != b.now.Mono+15*time.Second {
		t.Errorf("mode %s, next %v at %v", b.mode(), b.panel.Next(), b.now.Mono)
	}
	b.do("+15s", "z/window=1")
	if b.standing() != "zone/door zone/pane zone/panic" {
		t.Errorf("standing %s", b.standing())
	}
	if b.kept["partition:main"] != nil || b.kept["partition:whole"] == nil {
		t.Errorf("kept: %q", b.kept)
	}
	b.told()
	b.panel.Reload(b.now, Definition{Zones: d.Zones[:1]})
	if b.settle(); b.told() != "partition.disarmed" {
		t.Error("an armed partition vanished without a word")
	}
}
