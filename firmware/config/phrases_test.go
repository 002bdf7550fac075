package config

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode"
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

// TestThePhrasesMatch: each has as many places in Chinese as in English, and no
// English word left over.
func TestThePhrasesMatch(t *testing.T) {
	verbs := regexp.MustCompile(`%(\.0)?s`)
	taken := strings.NewReplacer("true", "", "false", "", "YAML", "", "30s", "", "T08:00", "", "Asia/Shanghai", "", "name@host", "", "%.0s", "", "%s", "")
	for en, zh := range phrases {
		if len(verbs.FindAllString(en, -1)) != len(verbs.FindAllString(zh, -1)) {
			t.Errorf("%q and %q", en, zh)
		}
		if strings.ContainsFunc(taken.Replace(zh), func(c rune) bool { return c <= unicode.MaxASCII && unicode.IsLetter(c) }) {
			t.Errorf("%q is not Chinese: %q", en, zh)
		}
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
