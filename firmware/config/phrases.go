package config

import (
	"fmt"
	"strings"

	"watchbox/firmware/point"
)

// phrases are what is said of a site file: English, as it stands in the code, to
// Chinese. %s stands for what comes out of the file, in the order of the English,
// or %[2]s where the Chinese has another. What a key or a value of the file is
// called stays as the file writes it.
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
	"a bus that %s can use: %s":                                            "%s 可用的总线：%s",
	"a sensor's number as on the chain: %s":                                "链上的传感器编号：%s",
	"a short name of lower-case letters, digits, '-', '_' or '.'":          "由小写字母、数字、横线、下划线或点组成的短名",
	"a name of the time zone database, such as Asia/Shanghai":              "时区名，如 Asia/Shanghai",
	"the international form: + and 6 to 15 digits, such as +8613800000000": "国际格式：+ 号和 6–15 位数字，如 +8613800000000",
	"one mail address: name@host":                                          "一个邮箱地址：name@host",
	"%s further problems":                                                  "另有 %s 处问题",
	"none":                                                                 "没有问题",

	"no bus: this UPS has no address and obeys any text on its wire, give it a terminal of its own (address)": "不写总线：这类不间断电源没有地址，线上的文字都会被它当作命令，须独占一个端子（填在设备地址里）",
	"%s, which %s": "%s，它%s",
	"the own map without faults: watchbox map put %s FILE.yaml":                                 "无误的自有点表，重新上传：watchbox map put %s FILE.yaml",
	"an own map that was uploaded before: watchbox map put %s FILE.yaml; this box has none yet": "先上传的自有点表：watchbox map put %s FILE.yaml；本机还没有自有点表",
	"an own map of this box: %s; upload another first: watchbox map put %s FILE.yaml":           "本机的自有点表：%s；另一张请先上传：watchbox map put %s FILE.yaml",
	"a terminal of its own: this UPS obeys any text on its wire":                                "独占的端子：这类不间断电源会把线上的文字当作命令执行",
	"1 to 254: 0 and 255 are for all":                                                           "1 至 254：0 和 255 是广播",
	// Buses, and who shares them (validate_buses.go, modbusproxy.go).
	"a terminal, or the address of a serial server":     "端子，或串口服务器的地址",
	"the key %s, or a terminal":                         "必须写 %s，或写 terminal",
	"either a terminal, or interface, from and port":    "或写 terminal，或写 interface、from 和 port",
	"either a terminal or an address":                   "端子和地址只写一个",
	"host:port of a serial server: 192.0.2.30:4001":     "串口服务器的 主机:端口，如 192.0.2.30:4001",
	"%s on the bus %s of %s":                            "%s，而总线 %s 是 %s",
	"%s: a serial server has one speed for all":         "%s：串口服务器只有一种速率",
	"%s, on the bus %s, where %s may take %s to answer": "%s，它在总线 %s 上，那里的 %s 可能要 %s 才应答",
	"a port of its own, such as %s":                     "另一个端口，如 %s",
	"units that are no device of this file, each once":  "不是本文件设备的地址，各写一次",
	"a unit of the bus: %s":                             "该总线上的地址：%s",
	"%s with %s, which belongs to a silent alarm":       "%s，其上的 %s 属于静默报警",
	"a bus that anybody in the room may listen to":      "在场任何人都可以旁听的总线",
	"%s, or a pair of its own. Two speeds on one pair: try them, watch the wire with `watchbox bus trace` for an hour; when no device answers what was not asked of it write mixed-speed: accepted at the bus": "%s，或另用一对线。要在同一对线上用两种速率：先试，用 `watchbox bus trace` 看线一小时；若没有设备应答问别人的话，在该总线写 mixed-speed: accepted",
	"a terminal of the box, or a bus whose devices all answer within %s; when the wait was judged and is acceptable, slow-devices: accepted at the bus":                                                        "接在本机端子上，或所有设备都在 %s 内应答的总线；若已评估并接受这一等待，在该总线写 slow-devices: accepted",

	// What refers to what (validate_*.go), and the file as a whole.
	"a contact of its own, not the detector's":                                                                                           "另一个触点，不能就是探测器自己的",
	"a name of the kernel's, at most 15 letters and digits: eth0":                                                                        "内核给的网口名，最多 15 个字母数字：eth0",
	"device/item in lower-case letters, digits, '.', '-' or '_'; * matches within one part":                                              "设备/项目，用小写字母、数字、点、横线或下划线；* 只在一段之内匹配",
	"the point up of a ping probe on the wall's controller: E1.31 has no receipt, and nothing else tells that the wall is dark":          "对状态墙控制器做 ping 探测的 up 点：E1.31 没有回执，否则墙黑了也无从得知",
	"true: the installer confirms for this door that the exit button and the fire contact cut the lock's power by wire, without the box": "true：安装人员确认此门的出门按钮与消防触点由线路直接断开锁电，不经本机",
	"{device/item} compared with numbers, 'texts' and each other by + - * / < <= > >= == != && || !":                                     "{设备/项目} 与数字、'文字' 或彼此之间，用 + - * / < <= > >= == != && || ! 计算和比较",
	"%s for the channel %s":                                  "渠道 %[2]s 所需的 %[1]s",
	"%s of a %s":                                             "%[2]s 的 %[1]s",
	"%s partitions":                                          "%s 个分区",
	"%s points":                                              "%s 个点",
	"%s to %s for %s":                                        "%[3]s 须有 %[1]s 至 %[2]s 个",
	"%s without %s":                                          "%s，没有 %s",
	"%s, %s":                                                 "%s，%s",
	"%s, which %s watches already":                           "%s，已由防区 %s 看守",
	"%s, which comes over a shared bus":                      "%s，它来自共用总线",
	"%s, which hangs on a shared bus":                        "%s，它挂在共用总线上",
	"%s, which is %s already":                                "%s，已用作 %s",
	"%s, which is the strike of door %s":                     "%s，它是门 %s 的锁",
	"%s, which its map does not allow to be written":         "%s，其点表不允许写",
	"%s, which matches nothing":                              "%s，什么也没匹配到",
	"%s, which no other door has":                            "%s，没有别的门用它",
	"%s, which nobody is seen leaving":                       "%s，没有读卡器能看到人离开",
	"%s, whom no channel of this step reaches":               "%s，本步骤没有渠道能通知到",
	"%s; or limits":                                          "%s；或写 limits",
	"1 to 247: 0 is for all and 248 to 255 are reserved":     "1 至 247：0 是广播，248 至 255 保留",
	"16, 32, 48 or 64: a line is 16 pixels high":             "16、32、48 或 64：一行字高 16 像素",
	"a PIN in clear":                                         "明文的 PIN 码",
	"a URL that begins with %s":                              "以 %s 开头的 URL",
	"a URL without it, and options with secret:NAME":         "不含密码的 URL，密码写在 options 里用 secret:NAME",
	"a contact with %s":                                      "有 %s 的联系人",
	"a contact with an address for each channel of the step": "对本步骤每个渠道都有号码或地址的联系人",
	"a mapping that begins with version: 1":                  "以 version: 1 开头的一组键值",
	"a network: 192.0.2.0/24, one address: 192.0.2.7/32":     "网段 192.0.2.0/24，或单个地址 192.0.2.7/32",
	"a password within the URL":                              "URL 里写了密码",
	"a path with TLS: what goes by this one can be read and altered on the way": "带 TLS 的通路：经由现在这条的内容途中可被偷看和篡改",
	"a pattern that matches at least one point of the site":                     "至少匹配站点里一个点的写法",
	"a point that is not derived, or is derived further above":                  "不是派生点，或在上文已派生的点",
	"a point with write: true in its map":                                       "点表里写了 write: true 的点",
	"a reader, and cards of two holders at least":                               "有读卡器，且至少两名持卡人",
	"a second document": "第二份文档",
	"a secret in clear": "明文的密码",
	"a team of 2 to 8 units with at least one in reserve":           "2 至 8 台的机组，至少一台备用",
	"a terminal of the box: a panic button must not wait for a bus": "接在本机端子上：紧急按钮不能等总线",
	"a terminal of the box: the siren must not wait for a bus":      "接在本机端子上：警号不能等总线",
	"a time after from": "晚于 from 的时间",
	"a value: terminal of the modem, host:port of the mail host, URL of the gateway":               "要写：短信模块的端子、邮件服务器的主机:端口、或网关的 URL",
	"a value: the driver %s needs it":                                                              "要写：驱动 %s 需要它",
	"an address of a name server":                                                                  "域名服务器的地址",
	"an address or a host name":                                                                    "地址或主机名",
	"an address such as 192.0.2.10/24, or dhcp: true":                                              "地址如 192.0.2.10/24，或 dhcp: true",
	"an address with the length of its network: 192.0.2.10/24":                                     "带掩码位数的地址：192.0.2.10/24",
	"an exit-reader at a door that leads into it: without one the list of those inside only grows": "通往该区的门上有 exit-reader：否则在内名单只增不减",
	"an output of its own":                                                                         "另一个输出",
	"an output: without it a granted card opens nothing":                                           "一个输出：没有它，刷卡通过也开不了门",
	"annunciator %s":                    "告警输出 %s",
	"another address of the network %s": "网段 %s 里的另一个地址",
	"another room than area, and area: the door leads from the one into the other": "与 area 不同的房间，并写 area：门从这一间通往那一间",
	"armed-by: a calendar":                                    "armed-by: 某个日历",
	"at least minimum-on, %s":                                 "不小于 minimum-on，即 %s",
	"at most 1 MiB":                                           "最大 1 MiB",
	"closed, so that a cut wire is noticed":                   "closed（常闭），断线才能发现",
	"device/item; * matches within one part":                  "设备/项目；* 只在一段之内匹配",
	"each contact in one zone: a tamper is a zone of its own": "每个触点只属一个防区：防拆触点另设防区",
	"each interface once":                                     "每个网口只写一次",
	"each reader at one side of one door":                     "每个读卡器只在一扇门的一侧",
	"each unit in one team":                                   "每台只属一个机组",
	"either dhcp: true or an address":                         "dhcp: true 与固定地址二选一",
	"limits beside when":                                      "limits 与 when 并列",
	"limits":                                                  "limits",
	"more than %s bytes":                                      "超过 %s 字节",
	"no bus: %s has an address":                               "不写总线：%s 用的是地址",
	"no document":                                             "没有内容",
	"no secret here: this text is shown":                      "此处不能用密码引用：这段文字会显示出来",
	"none without stealth: true":                              "没有 stealth: true 时不写",
	"nothing: a zone of type %s guards always":                "不写：%s 类防区全天设防",
	"one of both":                                             "二者取一",
	"only with kind: relay":                                   "只用于 kind: relay",
	"open for a panic button":                                 "紧急按钮写成 open（常开）",
	"resistors that are clearly apart":                        "阻值要拉开",
	"rotate-every beside rotate-day":                          "rotate-every 与 rotate-day 并列",
	"secret:NAME":                                             "secret:NAME",
	"secret:NAME: the site file is also kept outside of the data partition, with what stands in it": "secret:NAME：站点文件会在数据分区之外另存一份，写在里面的内容也在其中",
	"team %s": "机组 %s",
	"the name of a stored secret: no secret of this name is stored, or others may read it (mode 0600)":                    "已存密码的名称：没有存这个名称，或文件权限不是 0600",
	"the partition that arms it: a zone of type %s guards only while armed":                                               "所属分区：%s 类防区布防后才看守",
	"the point that tells of a mains failure: without it units that went off by one are started late, as the last resort": "反映市电中断的点：没有它，停电停下的机组最后才会被启动",
	"the points that the rule watches":                                 "规则所看的点",
	"the same name at two doors at least":                              "至少两扇门用同一个名称",
	"true beside an address or a gateway":                              "true，又写了地址或网关",
	"true for panic zones only":                                        "true 只用于 panic 防区",
	"true of a %s":                                                     "%s 写成 true",
	"true of a beacon: a siren sounds and a relay works, armed or not": "只有 beacon 可写 true：警号与继电器不论布防与否都要动作",
	"true with %s holders of a card for this door":                     "true，而此门只有 %s 名持卡人",
	"true without armed-by":                                            "true，却没有 armed-by",
	"what to do first: the alarm has priority 1":                       "先做什么：这是 1 级报警",
	"with it area, reader, and an exit-reader at this door or another that leads into the area": "同时要有 area、reader，以及此门或通往该区的另一扇门上的 exit-reader",
	"zh, en or both": "zh、en 或两者",
	"the page":       "网页", "a port of its own, such as 502": "另一个端口，如 502", "each number once": "每个编号只用一次",
	"the text %s": "文字点 %s", "a number or a contact: registers hold no text": "数值或触点：寄存器放不下文字",
	"%s, which belongs to a silent alarm": "%s，属于静默报警", "a point that anybody in the room may know of": "在场任何人都可以知道的点",
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
