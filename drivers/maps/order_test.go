package maps

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"watchbox/firmware/config"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

const telecomHead = head + "protocol: ydt1363\nclass: 0x60\nversions: [0x10]\non-loss: {state: unknown}\n"

// orderable is a map with one point that can be ordered, and what its order says.
func orderable(what string) string {
	return telecomHead + "points:\n  - {info: 0x47, at: 12, item: a, label: {zh: 甲, en: a}, type: s16, scale: 0.1, decimals: 1, unit: °C, write: true, " + what + "}\n"
}

const states = "scale: 1, states: {0: {zh: 关, en: \"off\"}, 1: {zh: 开, en: \"on\"}}"

func TestWhatAnOrderSays(t *testing.T) {
	for _, c := range []struct {
		order string
		value point.Value
		want  string
	}{
		{"write-min: 16, write-max: 30, order: {command: 0x49, info: [0x86]}", point.OfReal(25.5), "\x86\x00\xff"},
		{"write-min: -20, write-max: 30, order: {command: 0x49, info: [0x86]}", point.OfReal(-1), "\x86\xff\xf6"},
		{"write-min: 16, write-max: 30, order: {command: 0x49, info: [1, 0x86], word-order: low-first}", point.OfReal(25.5), "\x01\x86\xff\x00"},
		{"write-min: 16, write-max: 30, order: {command: 0x49, type: u8, scale: 1}", point.OfReal(25), "\x19"},
		{"write-min: 16, write-max: 30, order: {command: 0x49, type: u8, scale: 0.5, offset: -40}", point.OfReal(25), "\x82"},
		{"write-min: 16, write-max: 30, order: {command: 0x48, info: [0x80], type: float32, scale: 1}", point.OfReal(25.5), "\x80\x41\xcc\x00\x00"},
		{"write-min: 16, write-max: 30, order: {command: 0xe5, type: float32, scale: 1, word-order: low-first}", point.OfReal(25.5), "\x00\x00\xcc\x41"},
		{"write-min: 0, write-max: 70000, order: {command: 0x49, type: u24, scale: 1}", point.OfReal(65538), "\x01\x00\x02"},
		{"write-min: 16, write-max: 30, order: {command: 0x49, info: [0x86]}", point.OfReal(30.1), "out of range"},
		{"write-min: 16, write-max: 30, order: {command: 0x49, info: [0x86]}", point.OfText("25"), "not a number"},
		{"write-min: 0, write-max: 300, order: {command: 0x49, type: u8, scale: 1}", point.OfReal(256), "does not fit u8"},
		{states + ", order: {command: 0x45, values: {0: [0x1f], 1: [0x10]}}", point.OfInt(1), "\x10"},
		{states + ", order: {command: 0x45, info: [1], values: {0: [0x1f, 2], 1: [0x10]}}", point.OfInt(0), "\x01\x1f\x02"},
		{states + ", order: {command: 0x45, values: {1: [0x10]}}", point.OfInt(0), "how 0 is ordered"},
		{states + ", order: {command: 0x45, values: {1: [0x10]}}", point.OfReal(0.5), "how 0.5 is ordered"},
		{states + ", order: {command: 0x45, values: {1: [0x10]}}", point.OfText("on"), "how on is ordered"},
	} {
		text := orderable(c.order)
		if strings.Contains(c.order, "states") {
			text = strings.Replace(text, "scale: 0.1, decimals: 1, unit: °C, ", "", 1)
		}
		m, err := Parse("m.yaml", []byte(text))
		if err != nil {
			t.Errorf("%s: %v", c.order, err)
			continue
		}
		said, err := m.Points[0].Say(c.value)
		got := string(said)
		if err != nil {
			got = err.Error()
		}
		if err == nil && got != c.want || err != nil && (!strings.Contains(got, c.want) || !errors.Is(err, driver.ErrUnsupported)) {
			t.Errorf("%s of %v: %q, want %q", c.order, c.value, got, c.want)
		}
	}
}

func TestFaultsOfAnOrderNameTheirPlace(t *testing.T) {
	const place = "f.yaml:11:5: points[0]: read "
	for _, c := range []struct{ text, want, zh string }{
		{orderable("write-min: 1, write-max: 2"), place + "write without an order, allowed them together", "没有 order 的 write"},
		{orderable("order: {command: 0x49}"), place + "an order of a number without a range, allowed write-min and write-max, or values", "下达数值却没有范围"},
		{orderable("write-min: 1, write-max: 2, order: {command: 0x4e}"), place + "order by 4EH, allowed 0x45, 0x48, 0x49, or 0x80 to 0xef", "用命令 4EH 下达"},
		{orderable("write-min: 1, write-max: 2, order: {command: 0x4a}"), place + "order by 4AH", ""},
		{orderable("write-min: 1, write-max: 2, order: {command: 0x44}"), `points[0].order.command: read "0x44", allowed 69 to 239`, ""},
		{orderable("write-min: 1, write-max: 2, order: {info: [1]}"), "points[0].order.command: read nothing, allowed a value", ""},
		{orderable("write-min: 1, write-max: 2, order: {command: 0x49, info: [256]}"), `points[0].order.info[0]: read "256", allowed 0 to 255`, ""},
		{orderable("write-min: 1, write-max: 2, order: {command: 0x49, info: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]}"), "points[0].order.info: read 17 entries, allowed at most 16", ""},
		{orderable("write-min: 1, write-max: 2, order: {command: 0x49, scale: 0}"), place + "scale 0, allowed another number", ""},
		{orderable("order: {command: 0x45, type: u8, values: {1: [1]}}"), "points[0].order: read values beside type, scale, offset or word-order, allowed one of them", "values 旁写了"},
		{orderable("order: {command: 0x45, values: {1: [1]}}"), place + "order of a value that states does not name, allowed the numbers of states", "states 没有的值"},
		{strings.Replace(orderable("min: 1, max: 2, order: {command: 0x49}"), "write: true, ", "", 1), place + "order without info or without write", "没有 info 或 write 的 order"},
		{strings.Replace(orderable("min: 1, max: 2, order: {command: 0x49}"), "0x47", "0x49", 1), place + "49H as a question, allowed a command that only reads", "用命令 49H 查询"},
		{strings.Replace(orderable("min: 1, max: 2, order: {command: 0x49}"), "0x47", "0x45, ask: [0x10]", 1), place + "45H 10 as a question", ""},
		{telecomHead + "points:\n  - {info: 0x4e, bytes: [{at: 1, item: a, label: {zh: 甲, en: a}}]}\n", place + "4EH as a question", ""},
		{strings.Replace(orderable("order: {command: 0x45, values: {1: [1]}}"), "s16, scale: 0.1, decimals: 1, unit: °C", "status", 1), place + "write on what is no plain number", "不是单个数值"},
		{strings.Replace(orderable("min: 1, max: 2, order: {command: 0x49}"), "on-loss: {state: unknown}\n", "", 1), `on-loss: read "", allowed what the outputs do`, ""},
		{strings.Replace(orderable("min: 1, max: 2, order: {command: 0x49}"), "captured", "to be confirmed", 1), "points: read write of a where every point is to be confirmed", "所有点都待确认"},
		{head + "on-loss: {state: unknown}\npoints:\n  - {holding: 1, item: a, label: {zh: 甲, en: a}, write: true, min: 0, max: 1, order: {command: 0x49}}\n", "order without info or without write", ""},
	} {
		_, err := Parse("f.yaml", []byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\ngot %v\nwant %s", c.text, err, c.want)
			continue
		}
		var all config.Problems
		if !errors.As(err, &all) {
			t.Fatal(err)
		}
		var zh strings.Builder
		for _, p := range all {
			zh.WriteString(p.Words().Zh + "\n")
		}
		if !strings.Contains(zh.String(), c.zh) {
			t.Errorf("in Chinese %s, want %s", zh.String(), c.zh)
		}
	}
}

func TestTime(t *testing.T) {
	for b, want := range map[string]string{
		"\x07\xea\x0b\x1b\x17\x13\x0a": "2026-11-27 23:19:10",
		"\x07\xe8\x02\x1d\x00\x00\x00": "2024-02-29 00:00:00",
		"\x07\xe7\x02\x1d\x00\x00\x00": "", // there was none
		"\x00\x00\x00\x00\x00\x00\x00": "", // as the captured answer has it: never set
		"\x07\xea\x0d\x01\x00\x00\x00": "",
		"\x07\xea\x0b\x1b\x18\x00\x00": "",
		"\xff\xff\xff\xff\xff\xff\xff": "",
	} {
		v, q := Time([]byte(b))
		if v.String() != want || q.Usable() != (want != "") {
			t.Errorf("% X: %q %v, want %q", b, v, q, want)
		}
	}
}

// TestTheExamplesAreMaps: who copies one from the README has a map, or points of one.
func TestTheExamplesAreMaps(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		example := block[1]
		switch {
		case strings.Contains(example, "devices:"):
			continue // of a site file
		case !strings.Contains(example, "version:"):
			example = telecomHead + "points:\n" + example
		}
		if _, err := Parse("README.md", []byte(example)); err != nil {
			t.Error(err)
		}
		n++
	}
	if n != 2 {
		t.Errorf("%d examples", n)
	}
}
