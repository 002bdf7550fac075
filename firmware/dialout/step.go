package dialout

import (
	"slices"

	"watchbox/firmware/point"
)

// leg is one path of a step: a contact, and the channels that are tried in order.
type leg struct {
	Step    int
	Contact string
	Chain   []string
	At      int // index in Chain
	Done    bool
	Failed  bool
}

// step begins the next rung, or the list again, or gives up.
func (d *Desk) step(e *escalation) {
	e.Step++
	e.dirty = true
	if e.Step >= len(d.plan.Steps) {
		if e.Round >= d.plan.Repeat && e.reached() || len(d.plan.Steps) == 0 {
			d.recordUnanswered(e)
			e.dueAt, e.Spent = point.Never, true
			return
		}
		e.Round++
		e.Step = 0
	}
	e.dueAt = d.now.Mono + d.plan.Wait
	e.Legs = slices.DeleteFunc(e.Legs, func(l *leg) bool { return l.Done || l.Failed })
	for _, l := range d.legs(e, d.plan.Steps[e.Step]) {
		d.post(e, l)
	}
	d.hurryIfDead(e)
}

// legs makes the paths of one step: for priority 1 and 2 every channel of every
// contact is one, for others each contact has one with its channels in order.
func (d *Desk) legs(e *escalation, s Step) (begun []*leg) {
	for _, contact := range s.Contacts {
		var chain []string
		for _, channel := range s.Channels {
			if d.address(contact, channel) != "" {
				chain = append(chain, channel)
			}
		}
		if e.Alarm.Priority > 2 && len(chain) > 0 {
			begun = append(begun, &leg{Step: e.Step, Contact: contact, Chain: chain})
			continue
		}
		for _, channel := range chain {
			begun = append(begun, &leg{Step: e.Step, Contact: contact, Chain: []string{channel}})
		}
	}
	begun = slices.DeleteFunc(begun, e.underWay)
	e.Legs = append(e.Legs, begun...)
	return begun
}

// underWay is true when an earlier step still tries what n would; that leg then
// counts for this step.
func (e *escalation) underWay(n *leg) bool {
	for _, l := range e.Legs {
		if l.Contact == n.Contact && (e.Alarm.Priority > 2 || l.Chain[l.At] == n.Chain[0]) {
			l.Step = n.Step
			return true
		}
	}
	return false
}

// post writes the notice of one leg for its present channel.
func (d *Desk) post(e *escalation, l *leg) {
	d.write(&notice{kind: raised, e: e, leg: l, contact: l.Contact, channel: l.Chain[l.At], priority: e.Alarm.Priority})
}

// fail moves a leg to its next channel; when the step has none left, the next
// step is due at once.
func (d *Desk) fail(e *escalation, l *leg) {
	e.dirty = true
	if l.At+1 < len(l.Chain) {
		l.At++
		d.post(e, l)
		return
	}
	l.Failed = true
	d.hurryIfDead(e)
}

// hurryIfDead makes the next step due at once when no path of this one is left,
// except at the end of the list: a round in which nothing works must not spin.
func (d *Desk) hurryIfDead(e *escalation) {
	for _, l := range e.Legs {
		if l.Step == e.Step && !l.Failed {
			return
		}
	}
	if e.Step < len(d.plan.Steps)-1 && !e.quiet() && !e.Spent {
		e.dueAt = d.now.Mono
		d.tickEscalation(e)
	}
}

// address is where channel reaches contact, or empty.
func (d *Desk) address(contact, channel string) string {
	c := d.contacts[contact]
	switch d.channels[channel] {
	case Modem, Gateway:
		return c.Phone
	case Mail:
		return c.Mail
	}
	return ""
}
