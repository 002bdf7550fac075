package zone

import (
	"strings"
	"testing"

	"watchbox/firmware/alarm"
	"watchbox/firmware/event"
)

// TestWrongCards: card 99 is nobody's, card 4 has expired, cards 1 to 3 are in order.
func TestWrongCards(t *testing.T) {
	const wrong = "in outer 99;in outer 4;in outer 98;in outer 4"
	for _, c := range []struct {
		name, story string
		alarms      int
	}{
		{"one less", wrong, 0},
		{"as many as the site says", wrong + ";in outer 97", 1},
		{"always the same card", "in outer 99;in outer 99;in outer 99;in outer 99;in outer 99", 1},
		{"and again as many", wrong + ";in outer 97;" + wrong + ";in outer 97", 2},
		{"and one less", wrong + ";in outer 97;" + wrong, 1},
		{"with patience", wrong + ";+13h;in outer 97", 1},
		{"a right card between", wrong + ";in outer 1;in outer 97", 0},
		{"another door's", wrong + ";in vault 97", 0},
		{"two doors, each its own row", "in outer 99;in vault 99;in outer 99;in vault 99;in outer 99;in vault 99;in outer 99;in vault 99;in outer 99", 1},
		{"at the reader inside: everybody is let out", "out outer 99;out outer 99;out outer 99;out outer 99;out outer 99", 0},
		{"cards in order that an interlock holds back", "inner/contact=1;in outer 1;in outer 2;in outer 1;in outer 2;in outer 1", 0},
		{"while the fire frees the door", "z/fire=1;" + wrong + ";in outer 97", 0},
		{"the fire does not end the row", wrong + ";z/fire=1;in outer 97;z/fire=0;in outer 97", 1},
		{"over a reload", wrong + ";reload;in outer 97", 1},
		{"over a power cut", wrong + ";restart;in outer 97", 1},
	} {
		b := newLab(t)
		alarms, records := 0, 0
		for step := range strings.SplitSeq(c.story, ";") {
			b.step(step)
			alarms += strings.Count(strings.Join(b.flashed, " "), "door/outer/wrong-cards")
			b.flashed = nil
			if b.active["door/outer/wrong-cards"] {
				t.Errorf("%s: the condition stands: nobody could reset it", c.name)
			}
		}
		for _, r := range b.records {
			if r.Type == event.DoorWrongCards {
				records++
				if !strings.Contains(string(r.Detail), `"count":"5"`) || r.Room != "lock" || !strings.Contains(r.Text.Zh, "连续 5 次") {
					t.Errorf("%s: %+v %s", c.name, r, r.Detail)
				}
			}
		}
		if alarms != c.alarms || records != c.alarms {
			t.Errorf("%s: %d alarms, %d records, want %d", c.name, alarms, records, c.alarms)
		}
	}
}

// step is do, with the panel reloaded or started anew.
func (b *bench) step(word string) {
	b.Helper()
	switch word {
	case "reload":
		b.panel.Reload(b.now, lab())
		b.settle()
	case "restart":
		b.panel, _ = New(lab())
		b.panel.Restore(b.now, b.kept)
		b.settle()
	default:
		b.do(word)
	}
}

func TestAWrongCardIsAnAlarmWithPlaceAndAdvice(t *testing.T) {
	p, _ := New(lab())
	found := 0
	for _, d := range p.Definitions() {
		if !strings.HasSuffix(d.Key, "/wrong-cards") {
			continue
		}
		found++
		if d.Room == "" || d.Instruction.Zh == "" || d.Instruction.En == "" || !d.Latch || d.Class != alarm.ClassAlarm {
			t.Errorf("%+v", d)
		}
	}
	if found != 3 {
		t.Errorf("%d definitions, want one of each door", found)
	}
}
