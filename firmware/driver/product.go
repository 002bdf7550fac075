package driver

import (
	"strings"

	"watchbox/firmware/point"
)

// Product is what is known of the product that a device is, as the page shows it.
// The zero value is a device whose driver knows it without a map.
type Product struct {
	Model    point.Words `json:"model,omitzero" doc:"the product family that its map is for"`
	Trust    point.Words `json:"trust,omitzero" doc:"how many points the map has, and where their addresses are known from"`
	Source   string      `json:"source,omitempty" doc:"provenance of its map"`
	Template bool        `json:"template,omitempty" doc:"no point of its map is known to be right: to be confirmed on site"`
	Brief    point.Words `json:"brief,omitzero" doc:"the device in one line, {item} where the value of its item stands"`
	Lost     *LostMap    `json:"-"` // its own map is lost: it has no points, and nothing is asked of it
}

// OwnMap begins the name of a map that the installer made and the box keeps: own/acme.
const OwnMap = "own/"

// Map is a map of a product, for a person who looks for one.
type Map struct {
	Name     string      `json:"name" doc:"as a device of the site file names it; own/… are the installer's"`
	Own      bool        `json:"own,omitempty"`
	Label    point.Words `json:"label,omitzero"`
	Protocol string      `json:"protocol,omitempty" doc:"modbus or ydt1363"`
	Class    string      `json:"class,omitempty" doc:"of YD/T 1363: CID1, as 2AH"`
	Points   int         `json:"points"`
	Trust    point.Words `json:"trust,omitzero" doc:"how many points, and where their addresses are known from"`
	Source   string      `json:"source,omitempty" doc:"where the registers come from"`
	Template bool        `json:"template,omitempty" doc:"no point is known to be right: to be confirmed on site, and nothing can be written"`
	Fault    point.Words `json:"fault,omitzero" doc:"why this own map cannot be used"`
}

// LostMap is a device whose own map is not there, or cannot be read: after a fault of
// the disk. The device is in trouble, and nobody else.
type LostMap struct {
	Map    string
	Reason point.Words
}

func (l *LostMap) Error() string { return "map " + l.Map + ": " + l.Reason.En }

// Words say it to whoever is called about the device.
func (l *LostMap) Words() point.Words {
	return point.Words{Zh: "设备点表 " + l.Map + " " + l.Reason.Zh + "，请重新上传", En: "its map " + l.Map + " " + l.Reason.En + ": upload it again"}
}

// Remedy is what an engineer does about it; device is what a person calls the device.
func (l *LostMap) Remedy(device point.Words) point.Words {
	short := strings.TrimPrefix(l.Map, OwnMap)
	return point.Words{
		Zh: device.In("zh") + " 的设备点表 " + l.Map + " 不能用，设备未读取，与接线无关。请工程师到“设置 → 设备点表”重新上传 " + l.Map + "（或 watchbox map put " + short + " 文件），不必重启。",
		En: "The map " + l.Map + " of " + device.In("en") + " cannot be used, so it is not read; its wiring is not the cause. An engineer uploads " + l.Map + " again in settings → device maps (or: watchbox map put " + short + " FILE), without a restart."}
}
