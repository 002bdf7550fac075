package registers

import (
	"fmt"
	"slices"

	"watchbox/firmware/point"
)

func words(zh, en string) point.Words { return point.Words{Zh: zh, En: en} }

func boxRow(address int, zh, en string) Row {
	return Row{Address: address, Type: typeWord, Name: "box", Label: words(zh, en)}
}

func (r Row) holding(zh, en string) Row { r.Values = words(zh, en); return r }

func (r Row) asBit() Row {
	r.Bit, r.Type, r.Values = true, typeBit, states(point.YesNo)
	return r
}

// boxRows are those of the box itself, see box.go.
var boxRows = func() []Row {
	rows := []Row{
		boxRow(atVersion, "寄存器表版本", "Version of this table").holding(fmt.Sprint(Version), fmt.Sprint(Version)),
		boxRow(atHeartbeat, "心跳", "Heartbeat").holding("按秒计数，65535 之后回到 0；10 秒不变即本机已停", "counts seconds, 0 after 65535; one that stands still for 10 s tells of a dead box"),
		boxRow(atSiren, "警号正在报警", "A siren sounds an alarm").holding("0=否；1=是", "0=no; 1=yes"),
		boxRow(atJournal, "事件记录", "Journal").holding("0=正常；1=停住", "0=well; 1=stands still"),
		boxRow(atDevices, "设备数", "Devices"),
		boxRow(atSilent, "无应答的设备数", "Devices that do not answer"),
		boxRow(atClock, "时钟", "Clock").holding("0=未知；1=电池钟；2=已同步", "0=unknown; 1=kept by battery; 2=synchronised"),
		boxRow(atStanding, "当前报警数", "Standing alarms"),
		boxRow(atUnacked, "未确认报警数", "Unacknowledged alarms"),
		boxRow(atShelved, "已搁置报警数", "Shelved alarms"),
	}
	for p := 1; p <= 4; p++ {
		rows = append(rows, boxRow(atStanding+p, fmt.Sprintf("当前报警数，级别 %d", p), fmt.Sprintf("Standing alarms of priority %d", p)),
			boxRow(atUnacked+p, fmt.Sprintf("未确认报警数，级别 %d", p), fmt.Sprintf("Unacknowledged alarms of priority %d", p)))
	}
	slices.SortStableFunc(rows, func(a, b Row) int { return a.Address - b.Address })
	return append(rows, boxRow(bitStanding, "有报警", "An alarm stands").asBit(),
		boxRow(bitUnacked, "有未确认报警", "An alarm is not acknowledged").asBit(),
		boxRow(bitSiren, "警号正在报警", "A siren sounds an alarm").asBit(),
		boxRow(bitJournal, "事件记录停住", "The journal stands still").asBit(),
		boxRow(bitSilent, "有设备无应答", "A device does not answer").asBit())
}()

var partitionValues = words("低字节：0=撤防；1=退出延时；2=布防；3=进入延时。高字节：1=离开；2=留守；3=夜间。65535=已不存在",
	"low byte: 0=disarmed; 1=exit delay; 2=armed; 3=entry delay. High byte: 1=away; 2=stay; 3=night. 65535=is gone")

var qualityValues = words("0=好；256+原因=存疑；512+原因=坏（此时数值为 NaN 或 -32768）。原因：1=设备无此项；2=设备自报故障；3=通信失败；4=超时；5=过期；6=超量程；7=漏边沿；8=人工代替；9=停读；10=模拟值；11=时钟未知；100=尚未读到；101=是文字；102=点已不存在",
	"0=good; 256+reason=uncertain; 512+reason=bad (then the value is NaN or -32768). Reasons: 1=not present; 2=device fault; 3=communication failed; 4=timeout; 5=stale; 6=out of range; 7=edges lost; 8=substituted; 9=blocked; 10=simulated; 11=clock unset; 100=not read yet; 101=is a text; 102=point is gone")
