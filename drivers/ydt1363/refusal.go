package ydt1363

import (
	"fmt"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// badVersion is the return code for a version that the device does not speak.
const badVersion = 0x01

// refusals are the return codes of YD/T 1363.3 with what they mean for us.
var refusals = map[byte]struct {
	text  string
	class error
	zh    string
}{
	badVersion: {"version not spoken", driver.ErrRefused, "不支持该版本"},
	0x02:       {"wrong check sum", driver.ErrRefused, "校验和错"},
	0x03:       {"wrong check sum of the length", driver.ErrRefused, "长度校验错"},
	0x04:       {"command not known", driver.ErrNotPresent, "命令无效"},
	0x05:       {"command in a wrong form", driver.ErrRefused, "命令格式错"},
	0x06:       {"data not accepted", driver.ErrRefused, "无效数据"},
	0xe0:       {"no permission", driver.ErrRefused, "无权限"},
	0xe1:       {"could not be done", driver.ErrRefused, "操作失败"},
}

func refusal(code byte) error {
	r, known := refusals[code]
	if !known {
		r.text, r.class, r.zh = "the vendor's own code", driver.ErrRefused, "厂家自定"
	}
	return driver.Answer(r.class, point.Words{Zh: fmt.Sprintf("返回码 %02XH（%s）", code, r.zh), En: fmt.Sprintf("return code %02XH (%s)", code, r.text)})
}

// judge looks at the return code.
func (d *Device) judge(m message) error {
	if m.command == 0 {
		return nil
	}
	if m.command == badVersion {
		d.agreed = false
		d.otherVersion()
	}
	return refusal(m.command)
}
