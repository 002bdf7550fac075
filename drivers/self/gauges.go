package self

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

const mib = 1 << 20

func real(name, zh, en string, unit point.Unit, decimals int, read func(*Device) (float64, error)) gauge {
	return gauge{point.Point{Name: point.Name(name), Label: point.Words{Zh: zh, En: en}, Kind: point.Real, Unit: unit, Decimals: decimals},
		func(d *Device) (point.Value, error) {
			f, err := read(d)
			if err != nil {
				return point.Value{}, err
			}
			return point.OfReal(f), nil
		}}
}

// gauges are all points, in the order in which they are read.
var gauges = []gauge{
	real("uptime", "本机运行时间", "Up time of the box", "s", 0, upTime),
	real("memory.rss", "守护程序内存", "Memory of the daemon", "MiB", 1, resident),
	real("memory.available", "可用内存", "Memory available", "MiB", 0, available),
	{point.Point{Name: "goroutines", Label: point.Words{Zh: "协程数", En: "Goroutines"}, Kind: point.Int},
		func(*Device) (point.Value, error) { return point.OfInt(int64(runtime.NumGoroutine())), nil }},
	real("disk.free", "数据盘剩余", "Data disk free", "%", 1, diskFree),
	real("disk.free.size", "数据盘剩余空间", "Data disk free space", "MiB", 0, diskFreeSize),
	real("flash.rate", "闪存每天写入", "Written to flash per day", "MB/d", 0, flashRate),
	real("flash.share", "闪存写入占预算", "Writing to flash, of its budget", "%", 0, flashShare),
	real("flash.written", "闪存累计写入", "Written to flash in all", "GB", 1, flashWritten),
	real("flash.years", "闪存按现速可用", "Flash lasts at this rate", "a", 1, flashYears),
	real("flash.used", "闪存寿命已用", "Life of the flash used", "%", 0, flashUsed),
	real("cpu.load", "系统负载（1 分钟）", "Load, 1 min", "", 2, load),
	real("cpu.daemon", "守护程序占用（单核）", "CPU of the daemon, of one core", "%", 1, (*Device).daemon),
	real("temperature", "处理器温度", "Processor temperature", "°C", 1, temperature),
	{point.Point{Name: "clock", Label: point.Words{Zh: "时钟质量", En: "Clock quality"}, Kind: point.Int, States: clockStates},
		func(*Device) (point.Value, error) {
			c, err := ClockQuality()
			return point.OfInt(int64(c)), err
		}},
	real("clock.error", "时钟最大误差", "Clock error, at most", "ms", 1, clockError),
}

var clockStates = map[int64]point.Words{
	int64(point.ClockUnknown):      {Zh: "未知", En: "unknown"},
	int64(point.ClockRTC):          {Zh: "硬件时钟", En: "real-time clock"},
	int64(point.ClockSynchronised): {Zh: "已同步", En: "synchronised"},
}

// field reads one number of a file: the n-th word of the line that begins with
// the key, or of the first line when the key is empty.
func (d *Device) field(file, key string, n int) (float64, error) {
	b, err := os.ReadFile(filepath.Join(d.root, file))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		words := strings.Fields(line)
		if key != "" && (len(words) == 0 || words[0] != key) {
			continue
		}
		if n >= len(words) {
			break
		}
		f, err := strconv.ParseFloat(words[n], 64)
		if err != nil {
			return 0, fmt.Errorf("read %s: %w", file, err)
		}
		return f, nil
	}
	return 0, fmt.Errorf("read %s: no word %d of line %q: %w", file, n, key, driver.ErrNotPresent)
}

func upTime(d *Device) (float64, error) { return d.field("proc/uptime", "", 0) }
func load(d *Device) (float64, error)   { return d.field("proc/loadavg", "", 0) }

func resident(d *Device) (float64, error) {
	kib, err := d.field("proc/self/status", "VmRSS:", 1)
	return kib / 1024, err
}

func available(d *Device) (float64, error) {
	kib, err := d.field("proc/meminfo", "MemAvailable:", 1)
	return kib / 1024, err
}

func temperature(d *Device) (float64, error) {
	millidegrees, err := d.field("sys/class/thermal/thermal_zone0/temp", "", 0)
	return millidegrees / 1000, err
}

func diskFree(d *Device) (float64, error) {
	free, total, err := d.disk()
	return 100 * free / max(1, total), err
}

func diskFreeSize(d *Device) (float64, error) {
	free, _, err := d.disk()
	return free / mib, err
}

// disk is what is left for the daemon, and the whole, in bytes.
func (d *Device) disk() (free, total float64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(d.data, &s); err != nil {
		return 0, 0, fmt.Errorf("look at the disk of %s: %w", d.data, err)
	}
	return float64(s.Bavail) * float64(s.Bsize), float64(s.Blocks) * float64(s.Bsize), nil
}

// daemon is the share of one core since the last poll; 0 at the first.
func (d *Device) daemon() (float64, error) {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0, fmt.Errorf("read CPU time: %w", err)
	}
	spent, now := time.Duration(u.Utime.Nano()+u.Stime.Nano()), time.Now()
	if d.at.IsZero() {
		d.spent, d.at = spent, now
		return 0, nil
	}
	passed := max(now.Sub(d.at), time.Millisecond)
	share := 100 * float64(spent-d.spent) / float64(passed)
	d.spent, d.at = spent, now
	return share, nil
}
