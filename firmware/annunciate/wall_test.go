package annunciate

import (
	"testing"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/zone"
)

func TestWallCells(t *testing.T) {
	wall := &Wall{Rooms: []string{"oc", "mr"}, Rows: rowNames, Pixels: 2}
	acked := func(a alarm.Alarm) alarm.Alarm { a.Acknowledged = true; return a }
	armed := func(m zone.Mode) zone.View {
		return zone.View{Zones: []zone.ZoneView{{ID: "z", Room: "mr", Partition: "p"}}, Partitions: []zone.PartitionView{{ID: "p", Mode: m}}}
	}
	table := []struct {
		name   string
		alarms []alarm.Alarm
		panel  zone.View
		row    string
		on     RGB // in the first half second
		off    RGB
	}{
		{"calm", nil, zone.View{}, "alarm", green, green},
		{"not armed", nil, zone.View{}, "armed", dark, dark},
		{"armed", nil, armed(zone.Armed), "armed", blue, blue},
		{"exit delay", nil, armed(zone.Exiting), "armed", blue, dark},
		{"unacknowledged", []alarm.Alarm{standing("a", 1, alarm.ClassAlarm, 0)}, zone.View{}, "alarm", red, dark},
		{"acknowledged", []alarm.Alarm{acked(standing("a", 1, alarm.ClassAlarm, 0))}, zone.View{}, "alarm", red, red},
		{"one of two unacknowledged", []alarm.Alarm{standing("a", 1, alarm.ClassAlarm, 0), acked(standing("b", 1, alarm.ClassAlarm, 0))}, zone.View{}, "alarm", red, dark},
		{"trouble", []alarm.Alarm{acked(standing("a", 3, alarm.ClassTrouble, 0))}, zone.View{}, "trouble", amber, amber},
		{"supervisory", []alarm.Alarm{standing("a", 3, alarm.ClassSupervisory, 0)}, zone.View{}, "supervisory", amber, dark},
		{"mains", []alarm.Alarm{acked(standing("mains-fail/oc/mains", 2, alarm.ClassSupervisory, 0))}, zone.View{}, "power", red, red},
		{"no power alarm", []alarm.Alarm{standing("hot", 2, alarm.ClassAlarm, 0)}, zone.View{}, "power", green, green},
	}
	for _, row := range table {
		p := plan(t, wall)
		p.Update(at(0), these(row.alarms...), row.panel)
		y := p.wall.row[row.row]
		i := (5 + y) * 2
		on, off := picture(p, at(0)).Lamps, picture(p, at(500*time.Millisecond)).Lamps
		if len(on) != 20 || on[i] != row.on || on[i+1] != row.on || off[i] != row.off {
			t.Errorf("%s: got %v then %v", row.name, on[i], off[i])
		}
		if other := picture(p, at(0)).Lamps[y*2]; row.row != "armed" && other != green {
			t.Errorf("%s: the other room shows %v", row.name, other)
		}
	}
}

func TestWallBeforeAnythingIsKnown(t *testing.T) {
	p := plan(t, &Wall{Rooms: []string{"mr"}, Rows: []string{"alarm", "armed"}})
	if f := picture(p, at(0)).Lamps; f[0] != unknown || f[1] != dark {
		t.Errorf("got %v", f)
	}
}

func TestWallFrameIsMadeOnceAndNeverChanged(t *testing.T) {
	p := plan(t, &Wall{Rooms: []string{"mr"}, Rows: []string{"alarm"}, Heartbeat: true})
	p.Update(at(0), these(standing("a", 1, alarm.ClassAlarm, 0)), zone.View{})
	f := picture(p, at(0)).Lamps
	if g := picture(p, at(time.Millisecond)).Lamps; &f[0] != &g[0] {
		t.Error("the same picture is drawn again")
	}
	if next := next(p, at(0)); next != at(500*time.Millisecond).Mono {
		t.Errorf("next %v", next)
	}
	picture(p, at(500*time.Millisecond))
	if f[0] != red || f[1] != unknown {
		t.Error("a frame that was handed out changed")
	}
}
