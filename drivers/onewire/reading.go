package onewire

import (
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// rom is a sensor's number as the kernel writes it: family and serial number. The
// families are those of w1_therm (Documentation/w1/slaves/w1_therm.rst): DS18S20,
// DS1822, DS18B20, DS1825 and MAX31850, DS28EA00.
var rom = regexp.MustCompile(`^(10|22|28|3b|42)-[0-9a-f]{12}$`)

// ParseROM reads a sensor's number, "28-0316a2795f2c"; capitals are taken too.
func ParseROM(text string) (string, error) {
	number := strings.ToLower(text)
	if !rom.MatchString(number) {
		return "", driver.Bad("address", text, point.Words{Zh: "链上的传感器编号，如 28-0316a2795f2c", En: "a sensor's number as on the chain, such as 28-0316a2795f2c"})
	}
	return number, nil
}

// registers is a sensor's scratchpad with its check sum.
const registers = 9

// What the temperature register holds, by the DS18B20's data sheet, before a first
// conversion; and what it holds when the power broke down during one (w1_therm.rst).
const (
	powerOn  = 85_000
	powerLow = 127_937
)

// ParseReading reads w1_slave, two lines of the kernel: the nine bytes as they
// came with the verdict on their check sum, and the nine last good ones with the
// temperature (t=, m°C). It gives °C. Pure.
//
// An empty file is the kernel's way to say that the sensor did not answer, or only
// with wrong check sums (ErrTimeout). Bytes that are all zero fit their check sum and
// mean a chain that is short to ground, a wrong sum ErrGarbage too. 85.000 °C is the
// value before a first conversion: the sensor lost its power. The kernel knows that
// by byte 6 as well, which clones set otherwise; a room is never found at exactly
// 85.000, and a fire passes through it (ErrRefused: the device itself is at fault).
func ParseReading(text string) (celsius float64, err error) {
	if strings.TrimSpace(text) == "" {
		return 0, fmt.Errorf("the sensor gives no valid answer: %w", driver.ErrTimeout)
	}
	raw, rest, _ := strings.Cut(text, " : crc=")
	verdict, last, two := strings.Cut(rest, "\n")
	bytes, bad := hex.DecodeString(strings.ReplaceAll(raw, " ", ""))
	_, t, told := strings.Cut(last, " t=")
	milli, wrong := strconv.Atoi(strings.TrimSpace(t))
	switch {
	case bad != nil || len(bytes) != registers || !two:
		return 0, fmt.Errorf("%.60q is no reading of the kernel: %w", text, driver.ErrGarbage)
	case !strings.HasSuffix(verdict, " YES"):
		return 0, fmt.Errorf("the check sum is wrong: %w", driver.ErrGarbage)
	case string(bytes) == string(make([]byte, registers)):
		return 0, fmt.Errorf("every byte is zero, the chain is short: %w", driver.ErrGarbage)
	case !told || wrong != nil:
		return 0, fmt.Errorf("%.60q has no temperature: %w", last, driver.ErrGarbage)
	case milli == powerOn || milli == powerLow:
		return 0, fmt.Errorf("%.3f °C means that the sensor had no power to measure: %w", float64(milli)/1000, driver.ErrRefused)
	}
	return float64(milli) / 1000, nil
}
