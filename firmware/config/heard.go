package config

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"watchbox/firmware/point"
)

// heardPhrases are what other packages say of their part of a site file, in
// English, with the Chinese. %s stands for what they put in.
var heardPhrases = map[string]string{
	// firmware/condition
	"exactly one of above, below, is, is-not, rises, falls, stuck, stale, expression": "above、below、is、is-not、rises、falls、stuck、stale、expression 中恰好一个",
	"no condition": "没有条件", "this condition": "这个条件", "0 or more": "不小于 0",
	"deadband %s":                                        "deadband %s",
	"deadband goes with above or below only":             "deadband 只与 above 或 below 同用",
	"at-least goes with above, below, is or is-not only": "at-least 只与 above、below、is 或 is-not 同用",
	"stuck-band goes with stuck only":                    "stuck-band 只与 stuck 同用",
	"%s is negative":                                     "%s 不能为负",
	"a limit must be a number":                           "限值须为数字",
	"clear-below goes with above and lies below it":      "clear-below 与 above 同用，且小于它",
	"clear-above goes with below and lies above it":      "clear-above 与 below 同用，且大于它",
	"either a deadband or a clear threshold":             "deadband 与单独的恢复限值只能用一个",
	"a change wants by above 0, within 1s to 24h":        "变化率须写 by（大于 0）与 within（1s 至 24h）",
	"%s and %s":                                    "%s 与 %s",
	"%s asks for a number, %s is a text":           "%s，要求数字，而 %s 是文字",
	"when: %s: %s is a %s and knows no such state": "%s，而 %s 没有这个状态%.0s",
	"when: at-least %s of %s points":               "at-least %s，而只有 %s 个点",
	"when: expression: there is no point %s":       "expression 里的 %s，没有这样的点",
	"when: expression: it reads no point":          "一个点也没有的 expression",

	// firmware/alarm
	"points %s: no point has such a name":           "points 的 %s，没有这样的点",
	"alarm %s: it is defined twice":                 "报警 %s，定义了两次",
	"low-low < low < high < high-high":              "low-low < low < high < high-high",
	"at least one of low-low, low, high, high-high": "low-low、low、high、high-high 中至少一个",
	// firmware/expression
	"column %s: longer than %s bytes":                "第 %s 列：超过 %s 字节",
	"column %s: not UTF-8":                           "第 %s 列：不是 UTF-8 文字",
	"column %s: %s is too much here":                 "第 %s 列：此处多了 %s",
	"column %s: %s is never closed":                  "第 %s 列：%s 没有配对的结尾",
	"column %s: %s has no meaning here; %s":          "第 %s 列：此处的 %s 不认识；点写在 {花括号} 里，文字写在 '单引号' 里%.0s",
	"column %s: too long: at most %s steps, %s deep": "第 %s 列：过长：最多 %s 步、%s 层",
	"column %s: nested more than %s deep":            "第 %s 列：嵌套超过 %s 层",
	"column %s: the expression ends too early":       "第 %s 列：表达式不完整",
	"column %s: want %s, found %s":                   "第 %s 列：应为 %s，写的是 %s",
	"column %s: {%s}: want a point, device/item":     "第 %s 列：{%s} 须为点：设备/项目",
	"column %s: %s is no number; %s":                 "第 %s 列：%s 不是数字；点写在 {花括号} 里，文字写在 '单引号' 里%.0s",

	// firmware/derive, firmware/live
	"derived point %s: there is such a point already":                    "%s，而已有同名的点",
	"derived point %s: %s: no such point, or one that is computed later": "%s，来源 %s 没有这样的点，或在它之后才计算",
	"derived point %s: %s of %s: wrong number of points in from":         "%s，%s 的 from 不能是 %s 个点",
	"point %s is described twice: two devices give the same point":       "给出同一个点 %s 的两台设备",

	// firmware/zone
	"at rest %s Ω and in alarm %s Ω cannot be told apart with a tolerance of %s %": "静止 %s Ω 与报警 %s Ω 在容差 %s %% 下分不开",

	// firmware/team
	"team %s: rotate-at %s: want a time of day such as 10:00":   "机组 %s：rotate-at 写的是 %s，应为钟点如 10:00",
	"team %s: %s members: want 2 to 8":                          "机组 %s：有 %s 台，应为 2 至 8 台",
	"team %s: duty %s of %s: want at least one in reserve":      "机组 %s：值班 %s 台，共 %s 台，至少留一台备用",
	"team %s: assist-below %s: want less than assist-above %s":  "机组 %s：assist-below 写的是 %s，应小于 assist-above %s",
	"team %s: rotate-day %s: want daily or a day of the week":   "机组 %s：rotate-day 写的是 %s，应为 daily 或星期",
	"team %s: member %s: want an id and a run point of its own": "机组 %s：成员 %s 须有自己的 id 与 run 点",

	// firmware/calendar
	"off, only or ignore": "off、only 或 ignore", "ignore, only or off": "ignore、only 或 off",
	"a name that no other calendar has":   "与其他日历不同的名称",
	"mon, tue, wed, thu, fri, sat or sun": "mon、tue、wed、thu、fri、sat 或 sun",
	"%s entries":                          "%s 项", "more than %s entries": "超过 %s 项", "fewer": "少一些", "at most %s": "最多 %s 项", "nothing": "空",
	"begin and end as 08:00-18:00, at most a day long": "起止时刻，如 08:00-18:00，最长一天",
	"a date such as 2026-10-01":                        "日期，如 2026-10-01", "a date without a time of day": "日期，不带钟点",
	"a day not before from": "不早于 from 的日子", "at most a year in one entry": "一项最长一年",
	"holiday, workday or key-period":                    "holiday、workday 或 key-period",
	"a weekday, and only for a workday":                 "星期几，且只用于 workday",
	"%s on %s, which is a holiday or a workday already": "%[2]s 的 %[1]s，而这天已是假日或工作日",
	"each day one or the other":                         "每天只能是其中一种",
}

// heardBook is them as a book.
var heardBook = NewPhrasebook(heardPhrases)

// Heard is what another package says of the file, in both languages.
func Heard(err error) point.Words { return heardBook.Words(err.Error()) }

// Phrasebook puts the English texts of a package into both languages, for problems.
// Any goroutine.
type Phrasebook struct{ patterns func() []pattern }

// pattern is a phrase with places, ready to be found.
type pattern struct {
	shape *regexp.Regexp
	zh    string
}

// NewPhrasebook takes texts in English with their Chinese; %s stands for what is put
// into them. What says most is looked for first.
func NewPhrasebook(phrases map[string]string) Phrasebook {
	return Phrasebook{sync.OnceValue(func() (list []pattern) {
		phrased := slices.SortedFunc(maps.Keys(phrases), func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
		for _, en := range phrased {
			shape := strings.ReplaceAll(regexp.QuoteMeta(en), "%s", "(.*)")
			list = append(list, pattern{regexp.MustCompile("^(?s:" + shape + ")$"), phrases[en]})
		}
		return list
	})}
}

// Words is the English text in both languages. What is no phrase of the book is a
// word of the file.
func (b Phrasebook) Words(text string) point.Words {
	for _, p := range b.patterns() {
		if found := p.shape.FindStringSubmatch(text); found != nil {
			args := make([]any, len(found)-1)
			for i, a := range found[1:] {
				args[i] = a
			}
			return point.Words{Zh: fmt.Sprintf(p.zh, args...), En: text}
		}
	}
	return asRead(text)
}
