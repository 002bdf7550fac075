package survey

import (
	"fmt"
	"strings"
)

// draft is a map of what another master reads from a product that no map is of:
// every address with what stood there, for somebody who knows what it means.
func (u *heardUnit) draft() string {
	var b strings.Builder
	n := u.slave.Unit
	b.WriteString("# 旁听另一主站所得。给每个点写上名称、单位和 scale，删去无人知其含义的；然后：\n# Heard of another master. Give each point its name, unit and scale, and take out what\n# nobody knows the meaning of; then:\n" +
		"#   watchbox map check FILE.yaml\n#   watchbox map put NAME FILE.yaml\n# 并在站点文件的设备里写 map: own/NAME / and write map: own/NAME at the device in the site file.\n")
	fmt.Fprintf(&b, "version: 1\nlabel: {zh: 旁听设备 %d, en: Device %d as it was heard}\n", n, n)
	b.WriteString("identity: {zh: 待现场确认, en: to be confirmed on site}\nsource: heard of another master on this bus\nconfidence: captured\npoints:\n")
	for _, c := range u.places() {
		s := u.cells[c]
		kind := ""
		if !c.table.Bits() {
			kind = ", type: u16"
			if s.least < 0x4000 && s.most >= 0xc000 { // from a little below zero to above
				kind = ", type: s16"
			}
		}
		fmt.Fprintf(&b, "  - {%s: %d, item: %s-%d, label: {zh: %s %d, en: %s %d}%s} # %d to %d, read %d times, changed %d times\n",
			c.table, c.address, c.table, c.address, c.table, c.address, c.table, c.address, kind, s.least, s.most, s.times, s.changes)
	}
	return b.String()
}
