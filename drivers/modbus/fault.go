package modbus

import (
	"context"
	"errors"
	"fmt"

	"github.com/goburrow/modbus"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

func timeout(format string, a ...any) error {
	return driver.Fail(driver.ErrTimeout, format, a...)
}
func garbage(format string, a ...any) error {
	return driver.Fail(driver.ErrGarbage, format, a...)
}
func disconnect(format string, a ...any) error {
	return driver.Fail(driver.ErrDisconnect, format, a...)
}
func unsupported(format string, a ...any) error {
	return driver.Fail(driver.ErrUnsupported, format, a...)
}

// exceptions are the texts of the protocol's specification, V1.1b3 section 7,
// with what they mean for us.
var exceptions = map[byte]struct {
	text  string
	class error
	zh    string
}{
	1:  {"illegal function", driver.ErrNotPresent, "非法功能码"},
	2:  {"illegal data address", driver.ErrNotPresent, "非法数据地址"},
	3:  {"illegal data value", driver.ErrRefused, "非法数据值"},
	4:  {"device failure", driver.ErrRefused, "设备故障"},
	5:  {"acknowledge, still working", driver.ErrRefused, "已接受，处理中"},
	6:  {"device busy", driver.ErrRefused, "设备忙"},
	8:  {"memory parity error", driver.ErrRefused, "存储奇偶校验错"},
	10: {"gateway has no path", driver.ErrTimeout, "网关无路径"},
	11: {"device behind the gateway does not answer", driver.ErrTimeout, "网关后的设备无应答"},
}

// classify gives an error of goburrow's client its class. Ours have one.
func classify(err error) error {
	var ours *driver.Fault
	var exception *modbus.ModbusError
	switch {
	case errors.As(err, &ours):
		return ours
	case errors.As(err, &exception):
		return excepted(exception.ExceptionCode)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return timeout("%v", err)
	}
	return garbage("%v", err) // the client found the content of a well-formed answer wrong
}

func excepted(code byte) error {
	known, ok := exceptions[code]
	if !ok {
		known.text, known.class, known.zh = "unknown", driver.ErrRefused, "未知"
	}
	return driver.Answer(known.class, point.Words{Zh: fmt.Sprintf("异常码 %d（%s）", code, known.zh), En: fmt.Sprintf("exception %d (%s)", code, known.text)})
}

// Exception is the error that an answer of Ask tells of; nil when it tells of none.
func Exception(answer []byte) error {
	if len(answer) == 2 && answer[0]&0x80 != 0 {
		return excepted(answer[1])
	}
	return nil
}

// isAnswer is true for a failure that the device itself told us.
func isAnswer(err error) bool {
	return errors.Is(err, driver.ErrRefused) || errors.Is(err, driver.ErrNotPresent)
}
