package main

import (
	"bytes"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"watchbox/web"
	"watchbox/web/webtest"
)

// TestAMapIsCheckedWithoutABox: by the rules of the box, in the person's language.
func TestAMapIsCheckedWithoutABox(t *testing.T) {
	good, err := os.ReadFile("../../drivers/maps/xymd02.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ old, new, lang, want, refused string }{
		{"", "", "zh", "可用：2 个点（厂家文件 2）", ""},
		{"", "", "en", "good: 2 points (2 vendor paper)", ""},
		{"baud: 9600", "baud: fast", "zh", `：line.baud：写的是 "fast"；应为 300 至 1000000`, "设备不会采用此点表"},
		{"baud: 9600", "baud: fast", "en", `:13:14: line.baud: read "fast", allowed 300 to 1000000`, "the box would refuse this map"},
	} {
		file := filepath.Join(t.TempDir(), "map.yaml")
		if err := os.WriteFile(file, bytes.Replace(good, []byte(x.old), []byte(x.new), 1), 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		err := productMaps(&cli{out: &out, lang: x.lang}, []string{"check", file})
		if told := said(err); told != x.refused || !strings.Contains(out.String(), x.want) {
			t.Errorf("%s in %s: %q, %s", x.new, x.lang, told, out.String())
		}
	}
	large := filepath.Join(t.TempDir(), "large.yaml")
	if err := os.WriteFile(large, append(good, bytes.Repeat([]byte("# much\n"), 50000)...), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := productMaps(&cli{out: &bytes.Buffer{}, lang: "en"}, []string{"check", large}); err == nil {
		t.Error("a map that the box would refuse for its size is good")
	}
}

func said(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// TestMapsOfABox are put, listed, shown and removed over the API, with or without own/.
func TestMapsOfABox(t *testing.T) {
	fake := webtest.New()
	s := web.New(fake, web.Options{Version: "1", Now: webtest.Now, Log: t.Logf})
	defer s.Close()
	box := httptest.NewServer(s.Handler())
	defer box.Close()
	file := filepath.Join(t.TempDir(), "flow.yaml")
	if err := os.WriteFile(file, []byte("version: 1\n# mine\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ order, want, refused string }{
		{"put own/flow " + file, "map: own/flow", ""},
		{"put flow-2 " + file, "map: own/flow-2", ""},
		{"list", "own/flow-2", ""},
		{"list", "ups1,ups2", ""},
		{"show own/flow", "# mine", ""},
		{"show huawei/ups2000", "Huawei UPS2000", ""},
		{"remove flow", "", ""},
		{"remove flow", "", "There is no map named “own/flow”, was “own/flow-2” meant? All maps: watchbox map list"},
		{"show nothing", "", "There is no map named “nothing”. All maps: watchbox map list"},
		{"put", "", "usage: watchbox map list | show NAME"},
	} {
		var out bytes.Buffer
		err := productMaps(&cli{server: box.URL, token: fake.People().Session("engineer"), out: &out, lang: "en"}, strings.Fields(x.order))
		if (err == nil) != (x.refused == "") || !strings.Contains(said(err), x.refused) || !strings.Contains(out.String(), x.want) {
			t.Errorf("%s: %v, %s", x.order, err, out.String())
		}
	}
}

// TestASiteIsCheckedWithTheMapsBesideIt, and one that is not there is told with what
// to do.
func TestASiteIsCheckedWithTheMapsBesideIt(t *testing.T) {
	dir := t.TempDir()
	text, err := os.ReadFile("../fieldsim/site.yaml")
	if err != nil {
		t.Fatal(err)
	}
	site, changed := filepath.Join(dir, "site.yaml"), bytes.Replace(text, []byte("map: xymd02"), []byte("map: own/th"), 1)
	if bytes.Equal(text, changed) {
		t.Fatal("the example has no XY-MD02")
	}
	if err := os.WriteFile(site, changed, 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err = check(&cli{out: &out, lang: "en"}, []string{site})
	if err == nil || strings.Count(out.String(), "\n") != 1 || !strings.Contains(out.String(), "map: read own/th, allowed an own map that was uploaded before: watchbox map put th FILE.yaml") {
		t.Errorf("one problem, with what to do: %v\n%s", err, out.String())
	}
	good, err := os.ReadFile("../../drivers/maps/xymd02.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "maps"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "maps", "th.yaml"), good, 0o600); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	if err := check(&cli{out: &out, lang: "en"}, []string{site}); err != nil {
		t.Errorf("with the map beside it: %v\n%s", err, out.String())
	}
}
