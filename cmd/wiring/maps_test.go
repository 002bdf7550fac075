package wiring

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"watchbox/drivers/gpio/gpiotest"
	"watchbox/drivers/maps"
	"watchbox/drivers/modbus/modbustest"
	"watchbox/drivers/peertest"
	"watchbox/firmware/app"
	"watchbox/firmware/backup"
	"watchbox/firmware/config"
	"watchbox/firmware/engine"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/store"
)

// flowMeter is a map that a person wrote; the scale is to be filled in.
const flowMeter = `version: 1
label: {zh: 流量计, en: Flow meter}
identity: {zh: 保持寄存器 10 为流量, en: holding register 10 is the flow}
source: compared with the panel
confidence: captured
periods: {measure: 200ms}
points:
  - {holding: 10, item: flow.rate, label: {zh: 流量, en: Flow}, scale: %s, unit: m}
`

// labSite has a panic button, a flow meter by an own map, and a transmitter by one that
// is linked in.
const labSite = `version: 1
id: lab
board: sim
rooms:
  - {id: oc, label: {zh: 中心, en: Centre}}
inputs:
  - {terminal: DI1, point: oc/panic, rest: open, room: oc}
outputs:
  - {terminal: DO1, point: oc/siren, room: oc}
devices:
  - {id: flow, driver: modbus-tcp, address: "%[1]s", unit: 1, map: %[2]s, room: oc}
  - {id: th, driver: modbus-tcp, address: "%[1]s", unit: 2, map: xymd02, period: 1s, room: oc}
zones:
  - {id: panic, label: {zh: 紧急, en: Panic}, input: oc/panic, type: panic, room: oc}
alarms:
  - {id: dry, label: {zh: 断流, en: Dry}, points: [flow/flow.rate], when: {below: 1}, priority: 3}
annunciators:
  - {id: siren, kind: sounder, output: oc/siren, class: [alarm], upto: 2, cut-off: 5m}
`

// lab is a whole box with its real drivers, on this machine.
type lab struct {
	*testing.T
	*app.App
	room    *gpiotest.Server
	address string // of the Modbus server
	dir     string
	code    chan string // of the set-up
	extra   func(*app.Options)
	end     func()
}

// newLab is a lab whose devices answer at the address; its box does not run yet. The
// first site has no device by an own map.
func newLab(t *testing.T, address string) *lab {
	t.Helper()
	sim := t.TempDir()
	t.Setenv("WATCHBOX_SIM", sim)
	l, err := net.Listen("unix", filepath.Join(sim, "gpio.sock"))
	if err != nil {
		t.Fatal(err)
	}
	b := &lab{T: t, room: gpiotest.Serve(l), address: address, dir: t.TempDir(), code: make(chan string, 1), extra: func(*app.Options) {}}
	t.Cleanup(func() { b.room.Close() })
	first := strings.Replace(b.site("xymd02"), "flow/flow.rate", "flow/ambient.temperature", 1)
	if err := os.WriteFile(filepath.Join(b.dir, "site.yaml"), []byte(first), 0o600); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *lab) site(flow string) string { return fmt.Sprintf(labSite, b.address, flow) }
func (b *lab) file(name string) string { return filepath.Join(b.dir, "data", "maps", name) }

// start runs the box until end, or the end of the test.
func (b *lab) start() {
	b.Helper()
	data, began := filepath.Join(b.dir, "data"), time.Now()
	builder, err := New(data)
	if err != nil {
		b.Fatal(err)
	}
	options := app.Options{SitePath: filepath.Join(b.dir, "site.yaml"), DataDir: data, Builder: builder, Maps: builder.Maps(),
		SecretsDir: filepath.Join(data, "secrets"), Log: func(string, ...any) {}, Again: func(string) {},
		SetupCode: func(code string) {
			select {
			case b.code <- code:
			default:
			}
		},
		Clock: func() point.Instant {
			return point.Instant{Boot: "lab", Mono: time.Since(began) + time.Hour, Wall: time.Now(), Clock: point.ClockRTC}
		}}
	b.extra(&options)
	box, problems, err := app.New(options)
	if err != nil {
		b.Fatal(err, problems)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended, ready := make(chan error, 1), make(chan struct{})
	go func() { ended <- box.Run(ctx, func() {}, func() { close(ready) }) }()
	select {
	case <-ready:
	case err := <-ended:
		b.Fatal(err)
	}
	b.App = box
	var once bool
	b.end = func() {
		if !once {
			once = true
			stop()
			<-ended
		}
	}
	b.Cleanup(b.end)
}

// reads waits until the point has that value.
func (b *lab) reads(name point.Name, want string) {
	b.Helper()
	peertest.Eventually(b, string(name)+" = "+want, func() bool {
		e, known := b.View().Points.Get(name)
		return known && e.Last.Quality.Usable() && e.Last.Value.String() == want
	})
}

func (b *lab) device(id string) (found engine.DeviceView) {
	for _, d := range b.View().Devices {
		if d.ID == id {
			found = d
		}
	}
	return found
}

func (b *lab) stands(key string) (is bool) {
	for _, a := range b.View().Alarms {
		is = is || a.Key == key && a.Active
	}
	return is
}

// guards presses the panic button, hears the siren, and lets all be as before.
func (b *lab) guards() {
	b.Helper()
	b.room.Set("DI1", true)
	peertest.Eventually(b, "the siren", func() bool { return b.room.Level("DO1") })
	b.room.Set("DI1", false)
	peertest.Eventually(b, "acknowledge and reset", func() bool {
		b.Do(b.Context(), engine.Command{Verb: engine.Acknowledge, Target: "zone/panic", Actor: "li"})
		b.Do(b.Context(), engine.Command{Verb: engine.Reset, Target: "zone/panic", Actor: "li"})
		return !b.room.Level("DO1") && !b.stands("zone/panic")
	})
}

// served is a fake slave on a TCP port.
func served(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	plant := modbustest.New()
	plant.Unit(1).Set(maps.Holding, 10, 5010)
	plant.Unit(2).Set(maps.Input, 1, 231, 456)
	plant.Unit(1).Set(maps.Input, 1, 231, 456)
	done := make(chan struct{})
	go func() { defer close(done); plant.ServeTCP(l) }()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String()
}

func flow(scale string) []byte { return fmt.Appendf(nil, flowMeter, scale) }

// TestAnOwnMapComesIntoForceAndChangesWithoutARestart: uploaded, named, used, altered,
// and each step told with who.
func TestAnOwnMapComesIntoForceAndChangesWithoutARestart(t *testing.T) {
	b := newLab(t, served(t))
	b.start()
	b.reads("th/ambient.temperature", "23.1")
	ctx := t.Context()
	err := b.PutSite(ctx, []byte(b.site("own/flow")), "li", 0)
	if err == nil || !strings.Contains(err.Error(), "site.yaml:11:78: devices[0].map: read own/flow") || !strings.Contains(err.Error(), "watchbox map put flow FILE.yaml; this box has none yet") || strings.Contains(err.Error(), "flow.rate") {
		t.Fatalf("a map that is not there: %v", err)
	}
	must(t, b.PutMap(ctx, "own/flow", flow("0.1"), "li"))
	must(t, b.PutSite(ctx, []byte(b.site("own/flow")), "li", 0))
	b.reads("flow/flow.rate", "501")
	peertest.Eventually(t, "the device with its provenance", func() bool {
		meter := b.device("flow")
		return meter.Map == "own/flow" && meter.Source == "compared with the panel" && meter.Trust.En == "1 point (1 captured)" && strings.HasPrefix(meter.Trust.Zh, "1 个点") && !meter.Template
	})
	polls := b.device("th").Polls
	must(t, b.PutMap(ctx, "own/flow", flow("0.01"), "wang"))
	b.reads("flow/flow.rate", "50.1")
	if b.device("th").Polls < polls {
		t.Error("the other device did not live on")
	}

	// With this one the rule of the site would have no point.
	other := strings.Replace(string(flow("0.01")), "flow.rate", "flow.speed", 1)
	if err := b.PutMap(ctx, "own/flow", []byte(other), "li"); !errors.Is(err, app.ErrSite) || !strings.Contains(err.Error(), "flow/flow.rate") {
		t.Errorf("a map with which the site does not pass: %v", err)
	}
	if err := b.PutMap(ctx, "own/flow", []byte(strings.Replace(other, "unit: m", "unit: ft", 1)), "li"); !errors.Is(err, config.ErrMap) || !strings.Contains(err.Error(), "own/flow.yaml:8:") {
		t.Errorf("a map with a fault: %v", err)
	}
	if text, err := b.MapText("own/flow"); err != nil || string(text) != string(flow("0.01")) {
		t.Errorf("what was refused changed something: %v %s", err, text)
	}
	if err := b.RemoveMap(ctx, "own/flow", "li"); err == nil || !strings.Contains(err.Error(), "In use by flow") {
		t.Errorf("remove what is in use: %v", err)
	}
	b.told("map/own/flow", "wang", "li")

	// An older site file does not use it; then it may go, and the newer one says so.
	must(t, b.RestoreSite(ctx, 1, "li"))
	must(t, b.RemoveMap(ctx, "own/flow", "li"))
	if err := b.RestoreSite(ctx, 2, "li"); err == nil || !strings.Contains(err.Error(), "devices[0].map: read own/flow, allowed an own map that was uploaded before") {
		t.Errorf("restore of a site whose map was removed: %v", err)
	}
	if _, err := os.Stat(b.file("flow.yaml")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is there: %v", err)
	}
}

// told wants the newest records about the subject to be by these, newest first.
func (b *lab) told(subject string, actors ...string) {
	b.Helper()
	var by []string
	peertest.Eventually(b, "the records", func() bool {
		records, err := b.Events(b.Context(), store.EventQuery{Types: []event.Type{event.ConfigApplied}, Limit: 100})
		must(b.T, err)
		by = nil
		for _, r := range records {
			if r.Subject == subject {
				by = append(by, r.Actor)
			}
		}
		return len(by) >= len(actors)
	})
	if strings.Join(by, " ") != strings.Join(actors, " ") {
		b.Errorf("changed by %v, want %v", by, actors)
	}
}

// TestALostMapCostsItsDeviceAndNothingElse: the file is damaged, or gone, when the box
// starts. The device is in trouble and says why; the panic button rings, and the other
// device is read. The map uploaded again, all is well without a restart.
func TestALostMapCostsItsDeviceAndNothingElse(t *testing.T) {
	for name, spoil := range map[string]func(file string) error{
		"damaged": func(file string) error {
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			text[len(text)/2] ^= 1
			return os.WriteFile(file, text, 0o600)
		},
		"empty":      func(file string) error { return os.Truncate(file, 0) },
		"gone":       os.Remove,
		"unreadable": func(file string) error { return errors.Join(os.Remove(file), os.Mkdir(file, 0o700)) },
	} {
		t.Run(name, func(t *testing.T) {
			b := newLab(t, served(t))
			b.start()
			must(t, b.PutMap(t.Context(), "own/flow", flow("0.1"), "li"))
			must(t, b.PutMap(t.Context(), "own/spare", flow("1"), "li"))
			must(t, b.PutSite(t.Context(), []byte(b.site("own/flow")), "li", 0))
			b.reads("flow/flow.rate", "501")
			b.end()
			must(t, spoil(b.file("flow.yaml")))
			b.start()
			b.guards()
			b.reads("th/ambient.temperature", "23.1")
			peertest.Eventually(t, "the device's trouble", func() bool { return b.stands("device/flow") })
			for _, a := range b.View().Alarms {
				if a.Key == "device/flow" && (!strings.Contains(a.Instruction.Zh, "flow 的设备点表 own/flow 不能用") || !strings.Contains(a.Instruction.Zh, "“设置 → 设备点表”") || !strings.Contains(a.Instruction.En, "watchbox map put flow FILE") || a.Label.Zh != "flow 缺设备点表") {
					t.Errorf("to be done: %+v %+v", a.Label, a.Instruction)
				}
				if a.Key == "device/flow" && (!strings.Contains(a.ValueText.Zh, "设备点表 own/flow") || !strings.Contains(a.ValueText.En, "upload it again")) {
					t.Errorf("the trouble says %+v", a.ValueText)
				}
			}
			if b.stands("box/config") || b.stands("device/th") {
				t.Error("it costs more than its device")
			}
			peertest.Eventually(t, "the device's error", func() bool {
				d := b.device("flow")
				return strings.Contains(d.Error, "map own/flow") && strings.HasPrefix(d.Reason.Zh, "设备点表 own/flow ")
			})
			if name == "unreadable" {
				must(t, os.Remove(b.file("flow.yaml")))
			}
			must(t, b.PutMap(t.Context(), "own/flow", flow("0.1"), "li"))
			b.reads("flow/flow.rate", "501")
			peertest.Eventually(t, "the end of the trouble", func() bool { return !b.stands("device/flow") })
		})
	}
}

// TestABackupBringsItsOwnMaps to another box, which has others.
func TestABackupBringsItsOwnMaps(t *testing.T) {
	address := served(t)
	b := newLab(t, address)
	b.start()
	ctx := t.Context()
	must(t, b.PutMap(ctx, "own/flow", flow("0.1"), "li"))
	must(t, b.PutSite(ctx, []byte(b.site("own/flow")), "li", 0))
	_, err := b.Persons().SetUp(ctx, <-b.code, "chief", "long enough")
	must(t, err)
	file, err := b.Backup(ctx, "a long passphrase", "li")
	must(t, err)
	b.end()

	other := newLab(t, address)
	other.start()
	content, err := backup.Open(file, "a long passphrase")
	must(t, err)
	for name, text := range map[string]string{"../../site": "x", "Flow": "x", "large": strings.Repeat("#", config.OwnMapMost+1)} {
		bad := content
		bad.Maps = map[string][]byte{"flow": flow("0.1"), name: []byte(text)}
		forged, err := backup.Seal(bad, "a long passphrase")
		must(t, err)
		if err := other.Restore(ctx, forged, "a long passphrase", "wang"); err == nil {
			t.Errorf("restored an own map %q of %d bytes", name, len(text))
		}
	}
	bad := content
	bad.Maps = nil
	forged, err := backup.Seal(bad, "a long passphrase")
	must(t, err)
	if err := other.Restore(ctx, forged, "a long passphrase", "wang"); err != nil {
		t.Errorf("a backup of a box that had lost a map: %v", err)
	}
	must(t, other.PutMap(ctx, "own/stray", flow("1"), "wang"))
	must(t, other.Restore(ctx, file, "a long passphrase", "wang"))
	other.end()
	other.start()
	other.reads("flow/flow.rate", "501")
	if list := other.Maps(); !list[0].Own || list[0].Name != "own/flow" || list[1].Own {
		t.Errorf("%+v", list[:2])
	}
}

// TestWhatIsRefusedOfAnOwnMap: its name, its size, their number; and a change under a
// site file that is on trial.
func TestWhatIsRefusedOfAnOwnMap(t *testing.T) {
	b := newLab(t, served(t))
	b.start()
	ctx := t.Context()
	for name, code := range map[string]string{"flow": "bad-map-name", "own/": "bad-map-name", "own/../x": "bad-map-name", "own/Flow": "bad-map-name", "xymd02": "bad-map-name"} {
		b.refuses(b.PutMap(ctx, name, flow("1"), "li"), code)
	}
	b.refuses(b.PutMap(ctx, "own/flow", append(flow("1"), make([]byte, config.OwnMapMost)...), "li"), "map-too-large")
	for _, name := range []string{"own/flow", "xymd02", "own/../accepted-site"} {
		if err := b.RemoveMap(ctx, name, "li"); !errors.Is(err, config.ErrNoMap) {
			t.Errorf("remove %s: %v", name, err)
		}
	}
	for n := range config.OwnMapsMost {
		must(t, b.PutMap(ctx, fmt.Sprint("own/m", n), flow("1"), "li"))
	}
	b.refuses(b.PutMap(ctx, "own/flow", flow("1"), "li"), "too-many-maps")
	must(t, b.PutMap(ctx, "own/m0", flow("0.1"), "li"))
	must(t, b.PutSite(ctx, []byte(b.site("own/m0")), "li", 10*time.Minute))
	b.reads("flow/flow.rate", "501")
	b.refuses(b.PutMap(ctx, "own/m0", flow("1"), "li"), "site-on-trial")
	b.refuses(b.RemoveMap(ctx, "own/m0", "li"), "map-in-use")
	must(t, b.PutMap(ctx, "own/m1", flow("0.1"), "li"))
	must(t, b.ConfirmSite(ctx, "li"))
	must(t, b.PutMap(ctx, "own/m0", flow("1"), "li"))
	b.reads("flow/flow.rate", "5010")
}

// TestADiskThatTakesNoMap, or has lost the site file, is told as what it is.
func TestADiskThatTakesNoMap(t *testing.T) {
	b := newLab(t, served(t))
	b.start()
	ctx := t.Context()
	must(t, os.WriteFile(filepath.Dir(b.file("x")), nil, 0o600))
	b.refuses(b.PutMap(ctx, "own/flow", flow("1"), "li"), "map-not-written")
	if _, err := b.MapText("own/flow"); !errors.Is(err, config.ErrNoMap) {
		t.Errorf("it is there: %v", err)
	}
	must(t, os.Remove(filepath.Dir(b.file("x"))))
	must(t, b.PutMap(ctx, "own/flow", flow("0.1"), "li"))
	must(t, b.PutSite(ctx, []byte(b.site("own/flow")), "li", 0))
	must(t, os.Remove(filepath.Join(b.dir, "data", config.AcceptedFile)))
	must(t, b.PutMap(ctx, "own/flow", flow("0.1"), "li")) // the history has it too
	must(t, os.RemoveAll(filepath.Join(b.dir, "data", "site-history")))
	b.refuses(b.PutMap(ctx, "own/flow", flow("1"), "li"), "no-accepted-site")
	b.reads("flow/flow.rate", "501")
}

func (b *lab) refuses(err error, code string) {
	b.Helper()
	var refused *app.Refusal
	if !errors.As(err, &refused) || refused.Code != code {
		b.Errorf("%v, want %s", err, code)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
