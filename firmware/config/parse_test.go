package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/point"
)

const headText = "version: 1\nid: here\nboard: sim\n"

// check parses and validates, as the daemon does.
func check(text string) []Problem {
	site, problems := Parse("site.yaml", []byte(text))
	if site != nil {
		problems = append(problems, Validate(site, simWorld())...)
	}
	return problems
}

func TestEachBadInputIsNamed(t *testing.T) {
	device := "devices:\n  - id: d1\n    driver: modbus-tcp\n    address: 127.0.0.1:502\n    map: m\n"
	for _, c := range []struct{ name, text, want string }{
		{"range", headText + device + "    unit: 300\n", "site.yaml:9:11: devices[0].unit: read 300, allowed 0 to 255"},
		{"unknown key", headText + device + "    unti: 3\n", "site.yaml:9:5: devices[0].unti: read an unknown key, allowed unit (probably meant), or one of id,"},
		{"unknown key at the top", headText + "room: []\n", "site.yaml:4:1: room: read an unknown key, allowed rooms (probably meant)"},
		{"missing", "version: 1\nboard: sim\n", "site.yaml:1:1: id: read nothing, allowed the key id: short name"},
		{"missing in an entry", headText + "rooms:\n  - label: {zh: 甲}\n", "site.yaml:5:5: rooms[0].id: read nothing"},
		{"twice", headText + "id: again\n", "site.yaml:4:1: id: read the key a second time, allowed each key once"},
		{"twice in options", headText + device + "    options: {a: b, a: c}\n", "site.yaml:9:21: devices[0].options.a: read the key a second time"},
		{"list for a text", headText + "time-zone: [a]\n", "site.yaml:4:12: time-zone: read a list, allowed a text"},
		{"text for a list", headText + "rooms: 3\n", "site.yaml:4:8: rooms: read 3, allowed a list"},
		{"text for a mapping", headText + "label: 机房\n", "site.yaml:4:8: label: read 机房, allowed a mapping with the keys zh, en"},
		{"number with a zero", headText + device + "    unit: 010\n", "site.yaml:9:11: devices[0].unit: read 010, allowed a whole number, 0 to 255"},
		{"a real for a whole number", headText + device + "    unit: 1.5\n", "devices[0].unit: read 1.5, allowed a whole number"},
		{"yes for true", headText + "dial-out:\n  on-clear: yes\n  steps: [{contacts: [a], channels: [b]}]\n", "site.yaml:5:13: dial-out.on-clear: read yes, allowed true or false"},
		{"duration without unit", headText + device + "    period: 30\n", "site.yaml:9:13: devices[0].period: read 30, allowed a duration with its unit, such as 30s, 0s to 24h"},
		{"long duration", headText + device + "    period: 48h\n", "devices[0].period: read 48h, allowed 0s to 24h"},
		{"point name", headText + "inputs:\n  - {terminal: DI1, point: Oc/Panic}\n", "site.yaml:5:28: inputs[0].point: read Oc/Panic, allowed device/item"},
		{"word", headText + "inputs:\n  - {terminal: DI1, point: a/b, rest: shut}\n", "inputs[0].rest: read shut, allowed one of open, closed"},
		{"terminal twice", headText + "inputs:\n  - {terminal: DI1, point: a/b}\n  - {terminal: DI1, point: a/c}\n", "site.yaml:6:16: inputs[1].terminal: read DI1, which inputs[0].terminal uses already"},
		{"unknown terminal", headText + "inputs:\n  - {terminal: DI19, point: a/b}\n", "inputs[0].terminal: read DI19, allowed a terminal of the board sim: DI1 (probably meant)"},
		{"point twice", headText + "inputs:\n  - {terminal: DI1, point: a/b}\n  - {terminal: DI2, point: a/b}\n", "site.yaml:6:28: inputs[1].point: read a/b, which inputs[0].point gives already"},
		{"unknown room", headText + "rooms: [{id: hall}]\ninputs:\n  - {terminal: DI1, point: a/b, room: hal}\n", "site.yaml:6:39: inputs[0].room: read hal, allowed hall (probably meant)"},
		{"id twice", headText + "rooms:\n  - id: a\n  - id: a\n", "site.yaml:6:9: rooms[1].id: read a, which is already the id of rooms[0]"},
		{"bus unknown", headText + "devices:\n  - {id: d, driver: modbus-rtu, map: m, unit: 1, bus: b}\n", "devices[0].bus: read b, allowed none: the site has none"},
		{"unit twice", headText + "buses: [{id: b, terminal: RS485-1}]\ndevices:\n  - {id: d, driver: modbus-rtu, map: m, unit: 1, bus: b}\n  - {id: e, driver: modbus-rtu, map: m, unit: 1, bus: b}\n", "site.yaml:7:47: devices[1].unit: read 1, which d has already on b"},
		{"anchor", headText + "label: &a {zh: x}\n", "label: read the anchor &a, allowed no anchors"},
		{"alias", headText + "rooms: [{id: x}]\nlabel: *a\n", "read text that is not YAML (unknown anchor 'a' referenced)"},
		{"tag", headText + "time-zone: !!str UTC\n", "time-zone: read the tag !!str, allowed no tags"},
		{"merge", headText + "<<: {id: x}\n", "read an unknown key"},
		{"second document", headText + "---\nid: b\n", "site.yaml:4:1: read a second document, allowed one document"},
		{"empty", "", "read an empty file"},
		{"comment only", "# nothing\n", "read an empty file"},
		{"scalar", "hello", "read hello, allowed a mapping with the keys version"},
		{"not yaml", headText + "rooms: [\n", "site.yaml:4:1: read text that is not YAML"},
		{"open quote", headText + "time-zone: \"UTC\nlabel: {zh: x}\n", "site.yaml:4:1: read text that is not YAML"},
		{"tab", headText + "\trooms: []\n", "site.yaml:4:2: read text that is not YAML"},
		{"too deep", headText + "rooms: " + strings.Repeat("[", 40) + strings.Repeat("]", 40) + "\n", "nested deeper"},
		{"version", "version: 2\nid: a\nboard: sim\n", "site.yaml:1:10: version: read 2, allowed 1 to 1"},
		{"time zone", headText + "time-zone: Mars/Olympus\n", "site.yaml:4:12: time-zone: read Mars/Olympus, allowed a name of the time zone database"},
		{"no condition", headText + "inputs: [{terminal: DI1, point: a/b}]\nalarms:\n  - {id: x, label: {zh: x}, points: [a/b], priority: 2, when: {deadband: 1}}\n", "alarms[0].when: read no condition, allowed exactly one of above, below, is, is-not"},
		{"two conditions", headText + "inputs: [{terminal: DI1, point: a/b}]\nalarms:\n  - {id: x, label: {zh: x}, points: [a/b], priority: 2, when: {above: 1, below: 0}}\n", "alarms[0].when: read above and below"},
		{"rule of nothing", headText + "alarms:\n  - {id: x, label: {zh: x}, points: [\"u*/b\"], priority: 2, when: {above: 1}}\n", "alarms[0].points[0]: read u*/b, which matches nothing"},
		{"infinite limit", headText + "alarms:\n  - {id: x, label: {zh: x}, points: [a/b], priority: 2, when: {above: .inf}}\n", "alarms[0].when.above: read .inf, allowed a number"},
		{"zone without partition", headText + "inputs: [{terminal: DI1, point: a/b}]\nzones:\n  - {id: z, input: a/b, type: instant}\n", "zones[0].partition: read nothing, allowed the partition that arms it"},
		{"panic in a partition", headText + "inputs: [{terminal: DI1, point: a/b, rest: closed}]\npartitions: [{id: p}]\nzones:\n  - {id: z, input: a/b, type: panic, partition: p}\n", "zones[0].partition: read p, allowed nothing"},
		{"panic on an open loop", headText + "inputs: [{terminal: DI1, point: a/b}]\nzones:\n  - {id: z, input: a/b, type: panic}\n", "warning: inputs[0].rest: read open for a panic button"},
		{"entry delay", headText + "partitions:\n  - {id: p, entry-delay: 60s}\n", "partitions[0].entry-delay: read 60s, allowed 0s to 45s"},
		{"door not confirmed", headText + "inputs: [{terminal: DI1, point: a/b}]\ndoors:\n  - {id: d, contact: a/b}\n", "doors[0].egress-by-wire: read no confirmation, allowed true: the installer confirms"},
		{"strike that is no output", headText + "inputs: [{terminal: DI1, point: a/b}]\ndoors:\n  - {id: d, contact: a/b, strike: a/b, egress-by-wire: true}\n", "doors[0].strike: read a/b, allowed the point of an output"},
		{"siren that is nothing", headText + "annunciators:\n  - {id: s, kind: sounder, output: a/b}\n", "annunciators[0].output: read a/b, allowed the point of an output"},
		{"wall", headText + "wall: {device: w, rooms: [x], rows: [red]}\n", "wall.rows[0]: read red, allowed armed (probably meant), or one of alarm"},
		{"wall without device", headText + "rooms: [{id: x}]\nwall: {device: w, rooms: [x], rows: [alarm]}\n", "site.yaml:5:16: wall.device: read w, allowed none"},
		{"night of no calendar", headText + "rooms: [{id: x}]\npartitions: [{id: p}]\ndevices: [{id: w, driver: ledwall}]\nwall: {device: w, rooms: [x], rows: [alarm], night: {calendar: n}}\n", "wall.night.calendar: read n, allowed none"},
		{"stealth for no partition", headText + "rooms: [{id: x}]\npartitions: [{id: p}]\ndevices: [{id: w, driver: ledwall}]\nwall: {device: w, rooms: [x], rows: [alarm], stealth: true, stealth-for: [q]}\n", "wall.stealth-for[0]: read q, allowed p"},
		{"stealth-for alone", headText + "rooms: [{id: x}]\npartitions: [{id: p}]\ndevices: [{id: w, driver: ledwall}]\nwall: {device: w, rooms: [x], rows: [alarm], stealth-for: [p]}\n", "wall.stealth-for: read 1 partitions, allowed none without stealth: true"},
		{"wall that nobody vouches for", headText + "rooms: [{id: x}]\npartitions: [{id: p}]\ndevices: [{id: w, driver: ledwall}]\nwall: {device: w, rooms: [x], rows: [alarm], alive: a/b}\n", "wall.alive: read a/b, allowed a point of the site"},
		{"brightness", headText + "rooms: [{id: x}]\npartitions: [{id: p}]\ndevices: [{id: w, driver: ledwall}]\nwall: {device: w, rooms: [x], rows: [alarm], brightness: 2}\n", "wall.brightness: read 2, allowed 5 to 100"},
		{"text without width", headText + "rooms: [{id: x}]\npartitions: [{id: p}]\ndevices: [{id: w, driver: ledwall}]\nwall: {device: w, rooms: [x], rows: [alarm], text: {height: 16}}\n", "wall.text.width: read nothing"},
		{"text between the lines", headText + "rooms: [{id: x}]\npartitions: [{id: p}]\ndevices: [{id: w, driver: ledwall}]\nwall: {device: w, rooms: [x], rows: [alarm], text: {width: 64, height: 24}}\n", "wall.text.height: read 24, allowed 16, 32, 48 or 64"},
		{"text on no wall", headText + "rooms: [{id: x}]\npartitions: [{id: p}]\ndevices: [{id: w, driver: ledwall}]\nwall: {device: w, rooms: [x], rows: [alarm], text: {width: 64, device: y}}\n", "wall.text.device: read y, allowed w"},
		{"text of nothing", headText + "rooms: [{id: x}]\npartitions: [{id: p}]\ndevices: [{id: w, driver: ledwall}]\nwall: {device: w, rooms: [x], rows: [alarm], text: {width: 64, show: [a/b]}}\n", "wall.text.show[0]: read a/b, allowed a point of the site"},
		{"text in a hurry", headText + "rooms: [{id: x}]\npartitions: [{id: p}]\ndevices: [{id: w, driver: ledwall}]\nwall: {device: w, rooms: [x], rows: [alarm], text: {width: 64, turn: 1s}}\n", "wall.text.turn: read 1s, allowed 3s to 10s"},
		{"stealthy siren", headText + "outputs: [{terminal: DO1, point: o/s}]\nannunciators: [{id: s, kind: sounder, output: o/s, stealth: true}]\n", "annunciators[0].stealth: read true of a sounder, allowed true of a beacon"},
		{"unknown contact", headText + "dial-out: {steps: [{contacts: [a], channels: [b]}]}\n", "dial-out.steps[0].contacts[0]: read a, allowed none"},
		{"phone", headText + "contacts: [{id: a, phone: 13800000000}]\n", "contacts[0].phone: read 13800000000, allowed the international form"},
		{"unreachable", headText + "contacts: [{id: a, phone: \"+8613800000000\"}]\nchannels: [{id: m, driver: smtp, address: h:25}]\ndial-out: {steps: [{contacts: [a], channels: [m]}]}\n", "read a, whom no channel of this step reaches, allowed a contact with mail for the channel m"},
		{"upstream", headText + "upstream: [{id: u, driver: mqtt, address: https://x}]\n", "upstream[0].address: read https://x, allowed a URL that begins with mqtts://"},
		{"dew point", headText + "inputs: [{terminal: DI1, point: a/b}]\nderived:\n  - {point: x/y, kind: dew-point, from: [a/b]}\n", "derived[0].from: read 1 points, allowed 2 to 2 for dew-point"},
		{"card twice", headText + "cards: [{number: 0012, holder: a}, {number: 12, holder: b}]\n", "cards[1].number: read the number of cards[0]"},
		{"card that ends before it begins", headText + "cards: [{number: 12, holder: a, from: 2025-02-01, until: 2025-01-01}]\n", "cards[0].until: read 2025-01-01T00:00:00+08:00, allowed a time after from"},
		{"bad date", headText + "cards: [{number: 12, holder: a, from: tomorrow}]\n", "cards[0].from: read tomorrow, allowed a date such as"},
	} {
		t.Run(c.name, func(t *testing.T) {
			problems := check(c.text)
			for _, p := range problems {
				if strings.Contains(p.String(), c.want) {
					return
				}
			}
			t.Errorf("want a problem with\n  %s\ngot\n  %v", c.want, problems)
		})
	}
}

func TestAllProblemsAreListedInTheOrderOfTheFile(t *testing.T) {
	problems := check("version: 3\nid: a\nboard: sim\nrooms:\n  - id: [x]\n    colour: red\n  - {}\nbuses: 7\n")
	if len(problems) != 5 {
		t.Fatalf("want 5 problems, got %d: %v", len(problems), problems)
	}
	for i := 1; i < len(problems); i++ {
		if problems[i].Line < problems[i-1].Line {
			t.Errorf("%v stands after %v", problems[i], problems[i-1])
		}
	}
}

func TestHostileFilesAreBounded(t *testing.T) {
	for name, text := range map[string]string{
		"large":       headText + strings.Repeat("# more\n", 200_000),
		"deep flow":   strings.Repeat("[", 9_000),
		"deep blocks": strings.Repeat("- ", 9_000),
		"many faults": headText + "rooms:\n" + strings.Repeat("  - {colour: red}\n", 5_000),
		"laughs":      "a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b]\n",
		"not utf-8":   headText + "time-zone: \"\xff\xfe\"\n",
		"nul":         headText + "time-zone: \"a\\0b\"\n",
	} {
		t.Run(name, func(t *testing.T) {
			site, problems := Parse("site.yaml", []byte(text))
			if site != nil || len(problems) == 0 || len(problems) > problemLimit {
				t.Errorf("site %v, %d problems", site, len(problems))
			}
			for _, p := range problems {
				if len(p.String()) > 2_000 {
					t.Errorf("a problem of %d bytes", len(p.String()))
				}
			}
		})
	}
}

func TestDefaultsComeWhereNothingIsWritten(t *testing.T) {
	site, problems := Parse("site.yaml", []byte(headText+"buses: [{id: b, terminal: RS485-1}]\ninputs: [{terminal: DI1, point: a/b}]\ncards: [{number: 00420, holder: x}]\n"))
	if site == nil {
		t.Fatal(problems)
	}
	in, bus := site.Inputs[0], site.Buses[0]
	if in.Rest != "open" || in.Debounce != 20*time.Millisecond || bus.Baud != 9600 || bus.Parity != "none" || site.TimeZone != "Asia/Shanghai" {
		t.Errorf("defaults: %+v %+v %s", in, bus, site.TimeZone)
	}
	if site.Cards[0].Number != "00420" {
		t.Errorf("a card number was taken for a number: %q", site.Cards[0].Number)
	}
	if site.DialOut != nil || site.Wall != nil {
		t.Error("an absent part appeared")
	}
}

func TestPointsOfTheWorldAreChecked(t *testing.T) {
	text := headText + "devices: [{id: ups1, driver: modbus-tcp, address: h:502, map: m}]\nalarms:\n  - {id: x, label: {zh: x}, points: [ups1/battery.charg], priority: 2, when: {above: 1}}\n"
	site, _ := Parse("site.yaml", []byte(text))
	world := simWorld()
	if p := Validate(site, world); len(p) != 0 {
		t.Errorf("without maps: %v", p)
	}
	world.Points = append(world.Points, "ups1/battery.charge")
	problems := Validate(site, world)
	if len(problems) != 1 || !strings.Contains(problems[0].String(), "site.yaml:6:38: alarms[0].points[0]: read ups1/battery.charg, allowed a point of the site: ups1/battery.charge (probably meant)") {
		t.Errorf("with maps: %v", problems)
	}
}

func TestLoadSaysWhatItCouldNotRead(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none.yaml")
	if site, p := Load(missing, nil); site != nil || len(p) != 1 || !strings.Contains(p[0].String(), "no such file") {
		t.Errorf("%v %v", site, p)
	}
	path := filepath.Join(t.TempDir(), "site.yaml")
	text := headText + "upstream:\n  - {id: u, driver: mqtt, address: mqtts://h:1, options: {password: secret:up}}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if site, p := Load(path, nil); site != nil || !strings.Contains(fmt.Sprint(p), "site.yaml:5:69: upstream[0].options.password: read secret:up, allowed the name of a stored secret") {
		t.Errorf("%v %v", site, p)
	}
	site, p := Load(path, func(name string) (string, bool) { return "value of " + name, true })
	if site == nil || site.Upstream[0].Options["password"] != "value of up" {
		t.Errorf("%v %v", site, p)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(exampleSite(f))
	f.Add([]byte(headText))
	f.Add([]byte(headText + "rooms: [{id: &a x}, *a]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 64<<10 {
			return
		}
		site, problems := Parse("site.yaml", data)
		if (site == nil) != Refused(problems) {
			t.Fatalf("site %v with problems %v", site, problems)
		}
		if site != nil {
			Validate(site, simWorld())
			site.Resolve(nil)
		}
		for _, p := range problems {
			if p.Line < 1 || p.Column < 1 || p.Read == "" {
				t.Fatalf("a problem without place: %+v", p)
			}
		}
	})
}

func TestRulesAlone(t *testing.T) {
	const rule = "alarms:\n  - {id: hot, label: {en: hot}, points: [a/t], when: {above: 30}, priority: 2}\n"
	for text, want := range map[string]string{
		rule:                       "",
		headText + rule:            "",
		"alarms: []\n":             "rules.yaml:1:9: alarms: read an empty list",
		"rules: []\n":              "rules.yaml:1:1: rules: read an unknown key",
		rule + "rooms: []\n":       "rules.yaml:1:1: version: read nothing",
		"alarms:\n  - {id: hot}\n": "rules.yaml:2:5: alarms[0].label",
		"hot":                      "rules.yaml:1:1: read hot",
		"":                         "rules.yaml:1:1: read an empty file",
	} {
		rules, _, problems := ParseRules("rules.yaml", []byte(text))
		switch {
		case want == "" && (len(rules) != 1 || rules[0].ID != "hot" || len(problems) != 0):
			t.Errorf("%q: %v %v", text, rules, problems)
		case want != "" && (rules != nil || len(problems) == 0 || !strings.HasPrefix(problems[0].String(), want)):
			t.Errorf("%q: %v %v, want %s", text, rules, problems, want)
		}
	}
}

func FuzzParseRules(f *testing.F) {
	f.Add(exampleSite(f))
	f.Add([]byte("alarms: [{id: hot, label: {en: hot}, points: [a/t], when: {above: 30}, priority: 2}]\n"))
	f.Add([]byte("alarms: [{id: x, limits: {high: 1}, when: {rises: {by: 1, within: 5m}}}]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 64<<10 {
			return
		}
		rules, _, problems := ParseRules("rules.yaml", data)
		if Refused(problems) && rules != nil {
			t.Fatalf("rules %v with problems %v", rules, problems)
		}
		for _, p := range problems {
			if p.Line < 1 || p.Column < 1 || p.Read == "" {
				t.Fatalf("a problem without place: %+v", p)
			}
		}
		alarm.Compile(rules, []point.Point{{Name: "a/t", Kind: point.Real}, {Name: "a/s", Kind: point.Text}}, nil)
	})
}

func BenchmarkParse(b *testing.B) {
	data := exampleSite(b)
	for b.Loop() {
		if site, p := Parse("site.yaml", data); site == nil {
			b.Fatal(p)
		}
	}
}
