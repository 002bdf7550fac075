package main

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"watchbox/cmd/fieldsim/room"
	"watchbox/drivers/access/accesstest"
	"watchbox/drivers/snmp/snmptest"
	"watchbox/firmware/point"
)

// everything lists all that can happen at the site.
func (f *field) everything() deeds {
	var all deeds
	for _, part := range []deeds{f.people(), f.hazards(), f.power(), f.cooling(), f.wiring(), f.mobile(), f.timing()} {
		all = append(all, part...)
	}
	return all
}

// words makes a help text.
func words(zh, en string) point.Words { return point.Words{Zh: zh, En: en} }

// longestWait bounds the deed `wait`.
const longestWait = 10 * time.Minute

func (f *field) people() deeds {
	return deeds{
		{"press panic", words("按下紧急报警按钮（不松手）", "press the panic button and hold it"), func([]string) error { f.lines.move("panic", true); return nil }},
		{"release panic", words("松开或复位紧急报警按钮", "let go of the panic button"), func([]string) error { f.lines.move("panic", false); return nil }},
		{"door open|close", words("开门（锁未释放即为强行开门）或关门", "open the door, by force when its lock is not released, or close it"), f.moveDoor},
		{"exit press", words("按出门按钮：门锁由硬线释放 5 秒", "press the exit button: it frees the lock by wire for 5 s"), func([]string) error { f.lines.exit(); return nil }},
		{"card <number>", words("在门外读卡器上刷卡", "hold a card to the reader outside"), f.card(func() *wire { return f.door })},
		{"card <number> out", words("在机房内读卡器上刷卡出门", "hold a card to the reader inside, to leave"), f.card(func() *wire { return f.inner })},
		{"siren cut|join", words("剪断或接好警号的线：读回触点不再动作", "cut or join the siren's wire: what is read back stays still"),
			func(a []string) error { f.lines.coil.wire(a[0] == "cut"); return nil }},
		{"lose <n>", words("接下来的 n 次触点动作丢失：内核编了号却没有送到", "the next n edges are numbered by the kernel and never told"), f.lose},
		{"sensor <rom> <state>", words("1-Wire 链上的温度传感器：温度（°C）即插上，gone 拔掉", "a thermometer on the 1-Wire chain: a temperature in °C plugs it in, gone takes it off"), f.sensor},
		{"current <mA>", words("变送器（AI3）输出的电流：broken 断线、short 短路，或 0–30 mA", "what the transmitter at AI3 says: broken, short, or 0 to 30 mA"), f.current},
		{"loop <n> <state>", words("监视回路 n：rest 静止、alarm 报警、open 断线、short 短路，或某电阻（Ω）", "supervised loop n: rest, alarm, open, short, or a resistance in Ω"), f.loop},
		{"tamper on|off", words("打开或合上机箱", "open or close the box's enclosure"), f.hazard("tamper")},
	}
}

func (f *field) lose(a []string) error {
	n, err := strconv.ParseUint(a[0], 10, 8)
	if err != nil || n == 0 {
		return fmt.Errorf("lose %q: want a number of 1 to 255", a[0])
	}
	f.lines.server.DropEdges(int(n))
	return nil
}

func (f *field) moveDoor(a []string) error {
	if a[0] == "close" {
		f.lines.move("door", false)
		return nil
	}
	if f.lines.open() {
		f.diary.tell("门被强行打开", "the door was forced")
	}
	return nil
}

// card holds a card to a reader.
func (f *field) card(reader func() *wire) func([]string) error {
	return func(a []string) error {
		n, err := strconv.ParseUint(a[0], 10, 32)
		if err != nil || n == 0 {
			return fmt.Errorf("card %q: want a number of 1 to 4294967295", a[0])
		}
		return accesstest.Reader{Wire: reader()}.Show(uint32(n))
	}
}

// hazard moves the contact of that name.
func (f *field) hazard(name string) func([]string) error {
	return func(a []string) error { f.lines.move(name, a[0] == "on"); return nil }
}

func (f *field) hazards() deeds {
	return deeds{
		{"water on|off", words("机房漏水，或擦干", "wet the water rope, or dry it"), f.hazard("water")},
		{"smoke on|off", words("机房有烟，或散去", "smoke at the detector, or none"), f.hazard("smoke")},
		{"fire on|off", words("消防主机火警（释放门锁），或复位", "the fire panel's contact, which also frees the door, or its reset"), f.hazard("fire")},
	}
}

// change makes a deed of something done to the room; on is how its word reads.
func (f *field) change(do func(s *room.State, on bool)) func([]string) error {
	return func(a []string) error {
		on := len(a) > 0 && (a[0] == "on" || a[0] == "start")
		f.room.Change(func(s *room.State) { do(s, on) })
		return nil
	}
}

func (f *field) power() deeds {
	return deeds{
		{"mains on|off", words("市电恢复，或中断：电池开始放电", "the mains come back, or fail: the batteries discharge"),
			f.change(func(s *room.State, on bool) { s.Mains = on })},
		{"battery <n> out|in", words("断开或接上 UPS n 的电池", "disconnect or connect the battery of UPS n"), f.battery},
		{"charge <n> <percent>", words("把 UPS n 的电池设为某电量", "set the charge of UPS n's battery"), f.charge},
		{"load <n> <kW>", words("改变 UPS n 的负载；18 kW 以上为过载", "change the load of UPS n; above 18 kW it is overloaded"), f.load},
	}
}

// ups does something to UPS number n, counted from 1.
func (f *field) ups(n string, do func(u *room.UPS)) error {
	i, err := strconv.Atoi(n)
	if err != nil || i < 1 || i > 4 {
		return fmt.Errorf("UPS %q: allowed 1 to 4", n)
	}
	f.room.Change(func(s *room.State) { do(&s.UPS[i-1]) })
	return nil
}

func (f *field) battery(a []string) error {
	return f.ups(a[0], func(u *room.UPS) { u.BatteryGone = a[1] == "out" })
}

func (f *field) charge(a []string) error {
	x, err := strconv.ParseFloat(a[1], 64)
	if err != nil || !(x >= 0 && x <= 100) {
		return fmt.Errorf("charge %q: want 0 to 100", a[1])
	}
	return f.ups(a[0], func(u *room.UPS) { u.Stored = room.Battery * x / 100 })
}

func (f *field) load(a []string) error {
	x, err := strconv.ParseFloat(a[1], 64)
	if err != nil || !(x >= 0 && x <= 30) {
		return fmt.Errorf("load %q: want 0 to 30 kW", a[1])
	}
	return f.ups(a[0], func(u *room.UPS) { u.Load = x })
}

func (f *field) cooling() deeds {
	return append(f.cooler("ac", "精密空调 1", "precision AC 1", 0), f.cooler("ac2", "精密空调 2（备用）", "precision AC 2, the reserve", 1)...)
}

// cooler is what can happen to one AC; word is how it is called.
func (f *field) cooler(word, zh, en string, n int) deeds {
	change := func(do func(a *room.AC, on bool)) func([]string) error {
		return func(a []string) error {
			on := len(a) > 0 && slices.Contains([]string{"start", "on", "by-hand"}, a[0])
			f.room.Change(func(s *room.State) { do(&s.AC[n], on) })
			return nil
		}
	}
	return deeds{
		{word + " start|stop", words(zh+"开机（并消除故障），或关机", "start "+en+", which also mends it, or stop it"), change(func(a *room.AC, on bool) {
			if a.Stopped = !on; on {
				a.Fault = ""
			}
		})},
		{word + " fault airflow|high-pressure", words(zh+"故障停机", en+" stops by a fault"), func(a []string) error {
			f.room.Change(func(s *room.State) { s.AC[n].Fault = a[0] })
			return nil
		}},
		{word + " fault", words(zh+"故障停机：气流丢失", en+" stops: loss of airflow"), change(func(a *room.AC, _ bool) { a.Fault = "airflow" })},
		{word + " mend", words(zh+"消除故障", en+" is mended"), change(func(a *room.AC, _ bool) { a.Fault = "" })},
		{word + " stuck on|off", words(zh+"收下遥控命令却不执行", en+" takes remote orders and does nothing"), change(func(a *room.AC, on bool) { a.Stuck = on })},
		{word + " restart by-itself|by-hand", words(zh+"来电自启动，或等命令", "after a mains failure "+en+" starts by itself, or waits to be told"), change(func(a *room.AC, on bool) { a.ByHand = on })},
	}
}

func (f *field) wiring() deeds {
	return deeds{
		{"bus cut|join", words("拔掉或插回 RS-485 适配器", "pull the RS-485 adapter out, or plug it in"), f.adapter},
		{"slave <name> ok|silent|slow|wrong|foreign|short|noise|exception|stale|babble|refusing|lost",
			words("让一个总线设备（ups1…4 ac1 ac2 th1 th2 meter1，电总 gxe1 station1）出错或恢复", "make a unit on the bus misbehave, or behave"), f.slave},
		{"old-master on|off", words("第三对 RS-485 上别的主站开始或停止轮询", "another master polls on the third RS-485 pair, or rests"), func(a []string) error { return f.old.speaks(a[0] == "on") }},
		{"switch on|off", words("核心交换机通电或断电", "power of the core switch"), func(a []string) error { f.network.core.power(a[0] == "on"); return nil }},
		{"agent <name> ok|silent|slow|garbage|error", words("让 SNMP 设备（switch1 firewall1 upscard）出错或恢复", "make an SNMP agent misbehave, or behave"), f.misbehave},
		{"port <name> up|down", words("核心交换机端口（ge1…6 xe1 xe2）通断", "link of a port of the core switch"), func(a []string) error { return f.network.core.link(a[0], a[1] == "up") }},
		{"wall on|off", words("状态墙控制器通电或断电", "the wall's controller has power, or none"), func(a []string) error { return f.wall.power(a[0] == "on") }},
	}
}

func (f *field) adapter(a []string) error {
	if a[0] == "cut" {
		return f.bus.cut()
	}
	return f.bus.join()
}

func (f *field) slave(a []string) error {
	if a[0] == "meter1" {
		return f.meter.misbehave(a[1])
	}
	return f.bus.misbehave(a[0], a[1])
}

func (f *field) misbehave(a []string) error {
	agent := f.network.of(a[0])
	if agent == nil {
		return fmt.Errorf("agent %q: allowed switch1, firewall1, upscard", a[0])
	}
	agent.Slow(0)
	if a[1] == "slow" {
		agent.Slow(1500 * time.Millisecond)
	}
	agent.Misbehave(map[string]snmptest.Fault{"silent": snmptest.Silent, "garbage": snmptest.Nonsense, "error": snmptest.Error}[a[1]])
	return nil
}

func (f *field) mobile() deeds {
	return deeds{
		{"sim in|out", words("插入或取出 SIM 卡", "put the SIM in or take it out"), func(a []string) error { f.phone.modem.SetSIM(a[0] == "in"); return nil }},
		{"coverage on|off", words("移动网络有或无信号", "mobile coverage"), func(a []string) error { f.phone.modem.SetCoverage(a[0] == "on"); return nil }},
		{"modem ok|hang|dead", words("短信模块正常、死机（重启可救）、损坏", "the modem works, hangs until it is restarted, or is dead"), func(a []string) error { f.phone.hang(a[0]); return nil }},
		{"sms from <number> <text…>", words("某人发短信给值守箱", "somebody sends the box a message"), func(a []string) error { return f.phone.receive(a[0], a[1]) }},
	}
}

func (f *field) timing() deeds {
	return deeds{
		{"speed <n>", words("房间时间快进 n 倍（0 为暂停）", "let the room's time pass n times as fast; 0 stops it"), func(a []string) error {
			n, err := strconv.ParseFloat(a[0], 64)
			if err != nil {
				return fmt.Errorf("speed %q: want a number", a[0])
			}
			return f.hurry(n)
		}},
		{"wait <time>", words("等待，例如 5s", "wait, 5s for example"), f.wait},
		{"story <name>", words("播放情景；stop 停止", "play a story; stop ends it"), func(a []string) error { return f.tellStory(a[0]) }},
		{"calm", words("一切恢复正常", "put everything right again"), func([]string) error { return f.calm() }},
	}
}

func (f *field) wait(a []string) error {
	d, err := time.ParseDuration(a[0])
	if err != nil || d < 0 || d > longestWait {
		return fmt.Errorf("wait %q: want 0s to %s", a[0], longestWait)
	}
	return pause(f, d)
}

// calm undoes every deed: contacts at rest, mains and cooling on, nothing misbehaves.
func (f *field) calm() error {
	for _, w := range []string{"mains on", "ac start", "ac stuck off", "ac restart by-itself", "ac2 stop", "ac2 mend", "ac2 stuck off", "ac2 restart by-itself", "release panic", "door close", "tamper off", "water off", "smoke off", "fire off",
		"bus join", "switch on", "agent switch1 ok", "agent firewall1 ok", "agent upscard ok", "wall on", "sim in", "coverage on", "modem ok", "speed 1",
		"battery 1 in", "battery 2 in", "battery 3 in", "battery 4 in", "loop 1 rest", "loop 2 rest", "current 12", "siren join"} {
		if err := f.deeds.do(w); err != nil {
			return err
		}
	}
	for _, name := range append(f.bus.names(), "meter1") {
		if err := f.slave([]string{name, "ok"}); err != nil {
			return err
		}
	}
	return nil
}
