package app

import (
	"fmt"
	"slices"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/config"
	"watchbox/firmware/driver"
	"watchbox/firmware/engine"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

// troubleEdges is told of edges that were lost while nobody knows by which input.
const troubleEdges = "box/edges"

func inputKey(p point.Name) string { return "input/" + string(p) }

// edgeTroubles are the alarms about edges that were lost: of each input, and of
// those that cannot be laid to one.
func edgeTroubles(site *config.Site) (list []alarm.Definition) {
	if len(site.Inputs) == 0 {
		return nil
	}
	always := alwaysInputs(site)
	for _, in := range site.Inputs {
		label := words(in.Label, string(in.Point))
		t := trouble(inputKey(in.Point), 3, label.Zh+"（"+in.Terminal+"）丢失触点动作", label.En+" ("+in.Terminal+"): edges lost",
			"触点变化快得来不及读：检查接线是否松动、触点是否抖动，必要时加大这一路的去抖时间。",
			"The contact moved faster than it could be read: look for a loose wire or a bouncing contact, or give this input a longer debounce.")
		if t.Room = in.Room; always[in.Point] {
			t.Priority = 2
		}
		t.Silent = slices.ContainsFunc(site.Zones, func(z zone.Zone) bool { return z.Silent && z.Input == in.Point }) // whoever pressed it is not given away
		list = append(list, t)
	}
	return append(list, trouble(troubleEdges, 3, "有触点动作丢失，暂不知是哪一路", "Edges lost, not yet known of which input",
		"所有输入已重新读过一遍，当前状态可信；请留意随后的提示。", "All inputs were read once more and stand as shown: watch for what follows."))
}

// lostQuiet is how long no edge must be lost until the trouble of it is over.
const lostQuiet = 10 * time.Minute

// lossWatch makes troubles of counts that rise. The watch goroutine's own.
type lossWatch struct {
	last  map[string]uint64
	until map[string]time.Duration // monotonic
}

// look compares a count with the last one; told is nil while all is quiet.
func (w *lossWatch) look(now time.Duration, key string, lost uint64) (told error) {
	if w.last == nil {
		w.last, w.until = map[string]uint64{}, map[string]time.Duration{}
	}
	if lost > w.last[key] {
		w.until[key] = now + lostQuiet
	}
	w.last[key] = lost // less than before: the terminals were built anew
	if lost == 0 || now >= w.until[key] {
		return nil
	}
	return lostEdges(lost)
}

// lostEdges is a trouble with its count since the terminals were built.
type lostEdges uint64

func (n lostEdges) Error() string { return fmt.Sprintf("%d edges lost", uint64(n)) }

// refreshInputs renews what the page shows of the contacts, and tells of lost
// edges. The watch goroutine's own.
func (a *App) refreshInputs() {
	now, inlet := a.clock().Mono, a.engine.LostEdges()
	var list []engine.InputView
	var all, known uint64
	for _, f := range *a.fitted.Load() {
		c, numbers := f.Device.(driver.Counter)
		if !numbers {
			continue
		}
		all += c.Lost()
		for _, x := range c.Contacts() {
			known += x.Lost
			x.Lost += inlet[x.Point]
			list = append(list, a.inputView(x))
			a.troubles.set(inputKey(x.Point), a.losses.look(now, inputKey(x.Point), x.Lost))
		}
	}
	if len(list) > 0 {
		a.troubles.set(troubleEdges, a.losses.look(now, troubleEdges, all-min(known, all)))
	}
	a.engine.SetLostEdges(all)
	a.engine.SetInputs(list)
}

// inputView joins what the terminal counts with what the site file says of it.
func (a *App) inputView(c driver.Contact) engine.InputView {
	v := engine.InputView{Terminal: c.Terminal, Point: c.Point, Known: c.Known, Closed: c.Level, Edges: c.Edges, Lost: c.Lost, Last: c.Last}
	for _, in := range a.site.Load().Inputs {
		if in.Terminal == c.Terminal {
			v.Label, v.Room, v.RestClosed, v.Debounce = words(in.Label, string(in.Point)), in.Room, in.Rest == "closed", in.Debounce
		}
	}
	return v
}
