package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// checked is what the command says of a spoilt example site.
func checked(t *testing.T, c cli, old, new string) (string, error) {
	t.Helper()
	good, err := os.ReadFile("../fieldsim/site.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(good), old, new, 1)
	if old != new && text == string(good) {
		t.Fatalf("%q does not stand in the example", old)
	}
	file := filepath.Join(t.TempDir(), "site.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	c.out = &out
	err = check(&c, []string{file})
	return out.String(), err
}

// TestCheckSpeaksTheLanguage of the person: of the file, of a terminal that the
// board has not, of a driver's option.
func TestCheckSpeaksTheLanguage(t *testing.T) {
	for _, x := range []struct{ old, new, zh, en string }{
		{"held-open: 60s", "held-open: 2s", "写的是 2s；应为 5s 至 1h", "read 2s, allowed 5s to 1h"},
		{"terminal: DI1\n", "terminal: DI99\n", "写的是 DI99；应为 主板 sim 的端子：", "read DI99, allowed a terminal of the board sim: "},
		{"egress-by-wire: true", "egress-by-wire: false", "写的是 未确认；应为 true：安装人员确认", "read no confirmation, allowed true: the installer confirms"},
		{"board: sim", "board: sun", "写的是 sun；应为 ", "read sun, allowed "},
	} {
		for lang, want := range map[string]string{"zh": x.zh, "en": x.en} {
			out, err := checked(t, cli{lang: lang}, x.old, x.new)
			if err == nil || !strings.Contains(out, want) {
				t.Errorf("%s in %s: %v, %s", x.new, lang, err, out)
			}
			if refused := map[string]string{"zh": "设备不会采用此文件", "en": "the box would refuse this file"}[lang]; err != nil && err.Error() != refused {
				t.Errorf("in %s: %v", lang, err)
			}
		}
		out, err := checked(t, cli{lang: "zh", json: true}, x.old, x.new)
		var list []problem
		if json.Unmarshal([]byte(out), &list) != nil || err != nil || len(list) == 0 || !strings.Contains(list[0].Text.Zh, x.zh) || !strings.Contains(list[0].Text.En, x.en) || list[0].Line == 0 {
			t.Errorf("%s for programs: %v, %s", x.new, err, out)
		}
	}
	for lang, want := range map[string]string{"zh": "：可用：", "en": ": good: "} {
		if out, err := checked(t, cli{lang: lang}, "", ""); err != nil || !strings.Contains(out, want) {
			t.Errorf("a good file in %s: %v, %s", lang, err, out)
		}
	}
}
