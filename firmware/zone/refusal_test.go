package zone

import (
	"strings"
	"testing"
	"unicode"

	"watchbox/firmware/point"
)

// TestEveryRefusalReadsInBothLanguages: with its names in place and, in Chinese,
// no English but what the site file and the command line are written in.
func TestEveryRefusalReadsInBothLanguages(t *testing.T) {
	taken := strings.NewReplacer("away", "", "stay", "", "night", "", "consent: required", "")
	for code, w := range whys {
		r := Refuse("arm main", code, make([]point.Words, strings.Count(w.Zh, "%"))...)
		if w.class == nil || r.Zh == "" || r.En == "" || strings.Contains(r.Error()+r.Zh, "%!") || strings.Count(w.Zh, "%") != strings.Count(w.En, "%") {
			t.Errorf("%s: %+v, %q", code, r, r.Error())
		}
		if strings.ContainsFunc(taken.Replace(r.Zh), func(c rune) bool { return c <= unicode.MaxASCII && unicode.IsLetter(c) }) {
			t.Errorf("%s: not Chinese: %s", code, r.Zh)
		}
	}
}

func TestARefusedArmingSaysWhatIsNotReady(t *testing.T) {
	b := newBench(t, room()).rest()
	b.do("z/window=1")
	err := b.panel.Command(b.now, Order{Verb: "arm", Target: "main", Actor: "li"})
	r, ok := err.(*Refusal)
	if !ok || r.Code != NotReady || len(r.Reasons) != 1 || !strings.Contains(r.Reasons[0].Zh, "未复位") || !strings.Contains(err.Error(), "not at rest") {
		t.Errorf("%+v", err)
	}
}

// TestARefusalKeepsTheNamesOfTheSite: as one line it begins with a small letter, but
// for a name, which may be of any language.
func TestARefusalKeepsTheNamesOfTheSite(t *testing.T) {
	for _, name := range []string{"大厅", "B2 hall"} {
		if got, want := Refuse("bypass w1", ArmedNow, same(name)).Error(), "bypass w1: "+name+" is armed: disarm it first"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := Refuse("bypass w1", UnknownTarget, same("w1")).Error(); got != "bypass w1: there is no partition or zone w1" {
		t.Error(got)
	}
}
