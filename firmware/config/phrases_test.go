package config

import (
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"watchbox/firmware/alarm"
	"watchbox/firmware/calendar"
	"watchbox/firmware/condition"
	"watchbox/firmware/team"
	"watchbox/firmware/zone"
)

// TestTheCommonMistakesReadInBothLanguages: with place and what is allowed, and
// without English words in the Chinese but those of the site file.
func TestTheCommonMistakesReadInBothLanguages(t *testing.T) {
	good, err := os.ReadFile("../../cmd/fieldsim/site.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		old, new string
		code     Code
		zh, en   string // the end of it
	}{
		{"held-open: 60s", "held-opem: 60s", UnknownKey, "写的是 不认识的键；应为 可能是 held-open；可用：", "read an unknown key, allowed held-open (probably meant), or one of "},
		{"held-open: 60s", "held-open: 2s", OutOfRange, "写的是 2s；应为 5s 至 1h", "read 2s, allowed 5s to 1h"},
		{"wrong-cards: 5", "wrong-cards: 6", OutOfRange, "写的是 6；应为 1 至 5", "read 6, allowed 1 to 5"},
		{"held-open: 60s", "held-open: 60", WrongType, "写的是 60；应为 带单位的时长，如 30s，5s 至 1h", "read 60, allowed a duration with its unit, such as 30s, 5s to 1h"},
		{"held-open: 60s", "held-open: [60s]", WrongType, "写的是 一个列表；应为 带单位的时长", "read a list, allowed a duration"},
		{"wrong-cards: 5", "wrong-cards: five", WrongType, "写的是 five；应为 整数，1 至 5", "read five, allowed a whole number, 1 to 5"},
		{"two-person: false", "two-person: perhaps", WrongType, "写的是 perhaps；应为 true 或 false", "read perhaps, allowed true or false"},
		{"held-open: 60s", "held-open: 60s\n    held-open: 50s", Duplicate, "写的是 同一个键写了两次；应为 每个键只写一次", "read the key a second time, allowed each key once"},
		{"anti-passback: soft", "anti-passback: sift", OutOfRange, "写的是 sift；应为 可能是 soft；可用：off、soft、hard", "read sift, allowed soft (probably meant), or one of "},
		{"    contact: door1/contact", "    exit-of: x", Missing, "写的是 空；应为 必须写 contact", "read nothing, allowed the key contact: true is open"},
		{"room: machine-room\n    contact", "room: machine-rom\n    contact", UnknownReference, "写的是 machine-rom；应为 可能是 machine-room；可用：", "read machine-rom, allowed machine-room (probably meant), or one of "},
		{"contact: door1/contact", "contact: dor1/contact", UnknownReference, "写的是 dor1/contact；应为 站点里的点：", "read dor1/contact, allowed a point of the site: "},
		{"strike: door1/strike", "strike: door1/strake", UnknownReference, "写的是 door1/strake；应为 某个输出的点：", "read door1/strake, allowed the point of an output: "},
		{"- id: reader2", "- id: reader1", Duplicate, "写的是 reader1，与 devices[", "read reader1, which is already the id of devices["},
	} {
		text := strings.Replace(string(good), c.old, c.new, 1)
		if text == string(good) {
			t.Fatalf("%q does not stand in the example", c.old)
		}
		site, problems := Parse("site.yaml", []byte(text))
		if site != nil {
			problems = append(problems, Validate(site, World{})...)
		}
		if !tells(problems, c.code, c.zh, c.en) {
			t.Errorf("%s: no %s with %q and %q in", c.new, c.code, c.zh, c.en)
			for _, p := range problems {
				t.Log(p.Code, p.Words())
			}
		}
	}
}

func tells(problems []Problem, code Code, zh, en string) bool {
	for _, p := range problems {
		w := p.Words()
		if p.Code == code && strings.Contains(w.Zh, zh) && strings.Contains(w.En, en) && strings.HasPrefix(w.Zh, "site.yaml 第 ") && p.Line > 1 {
			return true
		}
	}
	return false
}

// fileWords are what the Chinese keeps of the English: keys, values and forms of
// the site file.
var (
	letters   = regexp.MustCompile(`[A-Za-z][A-Za-z0-9]*`)
	verbs     = regexp.MustCompile(`%(\[\d\])?(\.0)?s`)
	untouched = map[string]bool{"true": true, "limits": true, "secret:NAME": true, "deadband %s": true, "low-low < low < high < high-high": true}
)

// TestThePhrasesMatch: each has as many places in Chinese as in English, is
// Chinese, and keeps no other English words than the English has.
func TestThePhrasesMatch(t *testing.T) {
	for _, list := range []map[string]string{phrases, heardPhrases} {
		for en, zh := range list {
			if len(verbs.FindAllString(en, -1)) != len(verbs.FindAllString(zh, -1)) {
				t.Errorf("%q and %q", en, zh)
			}
			if !untouched[en] && !chinese(zh) {
				t.Errorf("%q is not Chinese: %q", en, zh)
			}
			taken := map[string]bool{"map": true}
			for _, w := range letters.FindAllString(verbs.ReplaceAllString(en, ""), -1) {
				taken[w] = true
			}
			for _, w := range letters.FindAllString(verbs.ReplaceAllString(zh, ""), -1) {
				if !taken[w] && !fileKeys[w] {
					t.Errorf("%q: the Chinese says %q", en, w)
				}
			}
		}
	}
}

// fileKeys are keys that only the Chinese names.
var fileKeys = map[string]bool{"rotate": true, "at": true, "by": true, "within": true, "id": true, "run": true, "up": true, "options": true, "dhcp": true, "closed": true, "open": true, "YAML": true}

func chinese(s string) bool {
	return !letters.MatchString(verbs.ReplaceAllString(s, "")) || strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// TestEveryTextHasItsChinese reads the code: whatever say is given has a phrase,
// and asRead is given nothing of our own. The types see to it that a problem has no
// other texts.
func TestEveryTextHasItsChinese(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	said := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			who, _ := call.Fun.(*ast.Ident)
			for text := range literals(call.Args[0]) {
				switch {
				case who == nil:
				case who.Name == "say":
					if said++; phrases[text] == "" && letters.MatchString(verbs.ReplaceAllString(text, "")) {
						t.Errorf("%s says %q in English only", name, text)
					}
				case who.Name == "asRead" && letters.MatchString(text):
					t.Errorf("%s: %q is not read from the file: say it", name, text)
				}
			}
			return true
		})
	}
	if said < 100 {
		t.Errorf("only %d texts were found", said)
	}
}

// literals are the texts that an expression is made of.
func literals(e ast.Expr) map[string]bool {
	found := map[string]bool{}
	ast.Inspect(e, func(n ast.Node) bool {
		if _, inner := n.(*ast.CallExpr); inner {
			return false
		}
		if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
			text, _ := strconv.Unquote(l.Value)
			found[text] = true
		}
		return true
	})
	return found
}

// TestWhatOthersSayReadsInBothLanguages spoils each thing that another package
// checks.
func TestWhatOthersSayReadsInBothLanguages(t *testing.T) {
	good, err := os.ReadFile("../../cmd/fieldsim/site.yaml")
	if err != nil {
		t.Fatal(err)
	}
	number, minus, nan := 5.0, -1.0, math.NaN()
	for _, c := range []alarm.Condition{{}, {Above: &number, Is: "x"}, {Above: &number, Deadband: -1}, {Is: "x", Deadband: 1}, {Stale: time.Second, AtLeast: 1},
		{Is: "x", StuckBand: 1}, {Stuck: -1}, {Above: &nan}, {Above: &minus, ClearBelow: &number}, {Below: &number, ClearAbove: &minus},
		{Above: &number, ClearBelow: &minus, Deadband: 1}, {Rises: &condition.Change{}}} {
		site, _ := Parse("site.yaml", good)
		site.Alarms[0].When, site.Alarms[0].Limits = c, nil
		ask(t, site, "alarms[0].when")
	}
	for _, l := range []alarm.Limits{{}, {Low: &number, High: &minus}} {
		site, _ := Parse("site.yaml", good)
		site.Alarms[0].When, site.Alarms[0].Limits = alarm.Condition{}, &l
		ask(t, site, "alarms[0].limits")
	}
	for _, x := range []string{strings.Repeat("1+", 4000), "\xff", "1 > 0 )", "{a", "{a/b} > €", strings.Repeat("(", 90) + "1", "{a/b} >", "(1 > 0", "{a} > 1", "1e999 > 0", strings.Repeat("1+", 300) + "1>0"} {
		site, _ := Parse("site.yaml", good)
		site.Alarms[0].When, site.Alarms[0].Limits = alarm.Condition{Expression: x}, nil
		ask(t, site, "alarms[0].when.expression")
	}
	for _, spoil := range []func(*team.Team){func(x *team.Team) { x.RotateAt = "noon" }, func(x *team.Team) { x.Members = x.Members[:1] }, func(x *team.Team) { x.Duty = 9 },
		func(x *team.Team) { x.AssistBelow, x.AssistAbove = 30, 20 }, func(x *team.Team) { x.RotateDay = "someday" }, func(x *team.Team) { x.Members[1].ID = "" }} {
		site, _ := Parse("site.yaml", good)
		spoil(&site.Teams[0])
		ask(t, site, "teams[0].members")
	}
	site, _ := Parse("site.yaml", good)
	site.Zones[0].Loop = &zone.Loop{Kind: "double", End: 1000, Alarm: 1, Tolerance: 20}
	ask(t, site, "zones[0].loop")
	for key, spoil := range map[string]func(*Site){
		"calendars[0].days[0]":    func(s *Site) { s.Calendars[0].Days = []string{"someday"} },
		"calendars[0].hours[0]":   func(s *Site) { s.Calendars[0].Hours = []string{"8-18"} },
		"calendars[0].hours":      func(s *Site) { s.Calendars[0].Hours = make([]string, 1000) },
		"calendars[0].holidays":   func(s *Site) { s.Calendars[0].Holidays = "perhaps" },
		"special-days[0].from":    func(s *Site) { s.SpecialDays[0].From = time.Time{} },
		"special-days[0].until":   func(s *Site) { s.SpecialDays[0].Until = s.SpecialDays[0].From.AddDate(2, 0, 0) },
		"special-days[0].kind":    func(s *Site) { s.SpecialDays[0].Kind = "feast" },
		"special-days[0].follows": func(s *Site) { s.SpecialDays[0].Follows = "someday" },
	} {
		site, _ := Parse("site.yaml", good)
		site.Calendars = []calendar.Calendar{{ID: "work", Days: []string{"mon"}, Hours: []string{"08:00-18:00"}}}
		site.SpecialDays = []calendar.Special{{From: time.Date(2026, 10, 1, 0, 0, 0, 0, site.Zone()), Kind: "holiday"}}
		spoil(site)
		ask(t, site, key)
	}
}

// ask wants a problem at the key, and each that there is in both languages.
func ask(t *testing.T, site *Site, key string) {
	t.Helper()
	found := false
	for _, p := range Validate(site, World{}) {
		found = found || p.Key == key
		if p.Key == key && (!chinese(p.zh.read) && p.zh.read == p.Read && strings.Contains(p.Read, " ") && !strings.HasPrefix(p.Read, "deadband ") || !chinese(p.zh.allowed) && !untouched[p.Allowed]) {
			t.Errorf("%s: %s", key, p.Words().Zh)
		}
	}
	if !found {
		t.Errorf("%s: nothing is wrong with it", key)
	}
}

// TestEveryPhraseIsUsed: a text that changes in the code loses its Chinese unseen
// otherwise.
func TestEveryPhraseIsUsed(t *testing.T) {
	var code strings.Builder
	for _, dir := range []string{".", "../../cmd/wiring"} {
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if name := f.Name(); strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && name != "phrases.go" {
				b, err := os.ReadFile(dir + "/" + name)
				if err != nil {
					t.Fatal(err)
				}
				code.Write(b)
			}
		}
	}
	for en := range phrases {
		if bare := strings.TrimPrefix(en, ", "); !strings.Contains(code.String(), `"`+en+`"`) && !strings.Contains(code.String(), `"`+bare+`"`) {
			t.Errorf("nobody says %q", en)
		}
	}
}
