package conformance

import (
	"fmt"
	"strings"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/annunciate"
	"watchbox/firmware/point"
)

func (r *rig) hear() {
	for output, on := range r.levels {
		if on {
			r.sounded[output] = r.now.Mono
		}
	}
}

// sounds tells whether an output was on within the longest pause of a cadence
// for alarms.
func (r *rig) sounds(output point.Name) bool {
	at, ever := r.sounded[output]
	return r.levels[output] || ever && r.now.Mono-at < 4*time.Second
}

// alarm finds an alarm that is listed.
func (r *rig) alarm(key string) (alarm.Alarm, bool) {
	for _, a := range r.View().Alarms {
		if a.Key == key {
			return *a, true
		}
	}
	return alarm.Alarm{}, false
}

// lamp is the colour of a cell of the wall: off, red, amber, green, blue, white.
func (r *rig) lamp(room, row string) string {
	w := r.site.Wall
	for x, id := range w.Rooms {
		for y, name := range w.Rows {
			i := (x*len(w.Rows) + y) * max(w.Pixels, 1)
			if id == room && name == row && i < len(r.picture.Lamps) {
				return colour(r.picture.Lamps[i])
			}
		}
	}
	return "nowhere"
}

func colour(c annunciate.RGB) string {
	names := []struct {
		name string
		on   bool
	}{{"off", c == annunciate.RGB{}}, {"blue", c.B > c.R && c.B > c.G}, {"green", c.G > c.R && c.G > c.B}, {"white", c.R == c.G && c.G == c.B}, {"amber", c.R > c.B && c.G > c.R/4}, {"red", c.R > c.B}}
	for _, n := range names {
		if n.on {
			return n.name
		}
	}
	return strings.ToLower(fmt.Sprint(c))
}
