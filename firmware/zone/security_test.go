package zone

import (
	"strings"
	"testing"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// house has what the room of the other tests does not: loops, a detector with a
// tamper contact, ways of arming, verification, keys.
func house() Definition {
	return Definition{
		Partitions: []Partition{{ID: "main", ExitDelay: 30 * time.Second, EntryDelay: 20 * time.Second, Verify: 10 * time.Minute, Abort: 90 * time.Second, RearmAfter: 5 * time.Minute}},
		Zones: []Zone{
			{ID: "panic", Input: "z/panic", Type: "panic"},
			{ID: "panic2", Input: "z/panic2", Type: "panic"},
			{ID: "door", Input: "z/door", Type: "entry", Partition: "main", Modes: []string{Away, Stay}},
			{ID: "pir", Input: "z/pir", Type: "instant", Partition: "main", Modes: []string{Away}, Tamper: "z/pir-tamper", Trips: 3},
			{ID: "glass", Input: "z/glass", Type: "instant", Partition: "main", Loop: &Loop{Kind: "double", End: 2200, Alarm: 4700, Tolerance: 15}},
			{ID: "gas", Input: "z/gas", Type: "environment", Loop: &Loop{Kind: "parallel", End: 4700, Alarm: 2200, Tolerance: 15}},
			{ID: "key", Input: "z/key", Type: "key-switch", Partition: "main"},
			{ID: "lock", Input: "z/lock", Type: "key-switch", Partition: "main", Key: "level"},
			{ID: "out", Input: "z/out", Type: "exit-button", Partition: "main"},
		},
	}
}

func newHouse(t *testing.T, d Definition) *bench {
	b := newBench(t, d)
	for _, n := range []string{"z/panic", "z/panic2", "z/door", "z/pir", "z/pir-tamper", "z/key", "z/lock", "z/out"} {
		b.do(n + "=0")
	}
	b.do("z/glass=2200Ω", "z/gas=4700Ω")
	b.records = nil
	return b
}

func TestHouse(t *testing.T) {
	for name, c := range map[string]struct{ story, standing, told string }{
		"a loop's contact":                       {"arm main|+30s|z/glass=6900Ω", "zone/glass", "partition.arming partition.armed"},
		"a loop's contact, disarmed":             {"z/glass=6900Ω", "", ""},
		"a cut loop, disarmed":                   {"z/glass=1000000Ω", "zone/glass/line", ""},
		"a shorted loop, disarmed":               {"z/glass=3Ω", "zone/glass/line", ""},
		"a strange loop":                         {"z/glass=4000Ω", "zone/glass/line", ""},
		"a loop that is well again":              {"z/glass=3Ω|z/glass=2300Ω", "", ""},
		"a cut loop says nothing of its contact": {"arm main|+30s|z/glass=6900Ω|z/glass=1000000Ω", "zone/glass zone/glass/line", "partition.arming partition.armed"},
		"a parallel loop":                        {"z/gas=1500Ω", "zone/gas", ""},
		"a parallel loop, cut":                   {"z/gas=1000000Ω", "zone/gas/line", ""},
		"a cut line is not ready":                {"z/glass=1000000Ω|arm main", "zone/glass/line", "partition.refused !arm main: cannot be armed, zones are not ready: glass: line cut"},
		"a tampered detector":                    {"z/pir-tamper=1", "zone/pir/tamper", ""},
		"stay leaves the inside out":             {"arm main stay|z/pir=1", "", "partition.armed"},
		"stay guards the door":                   {"arm main stay|z/door=1|+20s", "zone/door", "partition.armed partition.entry"},
		"night":                                  {"arm main night|z/door=1|z/pir=1|z/glass=6900Ω", "zone/glass", "partition.armed"},
		"an open zone that does not guard":       {"z/pir=1|arm main stay", "", "partition.armed"},
		"from stay to away":                      {"arm main stay|arm main away|+30s|z/pir=1", "zone/pir", "partition.armed partition.arming partition.armed"},
		"an unknown way":                         {"arm main holiday", "", `!arm main: mode "holiday": want away, stay or night`},
		"duress":                                 {"arm main|+30s|disarm! main", "", "partition.arming partition.armed partition.disarmed"},
		"the key arms and disarms":               {"z/key=1|z/key=0|+30s|z/key=1|z/key=0", "", "partition.arming partition.armed partition.disarmed"},
		"the last one out":                       {"arm main|+3s|z/out=1|z/pir=1", "zone/pir", "partition.arming partition.armed"},
		"a button that is stuck":                 {"z/panic=1|+59s|+1s", "zone/panic zone/panic/stuck", ""},
		"a button that was stuck":                {"z/panic=1|+60s|z/panic=0", "", ""},
		"unverified":                             {"arm main|+30s|z/pir=1|z/pir=0|z/pir=1", "zone/pir", "partition.arming partition.armed"},
		"verified":                               {"arm main|+30s|z/pir=1|+1m|z/glass=6900Ω", "partition/main/verified zone/glass zone/pir", "partition.arming partition.armed partition.verified"},
		"too late to verify":                     {"arm main|+30s|z/pir=1|z/pir=0|+4m|+1m|+10m|z/glass=6900Ω", "zone/glass", "partition.arming partition.armed partition.re-armed"},
		"a line does not verify":                 {"arm main|+30s|z/pir=1|z/glass=3Ω", "zone/glass/line zone/pir", "partition.arming partition.armed"},
		"an abort":                               {"arm main|+30s|z/pir=1|+80s|disarm main", "", "partition.arming partition.armed partition.aborted partition.disarmed"},
		"too late to abort":                      {"arm main|+30s|z/pir=1|+91s|disarm main", "", "partition.arming partition.armed partition.disarmed"},
		"re-instated without what still raises":  {"arm main|+30s|z/pir=1|+5m|z/glass=6900Ω", "zone/glass", "partition.arming partition.armed zone.bypassed partition.re-armed"},
		"re-instated and left out until disarmed": {"arm main|+30s|z/pir=1|+5m|z/pir=0|z/pir=1|disarm main|z/pir=0|arm main|+30s|z/pir=1", "zone/pir",
			"partition.arming partition.armed zone.bypassed partition.re-armed zone.unbypassed partition.disarmed partition.arming partition.armed"},
		"three times and out":                  {"arm main|+30s|z/pir=1|z/pir=0|z/pir=1|z/pir=0|z/pir=1|z/pir=0|z/pir=1", "", "partition.arming partition.armed zone.bypassed"},
		"walk test":                            {"walk-test main|z/pir=1|z/pir=0|z/pir=1|z/door=1|end-walk-test", "", "walk-test.began zone.tested zone.tested walk-test.ended"},
		"a walk test ends by itself":           {"walk-test main|+30m", "", "walk-test.began walk-test.ended"},
		"arming ends the walk test":            {"walk-test main|arm main", "", "walk-test.began walk-test.ended partition.arming"},
		"no walk test while armed":             {"arm main|+30s|walk-test main", "", "partition.arming partition.armed !walk-test main: main is armed: disarm it first"},
		"one panic button is walked":           {"walk-test panic|z/panic=1|z/panic2=1", "zone/panic2", "walk-test.began zone.tested"},
		"a pressed button after its walk test": {"walk-test panic|z/panic=1|+10m", "zone/panic zone/panic/stuck", "walk-test.began zone.tested walk-test.ended"},
		"one walk test at a time":              {"walk-test panic|walk-test main", "", "walk-test.began !walk-test main: a walk test of panic runs already: end it first"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newHouse(t, house())
			b.do(strings.Split(c.story, "|")...)
			if got := b.standing(); got != c.standing {
				t.Errorf("standing: %s\nwant: %s", got, c.standing)
			}
			if got := b.told(); got != c.told {
				t.Errorf("told: %s\nwant: %s", got, c.told)
			}
		})
	}
}

func TestDuressIsOneSilentAlarm(t *testing.T) {
	b := newHouse(t, house())
	b.do("arm main", "+30s")
	b.records = nil
	err := b.panel.Command(b.now, Order{Verb: "disarm", Target: "main", Actor: "li", Duress: true})
	signals, records, _ := b.panel.Take()
	if err != nil || len(records) != 1 || records[0].Type != event.PartitionDisarmed || strings.Contains(records[0].Text.Zh, "胁迫") {
		t.Errorf("records %+v, %v", records, err)
	}
	raised := 0
	for _, s := range signals {
		if s.Key == "partition/main/duress" && s.Active {
			raised++
		}
	}
	if raised != 1 {
		t.Errorf("%d duress signals", raised)
	}
	for _, d := range b.panel.Definitions() {
		if d.Key == "partition/main/duress" && (!d.Silent || !d.Guarded || !d.Latch || d.Priority != 1) {
			t.Errorf("duress is %+v", d)
		}
	}
}

// week is a calendar that holds in the second half of each hour.
type week struct{ unknown bool }

func (w *week) Holds(_ string, at point.Instant) (on, known bool) {
	return at.Mono%time.Hour >= 30*time.Minute, !w.unknown
}

func (w *week) Next(_ string, at point.Instant) time.Duration {
	return 30*time.Minute - at.Mono%(30*time.Minute)
}

func TestTheCalendarArms(t *testing.T) {
	for name, c := range map[string]struct {
		unknown     bool
		story, told string
		mode        Mode
		standing    string
	}{
		"armed and disarmed":    {false, "+19m|+10m|+30s|+30m", "partition.notice partition.arming partition.armed partition.disarmed", Disarmed, ""},
		"open zones are left":   {false, "z/glass=6900Ω|+20m|+9m|+30s", "partition.notice zone.bypassed partition.arming partition.armed", Armed, ""},
		"nobody closed":         {false, "late|+29m", "partition.late", Disarmed, "partition/main/late"},
		"closed after all":      {false, "late|+29m|arm main", "partition.late partition.arming", Exiting, ""},
		"armed before":          {false, "late|arm main|+29m", "partition.arming partition.armed", Armed, ""},
		"nobody knows the time": {true, "+29m|+30m", "", Disarmed, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := house()
			d.Calendars = &week{unknown: c.unknown}
			a := &d.Partitions[0]
			a.ArmedBy, a.AutoDisarm, a.Notice = "night", true, 10*time.Minute
			story := strings.Split(c.story, "|")
			if story[0] == "late" {
				a.ArmedBy, a.Late, story = "", "night", story[1:]
			}
			b := newHouse(t, d)
			b.do("+0s")
			b.do(story...)
			if got := b.told(); got != c.told || b.mode() != c.mode || b.standing() != c.standing {
				t.Errorf("%s, standing %q, told %s\nwant %s, %q, %s", b.mode(), b.standing(), got, c.mode, c.standing, c.told)
			}
		})
	}
}

func TestLoopBands(t *testing.T) {
	double := Loop{Kind: "double", End: 2200, Alarm: 4700, Tolerance: 15}
	single := Loop{Kind: "single", End: 2200, Tolerance: 15}
	for _, c := range []struct {
		l    Loop
		ohms float64
		was  wire
		want wire
	}{
		{double, 2200, "", wireNormal}, {double, 2529, "", wireNormal}, {double, 2540, "", wireStrange}, {double, 2540, wireNormal, wireNormal}, {double, 2600, wireNormal, wireStrange},
		{double, 6900, "", wireAlarm}, {double, 5865, "", wireAlarm}, {double, 13900, "", wireOpen}, {double, 1e6, "", wireOpen}, {double, 0, "", wireShort}, {double, 1099, "", wireShort},
		{double, 1200, "", wireStrange}, {double, 9000, "", wireStrange},
		{single, 2200, "", wireNormal}, {single, 1e6, "", wireAlarm}, {single, 0, "", wireShort}, {single, 3000, "", wireStrange},
	} {
		if got := c.l.read(c.ohms, c.was); got != c.want {
			t.Errorf("%s %v Ω after %q: %s, want %s", c.l.Kind, c.ohms, c.was, got, c.want)
		}
	}
	if (&Loop{Kind: "double", End: 10000, Alarm: 1000, Tolerance: 15}).Check() == nil {
		t.Error("resistors that cannot be told apart were accepted")
	}
}
