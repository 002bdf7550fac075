package i2c

import (
	"slices"
	"strconv"
	"strings"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// item is one measurement of a chip and where the kernel shows it. The units of the
// files: Documentation/ABI/testing/sysfs-class-hwmon (m°C, m%) and sysfs-bus-iio
// (m°C, m%, kPa).
type item struct {
	name      string
	label     point.Words
	unit      point.Unit
	file      string  // pattern below the chip's folder: the kernel numbers as it likes
	scale     float64 // of the file's number to the unit
	low, high float64 // what such a sensor can measure at most; beyond it the value is bad
}

var (
	temperature = item{"ambient.temperature", point.Words{Zh: "温度", En: "Temperature"}, "°C", "hwmon/hwmon*/temp1_input", 0.001, -55, 125}
	humidity    = item{"ambient.humidity", point.Words{Zh: "相对湿度", En: "Relative humidity"}, "%", "hwmon/hwmon*/humidity1_input", 0.001, 0, 100}
	pressure    = item{"ambient.pressure", point.Words{Zh: "气压", En: "Air pressure"}, "hPa", "iio:device*/in_pressure_input", 10, 300, 1100}
	warmth      = at(temperature, "iio:device*/in_temp_input")
	dampness    = at(humidity, "iio:device*/in_humidityrelative_input")
)

func at(i item, file string) item {
	i.file = file
	return i
}

// chips are the products by the names that the kernel's drivers have for them in
// Linux 6.12 (drivers/hwmon, drivers/iio/pressure/bmp280-i2c.c): what a site file may
// name, and all that init tells the kernel.
var chips = map[string][]item{
	"lm75": {temperature}, "tmp75": {temperature}, "tmp102": {temperature},
	"sht21": {temperature, humidity}, "sht3x": {temperature, humidity}, "sht4x": {temperature, humidity},
	"shtc3": {temperature, humidity}, "aht20": {temperature, humidity},
	"bmp280": {warmth, pressure}, "bme280": {warmth, dampness, pressure},
}

// Chips are the names of the products, sorted.
func Chips() []string {
	var names []string
	for n := range chips {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// ParseChip checks the name of a product.
func ParseChip(name string) error {
	if _, known := chips[name]; !known {
		return driver.BadOption("chip", name, driver.OneOf(Chips()...))
	}
	return nil
}

// ParseAddress reads a chip's address on its bus in hexadecimal, 0x08 to 0x77: those beyond are
// reserved (NXP UM10204, table of reserved addresses).
func ParseAddress(text string) (int, error) {
	digits, hex := strings.CutPrefix(text, "0x")
	a, err := strconv.ParseUint(digits, 16, 8)
	if !hex || err != nil || a < 0x08 || a > 0x77 {
		return 0, driver.Bad("address", text, driver.Between("0x08", "0x77"))
	}
	return int(a), nil
}
