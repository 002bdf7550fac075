package wiring

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"watchbox/drivers/peertest"
	"watchbox/firmware/alarm"
	"watchbox/firmware/app"
	"watchbox/firmware/config"
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

// TestABoxWithoutDataWhoseSiteNamesOwnMaps has lost maps and secrets: it guards by the
// site file that was kept, and says what of it does not work. A map that is put there
// again works.
func TestABoxWithoutDataWhoseSiteNamesOwnMaps(t *testing.T) {
	b := newLab(t, served(t))
	site := strings.Replace(b.site("own/flow"), "zones:\n", `  - {id: edge, driver: snmp, address: 127.0.0.1, room: oc, options: {community: "secret:edge"}}
zones:
`, 1)
	must(t, os.WriteFile(filepath.Join(b.dir, "site.yaml"), []byte(site), 0o600))
	at := time.Date(2026, 3, 1, 6, 5, 0, 0, time.UTC)
	b.extra = func(o *app.Options) {
		o.Secrets = config.Forgiving(func(string) (string, bool) { return "", false })
		o.Machine = app.Machine{Lost: errors.New("disk died"), Kept: &at}
	}
	b.start()
	b.guards()
	b.reads("th/ambient.temperature", "23.1")
	said := func(key, zh, en string) {
		t.Helper()
		peertest.Eventually(t, "what "+key+" says", func() bool {
			return slices.ContainsFunc(b.View().Alarms, func(a *alarm.Alarm) bool {
				return a.Key == key && a.Active && strings.Contains(a.ValueText.Zh, zh) && strings.Contains(a.ValueText.En, en)
			})
		})
	}
	said("box/data", "缺密码：edge", "guards by the site file accepted 2026-03-01")
	said("device/flow", "own/flow 不在本机上，请重新上传", "own/flow is not on this box: upload it again")
	said("device/edge", "缺密码 edge", "secret edge is missing")
	if b.stands("box/config") {
		t.Error("the site file is refused")
	}
	must(t, b.PutMap(t.Context(), "own/flow", flow("0.1"), "li"))
	b.reads("flow/flow.rate", "501")
	peertest.Eventually(t, "the end of the trouble", func() bool { return !b.stands("device/flow") })
}

// TestAMapIsPutAfterAFallBack: later firmware accepted a site file that this one does not
// understand. The box runs on the newest of its history, and a map of that is corrected.
func TestAMapIsPutAfterAFallBack(t *testing.T) {
	b := newLab(t, served(t))
	b.start()
	must(t, b.PutMap(t.Context(), "own/flow", flow("0.1"), "li"))
	must(t, b.PutSite(t.Context(), []byte(b.site("own/flow")), "li", 0))
	b.reads("flow/flow.rate", "501")
	b.end()
	later := []byte("version: 9\nid: lab\n")
	must(t, os.WriteFile(filepath.Join(b.dir, "site.yaml"), later, 0o600))
	must(t, config.SaveAccepted(filepath.Join(b.dir, "data"), later))
	b.start()
	b.guards()
	b.reads("flow/flow.rate", "501")
	if !b.stands("box/config") {
		t.Error("nobody is told of the later site file")
	}
	must(t, b.PutMap(t.Context(), "own/flow", flow("0.01"), "li"))
	b.reads("flow/flow.rate", "50.1")
	if text, err := config.LoadAccepted(filepath.Join(b.dir, "data")); err != nil || string(text) != string(later) {
		t.Errorf("the later firmware finds %.20q, %v", text, err)
	}
	if err := b.RemoveMap(t.Context(), "own/flow", "li"); err == nil {
		t.Error("a map that is in use is removed")
	}
}

// TestADeviceWhoseMapIsBackMayBeSilent: the trouble goes on for another reason, and says so.
func TestADeviceWhoseMapIsBackMayBeSilent(t *testing.T) {
	b := newLab(t, served(t))
	b.start()
	must(t, b.PutMap(t.Context(), "own/flow", flow("0.1"), "li"))
	must(t, b.PutSite(t.Context(), []byte(b.site("own/flow")), "li", 0))
	b.end()
	must(t, os.Remove(b.file("flow.yaml")))
	site, err := os.ReadFile(filepath.Join(b.dir, "site.yaml"))
	must(t, err)
	silent := strings.Replace(string(site), fmt.Sprintf("address: %q, unit: 1", b.address), `address: "127.0.0.1:1", unit: 1`, 1)
	must(t, os.WriteFile(filepath.Join(b.dir, "site.yaml"), []byte(silent), 0o600))
	b.start()
	says := func(raised, now string) {
		t.Helper()
		peertest.Eventually(t, "raised with "+raised+", now "+now, func() bool {
			return slices.ContainsFunc(b.View().Alarms, func(a *alarm.Alarm) bool {
				return a.Key == "device/flow" && a.Active && strings.Contains(a.ValueText.En, raised) && a.Now.En == now
			})
		})
	}
	says("own/flow is not on this box", "")
	must(t, b.PutMap(t.Context(), "own/flow", flow("0.1"), "li"))
	says("own/flow is not on this box", "wire or network is cut")
}
