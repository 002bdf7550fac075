package zone

import (
	"errors"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// asking is the room with a second partition, where an engineer needs a consent.
func asking() Definition {
	d := room()
	d.Consent = true
	d.Partitions = append(d.Partitions, Partition{ID: "store"})
	d.Zones = append(d.Zones, Zone{ID: "cage", Input: "z/cage", Type: "instant", Partition: "store"})
	return d
}

func consenting(t *testing.T) *bench {
	b := newBench(t, asking()).rest()
	b.do("z/cage=0")
	b.now.Wall, b.now.Clock = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC), point.ClockSynchronised
	return b
}

func (b *bench) consent(by string, d time.Duration) error {
	err := b.panel.Command(b.now, Order{Verb: "consent", Actor: by, For: d})
	b.settle()
	return err
}

func (b *bench) permits(actor string, targets ...string) string {
	var yes []string
	for _, target := range targets {
		err := b.panel.Permit(Work{Verb: "bypass", Target: target, Actor: actor})
		if err == nil {
			yes = append(yes, target)
			continue
		}
		var n *Refusal
		if !errors.Is(err, ErrConsent) || !errors.As(err, &n) || n.Zh == "" || n.En == "" {
			b.Errorf("%s: %v", target, err)
		}
	}
	return strings.Join(yes, " ")
}

var everything = []string{"window", "main", "zone/window", "zone/window/tamper", "partition/main/late", "cage", "store", "panic", "zone/panic", "hot/th1/temperature", "hall/siren", "site"}

func TestWithoutTheKeyNobodyAsks(t *testing.T) {
	b := newBench(t, room()).rest()
	if got := b.permits("gong", everything...); got != strings.Join(everything, " ") {
		t.Errorf("permitted: %s", got)
	}
	if err := b.consent("li", time.Hour); !errors.Is(err, ErrRefused) {
		t.Errorf("a consent that nobody asks for: %v", err)
	}
}

func TestConsentIsForOthersAndForATime(t *testing.T) {
	b := consenting(t)
	if got := b.permits("gong", everything...); got != "" {
		t.Errorf("without consent: %s", got)
	}
	for _, d := range []time.Duration{-time.Hour, 0, time.Hour - 1, 24*time.Hour + 1, 1 << 62} {
		if err := b.consent("li", d); !errors.Is(err, ErrRefused) {
			t.Errorf("%v: %v", d, err)
		}
	}
	if err := b.consent("li", 4*time.Hour); err != nil {
		t.Fatal(err)
	}
	if got := b.permits("gong", everything...); got != strings.Join(everything, " ") {
		t.Errorf("with consent: %s", got)
	}
	if got := b.permits("li", everything...); got != "" {
		t.Errorf("to himself: %s", got)
	}
	if v := b.panel.View().Consent; !v.Required || v.By != "li" || v.Until.Wall != b.now.Wall.Add(4*time.Hour) {
		t.Errorf("shown as %+v", v)
	}
	if b.panel.Next() > b.now.Mono+4*time.Hour {
		t.Error("nobody wakes it")
	}
	b.do("+4h")
	if got := b.permits("gong", "site"); got != "" || b.told() != "consent.given consent.ended" {
		t.Errorf("after its time: %q, %s", got, b.told())
	}
	b.panel.Command(b.now, Order{Verb: "consent", Actor: "admin", For: time.Hour, Alone: true})
	if got := b.permits("admin", "site"); got != "site" {
		t.Error("there is nobody else, and he still cannot work")
	}
}

func TestConsentIsVoidForWhatIsArmedAway(t *testing.T) {
	b := consenting(t)
	b.consent("li", 4*time.Hour)
	b.do("arm main")
	if got := b.permits("gong", everything...); got != "cage store panic zone/panic hot/th1/temperature hall/siren" {
		t.Errorf("main armed away: %s", got)
	}
	b.do("disarm main", "arm main stay")
	if got := b.permits("gong", "window", "site"); got != "window site" {
		t.Errorf("somebody stays: %s", got)
	}
	b.do("disarm main", "arm main", "+30s", "arm store")
	if v := b.panel.View().Consent; v.By != "" {
		t.Error("everything is armed away and the consent stands")
	}
	if err := b.consent("li", time.Hour); !errors.Is(err, ErrRefused) {
		t.Errorf("given while everything is armed away: %v", err)
	}
	b.do("disarm main")
	if err := b.consent("li", time.Hour); err != nil {
		t.Error(err)
	}
}

func TestConsentOverARestart(t *testing.T) {
	for name, c := range map[string]struct {
		down  time.Duration
		clock point.Clock
		left  time.Duration // 0: it has ended
	}{
		"short":                        {time.Minute, point.ClockSynchronised, 4*time.Hour - time.Minute},
		"longer than it was given for": {5 * time.Hour, point.ClockSynchronised, 0},
		"a clock that was set back":    {-48 * time.Hour, point.ClockSynchronised, 4 * time.Hour},
		"nobody knows the time":        {-365 * 24 * time.Hour, point.ClockUnknown, 4 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			b := consenting(t)
			b.consent("li", 4*time.Hour)
			after := newBench(t, asking()).rest()
			after.now = point.Instant{Boot: "next", Mono: time.Minute, Wall: b.now.Wall.Add(c.down), Clock: c.clock}
			after.panel.Restore(after.now, b.kept)
			after.settle()
			if c.left == 0 {
				if got := after.permits("gong", "site"); got != "" || after.kept[consentKey] != nil || after.told() != "consent.ended" {
					t.Errorf("it goes on: %q %s", got, after.told())
				}
				return
			}
			after.now = after.now.Add(c.left - time.Second)
			after.panel.Tick(after.now)
			if after.permits("gong", "site") == "" {
				t.Error("it ended too soon")
			}
			after.now = after.now.Add(time.Second)
			after.panel.Tick(after.now)
			if after.permits("gong", "site") != "" {
				t.Error("it lasts too long")
			}
		})
	}
}

func TestDamagedConsentIsNone(t *testing.T) {
	for _, kept := range []string{"", "{", `{"by":"li","length":-5}`, `{"until":"2030-01-01T00:00:00Z","length":9000000000000000000}`} {
		b := consenting(t)
		b.panel.Restore(b.now, map[string][]byte{consentKey: []byte(kept)})
		b.settle()
		if got := b.permits("gong", "site"); got != "" {
			t.Errorf("%q lets him in", kept)
		}
	}
}

func TestConsentEndsWithTheKeyInTheSiteFile(t *testing.T) {
	b := consenting(t)
	b.consent("li", time.Hour)
	same := asking()
	if errs := b.panel.Reload(b.now, same); errs != nil || b.permits("gong", "site") == "" {
		t.Errorf("a reload ends it: %v", errs)
	}
	without := asking()
	without.Consent = false
	b.panel.Reload(b.now, without)
	b.settle()
	if b.panel.View().Consent != (ConsentView{}) || b.kept[consentKey] != nil {
		t.Errorf("%+v", b.panel.View().Consent)
	}
}

func TestDisarmingThatTakesACode(t *testing.T) {
	d := room()
	d.Partitions[0].Code = true
	b := newBench(t, d).rest()
	b.do("arm main", "+30s")
	if err := b.panel.Command(b.now, Order{Verb: "disarm", Target: "main", Actor: "li"}); !errors.Is(err, ErrCode) || b.mode() != Armed {
		t.Errorf("without a code: %v, %s", err, b.mode())
	}
	if !b.panel.View().Partitions[0].Code {
		t.Error("nobody shows it")
	}
	if err := b.panel.Command(b.now, Order{Verb: "disarm", Target: "main", Actor: "li", Coded: true}); err != nil || b.mode() != Disarmed {
		t.Errorf("with one: %v, %s", err, b.mode())
	}
}

// TestDuressLooksLikeTheOrdinaryCode: the panel's own records and view are the same.
func TestDuressLooksLikeTheOrdinaryCode(t *testing.T) {
	var seen [2][]event.Record
	for i, duress := range []bool{false, true} {
		b := newBench(t, room()).rest()
		b.do("arm main", "+30s")
		if err := b.panel.Command(b.now, Order{Verb: "disarm", Target: "main", Actor: "li", Coded: true, Duress: duress}); err != nil {
			t.Fatal(err)
		}
		b.settle()
		seen[i] = b.records
	}
	if len(seen[0]) != len(seen[1]) {
		t.Fatalf("%v\n%v", seen[0], seen[1])
	}
	for i, r := range seen[0] {
		if s := seen[1][i]; r.Type != s.Type || r.Text != s.Text || r.Actor != s.Actor || string(r.Detail) != string(s.Detail) {
			t.Errorf("%+v\n%+v", r, s)
		}
	}
}

// TestAMomentIsOverAfterAPowerCut: an alarm about a moment (a duress code, too
// many wrong ones) that the cut caught active must be able to end.
func TestAMomentIsOverAfterAPowerCut(t *testing.T) {
	b := newBench(t, room()).rest()
	b.panel.Restore(b.now, b.kept)
	signals, _, _ := b.panel.Take()
	told := map[string]bool{}
	for _, s := range signals {
		told[s.Key] = !s.Active
	}
	if !told["partition/main/duress"] || !told[CodesKey] {
		t.Errorf("%v", told)
	}
}
