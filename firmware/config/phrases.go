package config

import (
	"fmt"
	"strings"

	"watchbox/firmware/point"
)

// phrases are what is said of a site file: English, as it stands in the code, to
// Chinese. %s stands for what comes out of the file, in the order of the English.
// What is not among them reads English in both languages: it is rare, and its
// names are the file's own.
var phrases = map[string]string{
	"nothing": "空", "a mapping": "一组键值", "a list": "一个列表", "no text": "没有文字", "no point": "没有点", "no condition": "没有条件", "true": "true",
	"an unknown key": "不认识的键", "as a key %s": "键 %s", "the key a second time": "同一个键写了两次", "%s a second time": "%s 写了两次",
	"the alias *%s": "别名 *%s", "the anchor &%s": "锚点 &%s", "the tag %s": "标签 %s", "an empty list": "空列表", "no confirmation": "未确认",
	"a value nested deeper than that": "嵌套过深", "%s levels": "最多 %s 层", "each value written out": "逐项写出，不用别名", "no anchors": "不用锚点", "no tags": "不用标签",

	"one of %s": "%s 之一", "%s (probably meant), or one of %s": "可能是 %s；可用：%s", "none: the site has none": "无：站点文件里一个也没有",
	"true or false": "true 或 false", "a text": "文字", "a number%s": "数字%s", "a whole number%s": "整数%s",
	"a duration with its unit, such as 30s%s": "带单位的时长，如 30s%s",
	", %s to %s": "，%s 至 %s", ", at least %s": "，不小于 %s", ", at most %s": "，不大于 %s",
	"%s to %s": "%s 至 %s", "at least %s": "不小于 %s", "at most %s": "不大于 %s",
	"a date such as 2026-12-31, or a time such as 2026-12-31T08:00:00+08:00": "日期如 2026-12-31，或时刻如 2026-12-31T08:00:00+08:00",
	"a point name: device/item":                                  "点名：设备/项目",
	"device/item in lower-case letters, digits, '.', '-' or '_'": "设备/项目，用小写字母、数字、点、横线或下划线",
	"a text of at most 4096 bytes without control characters":    "不超过 4096 字节、不含控制字符的文字",
	"a list with at least one entry":                             "至少一项的列表",
	"a list: each entry after a dash":                            "列表：每项前加短横",
	"a mapping of key: text":                                     "「键: 文字」的形式",
	"a mapping with the keys %s":                                 "一组键值，键有 %s",
	"a word of at most 64 letters":                               "不超过 64 个字母的词",
	"the key %s":                                                 "必须写 %s", "the key %s: %s": "必须写 %s%.0s",
	"YAML": "YAML 格式", "text that is not YAML (%s)": "不是 YAML 格式的文字（%s）", "an empty file": "空文件", "a readable file": "可读的文件", "one document": "一份文档",

	"each key once": "每个键只写一次", "each id once": "每个编号只用一次", "each point once": "每个点只给一次", "each once": "各写一次",
	"each terminal once": "每个端子只用一次", "each card once": "每张卡只写一次", "each output once": "每个输出只用一次", "each unit once per bus": "同一总线上每个地址只用一次",
	"%s, which is already the id of %s": "%s，与 %s 的编号相同", "%s, which %s gives already": "%s，已由 %s 给出", "%s, which %s uses already": "%s，已被 %s 使用",
	"%s, which %s drives already": "%s，已由 %s 驱动", "the number of %s": "与 %s 的卡号相同", "%s, which %s has already on %s": "%s，已被 %s 占用（总线 %s）",

	"a point of the site: %s": "站点里的点：%s", "a calendar: %s": "日历：%s", "the point of an output: %s": "某个输出的点：%s",
	"a terminal of the board: %s": "本机的端子：%s", "a terminal of the board %s: %s": "主板 %s 的端子：%s",
	"a short name of lower-case letters, digits, '-', '_' or '.'":          "由小写字母、数字、横线、下划线或点组成的短名",
	"a name of the time zone database, such as Asia/Shanghai":              "时区名，如 Asia/Shanghai",
	"the international form: + and 6 to 15 digits, such as +8613800000000": "国际格式：+ 号和 6–15 位数字，如 +8613800000000",
	"one mail address: name@host":                                          "一个邮箱地址：name@host",
	"what its driver can do":                                               "该驱动支持的内容",
	"%s further problems":                                                  "另有 %s 处问题",
	"none":                                                                 "没有问题",

	"no bus: this UPS has no address and obeys any text on its wire, give it a terminal of its own (address)": "不写总线：这类不间断电源 没有地址，线上的文字都会被它当作命令，须独占一个端子（填在设备地址里）",
	"a terminal of its own: this UPS obeys any text on its wire":                                              "独占的端子：这类不间断电源 会把线上的文字当作命令执行",
}

// say puts a phrase into both languages. args are point.Words, or anything that
// reads the same in both.
func say(en string, args ...any) point.Words {
	zh, both := phrases[en], point.Words{}
	if zh == "" {
		zh = en
	}
	if len(args) == 0 {
		return point.Words{Zh: zh, En: en} // a text with a % of its own
	}
	inZh, inEn := make([]any, len(args)), make([]any, len(args))
	for i, a := range args {
		w, phrased := a.(point.Words)
		if !phrased {
			w = asRead(fmt.Sprint(a))
		}
		inZh[i], inEn[i] = w.Zh, w.En
	}
	both.Zh, both.En = fmt.Sprintf(zh, inZh...), fmt.Sprintf(en, inEn...)
	return both
}

// asRead is what stands in the file: it reads the same in every language.
func asRead(s string) point.Words { return point.Words{Zh: s, En: s} }

// quoted is asRead, bounded; an empty text is nothing.
func quoted(s string) point.Words {
	if s == "" {
		return say("nothing")
	}
	return asRead(quote(s))
}

// joined lists words.
func joined(list []string) point.Words {
	return point.Words{Zh: strings.Join(list, "、"), En: strings.Join(list, ", ")}
}
