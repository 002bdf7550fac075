package zone

import (
	"fmt"
	"strings"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

func (p *Panel) explainDoor(d *event.Decision, x *door, item string, read func(point.Name) (event.Input, bool)) {
	switch item {
	case "forced":
		rest(d, read, append([]point.Name{x.Contact, x.Exit}, p.fires()...)...)
		say(d, x.showing(), p.opening(d.At, x), x.granted(d.At))
		if p.allowance(d.At, x) == timedOpening && !x.open && d.Until == (point.Instant{}) {
			d.Until = d.At.Add(x.allowed - d.At.Mono)
		}
	case "held":
		rest(d, read, append([]point.Name{x.Contact}, p.fires()...)...)
		say(d, x.showing(), p.standing(x), x.granted(d.At))
		if x.heldAt != point.Never && d.Until == (point.Instant{}) {
			d.Until = d.At.Add(x.heldAt - d.At.Mono)
		}
	case "wrong-cards":
		d.Inputs = nil // what the reader heard last is a card's whole number
		say(d, point.Words{Zh: fmt.Sprintf("连续被拒 %d 次，满 %d 次报警", x.wrong, x.WrongCards),
			En: fmt.Sprintf("%d cards in a row refused, %d are an alarm", x.wrong, x.WrongCards)}, x.granted(d.At))
	case "trouble":
		rest(d, read, x.Contact)
		say(d, x.showing())
	}
}

// fires are the contacts of the fire zones that are in alarm.
func (p *Panel) fires() (list []point.Name) {
	for _, z := range p.zones {
		if z.Type == "fire" && z.violated {
			list = append(list, z.Input)
		}
	}
	return list
}

// showing is what the door's contact says.
func (d *door) showing() point.Words {
	switch {
	case !d.known:
		return point.Words{Zh: "门磁尚未读到", En: "the contact has not been read yet"}
	case d.trouble && d.open:
		return point.Words{Zh: "门磁现在读不到，最后一次读数是门开着", En: "the contact cannot be read; when it last could the door was open"}
	case d.trouble:
		return point.Words{Zh: "门磁现在读不到，最后一次读数是门关着", En: "the contact cannot be read; when it last could the door was closed"}
	case d.open:
		return point.Words{Zh: "门开着", En: "the door is open"}
	}
	return point.Words{Zh: "门关着", En: "the door is closed"}
}

// openings are the reasons why a door that stands open is not forced.
var openings = map[opening]point.Words{
	unseenOpening: {Zh: "第一次读到时已开着，不知如何打开", En: "it stood open when it was first read, nobody knows how it was opened"},
	noOpening:     {Zh: "打开时没有刷卡放行，也没有按出门按钮", En: "it was opened without a card and without the exit button"},
	timedOpening:  {Zh: "打开前不久有刷卡放行或按过出门按钮", En: "a card or the exit button let it be opened"},
	heldOpening:   {Zh: "打开时出门按钮按着", En: "it was opened while the exit button was pressed"},
	freeOpening:   {Zh: "打开时有火警，门锁已放开", En: "it was opened while fire had freed the lock"},
}

// nextOpenings are what an opening of a closed door would be now.
var nextOpenings = map[opening]point.Words{
	noOpening:    {Zh: "此时打开会报警", En: "to open it now would ring"},
	timedOpening: {Zh: "已放行，此时可以打开", En: "somebody is let through, it may be opened now"},
	heldOpening:  {Zh: "出门按钮按着，此时可以打开", En: "the exit button is pressed, it may be opened now"},
	freeOpening:  {Zh: "火警中，门锁已放开，此时可以打开", En: "fire has freed the lock, it may be opened now"},
}

// opening is how the open door was opened, or what an opening would be.
func (p *Panel) opening(now point.Instant, d *door) point.Words {
	switch {
	case !d.known:
		return point.Words{}
	case d.forced:
		return openings[noOpening]
	case d.open:
		return openings[d.opening]
	}
	return nextOpenings[p.allowance(now, d)]
}

// standing is why the time of an open door runs, is over, or does not run.
func (p *Panel) standing(d *door) point.Words {
	limit := strings.Replace(d.HeldOpen.String(), "m0s", "m", 1)
	switch {
	case d.held:
		return point.Words{Zh: "开门已超过 " + limit, En: "open for longer than " + limit}
	case !d.open:
		return point.Words{}
	case d.forced:
		return point.Words{Zh: "已按强行打开报警，不再计时", En: "it rings as forced open, its time does not run"}
	case p.burning:
		return point.Words{Zh: "火警中，不计时", En: "its time does not run while there is fire"}
	}
	return point.Words{Zh: "允许开门 " + limit, En: "it may stand open for " + limit}
}

// granted is who was let through last by card, and how long before now; the name
// alone when that was before a restart by a clock that nobody vouched for.
func (d *door) granted(now point.Instant) point.Words {
	g := d.last
	if d.Reader == "" && d.ExitReader == "" {
		return point.Words{}
	}
	if g.Who == "" {
		return point.Words{Zh: "没有刷卡放行的记录", En: "no card on record was let through"}
	}
	w := point.Words{Zh: "最近刷卡放行 " + g.Who + "（" + g.Card + "）", En: "card let through last: " + g.Who + " (" + g.Card + ")"}
	if ago, known := since(now, g.At); known {
		w.Zh, w.En = w.Zh+"，"+ago+" 前", w.En+", "+ago+" before"
	}
	return w
}

// since is how long ago something was, to the second.
func since(now, then point.Instant) (ago string, known bool) {
	switch {
	case now.Boot == then.Boot:
		return span(now.Mono - then.Mono), true
	case now.Clock == point.ClockUnknown, then.Clock == point.ClockUnknown, now.Wall.Before(then.Wall):
		return "", false
	}
	return span(now.Wall.Sub(then.Wall)), true
}

// span shows a time as "3h2m" or "45s".
func span(d time.Duration) string {
	d = max(d, 0)
	if d < time.Minute {
		return d.Truncate(time.Second).String()
	}
	return strings.Replace(d.Truncate(time.Minute).String(), "m0s", "m", 1)
}
