package derive

import (
	"math"

	"watchbox/firmware/point"
)

// dewPoint is the temperature at which the air's water would condense.
type dewPoint struct {
	name, temperature, humidity point.Name
	t, h                        point.Sample
}

func (d *dewPoint) take(s point.Sample) (point.Sample, bool) {
	if s.Point == d.temperature {
		d.t = s
	}
	if s.Point == d.humidity {
		d.h = s
	}
	if d.t.Point == "" || d.h.Point == "" {
		return point.Sample{}, false
	}
	out := point.Sample{Point: d.name, Quality: worse(d.t.Quality, d.h.Quality), At: s.At}
	if !out.Quality.Usable() {
		return out, true
	}
	t, ok1 := d.t.Value.Float()
	h, ok2 := d.h.Value.Float()
	dew, ok := magnus(t, h)
	if !ok1 || !ok2 || !ok {
		out.Quality = point.BadBecause(point.OutOfRange)
		return out, true
	}
	out.Value = point.OfReal(dew)
	return out, true
}

// magnus is the dew point in °C of air at t °C with h % relative humidity, by
// the Magnus formula over water with the constants of the WMO Guide to
// Instruments and Methods of Observation (WMO-No. 8, annex 4.B), which hold from
// −45 to 60 °C. Sensors that say up to 105 % mean saturated air.
func magnus(t, h float64) (dew float64, ok bool) {
	const a, b = 17.62, 243.12
	if !(t >= -45 && t <= 60 && h >= 1 && h <= 105) {
		return 0, false
	}
	g := math.Log(min(h, 100)/100) + a*t/(b+t)
	return b * g / (a - g), true
}
