package wiring

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"watchbox/drivers/maps"
	"watchbox/drivers/modbus/modbustest"
	"watchbox/drivers/peertest"
)

// leakSite has a leak controller by the map that is linked in; nothing in its rules
// speaks of a distance. One guard reads Chinese, one English.
const leakSite = `version: 1
id: lab
board: sim
rooms:
  - {id: oc, label: {zh: 中心, en: Centre}}
devices:
  - {id: cable1, label: {zh: 1号电缆, en: Cable 1}, driver: modbus-tcp, address: "ADDRESS", unit: 1, map: aqualeak/10k, room: oc}
alarms:
  - {id: leak, label: {zh: "{device}漏水", en: "{device}, leak"}, points: ["*/alarm.leak"], when: {is: "true"}, priority: 2, kind: environment}
  - {id: cable, label: {zh: "{device}故障", en: "{device}, fault"}, points: ["*/alarm.cable", "*/alarm.contamination"], when: {is: "true"}, priority: 2, class: trouble}
contacts:
  - {id: zhang, phone: "+8613800000001", language: zh}
  - {id: smith, phone: "+8613800000002", language: en}
channels:
  - {id: gate, driver: sms-gateway, address: "GATE", options: {security: none, body: '{"to":"{to}","text":"{text}"}'}}
dial-out:
  steps:
    - {contacts: [zhang, smith], channels: [gate]}
`

// phones takes short messages as a provider's gateway would.
type phones struct {
	mutex sync.Mutex
	heard []string // number, then text
}

func (p *phones) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	var m struct{ To, Text string }
	if json.NewDecoder(r.Body).Decode(&m) == nil {
		p.mutex.Lock()
		defer p.mutex.Unlock()
		p.heard = append(p.heard, m.To+" "+m.Text)
	}
}

// got is the first line of the first message to the number that has the word.
func (p *phones) got(number, word string) string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for _, m := range p.heard {
		if text, his := strings.CutPrefix(m, number+" "); his && strings.Contains(text, word) {
			line, _, _ := strings.Cut(text, "\n")
			return line
		}
	}
	return ""
}

// TestALeakIsToldWithItsDistance goes from the registers of the controller to the
// message on the telephone; the rule's text asks for nothing.
func TestALeakIsToldWithItsDistance(t *testing.T) {
	gate := &phones{}
	hears := httptest.NewServer(gate)
	t.Cleanup(hears.Close)
	plant, address := leakController(t)
	b := newLab(t, address)
	site := strings.NewReplacer("ADDRESS", address, "GATE", hears.URL).Replace(leakSite)
	must(t, os.WriteFile(filepath.Join(b.dir, "site.yaml"), []byte(site), 0o600))
	b.start()
	b.reads("cable1/alarm.leak", "false")
	b.reads("cable1/leak.distance", "0")

	plant.Unit(1).Set(maps.Input, 8000, 52429, 16708) // 12.3, the low word first
	plant.Unit(1).Set(maps.Input, 0, 1|8)
	wants := func(number, word, begin string) {
		t.Helper()
		peertest.Eventually(t, "a message to "+number, func() bool { return gate.got(number, word) != "" })
		if line := gate.got(number, word); !strings.Contains(line, begin) {
			t.Errorf("told %s %q, want %q", number, line, begin)
		}
	}
	wants("+8613800000001", "漏水", "报警:1号电缆漏水 12.3 m 处 ")
	wants("+8613800000002", "leak", "ALARM: Cable 1, leak at 12.3 m ")

	// A broken cable is a fault, and of no place.
	plant.Unit(1).Set(maps.Input, 0, 2|8)
	wants("+8613800000001", "断线", "故障:1号电缆故障 断线 ")
	wants("+8613800000002", "TROUBLE", "TROUBLE: Cable 1, fault broken ")
}

// leakController answers as the paper says, at first dry.
func leakController(t *testing.T) (*modbustest.Plant, string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	plant := modbustest.New()
	plant.Unit(1).Set(maps.Input, 0, make([]uint16, 9)...)
	plant.Unit(1).Set(maps.Input, 8000, 0, 0, 32768, 17174)
	done := make(chan struct{})
	go func() { defer close(done); plant.ServeTCP(l) }()
	t.Cleanup(func() { l.Close(); <-done })
	return plant, l.Addr().String()
}
