package app

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"watchbox/firmware/command"
	"watchbox/firmware/config"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

// safeAfter early deaths within safeWindow make the next start safe mode.
const (
	safeAfter  = 3
	safeWindow = 10 * time.Minute
	calmAfter  = 2 * time.Minute // a run that lived so long was not an early death

	startsPatience = time.Second // panic and tamper wait for this
)

// countStart writes down this start and tells how many before it died early.
// The file is beside the database and must never stop a start, not even on a disk
// that hangs: without it the count is zero. calm forgets the starts once this one
// has lasted.
func (a *App) countStart() (early int, calm *time.Timer) {
	early, err := inTime(context.Background(), startsPatience, a.addStart)
	if err != nil {
		a.log("count starts: %v", err)
	}
	return early, time.AfterFunc(calmAfter, a.forgetStarts)
}

// begun is one start that nobody has forgotten: the daemon died early after it, or the
// machine did.
type begun struct {
	Boot string        `json:"boot"`
	Mono time.Duration `json:"mono"` // on that boot's clock
	Wall time.Time     `json:"wall"`
}

// early tells whether a start counts as an early death. One of this boot does: the
// daemon died and the machine did not. One of a boot before does only when the machine
// died by itself: whoever pulls the plug three times, and a mains failure that comes
// in three parts, has killed no daemon. Pure.
func (b begun) early(now point.Instant, crashed bool) bool {
	since := now.Wall.Sub(b.Wall)
	if b.Boot == now.Boot {
		since = now.Mono - b.Mono // the wall clock may have been set meanwhile
	} else if !crashed {
		return false
	}
	return since >= 0 && since < safeWindow
}

// addStart blocks on the disk.
func (a *App) addStart() (early int) {
	now := a.clock()
	var starts []begun
	if b, err := os.ReadFile(a.startsPath()); err == nil {
		_ = json.Unmarshal(b, &starts)
	}
	starts = slices.DeleteFunc(starts, func(b begun) bool { return !b.early(now, a.options.Machine.Crashed) })
	a.writeStarts(append(starts, begun{now.Boot, now.Mono, now.Wall}))
	return len(starts)
}

func (a *App) startsPath() string { return filepath.Join(a.options.DataDir, "starts") }

func (a *App) writeStarts(list []begun) {
	b, _ := json.Marshal(list)
	if err := os.MkdirAll(a.options.DataDir, 0o700); err == nil {
		err = os.WriteFile(a.startsPath(), b, 0o600)
		if err != nil {
			a.log("count starts: %v", err)
		}
	}
}

// forgetStarts: this run did not die early.
func (a *App) forgetStarts() { os.Remove(a.startsPath()) }

func (a *App) startText(early int) point.Words {
	if early == 0 {
		return point.Words{Zh: "设备启动", En: "Box started"}
	}
	return point.Words{Zh: fmt.Sprintf("设备启动，十分钟内第 %d 次", early+1),
		En: fmt.Sprintf("Box started, number %d within ten minutes", early+1)}
}

// safeSite keeps of a site what guards people: 24-hour zones on the box's own
// terminals, siren, wall, the first contact. No user rules, no maps.
func safeSite(full *config.Site) *config.Site {
	s := *full
	s.Buses, s.Derived, s.Alarms, s.Doors, s.Partitions, s.Upstream = nil, nil, nil, nil, nil, nil
	s.Teams, s.ModbusServer, s.ModbusProxy = nil, nil, nil
	s.Devices, s.Zones = nil, nil
	for _, d := range full.Devices {
		if d.Driver == "ledwall" || d.Driver == "modem" {
			s.Devices = append(s.Devices, d)
		}
	}
	for _, z := range full.Zones {
		if z.Always() {
			s.Zones = append(s.Zones, z)
		}
	}
	if full.DialOut != nil && len(full.DialOut.Steps) > 0 {
		plan := *full.DialOut
		plan.Steps = plan.Steps[:1]
		s.DialOut = &plan
	}
	return &s
}

// ofSafeMode is what safe mode takes up of the retained state. What is about parts
// that it does not have stays as it was kept, unread: the partition that was armed
// and the alarm that nobody acknowledged are there again at the next start.
func ofSafeMode(retained map[string][]byte, site *config.Site, defines func(key string) bool) map[string][]byte {
	taken := map[string][]byte{}
	for key, value := range retained {
		if takenUp(key, value, site, defines) {
			taken[key] = value
		}
	}
	return taken
}

func takenUp(key string, value []byte, site *config.Site, defines func(key string) bool) bool {
	kind, id, _ := strings.Cut(key, ":")
	switch kind {
	case "partition", "door", "inside", "team":
		return false
	case "zone":
		return slices.ContainsFunc(site.Zones, func(z zone.Zone) bool { return z.ID == id })
	case "alarm":
		return defines(id)
	case "command":
		return defines(command.Key(point.Name(id)))
	case "dialout":
		var e struct{ Alarm struct{ Key string } }
		return json.Unmarshal(value, &e) != nil || e.Alarm.Key == "" || defines(e.Alarm.Key)
	}
	return true
}
