package zone

import (
	"fmt"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// tally counts the cards that Admit refuses at the way in; so many in a row are
// an alarm, and so many more another one (GB 50396-2007 5.1.5 (1): at most five).
// A card that is in order ends the row; time does not, nor a power cut: who has
// patience must not be able to try for ever. An interlock or anti-passback refuses
// cards that are in order. While a fire zone is in alarm the door is free, and
// no refusal is counted; its record says so.
func (p *Panel) tally(now point.Instant, d *door, card, why string) {
	if p.burning && why != "" || why == "" && d.wrong == 0 {
		return
	}
	p.dirty["door:"+d.ID] = true
	if d.wrong++; why == "" {
		d.wrong = 0
	}
	if d.wrong == 0 || d.WrongCards == 0 || d.wrong < d.WrongCards {
		return
	}
	label, tries := title(d.Label, d.ID), d.wrong
	d.wrong = 0
	text := point.Words{Zh: fmt.Sprintf("%s：连续 %d 次刷卡被拒，最后一张 %s（%s）", label.Zh, tries, card, inChinese(why)),
		En: fmt.Sprintf("%s: %d cards in a row refused, the last one %s (%s)", label.En, tries, card, why)}
	p.doorRecord(now, d, event.DoorWrongCards, "", text.Zh, text.En, map[string]string{"card": card, "reason": why, "count": fmt.Sprint(tries)})
	p.signal(d.key()+"/wrong-cards", true, text)
	p.signal(d.key()+"/wrong-cards", false, point.Words{}) // it latches
}
