package maps

import (
	"errors"
	"strings"
	"testing"

	"watchbox/firmware/driver"
)

const ownText = head + "fingerprint: [a]\npoints:\n  - {input: 1, item: a, label: {zh: 甲, en: a}}\n"

// TestASetHasTheInstallersMapsFirst and the others behind them; each says of itself what
// is known of it.
func TestASetHasTheInstallersMapsFirst(t *testing.T) {
	s := NewSet(map[string][]byte{"pump": []byte(ownText), "lost": nil, "old": []byte("version: 9\n")})
	list := s.List()
	if len(list) != 3+len(Names()) || s.Names()[3] != Names()[0] {
		t.Fatalf("%d maps, %v", len(list), s.Names()[:4])
	}
	for i, want := range []driver.Map{{Name: "own/lost"}, {Name: "own/old"}, {Name: "own/pump"}, {Name: Names()[0]}} {
		if got := list[i]; got.Name != want.Name || got.Own != (i < 3) || got.Fault.IsZero() != (i > 1) {
			t.Errorf("%+v", got)
		}
	}
	if list[0].Fault.Zh != "已损坏" || !strings.Contains(list[1].Fault.Zh, "own/old.yaml 第 1 行第 10 列：version：写的是") {
		t.Errorf("%+v, %+v", list[0].Fault, list[1].Fault)
	}
	if p := list[2]; p.Points != 1 || p.Trust.En != "1 point (1 captured)" || p.Trust.Zh != "1 个点（现场抓取 1）" || p.Template || p.Source != "paper" || p.Protocol != Modbus {
		t.Errorf("%+v", p)
	}
	if text, ok := s.Text("own/pump"); !ok || string(text) != ownText {
		t.Errorf("%q", text)
	}
	if text, ok := s.Text("xymd02"); !ok || !strings.Contains(string(text), "XY-MD02 data sheet") {
		t.Errorf("%q", text)
	}
	for _, name := range []string{"", "own/", "own/lost", "own/none", "none", "../maps/xymd02", "huawei"} {
		if _, ok := s.Text(name); ok {
			t.Errorf("%q has a text", name)
		}
	}
}

// TestWhatASetDoesNotHave: an own map is lost, any other is unknown.
func TestWhatASetDoesNotHave(t *testing.T) {
	s := NewSet(map[string][]byte{"pump": []byte(ownText), "lost": nil})
	for name, want := range map[string]string{"own/lost": "map own/lost: is damaged", "own/none": "map own/none: is not on this box"} {
		var lost *driver.LostMap
		if _, err := s.Load(name); !errors.As(err, &lost) || err.Error() != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (*Set)(nil).Load("own/pump"); err == nil {
		t.Error("no set has an own map")
	}
	if _, err := s.Load("none"); !errors.Is(err, driver.ErrUnsupported) {
		t.Error(err)
	}
	if _, err := s.LoadFor(YDT1363, "own/pump"); !errors.Is(err, driver.ErrUnsupported) {
		t.Errorf("a map of another protocol: %v", err)
	}
	m, err := s.LoadFor(Modbus, "own/pump")
	if err != nil || m.Name != "own/pump" {
		t.Fatal(err)
	}
	if again, _ := s.Load("own/pump"); again != m {
		t.Error("it is read twice")
	}
}

// TestAnOwnMapOfNothingKnownIsATemplate: a person's map cannot be written by either.
func TestAnOwnMapOfNothingKnownIsATemplate(t *testing.T) {
	text := strings.Replace(ownText, "captured", "to be confirmed", 1)
	m, err := NewSet(map[string][]byte{"x": []byte(text)}).Load("own/x")
	if err != nil || !m.Template() || !m.Product().Template {
		t.Errorf("%v %+v", err, m)
	}
	writes := strings.Replace(strings.Replace(text, "input: 1", "coil: 1", 1), "en: a}}", "en: a}, write: true}", 1) + "on-loss: {state: unknown}\n"
	if _, err := NewSet(map[string][]byte{"x": []byte(writes)}).Load("own/x"); err == nil || !strings.Contains(err.Error(), "write of a where every point is to be confirmed") {
		t.Errorf("it writes: %v", err)
	}
}
