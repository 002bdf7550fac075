package onewire

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// most bounds how many sensors of a chain are looked at: the kernel's own limit is
// 64 (w1_master_max_slave_count).
const most = 64

// Chain is one 1-Wire bus of the box.
type Chain struct {
	Master string   // the kernel's folder of it: /sys/bus/w1/devices/w1_bus_master1
	Named  []string // the sensors that the site file names, as the kernel writes them
}

// present lists the sensors that the kernel has found, sorted; it looks for new
// ones each 10 s and gives one up that ten looks did not find. It asks no wire.
// ErrDisconnect when there is no such bus.
func (c Chain) present() ([]string, error) {
	folder, err := os.Open(c.Master)
	if err != nil {
		return nil, fmt.Errorf("the box has no such 1-Wire bus: %w: %w", err, driver.ErrDisconnect)
	}
	defer folder.Close()
	names, err := folder.Readdirnames(most + 32) // beside the sensors stand the bus's own files
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("look at %s: %w: %w", c.Master, err, driver.ErrDisconnect)
	}
	names = slices.DeleteFunc(names, func(n string) bool { return !rom.MatchString(n) })
	slices.Sort(names)
	return names[:min(len(names), most)], nil
}

// unknown are those of them that have no name.
func (c Chain) unknown(present []string) (list []string) {
	for _, r := range present {
		if !slices.Contains(c.Named, r) {
			list = append(list, r)
		}
	}
	return list
}

// listed is a list short enough for a line.
func listed(list []string) string {
	const shown = 4
	if len(list) <= shown {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:shown], ", "), len(list)-shown)
}

// Watch is a chain as a device of its own: what hangs on it. Points: sensors, how
// many the kernel has found; unknown, how many of them the site file does not name;
// unknown.roms, their numbers. It meets driver.Poller; used by one goroutine.
type Watch struct {
	face
	chain Chain
}

// NewWatch makes the device; it opens nothing.
func NewWatch(spec driver.Spec, chain Chain) (*Watch, error) {
	f, err := newFace(spec, []point.Point{
		{Name: "sensors", Label: point.Words{Zh: "链上传感器数", En: "Sensors on the chain"}, Kind: point.Int},
		{Name: "unknown", Label: point.Words{Zh: "未命名传感器数", En: "Sensors without a name"}, Kind: point.Int},
		{Name: "unknown.roms", Label: point.Words{Zh: "未命名传感器编号", En: "Numbers of the sensors without a name"}, Kind: point.Text},
	}, time.Second)
	return &Watch{f, chain}, err
}

// Poll looks at what the kernel has found.
func (w *Watch) Poll(_ context.Context, _ int, emit driver.Emit) error {
	present, err := w.chain.present()
	if err != nil {
		return fmt.Errorf("onewire %s: %w", w.name, err)
	}
	unknown := w.chain.unknown(present)
	emit(point.Sample{Point: w.points[0].Name, Value: point.OfInt(int64(len(present)))})
	emit(point.Sample{Point: w.points[1].Name, Value: point.OfInt(int64(len(unknown)))})
	emit(point.Sample{Point: w.points[2].Name, Value: point.OfText(listed(unknown))})
	return nil
}
