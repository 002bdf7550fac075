package webtest

import (
	"fmt"
	"slices"

	"watchbox/firmware/alarm"
	"watchbox/firmware/annunciate"
)

// page shows the most urgent alarm on the wall's text part; a silent one is not for the room.
func page(alarms []*alarm.Alarm) annunciate.Page {
	alarms = slices.DeleteFunc(slices.Clone(alarms), func(a *alarm.Alarm) bool { return a.Silent })
	p := annunciate.Page{Width: 96, Lines: []annunciate.Line{{Text: "一切正常", Colour: annunciate.RGB{R: 255, G: 255, B: 255}}}}
	if len(alarms) > 0 {
		p.Lines[0] = annunciate.Line{Text: fmt.Sprintf("1/%d %s", len(alarms), alarms[0].Label.Zh), Colour: annunciate.RGB{R: 255}, Inverse: true}
	}
	return p
}

// wall lights one column per room: alarm, supervisory, trouble, armed, power.
func (b *Box) wall() annunciate.Frame {
	colours := map[alarm.Class]annunciate.RGB{alarm.ClassAlarm: {R: 255}, alarm.ClassSupervisory: {R: 255, G: 140}, alarm.ClassTrouble: {R: 255, G: 220}}
	var f annunciate.Frame
	for _, room := range b.site.Rooms {
		for _, class := range []alarm.Class{alarm.ClassAlarm, alarm.ClassSupervisory, alarm.ClassTrouble} {
			cell := annunciate.RGB{}
			for _, a := range b.alarms {
				if a.Room == room.ID && a.Class == class {
					cell = colours[class]
				}
			}
			f = append(f, cell)
		}
		f = append(f, annunciate.RGB{B: 90 * uint8(len(room.ID)/3)}, annunciate.RGB{G: 120})
	}
	return f
}
