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

// What only a driver can find wrong is told at its key and in both languages, not at
// the start.
func TestEveryErrorOfADriverNamesItsPlace(t *testing.T) {
	device := func(rest string) string { return "devices:\n  - {id: a, room: oc, driver: " + rest + "}\n" }
	for name, c := range map[string]struct{ list, zh, en string }{
		"ping without a host":      {device("ping"), "devices[0].address：写的是 空；应为 IP 地址或主机名", "devices[0].address: read nothing, allowed an IP address or a name"},
		"too many pings":           {device("ping, address: h, options: {count: 30}"), "devices[0].options.count：写的是 30；应为 1 至 20", "devices[0].options.count: read 30, allowed 1 to 20"},
		"snmp with a wrong option": {device("snmp, address: 10.0.0.1, options: {colour: red}"), "devices[0].options.colour：写的是 不认识的选项；应为 version、community", "devices[0].options.colour: read an unknown option, allowed one of version, community"},
		"snmp of no map":           {device("snmp, address: 10.0.0.1, map: net/switch"), "devices[0].map：写的是 net/switch；应为 system、interfaces、ups-mib，用 + 连接", "devices[0].map: read net/switch, allowed system"},
		"wall of no universe":      {device("ledwall, address: 10.0.0.1, options: {universe: many}"), "devices[0].options.universe：写的是 many；应为 整数", "read many, allowed a whole number"},
		"wall of no order":         {device("ledwall, address: 10.0.0.1, options: {order: spiral}"), "devices[0].options.order：写的是 spiral；应为 rows、", "read spiral, allowed one of rows, "},
		"text among the lamps": {device("ledwall, address: 10.0.0.1, options: {text-universe: \"1\"}") + "wall: {device: a, rooms: [oc], rows: [alarm], text: {width: 64}}\n",
			"devices[0].options.text-universe：写的是 1；应为 不小于 2：前面是灯", "read 1, allowed 2 or more: the lamps come before it"},
		"text of too many pixels": {device("ledwall, address: 10.0.0.1") + "wall: {device: a, rooms: [oc], rows: [alarm], text: {width: 512, height: 64}}\n",
			"devices[0]：写的是 512 × 64；应为 文字墙宽 × 高至少 1 × 1，总共不超过", "devices[0]: read 512 × 64, allowed a text wall of 1 × 1 to"},
		"snmp of one name twice":   {device("snmp, address: 10.0.0.1, options: {interfaces: 'a/b,a-b'}"), "devices[0].options.interfaces：写的是 a/if.a-b.name；应为 每个点名只出现一次", "allowed each point once"},
		"wall of universe 0":       {device("ledwall, address: 10.0.0.1, options: {universe: \"0\"}"), "devices[0].options.universe：写的是 0；应为 1 至 63999", "read 0, allowed 1 to 63999"},
		"modem on no terminal":     {"channels:\n  - {id: a, driver: modem, address: RS999}\n", "channels[0].address：写的是 RS999；应为 主板 sim 的端子", "channels[0].address: read RS999, allowed a terminal of the board sim"},
		"mail without a host":      {"channels:\n  - {id: a, driver: smtp}\n", "channels[0].address：写的是 空；应为 主机:端口", "channels[0].address: read nothing, allowed host:port"},
		"mail without a password":  {"channels:\n  - {id: a, driver: smtp, address: \"h:587\", options: {from: box}}\n", "channels[0].options.from：写的是 box；应为 邮箱地址", "read box, allowed a mail address"},
		"gateway of no JSON":       {"channels:\n  - {id: a, driver: sms-gateway, address: \"https://h\", options: {body: \"{to\"}}\n", "channels[0].options.body：写的是 ***；应为 JSON", "read ***, allowed JSON"},
		"webhook without a secret": {"upstream:\n  - {id: a, driver: webhook, address: \"https://far/events\"}\n", "upstream[0].options.secret：写的是 空；应为 至少 16 个字符", "upstream[0].options.secret: read nothing, allowed at least 16 characters"},
		"broker of another kind":   {"upstream:\n  - {id: a, driver: mqtt, address: \"ftp://far\"}\n", "upstream[0].address：写的是 ***；应为 mqtts://主机:端口", "upstream[0].address: read ***, allowed mqtts://host:port"},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := world(t, head+c.list)
			if len(problems) != 1 {
				t.Fatalf("problems: %v", problems)
			}
			if w := problems[0].Words(); problems[0].Line != 7 || !strings.Contains(w.Zh, c.zh) || !strings.Contains(w.En, c.en) {
				t.Errorf("%s\n%s\nwant line 7, %q, %q", w.Zh, w.En, c.zh, c.en)
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
	if len(problems) != 1 || !strings.HasPrefix(problems[0].String(), "site.yaml:7:") || !strings.Contains(problems[0].String(), "devices[0].options.dialect: read q4, allowed one of auto, q1, voltronic, qs") {
		t.Errorf("a wrong option: %v", problems)
	}
}

func TestAnUnknownBoardIsAProblemWithTheNamesThatExist(t *testing.T) {
	_, problems := world(t, strings.Replace(head, "board: sim", "board: toaster", 1))
	if len(problems) != 1 || !strings.Contains(problems[0].String(), "qemu") || !strings.HasPrefix(problems[0].String(), "site.yaml:3:") {
		t.Errorf("problems: %v", problems)
	}
}
