package maps

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/config"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// shipped are what the README promises and sites name in their files.
var shipped = []string{"acrel/adl400", "acrel/adw300", "apc/smart-ups", "aqualeak/10k", "chint/ddsu666", "chint/dtsu666", "dam0404", "dam0404d",
	"eastron/sdm120", "eastron/sdm630", "eaton/modbus-ms", "eaton/powerware", "envicool/sca", "generic/qztt2219-ac", "generic/ydt1363-ac", "generic/ydt1363-rectifier",
	"generic/ydt1363-ups", "huawei/netcol5000", "huawei/ups2000", "huawei/ups5000", "invt/ups", "kehua/ups", "klha/jwst-20", "peacefair/pzem016",
	"rongfu/ups", "santak/scc", "socomec/delphys", "tripplite/modbuscard", "vertiv/dme", "vertiv/gxe", "vertiv/intellislot-cooling",
	"vertiv/intellislot-icom", "vertiv/ita2", "xymd02", "ymk/room-ac"}

// TestEveryMap walks what is linked in: what a person sees must be complete.
func TestEveryMap(t *testing.T) {
	names := Names()
	for _, want := range shipped {
		if !slices.Contains(names, want) {
			t.Errorf("map %s is missing from %v", want, names)
		}
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			m, err := Load(name)
			if err != nil {
				t.Fatal(err)
			}
			if m.Brief.IsZero() && !strings.HasPrefix(name, "dam0404") || !m.Template() && len(m.Fingerprint) == 0 && name != "generic/ydt1363-ups" {
				t.Error("map has no brief text, or no fingerprint and is no template")
			}
			if m.Name != name || m.Label.Zh == "" || m.Label.En == "" || m.Source == "" || m.Identity.IsZero() {
				t.Errorf("map is not described: %+v", m)
			}
			for _, p := range m.Points {
				walk(t, &p)
			}
		})
	}
}

func walk(t *testing.T, p *Point) {
	if err := point.Join("x", p.Item).Check(); err != nil {
		t.Error(err)
	}
	if p.Label.Zh == "" || p.Label.En == "" || p.Confidence == "" || p.Source == "" {
		t.Errorf("%s: label, confidence or source is missing: %+v", p.Item, p)
	}
	if p.Kind() == point.None {
		t.Errorf("%s: no kind", p.Item)
	}
	if k := p.Kind(); (k == point.Bool || len(p.States) > 0) && len(p.States) < 2 {
		t.Errorf("%s: a %s with %d states", p.Item, k, len(p.States))
	}
	for n, w := range p.States {
		if w.Zh == "" || w.En == "" {
			t.Errorf("%s: state %d is not named in both languages", p.Item, n)
		}
	}
}

// TestDocumented holds some registers against the papers, by hand.
func TestDocumented(t *testing.T) {
	for _, c := range []struct {
		name, item string
		table      Table
		address    uint16
		scale      float64
		width      int
	}{
		{"huawei/ups2000", "input.voltage", Holding, 0x2af8, 0.1, 1},
		{"huawei/ups2000", "battery.runtime", Holding, 12004, 1, 2},
		{"huawei/ups2000", "alarm.overload-105", Holding, 40173 + 1024, 1, 1},
		{"huawei/ups2000", "alarm", Holding, 40156 + 1024, 1, 27},
		{"vertiv/intellislot-cooling", "return.temperature", Holding, 40001 - 40001, 1, 1},
		{"vertiv/intellislot-cooling", "alarm.high-pressure", Holding, 40289 - 40001, 1, 1},
		{"xymd02", "ambient.humidity", Input, 2, 0.1, 1},
		{"dam0404", "relay4", Coil, 3, 1, 1},
		{"eastron/sdm630", "input.frequency", Input, 0x46, 1, 2},
		{"eastron/sdm630", "energy.total", Input, 0x156, 1, 2},
		{"apc/smart-ups", "battery.charge", Holding, 130, 1.0 / 512, 1},
		{"apc/smart-ups", "device.model", Holding, 532, 1, 16},
		{"tripplite/modbuscard", "battery.voltage", Input, 0x424, 0.1, 1},
		{"socomec/delphys", "battery.charge", Holding, 0x1060 + 4, 1, 1},
		{"aqualeak/10k", "leak.distance", Input, 38001 - 30001, 1, 2},
		{"santak/scc", "return.temperature", Holding, 48006 - 40001, 0.1, 1},
		{"santak/scc", "alarm.high-temperature", Coil, 8044 - 1, 1, 1},
		{"envicool/sca", "return.temperature", Holding, 40005 - 40001, 0.1, 1},
		{"vertiv/dme", "alarm.high-temperature", Discrete, 10003 - 10001, 1, 1},
		{"vertiv/dme", "return.temperature", Input, 30006 - 30001, 0.1, 1},
		{"dam0404d", "input.frequency", Holding, 0x2c, 1, 2},
	} {
		m, err := Load(c.name)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(m.Points, func(p Point) bool { return p.Item == c.item })
		if i < 0 {
			t.Errorf("%s has no %s", c.name, c.item)
			continue
		}
		if p := m.Points[i]; p.Table != c.table || p.Address != c.address || p.Scale != c.scale || p.Width() != c.width {
			t.Errorf("%s %s: %s %d ×%v %d wide, want %s %d ×%v %d wide", c.name, c.item, p.Table, p.Address, p.Scale, p.Width(), c.table, c.address, c.scale, c.width)
		}
	}
}

func TestUnknownName(t *testing.T) {
	for _, name := range []string{"", "huawei", "../maps/xymd02", "huawei/ups9000"} {
		if _, err := Load(name); !errors.Is(err, driver.ErrUnsupported) {
			t.Errorf("load %q: %v", name, err)
		}
	}
}

const head = "version: 1\nlabel: {zh: 表, en: m}\nidentity: {zh: 表, en: m}\nsource: paper\nconfidence: captured\n"

func TestFaultsNameTheirPlace(t *testing.T) {
	p := head + "points:\n  - {input: 1, item: a, label: {zh: 甲, en: a}"
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "f.yaml:1:1: read an empty file, allowed a mapping"},
		{"no yaml", "a: [", "f.yaml:1:1: read text that is not YAML"},
		{"unknown key", head + "color: red\npoints: []\n", "f.yaml:6:1: color: read an unknown key, allowed brief, class, confidence, fingerprint, gap,"},
		{"key twice", head + "source: other\npoints: []\n", "f.yaml:6:1: source: read the key a second time, allowed it once"},
		{"nothing to read", head + "points: []\n", "f.yaml:6:9: points: read a list, allowed a list with entries"},
		{"no origin", "version: 1\npoints: 3\n", "f.yaml:1:1: source: read nothing, allowed a value"},
		{"trust", strings.Replace(head, "captured", "sure", 1) + "points: []\n", `f.yaml:5:13: confidence: read "sure", allowed vendor paper, maintained driver, field profile, captured, to be confirmed`},
		{"one language", strings.Replace(head, "zh: 表, ", "", 1) + "points: []\n", "f.yaml:2:8: label.zh: read nothing, allowed a value"},
		{"pause", head + "pause: 1h\npoints: []\n", `f.yaml:6:8: pause: read "1h", allowed 0s to 5s`},
		{"no table", head + "points:\n  - {item: a, label: {zh: 甲, en: a}}\n", "f.yaml:7:5: points[0]: read 0 tables, allowed exactly one of coil, discrete, holding, input"},
		{"two tables", p + ", holding: 2}\n", "f.yaml:7:5: points[0]: read 2 tables"},
		{"address", strings.Replace(p, "input: 1", "input: 0x10000", 1) + "}\n", `f.yaml:7:13: points[0].input: read "0x10000", allowed 0 to 65535`},
		{"ask of a register", p + ", ask: [1]}\n", "f.yaml:7:5: points[0]: read ask or ask-address, allowed one of them, with info, of at most 8 bytes"},
		{"ask twice", strings.Replace(p, "input: 1", "info: 0x42, at: 1", 1) + ", ask: [1], ask-address: true}\n", "read ask or ask-address, allowed one of them"},
		{"ask too much", strings.Replace(p, "input: 1", "info: 0x42, at: 1", 1) + ", ask: [1, 2, 3, 4, 5, 6, 7, 8, 9]}\n", "of at most 8 bytes"},
		{"three bytes of a register", p + ", type: u24}\n", "read type u24, allowed u8, u24, status and clock on info"},
		{"last address", strings.Replace(p, "input: 1", "input: 65535", 1) + ", type: u32}\n", "read a point beyond the last address"},
		{"type", p + ", type: u64}\n", `points[0].type: read "u64", allowed u16, s16, u32, s32, float32, any`},
		{"write on input", p + ", write: true}\n", "points[0]: read write on a input, allowed write on coil, holding and info"},
		{"write-max alone", p + ", write-max: 3}\n", "read write-to, write-min, write-max, feedback or confirm without write, allowed write: true beside them"},
		{"write-to on coil", strings.Replace(p, "input: 1", "coil: 1", 1) + ", write: true, write-to: 3}\n", "read write-to on a coil, allowed write-to on holding"},
		{"write range", strings.Replace(p, "input: 1", "holding: 1", 1) + ", write: true, write-min: 3, write-max: 2}\n", "read write-min above write-max"},
		{"feedback", strings.Replace(p, "input: 1", "holding: 1", 1) + ", write: true, feedback: b}\n", "feedback: read b of a, allowed an item of the map"},
		{"a relay that says nothing of silence", strings.Replace(p, "input", "coil", 1) + ", write: true}\n", "on-loss: read \"\", allowed what the outputs do when nobody talks"},
		{"silence without a relay", head + "on-loss: {state: unknown}\npoints:\n  - {input: 1, item: a, label: {zh: 甲, en: a}}\n", "on-loss: read \"unknown\""},
		{"silence without a source", head + "on-loss: {state: off, after: 30s}\npoints:\n  - {coil: 1, item: a, label: {zh: 甲, en: a}, write: true}\n", "allowed a source with each state that is known"},
		{"silence", head + "on-loss: {state: maybe}\npoints: []\n", `f.yaml:6:18: on-loss.state: read "maybe", allowed off, on, hold, unknown`},
		{"scale", p + ", scale: 0}\n", "points[0]: read scale 0, allowed another number"},
		{"not a number", p + ", scale: .nan}\n", `points[0].scale: read ".nan", allowed a number`},
		{"item", strings.Replace(p, "item: a", "item: Input Voltage", 1) + "}\n", `points[0].item: read "Input Voltage", allowed lower-case letters`},
		{"item twice", p + "}\n  - {input: 2, item: a, label: {zh: 甲, en: a}}\n", "f.yaml:8:5: points[1]: read item a a second time, allowed each item once"},
		{"masks alone", p + ", masks: [1]}\n", "read type and masks that do not go together"},
		{"bits and item", p + ", bits: [{bit: 0, item: b, label: {zh: 甲, en: a}}]}\n", "read bits beside an item"},
		{"bit", head + "points:\n  - input: 1\n    bits: [{bit: 16, item: b, label: {zh: 甲, en: a}}]\n", `f.yaml:8:18: points[0].bits[0].bit: read "16", allowed 0 to 15`},
		{"bit twice", head + "points:\n  - input: 1\n    bits: [{bit: 1, item: b, label: {zh: 甲, en: a}}, {bit: 1, item: c, label: {zh: 甲, en: a}}]\n", "read bit 1 a second time"},
		{"at on a register", p + ", at: 3}\n", "read at beside input, allowed at with info"},
		{"mask with a hole", p + ", mask: 5}\n", "read mask 0x5 with a hole, allowed neighbouring bits"},
		{"mask on a float", p + ", type: float32, unit: V, mask: 1}\n", "read mask on float32"},
		{"a foreign unit", p + ", scale: 0.1, unit: °F}\n", `points[0].unit: read "°F", allowed none, °C, %`},
		{"no unit", p + ", scale: 0.1}\n", "read a quantity without a unit, allowed unit, or unit: none"},
		{"length", p + ", type: ascii}\n", "read type and length that do not go together"},
		{"says on a number", p + ", says: {zh: 甲, en: a}}\n", "points: read says on a integer, allowed says on an alarm"},
		{"says", strings.Replace(p, "input: 1", "coil: 1", 1) + ", says: {zh: '{b}', en: b}}\n", "says: read b of a, allowed an item of the map"},
		{"clear on a number", p + ", clear: auto}\n", "read clear on a integer, allowed clear on an alarm"},
		{"clear", p + ", clear: never}\n", `points[0].clear: read "never", allowed auto, manual, dependent`},
		{"confirm alone", p + ", confirm: {zh: 甲, en: a}}\n", "or confirm without write"},
		{"fingerprint", head + "fingerprint: [b]\npoints:\n  - {input: 1, item: a, label: {zh: 甲, en: a}}\n", "fingerprint: read b, allowed an item of the map"},
		{"brief", head + "brief: {zh: '{b}', en: '{a}'}\npoints:\n  - {input: 1, item: a, label: {zh: 甲, en: a}}\n", "brief: read b, allowed an item of the map"},
		{"a template that writes", strings.Replace(head, "captured", "to be confirmed", 1) + "on-loss: {state: unknown}\npoints:\n  - {coil: 1, item: a, label: {zh: 甲, en: a}, write: true}\n", "points: read write of a"},
		{"alias", head + "points: &x\n  - *x\n", "f.yaml"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := Parse("f.yaml", []byte(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, %v\nwant %s", m, err, c.want)
			}
			if !regexp.MustCompile(`^f\.yaml`).MatchString(err.Error()) {
				t.Errorf("no file in %v", err)
			}
			tellsInChinese(t, err)
		})
	}
}

// spoken is English that is no word of a map file: three words in a row.
var spoken = regexp.MustCompile(`[a-z]+ [a-z]+ [a-z]+`)

func tellsInChinese(t *testing.T, err error) {
	t.Helper()
	var all config.Problems
	if !errors.As(err, &all) {
		t.Fatalf("%v is no list of problems", err)
	}
	for _, p := range all {
		_, zh, _ := strings.Cut(strings.ReplaceAll(p.Words().Zh, string(Unconfirmed), ""), "：")
		if spoken.MatchString(zh) && !strings.Contains(zh, "不是 YAML 格式的文字") { // there the YAML reader speaks
			t.Errorf("%s is told as %s", p, zh)
		}
	}
}

// TestHostileMapsAreBounded: what a small file can make of itself in memory.
func TestHostileMapsAreBounded(t *testing.T) {
	one := "  - {input: 1, item: a, label: {zh: 甲, en: a}"
	for name, c := range map[string]struct{ text, want string }{
		"aliases":          {"a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nversion: *c\n", "version: read an alias"},
		"a merge":          {head + "<<: {gap: 3}\npoints: []\n", "<<: read an unknown key"},
		"fillers":          {head + "invalid: [" + strings.Repeat("0,", 30000) + "0]\npoints:\n" + one + "}\n", "invalid: read 30001 entries, allowed at most 125"},
		"points":           {head + "points: [" + strings.Repeat("{},", 2000) + "{}]\n", "points: read 2001 entries, allowed at most 2000"},
		"bits":             {head + "points:\n  - {input: 1, bits: [" + strings.Repeat("{},", 2000) + "{}]}\n", "bits: read 2001 entries"},
		"states":           {head + "points:\n" + one + ", states: {" + strings.Repeat("1: {}, ", 2001) + "}}\n", "states: read 2001 entries"},
		"a long text":      {strings.Replace(head, "paper", strings.Repeat("p", 1001), 1), "allowed a text of at most 1000 bytes"},
		"a bell":           {strings.Replace(head, "paper", `"a\a"`, 1), "without control characters"},
		"a number beyond":  {head + "gap: 1000000000\npoints: []\n", `gap: read "1000000000", allowed 0 to 124`},
		"deep":             {strings.Repeat("[", 200000), "f.yaml:"},
		"a second map":     {head + "points: []\n---\n" + head, "a second document"},
		"more than a MiB":  {strings.Repeat("#", 1<<20+1), "more than 1048576 bytes"},
		"bytes of nothing": {string(make([]byte, 4096)), "f.yaml:1:"},
	} {
		m, err := Parse("f.yaml", []byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %.300v; want %s", name, m != nil, err, c.want)
			continue
		}
		tellsInChinese(t, err)
	}
}

func TestAllFaultsAtOnce(t *testing.T) {
	_, err := Parse("f.yaml", []byte("version: 2\nlabel: 3\ngap: -1\npoints: 4\n"))
	if err == nil || strings.Count(err.Error(), "\n") < 5 {
		t.Fatalf("want every fault, got %v", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range Names() {
		data, err := files.ReadFile(name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(head + "points:\n  - &a {input: 1, bits: *a}\n"))
	f.Add([]byte("a: &a [x,x]\nb: &b [*a,*a]\nversion: *b\n"))
	f.Add([]byte(head + "invalid: [0,0x7fff,4294967295]\nfingerprint: [a]\npoints:\n  - {holding: 65535, item: a, label: {zh: 甲, en: a}, masks: [1], type: any}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse("f.yaml", data)
		if (m == nil) == (err == nil) {
			t.Fatalf("half a map: %v, %v", m, err)
		}
		for i := range m.pointsOrNone() {
			p := &m.Points[i]
			if p.Width() < 1 || p.Width() > 125 || p.Provenance() == "" || p.Kind() == point.None {
				t.Fatalf("accepted %+v", p)
			}
		}
	})
}

func (m *Map) pointsOrNone() []Point {
	if m == nil {
		return nil
	}
	return m.Points
}

// TestWhatThePageIsTold of a template, of an order that wants a word, and of an alarm.
func TestWhatThePageIsTold(t *testing.T) {
	load := func(name string) *Map {
		m, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	if p := load("kehua/ups").Product(); !p.Template || p.Brief.IsZero() || p.Source == "" {
		t.Errorf("a template: %+v", p)
	}
	ups, ac := load("huawei/ups2000"), load("vertiv/intellislot-cooling")
	if ups.Product().Template || ac.Product().Template {
		t.Error("a map of a maintained driver, or of a vendor's paper, is a template")
	}
	if p := ac.Point("unit.on").Describe(driver.Spec{Name: "ac1"}, time.Second); !p.Write || p.Confirm.IsZero() || p.Trust != "vendor paper" {
		t.Errorf("an order that warms the room up: %+v", p)
	}
	if p := ups.Point("alarm.over-temperature").Describe(driver.Spec{Name: "ups1"}, time.Second); p.Clear == "" {
		t.Errorf("an alarm whose end the paper tells: %+v", p)
	}
}
