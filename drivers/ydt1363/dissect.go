package ydt1363

import (
	"fmt"

	"watchbox/firmware/bus"
	"watchbox/firmware/point"
)

// commands are those of YD/T 1363.3 (CID2).
var commands = map[byte]point.Words{
	0x41: {Zh: "取模拟量（浮点）", En: "analogue values, float"}, 0x42: {Zh: "取模拟量（定点）", En: "analogue values, fixed"},
	0x43: {Zh: "取开关状态", En: "states"}, 0x44: {Zh: "取告警", En: "alarms"}, 0x45: {Zh: "遥控", En: "remote control"},
	0x46: {Zh: "取参数（浮点）", En: "parameters, float"}, 0x47: {Zh: "取参数（定点）", En: "parameters, fixed"},
	0x48: {Zh: "设参数（浮点）", En: "set parameters, float"}, 0x49: {Zh: "设参数（定点）", En: "set parameters, fixed"},
	0x4a: {Zh: "取历史（浮点）", En: "history, float"}, 0x4b: {Zh: "取历史（定点）", En: "history, fixed"}, 0x4c: {Zh: "取历史告警", En: "history of alarms"},
	0x4d: {Zh: "取时间", En: "read clock"}, 0x4e: {Zh: "设时间", En: "set clock"}, 0x4f: {Zh: "取协议版本", En: "protocol version"},
	0x50: {Zh: "取设备地址", En: "device address"}, 0x51: {Zh: "取厂家信息", En: "vendor information"},
}

// classes are the CID1 that were seen in the field.
var classes = map[byte]point.Words{
	0x2a: {Zh: "UPS", En: "UPS"}, 0x40: {Zh: "交流配电", En: "AC distribution"}, 0x41: {Zh: "整流", En: "rectifier"},
	0x42: {Zh: "直流配电", En: "DC distribution"}, 0x46: {Zh: "蓄电池", En: "battery"}, 0x60: {Zh: "空调", En: "air-conditioner"},
}

// Dissect explains the frame that b begins with. reply tells that a slave speaks:
// then CID2 is a return code. A Length of 0 means that no sound frame is there.
// Pure; for any bytes.
func Dissect(b []byte, reply bool) bus.Meaning {
	m, n, damaged := decode(b)
	if damaged {
		return bus.Meaning{Protocol: bus.YDT1363, Check: bus.Bad, Text: point.Words{Zh: "电总报文，校验和错误", En: "YD/T 1363, wrong check sum"}}
	}
	if n == 0 {
		return bus.Meaning{}
	}
	what := of(commands, m.command, "命令", "command")
	if reply {
		what = returned(m.command)
	}
	class := of(classes, m.class, "类", "class")
	text := func(format, class, what string) string {
		s := fmt.Sprintf(format, m.version>>4, m.version&15, m.address, m.class, class, m.command, what)
		if len(m.info) > 0 {
			s += fmt.Sprintf(" INFO %d: % X", len(m.info), m.info)
		}
		return s
	}
	return bus.Meaning{Protocol: bus.YDT1363, Unit: int(m.address), Check: bus.Good, Length: n, Text: point.Words{
		Zh: text("VER %d.%d ADR %d CID1 %02X（%s）CID2 %02X（%s）", class.Zh, what.Zh),
		En: text("VER %d.%d ADR %d CID1 %02X (%s) CID2 %02X (%s)", class.En, what.En)}}
}

func of(names map[byte]point.Words, code byte, zh, en string) point.Words {
	if w, known := names[code]; known {
		return w
	}
	if code >= 0x80 && code <= 0xef {
		return point.Words{Zh: "厂家自定" + zh, En: "the vendor's own " + en}
	}
	return point.Words{Zh: "未知" + zh, En: "unknown " + en}
}

func returned(code byte) point.Words {
	if code == 0 {
		return point.Words{Zh: "正常", En: "ok"}
	}
	if r, known := refusals[code]; known {
		return point.Words{Zh: r.zh, En: r.text}
	}
	return point.Words{Zh: "厂家自定返回码", En: "the vendor's own return code"}
}
