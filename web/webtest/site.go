package webtest

import (
	"math"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/annunciate"
	"watchbox/firmware/config"
	"watchbox/firmware/dialout"
	"watchbox/firmware/driver"
	"watchbox/firmware/engine"
	"watchbox/firmware/point"
	"watchbox/firmware/store"
	"watchbox/firmware/zone"

	"context"
)

func words(zh, en string) point.Words { return point.Words{Zh: zh, En: en} }

// Site is the fake's site file.
func Site() *config.Site {
	return &config.Site{Version: 1, ID: "caizheng", Label: words("财政机房与运维中心", "Finance machine room and operations centre"),
		Board: "sim", TimeZone: "Asia/Shanghai",
		Rooms: []config.Room{{ID: "oc", Label: words("运维中心", "Operations centre")},
			{ID: "cz", Label: words("财政机房", "Finance machine room")}, {ID: "net", Label: words("网络间", "Network room")}},
		Partitions: []zone.Partition{{ID: "main"}, {ID: "net"}},
		Annunciators: []annunciate.Annunciator{{ID: "siren", Label: words("警笛", "Siren"), Kind: "sounder", Output: "oc/siren"},
			{ID: "beacon", Label: words("警灯", "Beacon"), Kind: "beacon", Output: "oc/beacon"}},
		Wall: &annunciate.Wall{Device: "wall", Rooms: []string{"oc", "cz", "net"}, Rows: []string{"alarm", "supervisory", "trouble", "armed", "power"}, Pixels: 1, Text: &annunciate.Text{Width: 96, Height: 16}},
		Contacts: []dialout.Contact{{ID: "zhang", Label: words("张工", "Engineer Zhang"), Phone: "+8613800000001", Mail: "zhang@example.org"},
			{ID: "li", Label: words("李工", "Engineer Li"), Phone: "+8613800000002"}},
		Channels: []config.Channel{{ID: "sms", Driver: "modem"}, {ID: "mail", Driver: "smtp", Options: map[string]string{"password": "secret:mail"}}},
		Upstream: []config.Upstream{{ID: "platform", Driver: "mqtt", Address: "mqtts://user:hush@192.0.2.1"}},
		Cards:    []config.Card{{Number: "1234567", Holder: "张工"}},
		ModbusServer: &config.ModbusServer{Interface: "eth1", From: []string{"192.0.2.7/32"}, Port: 502, Unit: 1,
			Points:     []config.NumberedPoint{{Number: 5, Point: "ups1/battery.charge", Scale: 10}},
			Partitions: []config.NumberedPartition{{Number: 1, Partition: "main"}}},
		ModbusProxy: []config.ModbusProxy{{Bus: "rs485-1", Interface: "eth1", From: []string{"192.0.2.7/32"}, Port: 1502,
			Writes: []config.ProxyWrite{{Unit: 5, Table: "holding", Register: 349, Count: 2}, {Unit: 5, Table: "coil", Register: 3, Count: 1}}},
			{Bus: "rs485-3", Terminal: "RS485-2"}},
	}
}

func device(id, zh, en, room, by, file, source string) engine.DeviceView {
	return engine.DeviceView{ID: id, Label: words(zh, en), Room: room, Driver: by, Map: file, Product: driver.Product{Source: source},
		OK: true, LastGood: time.Now(), Polls: 41280, Failures: 3}
}

func devices() []engine.DeviceView {
	ups, ac := "Huawei UPS2000-G Modbus register definition, issue 02", "IntelliSlot unity Modbus reference guide"
	list := []engine.DeviceView{
		device("ups1", "1 号 UPS", "UPS 1", "cz", "modbus-rtu", "huawei/ups2000", ups),
		device("ups2", "2 号 UPS", "UPS 2", "cz", "modbus-rtu", "huawei/ups2000", ups),
		device("ac1", "精密空调", "Precision AC", "cz", "modbus-rtu", "vertiv/intellislot", ac),
		device("th1", "运维中心温湿度", "Centre climate", "oc", "modbus-rtu", "generic/th", "documented register list"),
		device("modem", "短信模块", "SMS modem", "oc", "modem", "", ""),
		device("sw1", "核心交换机", "Core switch", "net", "snmp", "generic/if-mib", "RFC 2863"),
		device("fw1", "防火墙", "Firewall", "net", "ping", "", ""),
	}
	list[3].Template, list[3].Brief = true, words("温度 {temperature}，湿度 {humidity}", "temperature {temperature}, humidity {humidity}")
	return list
}

func real(name point.Name, zh, en string, unit point.Unit, decimals int, room string) point.Point {
	return point.Point{Name: name, Label: words(zh, en), Kind: point.Real, Unit: unit, Decimals: decimals, Room: room, Stale: 30000, Source: "holding 0x0000"}
}

func contact(name point.Name, zh, en, room string, rest, away point.Words) point.Point {
	return point.Point{Name: name, Label: words(zh, en), Kind: point.Bool, Room: room, Urgent: true,
		States: map[int64]point.Words{0: rest, 1: away}}
}

func points() []point.Point {
	dry, open := [2]point.Words{words("正常", "normal"), words("报警", "alarm")}, [2]point.Words{words("关闭", "closed"), words("打开", "open")}
	p := []point.Point{
		real("th1/temperature", "温度", "Temperature", "°C", 1, "oc"), real("th1/humidity", "湿度", "Humidity", "%", 0, "oc"),
		real("ac1/return.temperature", "回风温度", "Return air", "°C", 1, "cz"), real("ac1/supply.temperature", "送风温度", "Supply air", "°C", 1, "cz"),
		real("ac1/return.humidity", "回风湿度", "Return humidity", "%", 0, "cz"),
		{Name: "ac1/status", Label: words("运行状态", "State"), Kind: point.Int, Room: "cz", Stale: 30000, States: map[int64]point.Words{0: words("停机", "off"), 1: words("制冷", "cooling"), 2: words("故障", "fault")}},
		{Name: "terminals/di1.edges", Label: words("紧急按钮 · 动作次数", "Panic button: edges"), Kind: point.Count, Room: "oc"},
		contact("oc/panic", "紧急按钮", "Panic button", "oc", words("未按下", "at rest"), words("已按下", "pressed")),
		contact("oc/smoke", "烟感", "Smoke", "oc", dry[0], dry[1]), contact("door1/contact", "运维中心门", "Centre door", "oc", open[0], open[1]),
		contact("cz/leak", "漏水绳", "Water rope", "cz", words("干燥", "dry"), words("有水", "water")),
		contact("cz/mains", "市电", "Mains", "cz", words("有电", "present"), words("失电", "failed")),
		{Name: "oc/siren", Label: words("警笛", "Siren"), Kind: point.Bool, Room: "oc"}, {Name: "oc/fan", Label: words("排风机", "Fan"), Kind: point.Bool, Room: "oc", Write: true},
		{Name: "ac1/setpoint.temperature", Label: words("温度设定", "Temperature set-point"), Kind: point.Real, Unit: "°C", Room: "cz", Stale: 30000, Write: true, Low: new(18.0), High: new(29.0), Period: 5000},
		{Name: "oc/beacon", Label: words("警灯", "Beacon"), Kind: point.Bool, Room: "oc"},
		real("modem/signal", "短信信号", "Signal", "dBm", 0, "oc"),
		real("sw1/if.1.in.rate", "上联接收速率", "Uplink rate in", "Mbit/s", 1, "net"), real("sw1/if.1.out.rate", "上联发送速率", "Uplink rate out", "Mbit/s", 1, "net"),
		contact("sw1/if.1.status", "上联端口", "Uplink port", "net", words("断开", "down"), words("连通", "up")),
		real("fw1/latency", "时延（往返）", "Latency", "ms", 1, "net"), real("fw1/loss", "本轮丢包率", "Loss", "%", 1, "net"),
		{Name: "sw1/system.name", Label: words("系统名", "System name"), Kind: point.Text, Room: "net"},
		{Name: "sw1/if.1.in.octets", Label: words("上联入字节", "Uplink octets"), Kind: point.Count, Unit: "B", Room: "net"},
	}
	p[0].Trust, p[1].Trust = "to be confirmed", "to be confirmed" // their map is a template
	for _, u := range []string{"1", "2"} {
		d := "ups" + u + "/"
		p = append(p, real(point.Name(d+"battery.charge"), "电池电量", "Battery charge", "%", 0, "cz"),
			real(point.Name(d+"ups.load"), "负载率", "Load", "%", 0, "cz"),
			real(point.Name(d+"input.voltage"), "输入电压", "Input voltage", "V", 1, "cz"),
			real(point.Name(d+"output.voltage"), "输出电压", "Output voltage", "V", 1, "cz"),
			real(point.Name(d+"battery.runtime"), "后备时间", "Runtime", "min", 0, "cz"))
	}
	return p
}

func first() map[point.Name]point.Value {
	r, no := point.OfReal, point.OfBool(false)
	return map[point.Name]point.Value{
		"th1/temperature": r(22.4), "th1/humidity": r(46), "ac1/return.temperature": r(24.1), "ac1/supply.temperature": r(17.8),
		"ac1/return.humidity": r(48), "ac1/status": point.OfInt(1), "oc/panic": no, "terminals/di1.edges": point.OfCount(7), "oc/smoke": no, "door1/contact": no, "cz/leak": no,
		"cz/mains": no, "oc/siren": no, "oc/beacon": no, "modem/signal": r(-71), "sw1/if.1.in.rate": r(312.6), "sw1/if.1.out.rate": r(88.2),
		"sw1/if.1.status": point.OfBool(true), "fw1/latency": r(1.2), "fw1/loss": r(0), "sw1/system.name": point.OfText("core-sw-01 <主>"),
		"sw1/if.1.in.octets": point.OfCount(1 << 60), "ups1/battery.charge": r(100), "ups1/ups.load": r(37), "ups1/input.voltage": r(228.4),
		"ups1/output.voltage": r(220.1), "ups1/battery.runtime": r(48), "ups2/battery.charge": r(100), "ups2/ups.load": r(41),
		"ups2/input.voltage": r(229), "ups2/output.voltage": r(220), "ups2/battery.runtime": r(44),
	}
}

func panel() zone.View {
	return zone.View{
		Zones: []zone.ZoneView{{ID: "panic", Label: words("紧急按钮", "Panic button"), Type: "panic", Room: "oc", State: "normal"},
			{ID: "smoke", Label: words("烟感", "Smoke"), Type: "fire", Room: "oc", State: "normal"},
			{ID: "leak", Label: words("漏水绳", "Water rope"), Type: "environment", Room: "cz", State: "normal"},
			{ID: "door", Label: words("运维中心门", "Centre door"), Type: "entry", Room: "oc", Partition: "main", State: "normal"},
			{ID: "pir", Label: words("机房红外", "Room motion"), Type: "follower", Room: "cz", Partition: "main", State: "normal"}},
		Partitions: []zone.PartitionView{{ID: "main", Label: words("运维中心与机房", "Centre and machine room"), Mode: zone.Disarmed, By: "li"},
			{ID: "net", Label: words("网络间", "Network room"), Mode: zone.Armed, By: "zhang"}},
		Doors: []zone.DoorView{{ID: "door1", Label: words("运维中心门", "Centre door"), Room: "oc", State: "closed", LastCard: "***4567", LastWho: "张工"}},
		Areas: []zone.AreaView{{ID: "oc", Label: words("运维中心", "Operations centre"), People: []zone.Insider{{Who: "张工", Since: Now().Add(-50 * time.Minute), Door: "door1"},
			{Who: "李工", Since: Now().Add(-9 * time.Hour), Door: "door1", Unsure: true}}}},
	}
}

// definitions are the alarms that Raise knows.
func definitions() map[string]alarm.Definition {
	list := []alarm.Definition{
		{Key: "zone/panic", Label: words("紧急按钮被按下", "Panic button pressed"), Room: "oc", Point: "oc/panic", Priority: 1, Class: alarm.ClassAlarm, Latch: true, Guarded: true,
			Instruction: words("立即前往运维中心查看；致电保卫处", "Go to the operations centre at once; call the guard")},
		{Key: "rule/leak/cz/leak", Label: words("机房漏水", "Water in the machine room"), Room: "cz", Point: "cz/leak", Priority: 1, Class: alarm.ClassAlarm, Latch: true,
			Instruction: words("关闭空调进水阀，检查排水管", "Close the AC water valve, look at the drain")},
		{Key: "rule/hot/ac1/return.temperature", Label: words("机房温度过高", "Machine room too hot"), Room: "cz", Point: "ac1/return.temperature", Priority: 2, Class: alarm.ClassAlarm,
			Instruction: words("检查精密空调是否运行；致电空调厂家", "See whether the AC runs; call its maker")},
		{Key: "partition/net/duress", Label: words("网络间：胁迫撤布防", "Network room: order under duress"), Priority: 1, Class: alarm.ClassAlarm, Kind: alarm.KindHoldUp, Latch: true, Guarded: true, Silent: true},
		{Key: zone.CodesKey, Label: words("操作密码多次输错", "Panel code tried too often"), Priority: 2, Class: alarm.ClassAlarm, Kind: alarm.KindTamper, Latch: true, Guarded: true},
		{Key: "rule/load/ups2/ups.load", Label: words("2 号 UPS 负载过高", "UPS 2 overloaded"), Room: "cz", Point: "ups2/ups.load", Priority: 3, Class: alarm.ClassSupervisory},
		{Key: "device/ups2", Label: words("2 号 UPS 通信中断", "UPS 2 does not answer"), Room: "cz", Priority: 4, Class: alarm.ClassTrouble,
			Instruction: words("检查 RS-485 接线与地址", "Check the RS-485 wiring and the address")},
	}
	out := map[string]alarm.Definition{}
	for _, d := range list {
		out[d.Key] = d
	}
	return out
}

// History answers with a smooth day, with one stretch of no answer in it.
func (b *Box) History(_ context.Context, name point.Name, from, to time.Time, most int) ([]store.Reading, error) {
	b.mutex.Lock()
	e, ok := b.table.Get(name)
	b.mutex.Unlock()
	f, number := e.Last.Value.Float()
	if !ok || !number || !from.Before(to) {
		return nil, nil
	}
	n := min(most, 240)
	step := to.Sub(from) / time.Duration(n)
	out := make([]store.Reading, 0, n)
	for i := range n {
		at := from.Add(time.Duration(i) * step)
		r := store.Reading{At: at, Value: e.Last.Value}
		if e.Point.Kind == point.Real {
			phase := float64(at.Unix()%86400) / 86400 * 2 * math.Pi
			r.Value = point.OfReal(math.Round((f+f*.04*math.Sin(phase*3)+f*.01*math.Sin(phase*41))*100) / 100)
		}
		if i > n*6/10 && i < n*65/100 {
			r.Quality = point.BadBecause(point.Timeout)
		}
		out = append(out, r)
	}
	return out, nil
}
