package modbusserver

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/scan"
)

// audit writes down what other masters write, and what they would have written. A
// master that never stops must not fill the flash: the same again within a minute is
// told at powers of ten, with the count; and of more than mostTold in a minute the rest
// is counted and told with the next. nil is one that has seen nothing.
type audit struct {
	bus     string
	journal func(event.Record)

	mutex  sync.Mutex
	seen   map[string]*repeated // bounded by mostSeen
	minute time.Time            // when the present one began
	told   int                  // in it
	untold int                  // since the last record
}

type repeated struct {
	last  time.Time
	count int
}

const (
	mostSeen = 256
	mostTold = 10
)

// goOn is the audit of the same bus under another site file.
func (a *audit) goOn(bus string, journal func(event.Record)) *audit {
	if a == nil {
		return &audit{bus: bus, journal: journal, seen: map[string]*repeated{}}
	}
	return a
}

// refused tells of a write that was not passed on.
func (a *audit) refused(from string, unit byte, w wish) {
	a.tell(event.ProxyRefused, from, unit, w, point.Words{Zh: "未放行：不在站点文件的 modbus-proxy.writes 中", En: "not passed on: it is not among modbus-proxy.writes of the site file"})
}

// asked tells how a write ended.
func (a *audit) asked(from string, unit byte, w wish, answer []byte, err error) {
	switch {
	case errors.Is(err, scan.ErrNoTurn):
		a.tell(event.ProxyRefused, from, unit, w, point.Words{Zh: "未放行：总线没有空闲时间", En: "not passed on: the bus had no time left"})
	case err != nil:
		a.tell(event.ProxyWrote, from, unit, w, point.Words{Zh: "设备无应答，不知是否执行", En: "the device did not answer, perhaps it obeyed"})
	case len(answer) == 2 && answer[0]&0x80 != 0:
		a.tell(event.ProxyWrote, from, unit, w, point.Words{Zh: fmt.Sprintf("设备拒绝（异常 %d）", answer[1]), En: fmt.Sprintf("the device refused (exception %d)", answer[1])})
	default:
		a.tell(event.ProxyWrote, from, unit, w, point.Words{Zh: "已执行", En: "done"})
	}
}

// tell writes a record about a write; a read leaves none.
func (a *audit) tell(t event.Type, from string, unit byte, w wish, end point.Words) {
	if w.table == "" {
		return
	}
	what := fmt.Sprintf("%d = %s", w.register, listed(w.values))
	table := map[string]string{"coil": "线圈", "holding": "保持寄存器"}[w.table]
	text := point.Words{
		Zh: fmt.Sprintf("别的主站 %v 写总线 %s 的 %d 号设备，%s %s：%s", from, a.bus, unit, table, what, end.Zh),
		En: fmt.Sprintf("Another master, %v, writes to unit %d on bus %s, %s %s: %s", from, unit, a.bus, w.table, what, end.En),
	}
	n, untold := a.times(text.En)
	if n == 0 {
		return
	}
	if n > 1 {
		text.Zh, text.En = fmt.Sprintf("%s（第 %d 次）", text.Zh, n), fmt.Sprintf("%s (%d times)", text.En, n)
	}
	if untold > 0 {
		text.Zh, text.En = fmt.Sprintf("%s；此前另有 %d 次写太密，未逐条记录", text.Zh, untold), fmt.Sprintf("%s; %d more before it came too fast to be listed", text.En, untold)
	}
	a.journal(event.Record{Type: t, Subject: "bus/" + a.bus, Actor: "modbus " + from, Text: text})
}

// times is how often this was seen in a row, 0 when it is not to be told; and how many
// others were not told since the last record.
func (a *audit) times(what string) (n, untold int) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	r, now := a.seen[what], time.Now()
	if r == nil || now.Sub(r.last) > time.Minute {
		if len(a.seen) >= mostSeen {
			clear(a.seen)
		}
		r = &repeated{}
		a.seen[what] = r
	}
	r.last = now
	r.count++
	if now.Sub(a.minute) > time.Minute {
		a.minute, a.told = now, 0
	}
	if !powerOfTen(r.count) {
		return 0, 0
	}
	if a.told >= mostTold {
		a.untold++
		return 0, 0
	}
	a.told++
	untold, a.untold = a.untold, 0
	return r.count, untold
}

// listed are the first values of a write.
func listed(values []uint16) string {
	const shown = 8
	text := strings.Trim(fmt.Sprint(values[:min(len(values), shown)]), "[]")
	if len(values) > shown {
		text += fmt.Sprintf(" … (%d)", len(values))
	}
	return text
}
