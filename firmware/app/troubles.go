package app

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/config"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
	"watchbox/firmware/scan"
	"watchbox/firmware/update"
)

// The keys of the box's own troubles. A device's is "device/" and its id.
const (
	troubleJournal  = "box/journal"
	troubleStore    = "box/store"
	troubleConfig   = "box/config"
	troubleSafeMode = "box/safe-mode"
	troubleData     = "box/data"
	troubleKept     = "box/kept-site"
	troubleWall     = "box/wall"
	troubleUpdate   = "box/update"
	troubleStick    = "box/stick"
	troubleServer   = "box/modbus-server"
	troubleProxy    = "box/modbus-proxy"
	// What stands still did not recover: remedies are used up, or there are none.
	troubleStandstill = "box/standstill"
)

// roomOf is the room of a bus: that of the first device on it.
func roomOf(site *config.Site, bus string) string {
	for _, d := range site.Devices {
		if d.Bus == bus {
			return d.Room
		}
	}
	return ""
}

// busGrace is how long a silent device waits for its wire to be found guilty.
const busGrace = 3 * time.Second

func deviceKey(id string) string    { return "device/" + id }
func outputKey(p point.Name) string { return "output/" + string(p) }
func channelKey(id string) string   { return "channel/" + id }
func upstreamKey(id string) string  { return "upstream/" + id }

// troubles are the alarms of the guard itself for a site: what it can lose of
// its own senses, voice and memory.
func troubles(site *config.Site) []alarm.Definition {
	return slices.Concat(boxTroubles(), serverTroubles(site), wireTroubles(site), wayTroubles(site), edgeTroubles(site), lineTroubles(site))
}

// boxTroubles are of the box itself, whatever its site.
func boxTroubles() []alarm.Definition {
	return []alarm.Definition{
		trouble(troubleJournal, 2, "事件记录停住", "Journal stands still",
			"事件暂存在内存中；请检查存储卡，必要时更换。", "Events are kept in memory for now: check the flash card, replace it if need be."),
		trouble(troubleStore, 2, "数据库已换新", "Database was replaced",
			"旧库已移开保留；请告知厂家。", "The old one was moved aside and kept: tell your installer."),
		trouble(troubleConfig, 3, "配置文件未被采用", "Site file was not accepted",
			"按上一次有效配置运行，没有时按出厂配置；用 watchbox check 查看错误。", "Running on the last accepted one, without one on the board's own: see watchbox check for the errors."),
		trouble(troubleSafeMode, 2, "安全模式", "Safe mode",
			"连续三次异常退出：只保留紧急、防拆、消防和环境防区。", "Died three times in a row: only panic, tamper, fire and environment zones guard."),
		trouble(troubleData, 2, "数据分区不可用", "Data partition is not used",
			"断电后事件会丢失；存储卡保持原样，请告知厂家，勿自行格式化。", "Events are lost when the power goes; the card was left as it is: tell your installer, do not format it."),
		trouble(troubleKept, 4, "站点配置未另存", "Site file has no second copy",
			"设备照常值守；但数据分区一旦损坏，将按旧的或出厂的配置值守。配置过大时请精简，否则检查存储卡。", "The box guards as before, but would guard by an older site file or the factory's if it lost its data: make the file shorter where it is too long, else check the flash card."),
		trouble(troubleStandstill, 2, "事件记录或总线停住，未能自动恢复", "Journal or bus stands still, did not recover by itself",
			"设备照常值守和报警，24 小时内不再自动重启。请通知维护人员：事件记录停住，换存储卡；总线或设备停住，查转换器和接线，再断电重启本机。",
			"The box guards and alarms as before and does not restart itself within 24 h. Call maintenance: for the journal, change the flash card; for a bus or a device, check adapter and wiring, then switch the box off and on."),
		trouble(troubleUpdate, 3, "新固件未通过试运行", "New firmware did not prove itself",
			"原因见“设置 → 升级”；请把原因告知厂家。", "See settings → update for the reasons, and tell your installer."),
		trouble(troubleStick, 4, "U盘没有用于升级", "USB stick: no update from it",
			"原因见“设置 → 升级”；拔出U盘，本提示即消除。", "See settings → update for the reason; this ends when the stick is pulled out."),
	}
}

// serverTroubles are of the wall, and of what other masters ask.
func serverTroubles(site *config.Site) (list []alarm.Definition) {
	if site.Wall != nil {
		list = append(list, trouble(troubleWall, 3, "状态墙失联", "Status wall lost", "检查状态墙电源与网线。", "Check the wall's power and cable."))
	}
	if site.ModbusServer != nil {
		list = append(list, trouble(troubleServer, 3, "Modbus 服务打不开端口", "Modbus server cannot open its port",
			"别的主站读不到本机；请换一个端口（modbus-server.port），或停掉占用它的程序。", "Other masters cannot read the box: give it another port (modbus-server.port), or end what uses it."))
	}
	if len(site.ModbusProxy) > 0 {
		list = append(list, trouble(troubleProxy, 3, "Modbus 代理打不开端口或端子", "Modbus proxy cannot open its port or terminal",
			"别的主站问不到总线上的设备，本机照常值守。写了 port 的：换一个端口，或停掉占用它的程序；写了 terminal 的：检查该端子的转换器。",
			"Other masters cannot ask the devices of a bus; the box guards as before. Where modbus-proxy has a port: give it another, or end what uses it; where it has a terminal: check the adapter there."))
	}
	return list
}

// wireTroubles are of what hangs on the box: buses, devices, outputs.
func wireTroubles(site *config.Site) (list []alarm.Definition) {
	for _, b := range site.Buses {
		t := trouble(busKey(b.ID), 2, "总线 "+b.ID+" 中断", "Bus "+b.ID+" is dead",
			"该线上的设备全部读不到；检查转换器、接线和终端电阻。", "Nothing on this wire can be read: check adapter, wiring and termination.")
		t.Room = roomOf(site, b.ID)
		list = append(list, t)
	}
	for _, d := range site.Devices {
		t := trouble(deviceKey(d.ID), 3, words(d.Label, d.ID).Zh+" 通信中断", words(d.Label, d.ID).En+": no communication", "", "")
		t.Instruction = lostDevice(d.Driver)
		t.Room, t.Asset = d.Room, d.Asset
		if d.Bus != "" { // the wire may be the cause, and is known a moment later
			t.Causes, t.OnDelay = []string{busKey(d.Bus)}, busGrace
		}
		list = append(list, t)
	}
	for _, o := range site.Outputs {
		t := trouble(outputKey(o.Point), 2, words(o.Label, string(o.Point)).Zh+" 驱动失败", words(o.Label, string(o.Point)).En+" cannot be driven",
			"检查端子接线。", "Check the terminal's wiring.")
		t.Room, t.Causes = o.Room, []string{terminalKey(o.Terminal)}
		list = append(list, t)
	}
	return list
}

// wayTroubles are of the ways to people and platforms.
func wayTroubles(site *config.Site) (list []alarm.Definition) {
	for _, c := range site.Channels {
		list = append(list, trouble(channelKey(c.ID), 2, "通知渠道 "+c.ID+" 不可用", "Channel "+c.ID+" does not work",
			"检查 SIM 卡、天线或邮件服务器；其他渠道继续发送。", "Check SIM card, antenna or mail host: other channels go on."))
	}
	for _, u := range site.Upstream {
		list = append(list, trouble(upstreamKey(u.ID), 3, "上级平台 "+u.ID+" 失联", "Upstream "+u.ID+" is lost",
			"事件存盘，恢复后自动补传。", "Events are kept and sent when it is back."))
	}
	return list
}

// lostDevice is what to do about a device that does not answer. A sensor is often
// replaced: its history goes on under the old id with the new number.
func lostDevice(driver string) point.Words {
	switch driver {
	case "onewire":
		return point.Words{Zh: "数值已变灰；检查接线。若更换了传感器，设备页和 watchbox devices 会列出链上未命名的编号：写进该设备的 address，历史不断。",
			En: "Its values are grey: check the wiring. If the sensor was replaced, the device's page and watchbox devices list the numbers on the chain that have no name: write the new one as its address, its history goes on."}
	case "i2c":
		return point.Words{Zh: "数值已变灰；检查接线。若更换了传感器，改该设备的 address 和 chip，历史不断。",
			En: "Its values are grey: check the wiring. If the sensor was replaced, set address and chip of this device: its history goes on."}
	}
	return point.Words{Zh: "数值已变灰；检查电源、接线与地址。", En: "Its values are grey: check power, wiring and address."}
}

func trouble(key string, priority int, zh, en, doZh, doEn string) alarm.Definition {
	return alarm.Definition{Key: key, Priority: priority, Class: alarm.ClassTrouble,
		Label: point.Words{Zh: zh, En: en}, Instruction: point.Words{Zh: doZh, En: doEn}}
}

// words gives a label, or the id where the site file has none.
func words(w point.Words, id string) point.Words {
	if w.IsZero() {
		return point.Words{Zh: id, En: id}
	}
	return point.Words{Zh: w.In("zh"), En: w.In("en")}
}

// plain says in a guard's words what an engineer's error means; the whole error
// stands with the device and in the log. Zero for errors of another kind.
func plain(err error) point.Words {
	var edges lostEdges
	var still stuck
	var line lineFault
	var refusal *update.Refusal
	var data lostData
	var mapped *driver.LostMap
	var secret config.LackedSecret
	var faults config.Problems
	var unfit *driver.Unfit
	switch {
	case errors.As(err, &faults):
		return faults.First()
	case errors.As(err, &unfit):
		return unfit.Words()
	case errors.As(err, &data):
		return data.words
	case errors.As(err, &mapped):
		return mapped.Words()
	case errors.As(err, &secret):
		return point.Words{Zh: "缺密码 " + string(secret) + "（原存于数据分区）", En: "secret " + string(secret) + " is missing: it was on the data partition"}
	case errors.As(err, &still):
		return still.words()
	case errors.As(err, &line):
		return line.plain()
	case errors.As(err, &refusal):
		return refusal.Whole()
	case errors.As(err, &edges):
		return point.Words{Zh: fmt.Sprintf("%d 次", uint64(edges)), En: fmt.Sprint(uint64(edges))}
	case errors.Is(err, errNobody):
		return point.Words{Zh: "没有一台设备应答", En: "no device answers"}
	case errors.Is(err, errHung):
		return point.Words{Zh: "读写卡住，没有返回", En: "a call hangs"}
	case errors.Is(err, driver.ErrUnsure):
		return point.Words{Zh: "没有应答，不知是否执行", En: "no answer, perhaps it obeyed"}
	case errors.Is(err, driver.ErrNotPresent):
		return point.Words{Zh: "设备没有所问的项目", En: "it has no such item"}
	case errors.Is(err, driver.ErrUnsupported):
		return point.Words{Zh: "驱动不支持站点文件里的写法", En: "its driver cannot do what the site file asks"}
	case errors.Is(err, scan.ErrPanic):
		return point.Words{Zh: "驱动程序出错，请告知厂家", En: "its driver failed: tell your installer"}
	case errors.Is(err, driver.ErrDisconnect):
		return point.Words{Zh: "线路断开", En: "wire or network is cut"}
	case errors.Is(err, driver.ErrGarbage):
		return point.Words{Zh: "应答混乱", En: "answers are garbled"}
	case errors.Is(err, driver.ErrRefused):
		return point.Words{Zh: "设备拒绝", En: "the device refuses"}
	case driver.ReasonOf(err) == point.Timeout:
		return point.Words{Zh: "无应答", En: "no answer"}
	}
	return point.Words{}
}

// edgesOnly remembers the last state per key, so that a repeated failure does
// not tell the engine the same thing each time.
type edgesOnly struct {
	mutex sync.Mutex
	last  map[string]string
	tell  func(alarm.Signal)
}

func newEdgesOnly(tell func(alarm.Signal)) *edgesOnly {
	return &edgesOnly{last: map[string]string{}, tell: tell}
}

// keep forgets every key but these: a device that a reload takes away and
// another one brings back is told of anew.
func (e *edgesOnly) keep(definitions []alarm.Definition) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	stays := map[string]bool{}
	for _, d := range definitions {
		stays[d.Key] = true
	}
	for key := range e.last {
		if !stays[key] {
			delete(e.last, key)
		}
	}
}

// state is the last word about the key: whether there was one, and whether it
// was that all is well.
func (e *edgesOnly) state(key string) (told, well bool) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	last, told := e.last[key]
	return told, last == ""
}

// set tells when err differs from what was last told for the key, as a guard reads it.
// changed is true when the trouble began or ended, and something was told before.
func (e *edgesOnly) set(key string, err error) (changed bool) {
	now := ""
	s := alarm.Signal{Key: key, Active: err != nil}
	if err != nil {
		s.Value, s.ValueText = fmt.Sprint(err), plain(err)
		now = "!" + s.ValueText.En // an engineer's words may differ at each attempt
	}
	e.mutex.Lock()
	last, told := e.last[key]
	same := told && last == now // the first word is always told: a restored trouble may be over
	e.last[key] = now
	e.mutex.Unlock()
	if same {
		return false
	}
	e.tell(s)
	return told && (last == "") != (now == "")
}
