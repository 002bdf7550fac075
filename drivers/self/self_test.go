package self

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

func poll(t *testing.T, d *Device) map[string]point.Sample {
	t.Helper()
	got := map[string]point.Sample{}
	if err := d.Poll(t.Context(), 0, func(s point.Sample) { got[s.Point.Item()] = s }); err != nil {
		t.Fatal(err)
	}
	if len(got) != len(d.Describe()) {
		t.Errorf("%d samples of %d points", len(got), len(d.Describe()))
	}
	return got
}

func TestThisHost(t *testing.T) {
	d, err := New(driver.Spec{Name: "box", Options: map[string]string{"data": t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	poll(t, d)
	got := poll(t, d)
	for item, bounds := range map[string][2]float64{"uptime": {1, 1e9}, "memory.rss": {1, 4096}, "memory.available": {1, 1e7}, "goroutines": {1, 1e4},
		"disk.free": {0, 100}, "disk.free.size": {0, 1e9}, "cpu.load": {0, 1e4}, "cpu.daemon": {0, 1e4}, "clock": {0, 2}} {
		if f, ok := got[item].Value.Float(); !ok || f < bounds[0] || f > bounds[1] || !got[item].Quality.Usable() {
			t.Errorf("%s: %v (%v)", item, got[item].Value, got[item].Quality)
		}
	}
}

func TestFilesOfABoard(t *testing.T) {
	root := t.TempDir()
	for file, text := range map[string]string{
		"proc/uptime": "1234.5 99\n", "proc/loadavg": "0.25 0.1 0.1 1/99 7\n", "proc/self/status": "Name:\tx\nVmRSS:\t  20480 kB\n",
		"proc/meminfo": "MemTotal: 1 kB\nMemAvailable: x kB\n", "sys/class/thermal/thermal_zone0/temp": "48312\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, file)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	d, err := New(driver.Spec{Name: "box"})
	if err != nil {
		t.Fatal(err)
	}
	d.root = root
	got := poll(t, d)
	for item, want := range map[string]float64{"uptime": 1234.5, "cpu.load": 0.25, "memory.rss": 20, "temperature": 48.312} {
		if got[item].Value != point.OfReal(want) {
			t.Errorf("%s: %v, want %v", item, got[item].Value, want)
		}
	}
	if q := got["memory.available"].Quality; q != point.BadBecause(point.DeviceFault) {
		t.Errorf("a number that is none: %v", q)
	}
	os.Remove(filepath.Join(root, "sys/class/thermal/thermal_zone0/temp"))
	if q := poll(t, d)["temperature"].Quality; q != point.BadBecause(point.NotPresent) {
		t.Errorf("a board without sensor: %v", q)
	}
}

func TestClockIsJudged(t *testing.T) {
	now := builtAfter.Add(time.Hour)
	for _, c := range []struct {
		state  int
		status int32
		now    time.Time
		want   point.Clock
	}{
		{unix.TIME_OK, 0, now, point.ClockSynchronised}, {unix.TIME_ERROR, unix.STA_UNSYNC, now, point.ClockRTC},
		{unix.TIME_OK, unix.STA_UNSYNC, now, point.ClockRTC}, {unix.TIME_OK, 0, time.Unix(100, 0), point.ClockUnknown},
	} {
		if got := judge(c.state, c.status, c.now); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestOptionsThatAreRefused(t *testing.T) {
	if _, err := New(driver.Spec{Name: "box", Options: map[string]string{"disk": "/"}}); err == nil || !strings.Contains(err.Error(), "options.disk: read an unknown option") {
		t.Errorf("%v", err)
	}
}
