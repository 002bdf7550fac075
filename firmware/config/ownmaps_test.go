package config

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"watchbox/firmware/point"
)

func TestOwnMapNames(t *testing.T) {
	for name, good := range map[string]bool{"acme": true, "a": true, "2th-b": true, strings.Repeat("a", 40): true, strings.Repeat("a", 41): false,
		"": false, "-a": false, "Acme": false, "a_b": false, "a.b": false, "../a": false, "a/b": false, "泵": false, "a\n": false} {
		if OwnMapName(name) != good {
			t.Errorf("%q: %v", name, !good)
		}
	}
}

// TestOwnMapsComeBackAsTheyWereOrNotAtAll: kept, replaced, removed; what is damaged is
// there as such, and what is no map is left out.
func TestOwnMapsComeBackAsTheyWereOrNotAtAll(t *testing.T) {
	o := OwnMapsOf(t.TempDir())
	if len(o.Load()) != 0 {
		t.Error("maps of no folder")
	}
	save := func(name, text string) {
		if err := o.Save(name, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	save("th", "former")
	save("th", "version: 1\n")
	save("pump", "pump: 1\n")
	save("gone", "x")
	if err := o.Remove("gone"); err != nil || o.Remove("gone") != nil {
		t.Error(err)
	}
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(o.Directory, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("hand.yaml", "# by hand\nversion: 1\n")
	put("empty.yaml", "")
	put("headed.yaml", ownMapHead+Digest(nil)+"\n")
	put("large.yaml", strings.Repeat("#", OwnMapMost+1))
	put("Bad.yaml", "x")
	put("th.yaml.123", "what a power cut left")
	if err := syscall.Mkfifo(filepath.Join(o.Directory, "pipe.yaml"), 0o600); err != nil {
		t.Fatal(err)
	}
	flipped, err := os.ReadFile(filepath.Join(o.Directory, "pump.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	flipped[len(flipped)-3] ^= 1
	put("pump.yaml", string(flipped))
	all := o.Load()
	for name, want := range map[string]string{"th": "version: 1\n", "hand": "# by hand\nversion: 1\n", "empty": "", "headed": "", "large": "", "pump": ""} {
		text, there := all[name]
		if !there || string(text) != want || (text == nil) != (want == "") {
			t.Errorf("%s: %q, %v", name, text, there)
		}
		delete(all, name)
	}
	if len(all) != 0 {
		t.Errorf("and %v", all)
	}
}

// TestEveryDamagedByteOfAnOwnMapIsSeen behind the words that begin the file: a map with
// another register in it would read well.
func TestEveryDamagedByteOfAnOwnMapIsSeen(t *testing.T) {
	o := OwnMapsOf(t.TempDir())
	if err := o.Save("th", []byte("version: 1\npoints: 2\n")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(o.Directory, "th.yaml")
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := len(ownMapHead); i < len(good); i++ {
		bad := bytes.Clone(good)
		bad[i] ^= 0x10
		if err := os.WriteFile(file, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if text := o.Load()["th"]; text != nil {
			t.Fatalf("byte %d of %q: read %q", i, bad, text)
		}
	}
}

func TestOwnMapsAreBoundedInNumber(t *testing.T) {
	o := OwnMapsOf(t.TempDir())
	for n := range OwnMapsMost + 5 {
		if err := o.Save(fmt.Sprint("m", n), []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(o.Load()); n != OwnMapsMost {
		t.Errorf("%d maps", n)
	}
}

// TestALostMapIsOneProblem, of its kind: what the rules of the site say of the device's
// points is not another one.
func TestALostMapIsOneProblem(t *testing.T) {
	text := `version: 1
id: x
board: sim
time-zone: Asia/Shanghai
devices:
  - {id: th, driver: modbus-tcp, address: "192.0.2.1:502", unit: 1, map: own/th}
alarms:
  - {id: hot, label: {en: hot}, points: [th/temperature, "th/*"], when: {above: 30}, priority: 3}
`
	site, problems := Parse("site.yaml", []byte(text))
	if site == nil {
		t.Fatal(problems)
	}
	world := World{Maps: []string{"xymd02"}, Points: []point.Name{}, Drivers: []string{"modbus-tcp"}}
	for _, c := range []struct {
		own    map[string]point.Words
		zh, en string
	}{
		{nil, "写的是 own/th；应为 先上传的自有点表：watchbox map put th FILE.yaml；本机还没有自有点表", "read own/th, allowed an own map that was uploaded before: watchbox map put th FILE.yaml; this box has none yet"},
		{map[string]point.Words{"own/ths": {}, "own/pump": {}}, "本机的自有点表：可能是 own/ths；可用：own/pump、own/ths；另一张请先上传：watchbox map put th FILE.yaml", "allowed an own map of this box: own/ths (probably meant), or one of own/pump, own/ths; upload another first: watchbox map put th FILE.yaml"},
		{map[string]point.Words{"own/th": {Zh: "已损坏", En: "is damaged"}}, "写的是 own/th，它已损坏；应为 无误的自有点表，重新上传：watchbox map put th FILE.yaml", "read own/th, which is damaged, allowed the own map without faults: watchbox map put th FILE.yaml"},
	} {
		world.Own = c.own
		list := slices.DeleteFunc(Validate(site, world), func(p Problem) bool { return p.Warning })
		if len(list) != 1 || list[0].Code != LostMap || list[0].Key != "devices[0].map" || !strings.Contains(list[0].Words().Zh, c.zh) || !strings.Contains(list[0].Words().En, c.en) {
			t.Errorf("%v", Problems(list))
			for _, p := range list {
				t.Log(p.Words().Zh)
			}
		}
	}
	world.Own, world.Maps = map[string]point.Words{"own/th": {}}, []string{"own/th", "xymd02"}
	if list := Validate(site, world); !Refused(list) || strings.Contains(Problems(list).Error(), "].map") {
		t.Errorf("a sound map whose points are not those of the rules: %v", Problems(list))
	}
}
