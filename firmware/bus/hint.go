package bus

import (
	"fmt"

	"watchbox/firmware/point"
)

// Hint is what figures point to, with the figures, for an installer. It is a guess:
// the figures are not.
type Hint struct {
	Code string `json:"code" doc:"for programs; never changes"`
	point.Words
}

// From when on figures say something.
const (
	enough      = 30   // exchanges with one slave, or on the wire
	fewStrays   = 3    // doubled, or unasked: one may be the plug being put in
	muchDamage  = 0.01 // of the exchanges
	muchSilence = 0.05
	fullLoad    = 0.9
)

// hints looks for what is wrong, the gravest first.
func hints(h Health) []Hint {
	list := []Hint{}
	for _, f := range []func(Health) []Hint{doubled, unasked, damaged, silent, late, full} {
		list = append(list, f(h)...)
	}
	return list
}

func hint(code, zh, en string, figures ...any) Hint {
	return Hint{code, point.Words{Zh: fmt.Sprintf(zh, figures...), En: fmt.Sprintf(en, figures...)}}
}

// doubled: who answers once more is two.
func doubled(h Health) (list []Hint) {
	for _, s := range h.Slaves {
		if s.Counts.Doubled >= fewStrays {
			list = append(list, hint("duplicate-address", "地址 %d 在 %d 次问询中有 %d 次收到两个应答：可能有两台设备用同一地址。断开其中一台再看。",
				"address %d: of %d requests, %d were answered twice: perhaps two devices have this address. Unplug one and look again.", s.Unit, s.Counts.Exchanges, s.Counts.Doubled))
		}
	}
	return list
}

// unasked: somebody speaks whom nobody asked.
func unasked(h Health) (list []Hint) {
	c := h.Counts
	if c.Foreign >= fewStrays {
		list = append(list, hint("another-master", "%d 次收到别的主站或别的单元的完整报文（共 %d 次问询）：线上可能还有另一台主站。一条线只能有一台主站。",
			"%d times whole frames of somebody else came (%d requests were sent): perhaps there is another master. A wire has one.", c.Foreign, c.Exchanges))
	}
	if c.Noise >= fewStrays && c.Unasked > 0 && float64(c.Noise) >= muchDamage*float64(c.Exchanges) {
		list = append(list, hint("babbler", "没有问询时收到 %d 字节，另有 %d 次收到无法识别的字节：可能有设备设成了自动上报，或波特率、校验与本机不同。逐台断开，找出是谁。",
			"%d bytes came while nobody was asked, and %d times bytes that nobody understands: perhaps a device reports by itself, or speaks at another speed or parity. Unplug one after the other to find it.", c.Unasked, c.Noise))
	}
	return list
}

// damaged: on all of them it is the wire, on one it is that one.
func damaged(h Health) []Hint {
	var bad []Answering
	asked := 0
	for _, s := range h.Slaves {
		if s.Counts.Exchanges < enough {
			continue
		}
		asked++
		if float64(s.Counts.Damaged+s.Counts.Noise) >= muchDamage*float64(s.Counts.Exchanges) {
			bad = append(bad, s)
		}
	}
	switch {
	case len(bad) == 0:
		return nil
	case len(bad) == 1 && asked > 1:
		s := bad[0]
		return []Hint{hint("one-damaged", "只有地址 %d 的应答受损：%d 次问询中 %d 次校验错、%d 次无法识别。检查这一台的接线、屏蔽和分支长度；也可能有两台同地址的设备同时应答。",
			"only answers of address %d are damaged: of %d requests %d with a wrong check sum, %d not understood. Check its own wiring, shield and stub; or two devices with this address answer at once.", s.Unit, s.Counts.Exchanges, s.Counts.Damaged, s.Counts.Noise)}
	}
	c := h.Counts
	return []Hint{hint("termination", "%d 台设备中 %d 台的应答受损：%d 次问询中 %d 次校验错、%d 次无法识别。检查两端 120 Ω 终端电阻（只在两端）、A/B 是否接反、偏置、屏蔽接地，远离变频器和动力线。",
		"answers of %[2]d of %[1]d devices are damaged: of %[3]d requests %[4]d with a wrong check sum, %[5]d not understood. Check 120 Ω at both ends (and only there), A and B, biasing, the shield, and the distance to drives and power cables.", asked, len(bad), c.Exchanges, c.Damaged, c.Noise)}
}

// silent: never, or now and then.
func silent(h Health) (list []Hint) {
	for _, s := range h.Slaves {
		c := s.Counts
		switch {
		case c.Answered == 0 && c.Silent >= fewStrays:
			list = append(list, hint("no-answer", "地址 %d 问了 %d 次，从未应答：查电源、A/B 接线、地址和波特率。", "address %d was asked %d times and never answered: check its power, A and B, its address and its speed.", s.Unit, c.Exchanges))
		case c.Exchanges >= enough && float64(c.Silent) >= muchSilence*float64(c.Exchanges):
			list = append(list, hint("often-silent", "地址 %d 在 %d 次问询中有 %d 次不应答：查接线是否松动；或它需要更长的间隔（pause）或超时（timeout）。",
				"address %d: of %d requests %d were not answered: a loose wire, or it needs a longer pause or timeout.", s.Unit, c.Exchanges, c.Silent))
		}
	}
	return list
}

// late: the time-out is too short for it.
func late(h Health) (list []Hint) {
	for _, s := range h.Slaves {
		if s.Counts.Late >= fewStrays {
			list = append(list, hint("too-slow", "地址 %d 有 %d 次应答晚于超时（%d 次问询）：把它的 timeout 加大。", "address %d: %d answers came after the time-out (%d requests): give it a longer timeout.", s.Unit, s.Counts.Late, s.Counts.Exchanges))
		}
	}
	return list
}

func full(h Health) []Hint {
	if h.Load < fullLoad || h.Counts.Exchanges < enough {
		return nil
	}
	return []Hint{hint("full", "总线 %.0f %% 的时间在用（每秒 %.1f 次问询）：再加设备就会变慢。放长周期、提高波特率，或分到另一条总线。",
		"the wire is in use %.0f %% of the time (%.1f exchanges a second): further devices would slow it down. Ask less often, raise the speed, or use another bus.", 100*h.Load, h.Achieved)}
}
