package maps

import "watchbox/firmware/config"

// book has the Chinese of whatever the reader says of a map. Keys and words of the
// file stay as the file writes them.
var book = config.NewPhrasebook(map[string]string{
	"nothing": "空", "a value": "要写", "a text": "文字", "a list": "一个列表", "an alias": "别名", "the value itself": "逐项写出，不用别名",
	"keys with values": "一组键值", "a list with entries": "至少一项的列表", "numbers with texts": "数值与文字的对照",
	"an unknown key": "不认识的键", "the key a second time": "同一个键写了两次", "it once": "只写一次", "%s a second time": "%s 写了两次",
	"each number once": "每个数值只写一次", "each once": "各写一次", "each item once": "每个 item 只写一次", "a number": "数字", "another number": "另一个数",
	"%s to %s": "%s 至 %s", "%s entries": "%s 项", "at most %s": "最多 %s 项",
	"a text of at most %s bytes without control characters": "不超过 %s 字节、不含控制字符的文字",
	"lower-case letters, digits, '.', '-', '_' and '/'":     "小写字母、数字、点、横线、下划线和斜线",
	"what the reader cannot read (%s)":                      "无法解析的内容（%s）", "YAML": "YAML 格式",

	// The file as a whole (parse.go).
	"one more point": "又一个点", "%s points": "最多 %s 个点", "%s of %s": "%[2]s 的 %[1]s", "an item of the map": "本表里的某个 item",
	"class and versions with ydt1363, and only there":                                            "ydt1363 须写 class 和 versions，其他协议不写",
	"what the outputs do when nobody talks to the product, in a map that writes, and only there": "可写的表须写明无人通信时输出怎样，不可写的表不写",
	"a source with each state that is known, and neither source nor after with unknown":          "状态已知时须写 source；unknown 时 source 和 after 都不写",
	"write of %s where every point is to be confirmed":                                           "写入 %s，而所有点都待确认",
	"a write in a map that knows something of its product":                                       "至少有一个点已核实的表才能写入",

	// One entry of points (check.go).
	"%s tables": "%s 个表", "exactly one of coil, discrete, holding, input, info": "coil、discrete、holding、input、info 中恰好一个",
	"at beside %s": "%s 旁的 at", "at with info": "at 与 info 同用",
	"ask or ask-address": "ask 或 ask-address", "one of them, with info, of at most %s bytes": "与 info 同用，只写一个，不超过 %s 字节",
	"%s in a map of %s": "%[2]s 表里的 %[1]s", "info in a map of ydt1363, and only there": "ydt1363 的表用 info，其他协议不用",
	"type %s": "type %s", "u8, u24, status and clock on info": "u8、u24、status 和 clock 用于 info", "normal without type status": "没有 type status 的 normal", "them together": "两者同写",
	"type %s on info": "info 上的 type %s", "another type": "另一种 type", "a type": "写了 type", "no type on a coil or a discrete input": "coil 和 discrete 不写 type",
	"type and masks that do not go together": "不相配的 type 和 masks", "masks with type any, and only there": "type any 须写 masks，其他不写",
	"type and length that do not go together": "不相配的 type 和 length", "length with type ascii, and only there": "type ascii 须写 length，其他不写",
	"too many masks": "过多的 masks", "a point beyond the last address": "超出末地址的点", "addresses to %s": "地址不超过 %s",
	"a point wider than max-registers": "比 max-registers 更宽的点", "one request per point": "一次请求能读完的点",
	"says on a %s": "%s 上的 says", "says on an alarm": "says 用于告警", "clear on a %s": "%s 上的 clear", "clear on an alarm": "clear 用于告警",
	"write on a %s": "%s 上的 write", "write on coil, holding and info": "write 用于 coil、holding 和 info",
	"write on what is no plain number": "write 用在不是单个数值的点上", "write on one value": "write 用于单个值",
	"write-to, write-min, write-max, feedback or confirm without write": "没有 write 的 write-to、write-min、write-max、feedback 或 confirm",
	"write: true beside them": "同时写 write: true", "write-to on a %s": "%s 上的 write-to", "write-to on holding": "write-to 用于 holding",
	"write-min above write-max": "write-min 大于 write-max", "write-min below write-max": "write-min 小于 write-max",
	"scale %s": "scale %s", "texts and states": "texts 和 states 都写了", "one of them": "只写一个", "min above max": "min 大于 max", "min below max": "min 小于 max",
	"arithmetic on %s": "%s 上的换算", "it as it is": "原样", "mask on %s": "%s 上的 mask", "mask on u16 and u8": "mask 用于 u16 和 u8",
	"mask %s with a hole": "不连续的 mask %s", "neighbouring bits": "相邻的位", "a quantity without a unit": "没有单位的量", "unit, or unit: none": "写 unit；无单位写 unit: none",
	"bits beside an item, on a table of bits, or to be written": "bits 旁有 item，或在位的表上，或写了 write", "bits of a register, alone": "一个寄存器的 bits，单独写",

	// An order of YD/T 1363 (order.go).
	"%s as a question": "用命令 %s 查询", "a command that only reads": "只读的命令",
	"write without an order": "没有 order 的 write", "order without info or without write": "没有 info 或 write 的 order",
	"order by %s": "用命令 %s 下达", "0x45, 0x48, 0x49, or 0x80 to 0xef": "0x45、0x48、0x49，或 0x80 至 0xef",
	"an order of a number without a range": "下达数值却没有范围", "write-min and write-max, or values": "写明 write-min 和 write-max，或 values",
	"order of a value that states does not name": "order 下达了 states 没有的值", "the numbers of states": "states 里的数值",
	"values beside type, scale, offset or word-order": "values 旁写了 type、scale、offset 或 word-order",
})
