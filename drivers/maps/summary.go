package maps

import (
	"fmt"
	"strings"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// inChinese are the levels of trust.
var inChinese = map[Confidence]string{VendorPaper: "厂家文件", MaintainedDriver: "在维护的开源驱动", FieldProfile: "现场使用的点表", Captured: "现场抓取", Unconfirmed: "待现场确认"}

// Entry is the map in a list of maps.
func (m *Map) Entry() driver.Map {
	e := driver.Map{Name: m.Name, Own: strings.HasPrefix(m.Name, driver.OwnMap), Label: m.Label, Protocol: m.Protocol, Points: len(m.Points),
		Trust: m.trust(), Source: m.Source, Template: m.Template()}
	if m.Class > 0 {
		e.Class = fmt.Sprintf("%02XH", m.Class)
	}
	return e
}

// trust is how many points there are, and how far they can be trusted.
func (m *Map) trust() point.Words {
	trusted := map[Confidence]int{}
	for _, p := range m.Points {
		trusted[p.Confidence]++
	}
	var zh, en []string
	for _, c := range Confidences {
		if n := trusted[c]; n > 0 {
			zh, en = append(zh, fmt.Sprintf("%s %d", inChinese[c], n)), append(en, fmt.Sprintf("%d %s", n, c))
		}
	}
	points := "points"
	if len(m.Points) == 1 {
		points = "point"
	}
	return point.Words{Zh: fmt.Sprintf("%d 个点（%s）", len(m.Points), strings.Join(zh, "，")), En: fmt.Sprintf("%d %s (%s)", len(m.Points), points, strings.Join(en, ", "))}
}

// Summary is the map in one line for who writes it: how far its points can be
// trusted, and what a better map would also have.
func (m *Map) Summary() point.Words {
	w := m.trust()
	add := func(zh, en string) { w.Zh, w.En = w.Zh+zh, w.En+en }
	if m.Template() {
		add("；模板，待现场确认", ", a template: to be confirmed on site")
	} else if len(m.Fingerprint) == 0 {
		add("；没有 fingerprint，搜索时不会建议它", "; without fingerprint no scan proposes it")
	}
	if m.Brief.IsZero() {
		add("；没有 brief，短信里不带读数", "; without brief a message shows no value")
	}
	return w
}
