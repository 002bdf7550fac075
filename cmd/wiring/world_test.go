package wiring

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"watchbox/firmware/config"
)

const exampleSite = "../fieldsim/site.yaml"

// read parses and resolves a site file whose secrets are all known.
func read(t *testing.T, text string) *config.Site {
	t.Helper()
	site, problems := config.Parse("site.yaml", []byte(text))
	if site != nil {
		site, problems = site.Resolve(func(string) (string, bool) { return "a-secret-of-some-length", true })
	}
	if site == nil {
		t.Fatal(problems)
	}
	return site
}

func world(t *testing.T, text string) (config.World, []config.Problem) {
	t.Helper()
	t.Setenv("WATCHBOX_SIM", t.TempDir())
	b, err := New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return b.World(read(t, text))
}

func example(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(exampleSite)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestTheExampleSiteHasNoProblems(t *testing.T) {
	text := example(t)
	w, problems := world(t, text)
	for _, p := range append(problems, config.Validate(read(t, text), w)...) {
		t.Error(p)
	}
	if len(w.Points) < 100 {
		t.Errorf("the devices give %d points only", len(w.Points))
	}
}

// What the first boot of a board copies to its data partition: each board with an
// image has one.
func TestTheFirstSiteOfEachBoardHasNoErrors(t *testing.T) {
	kernels, err := filepath.Glob("../../board/*/kernel.config")
	if err != nil || len(kernels) < 2 {
		t.Fatalf("%d boards with an image, %v", len(kernels), err)
	}
	for _, kernel := range kernels {
		name := filepath.Base(filepath.Dir(kernel))
		data, err := exec.Command("../../tools/image/site.sh", name).Output()
		if err != nil {
			t.Fatal(name, err)
		}
		if board := read(t, string(data)).Board; board != name {
			t.Errorf("the site file of %s is for the board %q", name, board)
		}
		w, problems := world(t, string(data))
		if problems = append(problems, config.Validate(read(t, string(data)), w)...); config.Refused(problems) {
			t.Errorf("%s: %v", name, problems)
		}
	}
}

const head = `version: 1
id: x
board: sim
rooms:
  - {id: oc, label: {zh: 中心, en: Centre}}
`

// What only a driver can find wrong is told with its line, not at the start.
func TestEveryErrorOfADriverNamesItsPlace(t *testing.T) {
	for name, list := range map[string]string{
		"ping without a host":      "devices:\n  - {id: a, driver: ping, room: oc}\n",
		"snmp with a wrong option": "devices:\n  - {id: a, driver: snmp, address: 10.0.0.1, map: net/switch, options: {colour: red}}\n",
		"wall of no universe":      "devices:\n  - {id: a, driver: ledwall, address: 10.0.0.1, options: {universe: many}}\n",
		"wall of no order":         "devices:\n  - {id: a, driver: ledwall, address: 10.0.0.1, options: {order: spiral}}\n",
		"text among the lamps":     "devices:\n  - {id: a, driver: ledwall, address: 10.0.0.1, options: {text-universe: \"1\"}}\nwall: {device: a, rooms: [oc], rows: [alarm], text: {width: 64}}\n",
		"text of too many pixels":  "devices:\n  - {id: a, driver: ledwall, address: 10.0.0.1}\nwall: {device: a, rooms: [oc], rows: [alarm], text: {width: 512, height: 64}}\n",
		"wall of universe 0":       "devices:\n  - {id: a, driver: ledwall, address: 10.0.0.1, options: {universe: \"0\"}}\n",
		"modem on no terminal":     "channels:\n  - {id: a, driver: modem, address: RS999}\n",
		"mail without a host":      "channels:\n  - {id: a, driver: smtp}\n",
		"webhook without a secret": "upstream:\n  - {id: a, driver: webhook, address: \"https://far/events\"}\n",
		"broker of another kind":   "upstream:\n  - {id: a, driver: mqtt, address: \"ftp://far\"}\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := world(t, head+list)
			if len(problems) != 1 {
				t.Fatalf("problems: %v", problems)
			}
			if text := problems[0].String(); !strings.HasPrefix(text, "site.yaml:7:") {
				t.Errorf("not at line 7: %s", text)
			}
		})
	}
}

// What the configuration check says of a UPS's terminal the driver does not repeat.
func TestATerminalThatDoesNotExistIsToldOnce(t *testing.T) {
	for address, want := range map[string]int{"RS485-2": 0, "RS999": 1, "SPI1": 1} {
		text := head + "devices:\n  - {id: a, driver: megatec, room: oc, address: " + address + "}\n"
		w, problems := world(t, text)
		if problems = append(problems, config.Validate(read(t, text), w)...); len(problems) != want {
			t.Errorf("%s: %v", address, problems)
		}
		if want == 0 && len(w.Points) < 30 {
			t.Errorf("the UPS gives %d points", len(w.Points))
		}
	}
	_, problems := world(t, head+"devices:\n  - {id: a, driver: megatec, address: RS485-2, options: {dialect: q4}}\n")
	if len(problems) != 1 || !strings.HasPrefix(problems[0].String(), "site.yaml:7:") || !strings.Contains(problems[0].String(), "allowed auto, q1, voltronic, qs") {
		t.Errorf("a wrong option: %v", problems)
	}
}

func TestAnUnknownBoardIsAProblemWithTheNamesThatExist(t *testing.T) {
	_, problems := world(t, strings.Replace(head, "board: sim", "board: toaster", 1))
	if len(problems) != 1 || !strings.Contains(problems[0].String(), "qemu") || !strings.HasPrefix(problems[0].String(), "site.yaml:3:") {
		t.Errorf("problems: %v", problems)
	}
}
