package snmp

import (
	"fmt"

	"watchbox/firmware/point"
)

// The objects that are read. Sources: RFC 3418 (SNMPv2-MIB), RFC 2863 (IF-MIB),
// RFC 1628 (UPS-MIB).
const (
	sysDescr  = ".1.3.6.1.2.1.1.1.0"
	sysUpTime = ".1.3.6.1.2.1.1.3.0" // hundredths of a second, 32 bits: wraps after 497 days
	sysName   = ".1.3.6.1.2.1.1.5.0"

	ifOperStatus  = ".1.3.6.1.2.1.2.2.1.8"
	ifInErrors    = ".1.3.6.1.2.1.2.2.1.14"
	ifOutErrors   = ".1.3.6.1.2.1.2.2.1.20"
	ifName        = ".1.3.6.1.2.1.31.1.1.1.1"
	ifHCInOctets  = ".1.3.6.1.2.1.31.1.1.1.6"
	ifHCOutOctets = ".1.3.6.1.2.1.31.1.1.1.10"
	// sysUpTime when the interface's counters last jumped, 0 when never; not every agent has it.
	ifCounterDiscontinuityTime = ".1.3.6.1.2.1.31.1.1.1.19"

	upsMIB = ".1.3.6.1.2.1.33"
)

// upTimeItem rides on the first block of interfaces when the device has one.
var upTimeItem = item{oid: sysUpTime, name: "system.uptime", label: point.Words{Zh: "运行时间", En: "Up time"}, kind: point.Real, unit: "s", scale: 0.01}

// systemItems change rarely.
var systemItems = []item{
	{oid: sysName, name: "system.name", label: point.Words{Zh: "设备名", En: "System name"}, kind: point.Text},
	{oid: sysDescr, name: "system.description", label: point.Words{Zh: "设备描述", En: "System description"}, kind: point.Text},
}

var statusStates = map[int64]point.Words{
	1: {Zh: "连通", En: "up"}, 2: {Zh: "断开", En: "down"}, 3: {Zh: "测试中", En: "testing"}, 4: {Zh: "未知", En: "unknown"},
	5: {Zh: "休眠", En: "dormant"}, 6: {Zh: "不存在", En: "not present"}, 7: {Zh: "下层断开", En: "lower layer down"},
}

var outputSources = map[int64]point.Words{
	1: {Zh: "其他", En: "other"}, 2: {Zh: "无输出", En: "none"}, 3: {Zh: "正常（逆变）", En: "normal"}, 4: {Zh: "旁路", En: "bypass"},
	5: {Zh: "电池", En: "battery"}, 6: {Zh: "升压", En: "booster"}, 7: {Zh: "降压", En: "reducer"},
}

var batteryStates = map[int64]point.Words{
	1: {Zh: "未知", En: "unknown"}, 2: {Zh: "正常", En: "normal"}, 3: {Zh: "电量低", En: "low"}, 4: {Zh: "耗尽", En: "depleted"},
}

// much is the top of the MIB's NonNegativeInteger.
const much = 1<<31 - 1

// upsState is what an alarm hangs on; it is read first.
var upsState = []item{
	{oid: upsMIB + ".1.4.1.0", name: "output.source", label: point.Words{Zh: "输出来源", En: "Output source"}, kind: point.Int, states: outputSources, least: 1, most: 7},
	{oid: upsMIB + ".1.2.1.0", name: "battery.status", label: point.Words{Zh: "电池状态", En: "Battery status"}, kind: point.Int, states: batteryStates, least: 1, most: 4},
	{oid: upsMIB + ".1.2.3.0", name: "battery.runtime", label: point.Words{Zh: "电池剩余时间", En: "Battery runtime"}, kind: point.Real, unit: "s", scale: 60, most: much},
	{oid: upsMIB + ".1.2.4.0", name: "battery.charge", label: point.Words{Zh: "电池电量", En: "Battery charge"}, kind: point.Real, unit: "%", most: 100},
	{oid: upsMIB + ".1.6.1.0", name: "ups.alarms", label: point.Words{Zh: "UPS 告警数", En: "Alarms present"}, kind: point.Int, most: much},
}

var upsMeasures = []item{
	{oid: upsMIB + ".1.2.5.0", name: "battery.voltage", label: point.Words{Zh: "电池电压", En: "Battery voltage"}, kind: point.Real, unit: "V", scale: 0.1, digits: 1, most: much},
	{oid: upsMIB + ".1.2.7.0", name: "battery.temperature", label: point.Words{Zh: "电池温度", En: "Battery temperature"}, kind: point.Real, unit: "°C", least: -60, most: 150},
	{oid: upsMIB + ".1.4.2.0", name: "output.frequency", label: point.Words{Zh: "输出频率", En: "Output frequency"}, kind: point.Real, unit: "Hz", scale: 0.1, digits: 1, most: much},
}

var upsIdentity = []item{
	{oid: upsMIB + ".1.1.1.0", name: "ups.mfr", label: point.Words{Zh: "厂家", En: "Manufacturer"}, kind: point.Text},
	{oid: upsMIB + ".1.1.2.0", name: "ups.model", label: point.Words{Zh: "型号", En: "Model"}, kind: point.Text},
}

// upsLines are the measurements per line, under NUT's names: of one phase
// "input.voltage", of three "input.l1-n.voltage" and so on.
func upsLines(phases int) []item {
	var all []item
	for line := 1; line <= phases; line++ {
		node, load, zh, en := "", "ups.load", "", ""
		if phases > 1 {
			node, load = fmt.Sprintf("l%d-n.", line), fmt.Sprintf("output.l%d.power.percent", line)
			zh, en = fmt.Sprintf(" L%d", line), fmt.Sprintf(" L%d", line)
		}
		column := func(table string) string { return fmt.Sprintf("%s%s.%d", upsMIB, table, line) }
		all = append(all,
			item{oid: column(".1.3.3.1.3"), name: "input." + node + "voltage", label: point.Words{Zh: "输入电压" + zh, En: "Input voltage" + en}, kind: point.Real, unit: "V", most: much},
			item{oid: column(".1.3.3.1.2"), name: "input." + node + "frequency", label: point.Words{Zh: "输入频率" + zh, En: "Input frequency" + en}, kind: point.Real, unit: "Hz", scale: 0.1, digits: 1, most: much},
			item{oid: column(".1.4.4.1.2"), name: "output." + node + "voltage", label: point.Words{Zh: "输出电压" + zh, En: "Output voltage" + en}, kind: point.Real, unit: "V", most: much},
			item{oid: column(".1.4.4.1.5"), name: load, label: point.Words{Zh: "负载率" + zh, En: "Load" + en}, kind: point.Real, unit: "%", most: 200},
		)
	}
	return all
}
