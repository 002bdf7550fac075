package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gosnmp/gosnmp"

	"watchbox/cmd/fieldsim/room"
	"watchbox/cmd/wiring"
	"watchbox/drivers/access"
	"watchbox/drivers/gpio"
	"watchbox/drivers/ledwall"
	"watchbox/drivers/modem"
	"watchbox/drivers/serial"
	"watchbox/drivers/smtp"
	"watchbox/firmware/annunciate"
	"watchbox/firmware/config"
	"watchbox/firmware/dialout"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// samples keeps what drivers tell.
type samples struct {
	mutex sync.Mutex
	last  map[point.Name]point.Sample
}

func (s *samples) emit(p point.Sample) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.last == nil {
		s.last = map[point.Name]point.Sample{}
	}
	s.last[p.Point] = p
}

func (s *samples) of(name point.Name) point.Sample {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.last[name]
}

// box makes the devices of the site's own site.yaml as the daemon does.
func box(t *testing.T, f *field) map[string]driver.Device {
	t.Helper()
	t.Setenv("WATCHBOX_SIM", f.dir)
	secrets, err := config.SecretsFrom(f.secrets)
	if err != nil {
		t.Fatal(err)
	}
	site, problems := config.Load(filepath.Join(f.dir, "site.yaml"), secrets)
	if site == nil {
		t.Fatal(problems)
	}
	builder, err := wiring.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	world, more := builder.World(site)
	for _, p := range append(append(problems, more...), config.Validate(site, world)...) {
		t.Error(p)
	}
	fittings, err := builder.Build(site, func(config.Device) bool { return false }, make(inbox, 4))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]driver.Device{}
	for _, d := range fittings.Devices {
		all[d.Spec.ID] = d.Device
	}
	return all
}

// poll reads every block of a device once.
func poll(t *testing.T, d driver.Device, s *samples) error {
	t.Helper()
	poller, ok := d.(driver.Poller)
	if !ok {
		t.Fatalf("%T is not asked", d)
	}
	for i := range poller.Blocks() {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		err := poller.Poll(ctx, i, s.emit)
		cancel()
		if err != nil {
			return err
		}
	}
	return nil
}

// answers polls a device, again where a busy machine made it late.
func answers(t *testing.T, name string, d driver.Device, s *samples) {
	t.Helper()
	var err error
	for range 10 {
		if err = poll(t, d, s); err == nil {
			return
		}
	}
	t.Errorf("%s: %v", name, err)
}

func TestWholeSiteAnswersTheBoxsOwnDrivers(t *testing.T) {
	f := begin(t)
	do(t, f, "ac fault airflow", "battery 4 out", "port ge1 down", "speed 0")
	devices := box(t, f)
	var s samples
	for _, name := range []string{"ups1", "ups4", "ac1", "th1", "th2", "meter1", "switch1", "firewall1", "upscard", "terminals"} {
		if devices[name] == nil {
			t.Fatalf("%s is not in site.yaml", name)
		}
		answers(t, name, devices[name], &s)
	}
	look := f.room.Look()
	cold, _ := look.ColdAisle()
	for name, want := range map[point.Name]float64{
		"ups1/input.voltage": look.Volts, "ups1/battery.charge": 100, "ups1/output.realpower": 4200, "ups1/battery.runtime": 8 / 4.2 * 3600,
		"th1/ambient.temperature": cold, "meter1/input.l1-n.voltage": look.Volts, "meter1/energy.import": look.Energy,
		"meter1/input.realpower": look.Power * 1000, "upscard/battery.charge": 100, "ac1/return.temperature": look.Temperature,
	} {
		if got, is := s.of(name).Value.Float(); !is || got < want*0.97-0.6 || got > want*1.03+0.6 {
			t.Errorf("%s is %v %v, want %.1f", name, s.of(name).Value, s.of(name).Quality, want)
		}
	}
	for name, want := range map[point.Name]bool{"ac1/alarm": true, "ac1/alarm.airflow": true, "ac1/alarm.high-pressure": false,
		"ups1/alarm": false, "ups4/alarm.battery-disconnected": true, "oc/panic": false} {
		if v := s.of(name); v.Value.Truth() != want || !v.Quality.Usable() {
			t.Errorf("%s is %v %v, want %v", name, v.Value, v.Quality, want)
		}
	}
	if v := s.of("switch1/if.ge1.status").Value.String(); v != "2" {
		t.Errorf("port ge1 is %q, want 2, down; there are %v", v, s.last)
	}
}

func TestSlavesMisbehaveAndTheBusCanBeCut(t *testing.T) {
	f := begin(t)
	th := box(t, f)["th1"]
	var s samples
	try := func() error { return poll(t, th, &s) }
	answers(t, "th1", th, &s)
	for _, word := range []string{"silent", "wrong", "short", "exception"} {
		do(t, f, "slave th1 "+word)
		if try() == nil {
			t.Errorf("%s was not noticed", word)
		}
	}
	for _, word := range []string{"foreign", "noise", "ok"} {
		do(t, f, "slave th1 "+word)
		within(t, word+" is stepped over", func() bool { return try() == nil })
	}
	do(t, f, "bus cut")
	if try() == nil {
		t.Error("a cut bus answers")
	}
	do(t, f, "bus join")
	within(t, "the bus answers again", func() bool { return try() == nil })
}

func TestSwitchCountsAndCanBeSwitchedOff(t *testing.T) {
	f := begin(t)
	g := gosnmp.GoSNMP{Target: "127.0.0.1", Port: port16(t, f.at.Switch), Community: "public", Version: gosnmp.Version2c,
		Timeout: 300 * time.Millisecond, MaxOids: 10}
	if err := g.Connect(); err != nil {
		t.Fatal(err)
	}
	defer g.Conn.Close()
	octets := func() uint64 {
		answer, err := g.Get([]string{".1.3.6.1.2.1.31.1.1.1.6.1"})
		if err != nil {
			return 0
		}
		return gosnmp.ToBigInt(answer.Variables[0].Value).Uint64()
	}
	var first uint64
	within(t, "a first count", func() bool { first = octets(); return first > 0 })
	within(t, "the counter rises", func() bool { return octets() > first })
	do(t, f, "switch off")
	if n := octets(); n != 0 {
		t.Errorf("a switch without power says %d", n)
	}
	do(t, f, "switch on")
	within(t, "the switch is back", func() bool { return octets() > 0 })
}

func port16(t *testing.T, address string) uint16 {
	t.Helper()
	_, p, _ := strings.Cut(address, ":")
	n := 0
	for _, c := range p {
		n = n*10 + int(c-'0')
	}
	return uint16(n)
}

func TestContactsBounceAndTheStrikeFreesTheDoor(t *testing.T) {
	f := begin(t)
	room := gpio.NewSim(filepath.Join(f.dir, "gpio.sock"), []gpio.Line{{Terminal: "DI1"}, {Terminal: "DI6"}, {Terminal: "DO4", Output: true}})
	defer room.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := room.Inputs(ctx, []gpio.Claim{{Terminal: "DI1"}, {Terminal: "DI6", Debounce: 10 * time.Millisecond}}); err != nil {
		t.Fatal(err)
	}
	if err := room.Outputs(ctx, []gpio.Claim{{Terminal: "DO4"}}); err != nil {
		t.Fatal(err)
	}
	do(t, f, "press panic", "door open")
	edges := map[string]int{}
	level := map[string]bool{"DI1": true, "DI6": true} // both are closed at rest
	for edges["DI1"] < bounces+1 || edges["DI6"] < 1 {
		e, err := room.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		edges[e.Terminal]++
		level[e.Terminal] = e.Level
	}
	if level["DI1"] || level["DI6"] || edges["DI6"] != 1 {
		t.Errorf("edges %v, levels %v", edges, level)
	}
	if !forced(f) {
		t.Error("a locked door opened without force")
	}
	do(t, f, "door close")
	if err := room.Set(ctx, "DO4", true); err != nil {
		t.Fatal(err)
	}
	before := len(f.diary.lines())
	do(t, f, "door open")
	for _, h := range f.diary.lines()[before:] {
		if strings.Contains(h.En, "forced") {
			t.Error("the released door was forced")
		}
	}
	if s := f.look(); !s.Outputs["strike"] || !s.DoorFree || s.Outputs["siren"] {
		t.Errorf("outputs %v, free %v", s.Outputs, s.DoorFree)
	}
}

func forced(f *field) bool {
	for _, h := range f.diary.lines() {
		if strings.Contains(h.En, "forced") {
			return true
		}
	}
	return false
}

func TestExitButtonAndFirePanelFreeTheDoorByWire(t *testing.T) {
	f := begin(t)
	if f.lines.free() {
		t.Fatal("the door is not locked")
	}
	do(t, f, "exit press")
	if !f.lines.free() {
		t.Error("the exit button does not free the door")
	}
	f.lines.mutex.Lock()
	f.lines.freeUntil = time.Time{}
	f.lines.mutex.Unlock()
	do(t, f, "fire on")
	if !f.lines.free() {
		t.Error("the fire panel does not free the door")
	}
}

// inbox hears replies.
type inbox chan dialout.Reply

func (inbox) Report(dialout.Report)   {}
func (i inbox) Reply(r dialout.Reply) { i <- r }

func TestMessagesGoOutAndComeIn(t *testing.T) {
	f := begin(t)
	replies := make(inbox, 4)
	m, err := modem.New(driver.Spec{Name: "sms"}, func() (driver.Port, error) {
		return serial.OpenPolled(filepath.Join(f.dir, "modem"), driver.Line{Baud: 115200})
	}, replies)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	watched := make(chan error, 1)
	go func() { watched <- m.Watch(ctx, func(point.Sample) {}) }()
	const text = "【财务机房】紧急报警：按钮按下。回复1确认"
	within(t, "the message is sent", func() bool {
		_, _, err := m.Send(ctx, dialout.Message{ID: "m1", To: "+8613800000001", Text: text, Priority: 1})
		return err == nil
	})
	sent := f.look().SMS
	if len(sent) == 0 || sent[0].Text != text || sent[0].To != "+8613800000001" || !sent[0].Complete {
		t.Errorf("sent %+v", sent)
	}
	do(t, f, "sms from +8613800000001 1 确认 好")
	select {
	case r := <-replies:
		if r.Text != "1 确认 好" {
			t.Errorf("reply %+v", r)
		}
	case <-ctx.Done():
		t.Error("the reply did not come")
	}
	cancel()
	<-watched
}

func TestCardReachesTheReader(t *testing.T) {
	f := begin(t)
	r, err := access.New(driver.Spec{Name: "reader1"}, func() (driver.Port, error) {
		return serial.OpenPolled(filepath.Join(f.dir, "reader1"), driver.Line{Baud: 9600})
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var s samples
	done := make(chan error, 1)
	go func() { done <- r.Watch(ctx, s.emit) }()
	within(t, "the reader is online", func() bool { return s.of("reader1/online").Value.Truth() })
	within(t, "the card is read", func() bool {
		do(t, f, "card 12345678")
		return s.of("reader1/card").Value.String() == "0012345678"
	})
	cancel()
	<-done
	for _, c := range []string{`"0012345678"`, `"0023456789"`} {
		if !strings.Contains(siteFile, c) {
			t.Errorf("site.yaml has no card %s", c)
		}
	}
}

func TestWallShowsItsPixels(t *testing.T) {
	f := begin(t)
	w, err := ledwall.NewSACN(f.at.Wall, 1, [16]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if c := f.look().Wall; len(c) != 0 {
		t.Errorf("a wall that nobody lights shows %v", c)
	}
	within(t, "two pixels", func() bool {
		if err := w.Show(t.Context(), annunciate.Frame{{R: 255}, {G: 90}}); err != nil {
			t.Fatal(err)
		}
		c := f.look().Wall
		return len(c) == 2 && c[0] == "#ff0000" && c[1] == "#005a00"
	})
}

func TestMailIsKept(t *testing.T) {
	f := begin(t)
	c, err := smtp.New("mail", f.at.Mail, map[string]string{"from": "watchbox@example.test", "security": "none"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if _, _, err := c.Send(ctx, dialout.Message{ID: "m", To: "duty@example.test", Subject: "紧急报警", Text: "按钮按下"}); err != nil {
		t.Fatal(err)
	}
	if got := f.look().Mail; len(got) != 1 || got[0].To != "duty@example.test" || got[0].Text != "紧急报警" {
		t.Errorf("mail %+v", got)
	}
}

// The UPS of the centre has a serial port too, and tells the same by it, once its
// line in site.yaml is no comment any more.
func TestTheUPSOfTheCentreSpeaksQ1(t *testing.T) {
	f := begin(t)
	file := filepath.Join(f.dir, "site.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), "  # - {id: ups5,", "  - {id: ups5,", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	do(t, f, "mains off")
	for range 100 {
		if f.room.Look().Centre.OnBattery {
			break
		}
		time.Sleep(pace)
	}
	do(t, f, "speed 0")
	d := box(t, f)["ups5"]
	if d == nil {
		t.Fatal("ups5 is not in site.yaml")
	}
	defer d.Close()
	var s samples
	answers(t, "ups5", d, &s)
	look := f.room.Look()
	for name, want := range map[point.Name]float64{
		"ups5/battery.voltage": look.Centre.BatteryVoltage(), "ups5/output.voltage": outputVolts, "ups5/ups.temperature": look.Centre.Temperature,
		"ups5/input.voltage": look.Volts, "ups5/ups.load": 100 * look.Centre.Load / room.Rating, "ups5/output.source": 3,
	} {
		if got, is := s.of(name).Value.Float(); !is || got < want-1 || got > want+1 {
			t.Errorf("%s is %v %v, want %.1f", name, s.of(name).Value, s.of(name).Quality, want)
		}
	}
}
