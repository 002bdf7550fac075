package wiring

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/config"
	"watchbox/firmware/dialout"
	"watchbox/firmware/driver"
	"watchbox/firmware/forward"
	"watchbox/firmware/point"
)

// secretive needs a secret in every place where one may stand.
const secretive = `version: 1
id: site
board: sim
rooms:
  - {id: oc}
inputs:
  - {terminal: DI1, point: oc/panic, rest: open, room: oc}
outputs:
  - {terminal: DO1, point: oc/siren, room: oc}
devices:
  - {id: core, driver: snmp, address: 192.0.2.1, room: oc, options: {version: "3", user: box, auth-password: "secret:auth", priv-password: "secret:priv"}}
  - {id: edge, driver: snmp, address: 192.0.2.2, room: oc, options: {community: "secret:community"}}
  - {id: open, driver: snmp, address: 192.0.2.3, room: oc, options: {community: public}}
zones:
  - {id: panic, input: oc/panic, type: panic, room: oc}
partitions:
  - {id: main}
cards:
  - {holder: Chief, number: "secret:card", doors: []}
alarms:
  - {id: down, label: {zh: 断, en: Down}, points: [core/if.1.in.errors], when: {above: 1}, priority: 3}
annunciators:
  - {id: siren, kind: sounder, output: oc/siren, class: [alarm], upto: 2}
contacts:
  - {id: duty, phone: "secret:phone", mail: "secret:mail"}
channels:
  - {id: sms, driver: modem, address: MODEM, options: {pin: "secret:pin"}}
  - {id: mail, driver: smtp, address: "mail.example:465", options: {user: box, password: "secret:mail-password", from: box@example.org}}
  - {id: gate, driver: sms-gateway, address: "secret:gate-address", options: {secret: "secret:gate"}}
dial-out:
  steps:
    - {contacts: [duty], channels: [sms, mail, gate]}
upstream:
  - {id: platform, driver: mqtt, address: "mqtts://far.example:8883", options: {password: "secret:broker"}}
  - {id: hook, driver: webhook, address: "secret:hook-address", options: {secret: "secret:hook"}}
`

var allLacking = []string{"auth", "broker", "card", "community", "gate", "gate-address", "hook", "hook-address", "mail", "mail-password", "phone", "pin", "priv"}

// A site whose secrets are all gone is refused, unless it is forgiven; then everything
// is fitted with its points, and what needs a secret never reaches a wire.
func TestWhatLacksASecretIsMute(t *testing.T) {
	none := func(string) (string, bool) { return "", false }
	if site, _ := config.LoadText("site.yaml", []byte(secretive), none); site != nil {
		t.Error("a site without its secrets is taken by a box that has its data")
	}
	site, problems := config.LoadText("site.yaml", []byte(secretive), config.Forgiving(none))
	if site == nil {
		t.Fatal(problems)
	}
	if got := site.Lacking(); !slices.Equal(got, allLacking) {
		t.Errorf("lacks %v", got)
	}
	if c := site.Reachable()[0]; c.Phone != "" || c.Mail != "" || site.Contacts[0].Phone == "" {
		t.Errorf("contact %+v", c)
	}
	t.Setenv("WATCHBOX_SIM", t.TempDir())
	b, err := New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w, problems := b.World(site)
	if problems = append(problems, config.Validate(site, w)...); config.Refused(problems) {
		t.Fatal(problems)
	}
	f, err := b.Build(site, func(config.Device) bool { return false }, deaf{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range f.Devices {
		if needs := config.LacksAny("", d.Spec.Options) != ""; needs != isMute(t, d.Device) {
			t.Errorf("device %s: needs a secret that is not there %v", d.Spec.ID, needs)
		}
	}
	for id, c := range f.Channels {
		if _, retry, err := c.Send(t.Context(), dialout.Message{To: "x"}); retry || !lacking(err) || !strings.Contains(err.Error(), id) {
			t.Errorf("channel %s: %v", id, err)
		}
	}
	for id, p := range f.Paths {
		if err := p.Send(t.Context(), nil); !lacking(err) || !strings.Contains(err.Error(), id) {
			t.Errorf("upstream %s: %v", id, err)
		}
		if _, beats := p.(forward.Beater); beats {
			t.Errorf("upstream %s beats", id)
		}
	}
	if len(f.Channels) != 3 || len(f.Paths) != 2 {
		t.Errorf("%d channels, %d paths", len(f.Channels), len(f.Paths))
	}
	for _, name := range []point.Name{"core/if.1.in.errors", "edge/if.1.in.errors", "sms/signal"} {
		if !slices.Contains(w.Points, name) {
			t.Errorf("nobody describes %s", name)
		}
	}
}

func lacking(err error) bool {
	var secret config.LackedSecret
	return errors.As(err, &secret) && slices.Contains(allLacking, string(secret))
}

// isMute asks the device, where it is mute, as scan would.
func isMute(t *testing.T, d driver.Device) bool {
	t.Helper()
	switch d.(type) {
	case mute, muteModem:
	default:
		return false
	}
	if _, writes := d.(driver.Writer); writes {
		t.Error("it can be written to")
	}
	if _, watches := d.(driver.Watcher); watches {
		t.Error("it watches")
	}
	blocks := d.(driver.Poller).Blocks()
	err := d.(driver.Poller).Poll(t.Context(), 0, func(point.Sample) { t.Error("it read something") })
	return lacking(err) && len(blocks) == 1 && len(blocks[0].Points) == len(d.Describe()) && len(blocks[0].Points) > 0 && blocks[0].Period > time.Second
}

// With its secrets in their place nothing is mute.
func TestWithItsSecretsNothingIsMute(t *testing.T) {
	known := func(name string) (string, bool) {
		switch name {
		case "pin":
			return "1234", true
		case "phone":
			return "+8613800000001", true
		case "mail":
			return "a@example.org", true
		case "hook-address", "gate-address":
			return "https://far.example/x", true
		}
		return "a-secret-of-some-length", true
	}
	site, problems := config.LoadText("site.yaml", []byte(secretive), config.Forgiving(known))
	if site == nil {
		t.Fatal(problems)
	}
	for _, d := range site.Devices {
		if config.LacksAny(d.Address, d.Options) != "" {
			t.Errorf("device %s is mute", d.ID)
		}
	}
	if got := site.Lacking(); len(got) > 0 || site.Reachable()[0].Phone == "" {
		t.Errorf("lacks %v", got)
	}
}
