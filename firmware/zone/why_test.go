package zone

import (
	"strings"
	"testing"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

func TestAZoneSaysWhyItDoesNotRing(t *testing.T) {
	for _, c := range []struct{ story, key, zh, en string }{
		{"z/window=1", "zone/window", "触点已动作；「main」未布防", "the contact is away from rest; main is disarmed"},
		{"", "zone/window", "触点静止；「main」未布防", "the contact is at rest; main is disarmed"},
		{"z/window=?", "zone/window", "触点现在读不到，最后一次读数是静止；「main」未布防", ""},
		{"z/window=1;force-arm main;+30s", "zone/window", "触点已动作；此防区已旁路，至「main」撤防为止", ""},
		{"arm main;z/window=1", "zone/window", "触点已动作；「main」在退出延时中", ""},
		{"arm main;+30s;z/door=1", "zone/door", "触点已动作；「main」在进入延时中，等人撤防", ""},
		{"arm main;+30s;z/door=1;z/door=0;+20s", "zone/door", "触点静止；「main」进入延时已过，无人撤防", ""},
		{"arm main;+30s;z/window=1", "zone/window", "触点已动作；「main」已布防", ""},
		{"arm main stay;z/hall=1", "zone/hall", "触点已动作；「main」按「留守」布防，不含此防区", "the contact is away from rest; main is armed “stay”, which leaves this zone out"},
		{"z/panic=1", "zone/panic", "触点已动作", "the contact is away from rest"},
		{"walk-test panic;z/panic=1", "zone/panic", "触点已动作；正在步行测试，不报警", ""},
		{"z/gas=0Ω", "zone/gas", "线路短路", "the line is shorted"},
		{"", "zone/key", "", ""},
		{"", "door/x/forced", "", ""},
	} {
		d := event.Decision{Key: c.key}
		reach(t, strings.TrimPrefix(c.story, ";")).panel.Explain(&d, func(point.Name) (in event.Input, ok bool) { return in, false })
		zh, en := strings.Trim(d.Text.Zh, "（）"), strings.Trim(d.Text.En, " ()")
		if zh != c.zh || c.en != "" && en != c.en {
			t.Errorf("%s: %q %q, want %q %q", c.story, zh, en, c.zh, c.en)
		}
	}
}
