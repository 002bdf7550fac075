package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestHistoryKeepsTheNewestTwentyAndWhatOldFirmwareNeeds(t *testing.T) {
	h := History{filepath.Join(t.TempDir(), "history")}
	add := func(text, by, firmware string) {
		t.Helper()
		if _, err := h.Add([]byte(text), Accepted{By: by, At: time.Unix(1, 0), Firmware: firmware}); err != nil {
			t.Fatal(err)
		}
	}
	add("for the old one", "li", "1.0.0")
	for i := range 30 {
		add(fmt.Sprintf("site %d\n", i), "wang", "1.1.0")
		add(fmt.Sprintf("site %d\n", i), "again", "1.1.0") // the same is not kept twice
	}
	list, err := h.List()
	if err != nil || len(list) != historyMost+1 {
		t.Fatalf("%d entries, %v", len(list), err)
	}
	if list[0].Number != 31 || list[0].By != "wang" || list[0].Bytes != 8 || list[len(list)-1].Number != 1 || list[len(list)-1].Firmware != "1.0.0" {
		t.Errorf("newest %+v, oldest %+v", list[0], list[len(list)-1])
	}
	if a, site, err := h.Get(31); err != nil || string(site) != "site 29\n" || a.Digest != Digest(site) {
		t.Errorf("%+v %q %v", a, site, err)
	}
	if _, _, err := h.Get(2); !errors.Is(err, ErrNoSuchSite) {
		t.Errorf("a thinned one: %v", err)
	}
}

func TestADamagedCopyIsNoHistory(t *testing.T) {
	h := History{t.TempDir()}
	for i := range 3 {
		if _, err := h.Add([]byte(fmt.Sprint(i)), Accepted{}); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(h.Directory, name(2))
	data, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, append(data, 'x'), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	for junk, text := range map[string]string{"x.yaml": "", "00000007.yaml": "no head", "00000009.yaml.123": "", "-0000001.yaml": ""} {
		if err := os.WriteFile(filepath.Join(h.Directory, junk), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if list, err := h.List(); err != nil || len(list) != 2 || list[0].Number != 3 || list[1].Number != 1 {
		t.Errorf("%+v %v", list, err)
	}
	if _, _, err := h.Get(2); err == nil || errors.Is(err, ErrNoSuchSite) {
		t.Errorf("damaged: %v", err)
	}
}

func TestDiff(t *testing.T) {
	long := strings.Repeat("same\n", 20)
	for name, c := range map[string]struct{ before, after, want string }{
		"equal":   {"a\nb", "a\nb", ""},
		"changed": {"a\nb\nc", "a\nx\nc", " a|-b|+x| c"},
		"added":   {"a\nc", "a\nb\nc", " a|+b| c"},
		"removed": {"a\nb\nc", "a\nc", " a|-b| c"},
		"empty":   {"", "a", "-|+a"},
		"far":     {"1\n" + long + "2", "3\n" + long + "4", "-1|+3| same| same| same|…| same| same| same|-2|+4"},
		"moved":   {"a\nb\nc\nd", "b\nc\nd\na", "-a| b| c| d|+a"},
	} {
		var got []string
		for _, l := range Diff(c.before, c.after) {
			got = append(got, map[string]string{"same": " ", "gone": "-", "new": "+", "cut": "…"}[l.Kind]+l.Text)
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("%s: %s, want %s", name, strings.Join(got, "|"), c.want)
		}
	}
}

func FuzzDiff(f *testing.F) {
	f.Add("a\nb\nc", "a\nc\nd")
	f.Add(strings.Repeat("x\n", 50), strings.Repeat("x\ny\n", 30))
	f.Fuzz(func(t *testing.T, before, after string) {
		a, b := []string{}, []string{}
		for _, l := range middle(strings.Split(before, "\n"), strings.Split(after, "\n")) {
			if l.Kind != "new" {
				a = append(a, l.Text)
			}
			if l.Kind != "gone" {
				b = append(b, l.Text)
			}
		}
		if strings.Join(a, "\n") != before || strings.Join(b, "\n") != after {
			t.Errorf("the lines do not give back %q and %q", before, after)
		}
	})
}
