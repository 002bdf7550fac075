package commission

import (
	"encoding/json"
	"slices"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// Sign ends a test with the person's word, or gives that without a test.
func (m *Machine) Sign(now point.Instant, key, actor string, passed bool, remark string) error {
	i, known := m.index[key]
	switch {
	case !known:
		return Unknown(key)
	case len(remark) > MostRemark:
		return refuse(key, "备注过长", "the remark is too long")
	}
	e := Entry{At: now.Wall, By: actor, Passed: passed, How: Unseen, Remark: remark, Photo: m.entries[key].Photo}
	if t := m.tests[key]; t != nil {
		e.Saw, e.How = t.Saw, how(t.Saw)
	}
	if e.How == Unseen && remark == "" {
		return refuse(key, "测试期间设备没有看到任何变化：写明是怎样确认的，或重新测试", "the box saw nothing change: say in a remark how it was proven, or test again")
	}
	m.end(key)
	m.entries[key] = e
	m.tell(now, event.Commissioned, m.items[i], e)
	return nil
}

func how(saw []Seen) How {
	switch {
	case slices.ContainsFunc(saw, func(s Seen) bool { return !s.Simulated }):
		return Real
	case len(saw) > 0:
		return Simulated
	}
	return Unseen
}

// tell writes a signed test into the journal.
func (m *Machine) tell(now point.Instant, t event.Type, it Item, e Entry) {
	word := map[bool]point.Words{true: {Zh: "合格", En: "passed"}, false: {Zh: "不合格", En: "failed"}}[e.Passed]
	means := Means[e.How]
	text := point.Words{Zh: "调试测试 " + it.Label.In("zh") + "：" + word.Zh + "（" + means.Zh + "）", En: "Commissioning test of " + it.Label.In("en") + ": " + word.En + " (" + means.En + ")"}
	if e.Remark != "" {
		text.Zh, text.En = text.Zh+"，"+e.Remark, text.En+", "+e.Remark
	}
	detail, _ := json.Marshal(e) // texts and times cannot fail
	m.records = append(m.records, event.Record{Type: t, At: now, Subject: it.Key, Room: it.Room, Actor: e.By, Text: text, Detail: detail, Silent: it.Silent})
	m.dirty[it.Key], m.altered[it.Key] = true, true
}

// Means are the words for how an item was tested.
var Means = map[How]point.Words{Real: {Zh: "实际动作", En: "really moved"}, Simulated: {Zh: "模拟", En: "simulated"}, Unseen: {Zh: "人工确认", En: "a person's word"}}

// Attach gives the newest signed test of an item its picture.
func (m *Machine) Attach(now point.Instant, key, actor, photo string) error {
	e, signed := m.entries[key]
	i, known := m.index[key]
	if !known || !signed {
		return refuse(key, "先签署测试结果，再加照片", "sign the test first, then add its picture")
	}
	e.Photo = photo
	m.entries[key] = e
	detail, _ := json.Marshal(map[string]string{"photo": photo})
	m.records = append(m.records, event.Record{Type: event.Commissioned, At: now, Subject: key, Room: m.items[i].Room, Actor: actor, Detail: detail, Silent: m.items[i].Silent,
		Text: point.Words{Zh: "调试照片：" + m.items[i].Label.In("zh"), En: "Picture of the commissioning test of " + m.items[i].Label.In("en")}})
	m.dirty[key], m.altered[key] = true, true
	return nil
}

// Photos are the names of the pictures that belong to items of the site, and of those
// that belong to items that are gone.
func (m *Machine) Photos() (here, gone []string) {
	for key, e := range m.entries {
		switch _, known := m.index[key]; {
		case e.Photo == "":
		case known:
			here = append(here, e.Photo)
		default:
			gone = append(gone, e.Photo)
		}
	}
	return here, gone
}

// Cancel ends a test that is not signed.
func (m *Machine) Cancel(key string) error {
	if m.tests[key] == nil {
		return refuse(key, "这一项没有在测试", "no test of it runs")
	}
	m.end(key)
	return nil
}
