package snmp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"watchbox/drivers/snmp/snmptest"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// serve runs the agent on a loopback port for the test's time.
func serve(t testing.TB, a *snmptest.Agent) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- a.Serve(conn) }()
	t.Cleanup(func() {
		conn.Close()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return conn.LocalAddr().String()
}

func device(t testing.TB, address, maps string, options map[string]string) *Device {
	t.Helper()
	d, err := New(driver.Spec{Name: "core1", Room: "mr", Address: address, Map: maps, Options: options})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// pollAll polls every block and gives the last sample of each point.
func pollAll(t testing.TB, d *Device) map[point.Name]point.Sample {
	t.Helper()
	got := map[point.Name]point.Sample{}
	for i := range d.Blocks() {
		if err := poll(d, i, 5*time.Second, func(s point.Sample) { got[s.Point] = s }); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range d.Describe() {
		if _, ok := got[p.Name]; !ok {
			t.Errorf("%s was described and not read", p.Name)
		}
	}
	return got
}

func poll(d *Device, block int, limit time.Duration, emit driver.Emit) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return d.Poll(ctx, block, emit)
}

func want(t *testing.T, got map[point.Name]point.Sample, name point.Name, v point.Value) {
	t.Helper()
	if s := got[name]; s.Value != v || s.Quality != (point.Quality{}) {
		t.Errorf("%s: %v (%v), want %v", name, s.Value, s.Quality, v)
	}
}

func TestSystemAndNamedInterfaces(t *testing.T) {
	a := snmptest.New("secret")
	a.System("core-1", "Switch\r\nVersion 7", func() time.Duration { return 1234560 * time.Millisecond })
	for i, n := range []string{"lo", "GE1/0/1", "GE1/0/2"} {
		a.AddInterface(snmptest.Interface{Index: 10 + i, Name: n, In: func() uint64 { return 1<<40 + uint64(i) },
			Up: func() bool { return i != 2 }, InErrors: func() uint32 { return 7 }})
	}
	d := device(t, serve(t, a), "system+interfaces", map[string]string{"community": "secret", "interfaces": "GE1/0/2,GE1/0/9"})
	got := pollAll(t, d)
	want(t, got, "core1/system.name", point.OfText("core-1"))
	want(t, got, "core1/system.description", point.OfText("Switch  Version 7"))
	want(t, got, "core1/system.uptime", point.OfReal(1234.56))
	want(t, got, "core1/if.ge1-0-2.in.octets", point.OfCount(1<<40+2))
	want(t, got, "core1/if.ge1-0-2.in.errors", point.OfCount(7))
	want(t, got, "core1/if.ge1-0-2.status", point.OfInt(2))
	want(t, got, "core1/if.ge1-0-2.age", point.OfReal(1234.56))
	if q := got["core1/if.ge1-0-9.in.octets"].Quality; q != point.BadBecause(point.NotPresent) {
		t.Errorf("an interface that is not there is %v", q)
	}
	rates := d.Rates()
	if len(rates) != 8 || rates[0].Point != "core1/if.ge1-0-2.in.rate" || rates[0].Counter != "core1/if.ge1-0-2.in.octets" ||
		rates[0].Clock != "core1/if.ge1-0-2.age" || rates[0].Scale != 8 || rates[0].Unit != "bit/s" {
		t.Errorf("rates %+v", rates)
	}
	if _, largest := a.Requests(); largest > 1472 {
		t.Errorf("an answer of %d bytes", largest)
	}
}

func TestAutomaticInterfacesKeepTheirSlotOverARenumbering(t *testing.T) {
	a := snmptest.New("public")
	a.System("s", "d", func() time.Duration { return time.Hour })
	fill := func(shift int) {
		a.Remove(".1.3.6.1.2.1.2.2.1")
		a.Remove(".1.3.6.1.2.1.31.1.1.1")
		a.AddInterface(snmptest.Interface{Index: 1, Name: "lo"})
		for i := range 40 {
			a.AddInterface(snmptest.Interface{Index: shift + 100*i, Name: fmt.Sprint("ge", i), In: func() uint64 { return uint64(i) }})
		}
	}
	fill(2)
	d := device(t, serve(t, a), "interfaces", map[string]string{"interfaces": "auto 12"})
	got := pollAll(t, d)
	want(t, got, "core1/if.1.name", point.OfText("ge0"))
	want(t, got, "core1/if.12.name", point.OfText("ge11"))
	want(t, got, "core1/if.12.in.octets", point.OfCount(11))
	fill(5)
	pollAll(t, d) // notices
	got = pollAll(t, d)
	want(t, got, "core1/if.12.name", point.OfText("ge11"))
	want(t, got, "core1/if.12.in.octets", point.OfCount(11))
}

func TestAgeFallsWhenCountersJump(t *testing.T) {
	var up, jumped atomic.Int64
	up.Store(int64(1000 * time.Second))
	a := snmptest.New("public")
	a.System("s", "d", func() time.Duration { return time.Duration(up.Load()) })
	a.AddInterface(snmptest.Interface{Index: 1, Name: "e1", Jumped: func() time.Duration { return time.Duration(jumped.Load()) }})
	d := device(t, serve(t, a), "interfaces", map[string]string{"interfaces": "e1"})
	want(t, pollAll(t, d), "core1/if.e1.age", point.OfReal(1000))
	up.Store(int64(1060 * time.Second))
	jumped.Store(int64(1030 * time.Second))
	want(t, pollAll(t, d), "core1/if.e1.age", point.OfReal(30))
	up.Store(int64(1120 * time.Second))
	want(t, pollAll(t, d), "core1/if.e1.age", point.OfReal(90))
	up.Store(int64(2 * time.Second)) // restarted
	jumped.Store(0)
	want(t, pollAll(t, d), "core1/if.e1.age", point.OfReal(2))
}

func TestUPS(t *testing.T) {
	u := snmptest.UPS{Manufacturer: "某厂", Model: "X 10", OutputSource: 5, BatteryStatus: 3, MinutesRemaining: 12, Charge: 40,
		BatteryDecivolts: 2405, BatteryCelsius: 27, InputVolts: 0, InputDecihertz: 0, OutputVolts: 230, OutputDecihertz: 500, Load: 35, Alarms: 2}
	a := snmptest.New("public")
	a.AddUPS(func() snmptest.UPS { return u })
	d := device(t, serve(t, a), "ups-mib", nil)
	got := pollAll(t, d)
	want(t, got, "core1/output.source", point.OfInt(5))
	want(t, got, "core1/battery.status", point.OfInt(3))
	want(t, got, "core1/battery.runtime", point.OfReal(720))
	want(t, got, "core1/battery.charge", point.OfReal(40))
	want(t, got, "core1/battery.voltage", point.OfReal(240.5))
	want(t, got, "core1/battery.temperature", point.OfReal(27))
	want(t, got, "core1/input.voltage", point.OfReal(0))
	want(t, got, "core1/output.voltage", point.OfReal(230))
	want(t, got, "core1/output.frequency", point.OfReal(50))
	want(t, got, "core1/ups.load", point.OfReal(35))
	want(t, got, "core1/ups.alarms", point.OfInt(2))
	want(t, got, "core1/ups.mfr", point.OfText("某厂"))
	a.Set(".1.3.6.1.2.1.33.1.2.4.0", snmptest.Integer(-1))
	a.Set(".1.3.6.1.2.1.33.1.2.7.0", snmptest.Text("hot"))
	got = pollAll(t, d)
	if q := got["core1/battery.charge"].Quality; q != point.BadBecause(point.OutOfRange) {
		t.Errorf("a charge of -1 %% is %v", q)
	}
	if q := got["core1/battery.temperature"].Quality; q != point.BadBecause(point.DeviceFault) {
		t.Errorf("a temperature that is a text is %v", q)
	}
}

func TestFaultsHaveTheirClass(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault snmptest.Fault
		class error
	}{
		{"silent", snmptest.Silent, driver.ErrTimeout}, {"garbage then answer", snmptest.Garbage, nil},
		{"garbage only", snmptest.Nonsense, driver.ErrGarbage}, {"late answer first", snmptest.ForeignID, nil},
		{"error status", snmptest.Error, driver.ErrRefused}, {"other items", snmptest.OtherItems, driver.ErrGarbage},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := snmptest.New("public")
			a.System("s", "d", func() time.Duration { return time.Hour })
			d := device(t, serve(t, a), "system", nil)
			a.Misbehave(c.fault)
			limit := 5 * time.Second
			if c.class == driver.ErrTimeout || c.fault == snmptest.Nonsense {
				limit = 100 * time.Millisecond
			}
			err := poll(d, 0, limit, func(point.Sample) {})
			if !errors.Is(err, c.class) || c.class == nil && err != nil {
				t.Errorf("%v, want class %v", err, c.class)
			}
			if err != nil && !strings.HasPrefix(err.Error(), "snmp core1: read up time: ") {
				t.Errorf("error does not name its place: %v", err)
			}
			a.Misbehave(snmptest.None)
			if err := poll(d, 0, 5*time.Second, func(point.Sample) {}); err != nil {
				t.Errorf("after the fault: %v", err)
			}
		})
	}
}

func TestATableThatStandsStillIsRefused(t *testing.T) {
	a := snmptest.New("public")
	a.System("s", "d", func() time.Duration { return time.Hour })
	a.AddInterface(snmptest.Interface{Index: 1, Name: "e1"})
	a.Misbehave(snmptest.StandsStill)
	d := device(t, serve(t, a), "interfaces", nil)
	if err := poll(d, 0, 5*time.Second, func(point.Sample) {}); !errors.Is(err, driver.ErrGarbage) || !strings.Contains(err.Error(), "does not go forward") {
		t.Errorf("%v", err)
	}
}

func TestNoAgentIsKnownAtOnceAndCancelEndsARead(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := conn.LocalAddr().String()
	quiet := device(t, address, "system", nil)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	time.AfterFunc(20*time.Millisecond, cancel)
	if err := quiet.Poll(ctx, 0, func(point.Sample) {}); !errors.Is(err, driver.ErrTimeout) {
		t.Errorf("cancelled: %v", err)
	}
	conn.Close()
	if err := poll(device(t, address, "system", nil), 0, time.Minute, func(point.Sample) {}); !errors.Is(err, driver.ErrDisconnect) {
		t.Errorf("closed port: %v", err)
	}
}

func TestSpecificationsThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		spec driver.Spec
		want string
	}{
		{driver.Spec{Address: ""}, "address: read nothing, allowed host or host:port"},
		{driver.Spec{Address: "h:0"}, "address: read h:0, allowed host or host:port"},
		{driver.Spec{Address: "h", Map: "disk"}, "map: read disk"},
		{driver.Spec{Address: "h", Options: map[string]string{"comunity": "x"}}, "options.comunity: read an unknown option"},
		{driver.Spec{Address: "h", Options: map[string]string{"version": "1"}}, "options.version: read 1, allowed one of 2c, 3"},
		{driver.Spec{Address: "h", Options: map[string]string{"version": "3"}}, "options.user: read nothing"},
		{driver.Spec{Address: "h", Options: map[string]string{"version": "3", "user": "u", "auth": "md5", "auth-password": "12345678"}}, "options.auth: read md5"},
		{driver.Spec{Address: "h", Options: map[string]string{"version": "3", "user": "u", "auth-password": "short"}}, "options.auth-password: read ***, allowed at least 8"},
		{driver.Spec{Address: "h", Options: map[string]string{"version": "3", "user": "u", "priv-password": "12345678"}}, "options.auth-password: read nothing"},
		{driver.Spec{Address: "h", Options: map[string]string{"interfaces": "auto 0"}}, "options.interfaces: read auto 0"},
		{driver.Spec{Address: "h", Options: map[string]string{"interfaces": "a/b,a-b"}}, "each point once"},
		{driver.Spec{Address: "h", Map: "ups-mib", Options: map[string]string{"phases": "2"}}, "options.phases: read 2, allowed one of 1, 3"},
	} {
		c.spec.Name = "x"
		if _, err := New(c.spec); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.spec, err, c.want)
		}
	}
}

func TestUpTimeWrapIsNoRestart(t *testing.T) {
	now := time.Unix(0, 0)
	var u upTime
	u.seen(wrap-3000, now)
	if got := u.seen(3000, now.Add(time.Minute)); got != wrap+3000 {
		t.Errorf("after the wrap %d", got)
	}
	if got := u.since(wrap+3000, wrap-6000); got != 90 {
		t.Errorf("counters of 90 s are said to be %v s old", got)
	}
	if got := u.seen(100, now.Add(2*time.Minute)); got != 100 {
		t.Errorf("after a restart %d", got)
	}
}
