package wiring

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"watchbox/drivers/peertest"
	"watchbox/firmware/point"
)

// TestMapsThatAreLostTogetherComeBackOneByOne: rules, and what is computed, name the points
// of both devices.
func TestMapsThatAreLostTogetherComeBackOneByOne(t *testing.T) {
	b := newLab(t, served(t))
	site := strings.Replace(b.site("own/flow"), "zones:\n", fmt.Sprintf(`  - {id: back, driver: modbus-tcp, address: "%s", unit: 1, map: own/back, room: oc}
derived:
  - {point: calc/back, kind: rate, from: [back/flow.rate]}
zones:
`, b.address), 1)
	site = strings.Replace(site, "annunciators:\n", "  - {id: idle, label: {zh: 停, en: Idle}, points: [back/flow.rate], when: {below: 1}, priority: 3}\nannunciators:\n", 1)
	b.start()
	names := []string{"flow", "back"}
	for _, name := range names {
		must(t, b.PutMap(t.Context(), "own/"+name, flow("0.1"), "li"))
	}
	must(t, b.PutSite(t.Context(), []byte(site), "li", 0))
	b.end()
	must(t, os.RemoveAll(filepath.Dir(b.file("flow.yaml"))))
	b.start()
	b.guards()
	for _, name := range names {
		peertest.Eventually(t, "the device's trouble", func() bool { return b.stands("device/" + name) })
	}
	for _, name := range names {
		must(t, b.PutMap(t.Context(), "own/"+name, flow("0.1"), "li"))
		b.reads(point.Name(name+"/flow.rate"), "501")
		peertest.Eventually(t, "the end of the trouble", func() bool { return !b.stands("device/" + name) })
	}
}
