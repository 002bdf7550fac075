package megatec

import (
	"cmp"
	"strings"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// Where the columns are known from, as each point's provenance.
const (
	fromQ1        = "Megatec protocol paper 2.7 (1996); columns as NUT's nutdrv_qx reads them"
	fromVoltronic = "columns as NUT's nutdrv_qx (voltronic) reads them"
	fromBits      = "computed from the bits of the same answer"
)

// item is what a person is shown of one point.
type item struct {
	name   string
	zh, en string
	kind   point.Kind
	unit   point.Unit
	digits int
	states map[int64]point.Words
	source string
}

func states(zero, one point.Words) map[int64]point.Words {
	return map[int64]point.Words{0: zero, 1: one}
}

var (
	normalAlarm = states(point.Words{Zh: "正常", En: "normal"}, point.Words{Zh: "告警", En: "alarm"})
	idleRunning = states(point.Words{Zh: "未进行", En: "idle"}, point.Words{Zh: "进行中", En: "running"})
)

// items are all points of the family, NUT's names where it has one, in the order
// in which they are shown. output.source has the numbers of the UPS maps.
var items = []item{
	{"output.source", "供电方式", "Supply of the load", point.Int, "", 0, map[int64]point.Words{
		fromNone: {Zh: "无输出", En: "none"}, fromBypass: {Zh: "旁路", En: "bypass"}, fromMains: {Zh: "市电", En: "mains"},
		fromBattery: {Zh: "电池", En: "battery"}, fromEco: {Zh: "经济模式", En: "eco"}}, fromBits},
	{"ups.status", "NUT 状态", "Status in NUT's words", point.Text, "", 0, nil, fromBits},
	{"alarm", "综合告警", "Any alarm", point.Bool, "", 0, normalAlarm, fromQ1},
	{"input.failed", "市电", "Mains", point.Bool, "", 0, states(point.Words{Zh: "正常", En: "present"}, point.Words{Zh: "停电", En: "failed"}), fromQ1},
	{"battery.low", "电池电量低", "Battery low", point.Bool, "", 0, normalAlarm, fromQ1},
	{"ups.bypass", "旁路或稳压", "Bypass, boost or buck", point.Bool, "", 0, states(point.Words{Zh: "未投入", En: "idle"}, point.Words{Zh: "投入", En: "active"}), fromQ1},
	{"alarm.fault", "UPS 故障", "UPS failed", point.Bool, "", 0, normalAlarm, fromQ1},
	{"battery.test", "电池自检", "Battery self-test", point.Bool, "", 0, idleRunning, fromQ1},
	{"ups.shutdown", "定时关机", "Shutdown", point.Bool, "", 0, idleRunning, fromQ1},
	{"ups.beeper.status", "UPS 蜂鸣器", "UPS beeper", point.Bool, "", 0, states(point.Words{Zh: "关", En: "off"}, point.Words{Zh: "开", En: "on"}), fromQ1},
	{"ups.type", "UPS 类型", "Type of UPS", point.Int, "", 0, map[int64]point.Words{
		offline: {Zh: "后备式", En: "offline"}, interactive: {Zh: "互动式", En: "line-interactive"}, online: {Zh: "在线式", En: "online"},
		offlineOrInteractive: {Zh: "后备式或互动式", En: "offline or line-interactive"}}, fromQ1},
	{"input.voltage", "输入电压", "Input voltage", point.Real, "V", 1, nil, fromQ1},
	{"input.voltage.fault", "上次输入异常时的电压", "Input voltage at the last glitch", point.Real, "V", 1, nil, fromQ1},
	{"input.frequency", "输入频率", "Input frequency", point.Real, "Hz", 1, nil, fromQ1},
	{"output.voltage", "输出电压", "Output voltage", point.Real, "V", 1, nil, fromQ1},
	{"output.frequency", "输出频率", "Output frequency", point.Real, "Hz", 1, nil, fromVoltronic},
	{"output.current", "输出电流", "Output current", point.Real, "A", 1, nil, fromVoltronic},
	{"ups.load", "负载率", "Load", point.Real, "%", 0, nil, fromQ1},
	{"ups.temperature", "机内温度", "Temperature inside", point.Real, "°C", 1, nil, fromQ1},
	{"battery.voltage", "电池电压", "Battery voltage", point.Real, "V", 2, nil, fromQ1 + "; many on-line units tell the voltage of one cell: see the option cells"},
	{"battery.charge", "电池电量", "Battery charge", point.Real, "%", 0, nil, fromVoltronic},
	{"battery.runtime", "后备时间", "Battery runtime", point.Real, "s", 0, nil, fromVoltronic},
	{"ups.mode", "工作模式", "Mode", point.Int, "", 0, modes, fromVoltronic},
	{"ups.alarm", "告警位号", "Numbers of the warning bits", point.Text, "", 0, nil, fromVoltronic},
	warning("battery-disconnected", "电池未接", "Battery disconnected"),
	warning("neutral", "零线未接", "Neutral not connected"),
	warning("site-wiring", "现场接线故障", "Site wiring fault"),
	warning("phase-sequence", "输入相序错误", "Wrong phase sequence"),
	warning("bypass-phase-sequence", "旁路相序错误", "Wrong phase sequence of the bypass"),
	warning("bypass-frequency", "旁路频率不稳", "Bypass frequency unstable"),
	warning("battery-overcharge", "电池过充", "Battery overcharged"),
	warning("battery-low", "电池电压低", "Battery low warning"),
	warning("overload", "过载", "Overload"),
	warning("fan", "风扇异常", "Fan"),
	warning("epo", "紧急关机已动作", "Emergency power off"),
	warning("over-temperature", "机内过温", "Too hot inside"),
	warning("charger", "充电器异常", "Charger"),
	warning("locked-in-bypass", "多次过载，锁定旁路", "Locked in bypass by overloads"),
	warning("battery-replace", "电池需更换", "Replace the battery"),
	warning("cover-open", "维修开关盖打开", "Cover of the service switch open"),
	warning("memory", "存储器故障", "Settings memory fault"),
	{"input.voltage.nominal", "额定电压", "Rated voltage", point.Real, "V", 1, nil, fromQ1},
	{"input.current.nominal", "额定电流", "Rated current", point.Real, "A", 0, nil, fromQ1},
	{"input.frequency.nominal", "额定频率", "Rated frequency", point.Real, "Hz", 1, nil, fromQ1},
	{"output.voltage.nominal", "额定输出电压", "Rated output voltage", point.Real, "V", 1, nil, fromVoltronic},
	{"output.current.nominal", "额定输出电流", "Rated output current", point.Real, "A", 0, nil, fromVoltronic},
	{"output.frequency.nominal", "额定输出频率", "Rated output frequency", point.Real, "Hz", 1, nil, fromVoltronic},
	{"battery.voltage.nominal", "电池额定电压", "Rated battery voltage", point.Real, "V", 1, nil, fromQ1},
	{"device.mfr", "厂家", "Maker", point.Text, "", 0, nil, fromQ1},
	{"device.model", "型号", "Model", point.Text, "", 0, nil, fromQ1},
	{"ups.firmware", "固件版本", "Firmware", point.Text, "", 0, nil, fromQ1},
	{"ups.firmware.aux", "协议版本", "Protocol version", point.Text, "", 0, nil, fromVoltronic},
	{"ups.dialect", "通信方言", "Dialect that it speaks", point.Text, "", 0, nil, "found by asking"},
}

func warning(name, zh, en string) item {
	return item{"alarm." + name, zh, en, point.Bool, "", 0, normalAlarm, fromVoltronic}
}

// modes are the letters of QMOD.
var modes = map[int64]point.Words{
	'P': {Zh: "上电", En: "powering on"}, 'S': {Zh: "待机", En: "standby"}, 'Y': {Zh: "旁路", En: "bypass"}, 'L': {Zh: "市电", En: "line"},
	'B': {Zh: "电池", En: "battery"}, 'T': {Zh: "电池自检", En: "battery test"}, 'F': {Zh: "故障", En: "fault"}, 'E': {Zh: "经济模式", En: "eco"},
	'C': {Zh: "变频", En: "frequency converter"}, 'D': {Zh: "关机中", En: "shutting down"},
}

// computed are the items that no field gives.
const computed = "output.source ups.status alarm ups.dialect"

// describe lists the points that one of the dialects gives.
func describe(spec driver.Spec, spoken []dialect, period time.Duration) []point.Point {
	given := map[string]time.Duration{}
	for _, name := range strings.Fields(computed) {
		given[name] = period
	}
	for _, d := range spoken {
		for _, q := range d.ratings {
			q.gives(given, seldom)
		}
		for _, q := range append([]*query{d.main}, d.others...) {
			q.gives(given, period)
		}
	}
	var all []point.Point
	for _, i := range items {
		if every := given[i.name]; every > 0 {
			all = append(all, i.point(spec, every))
		}
	}
	return all
}

func (q *query) gives(given map[string]time.Duration, every time.Duration) {
	for _, f := range q.fields {
		given[f.item] = every
	}
}

// A value lives four periods, and at least half a minute: the unit may be silent
// for a moment.
const (
	staleAfter = 4
	staleLeast = 30 * time.Second
)

func (i item) point(spec driver.Spec, every time.Duration) point.Point {
	trust := ""
	if i.source != fromBits {
		trust = "maintained driver" // a word of drivers/maps
	}
	return point.Point{Name: point.Join(spec.Name, i.name), Label: point.Words{Zh: i.zh, En: cmp.Or(i.en, i.zh)}, Kind: i.kind, Unit: i.unit,
		Decimals: i.digits, States: i.states, Room: spec.Room, Source: i.source, Trust: trust,
		Stale: max(staleAfter*every, staleLeast).Milliseconds(), Period: every.Milliseconds()}
}
