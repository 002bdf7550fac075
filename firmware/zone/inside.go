package zone

import (
	"encoding/json"
	"slices"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// place is a room into which doors lead, with those who went in by card and have
// not come out. A person is in one place at a time.
type place struct {
	id     string
	people []Insider
}

// mostInside bounds a list; beyond it the one who has been inside longest goes.
const mostInside = 1000

// installPlaces makes the places that the doors name, each with the list of its
// namesake in old.
func (p *Panel) installPlaces(old []*place) {
	p.places = nil
	for _, d := range p.doors {
		for _, id := range []string{d.From, d.Area} {
			if id == "" || d.Area == "" || p.place(id) != nil {
				continue
			}
			x := &place{id: id}
			for _, o := range old {
				if o.id == id {
					x.people = slices.Clone(o.people)
				}
			}
			p.places = append(p.places, x)
		}
	}
}

func (p *Panel) place(id string) *place {
	for _, x := range p.places {
		if x.id == id {
			return x
		}
	}
	return nil
}

func (x *place) find(who string) *Insider {
	for i := range x.people {
		if x.people[i].Who == who {
			return &x.people[i]
		}
	}
	return nil
}

func (p *Panel) touchPlace(x *place) { p.dirty["inside:"+x.id] = true }

// listed tells whether the holder is in the room into which the door leads: not,
// inside, or unsure, when he may have left unseen or has been there for long.
func (p *Panel) listed(now point.Instant, d *door, holder string) string {
	x := p.place(d.Area)
	if x == nil {
		return ""
	}
	i := x.find(holder)
	switch {
	case i == nil:
		return ""
	case i.Unsure, d.ForgiveAfter > 0 && now.Since(i.Since) >= d.ForgiveAfter:
		return "unsure"
	}
	return "inside"
}

// move counts a person who went through the door. While a fire zone is in alarm
// nobody is taken off a list; who was seen leaving is marked.
func (p *Panel) move(now point.Instant, d *door, g passage) {
	switch {
	case d.Area == "":
		return
	case g.who == "":
		p.doubt(d) // a card that nobody knows took somebody out
		return
	}
	to := p.place(d.Area)
	if g.way == outward {
		to = p.place(d.From)
	}
	for _, x := range p.places {
		if i := x.find(g.who); i != nil && p.burning && (x != to || g.way == outward) {
			i.Left = true
			p.touchPlace(x)
		} else if i != nil && x != to {
			p.takeOff(x, g.who)
		}
	}
	if to != nil && !(p.burning && g.way == outward) {
		p.takeOff(to, g.who)
		to.people = append(to.people, Insider{Who: g.who, Since: now, Door: d.ID})
		to.people = to.people[max(0, len(to.people)-mostInside):]
		p.touchPlace(to)
	}
}

func (p *Panel) takeOff(x *place, who string) {
	x.people = slices.DeleteFunc(x.people, func(i Insider) bool { return i.Who == who })
	p.touchPlace(x)
}

// doubt makes the lists on both sides of the door unsure: somebody passed, and
// nobody knows who.
func (p *Panel) doubt(d *door) {
	for _, x := range p.places {
		if d.Area != "" && (x.id == d.Area || x.id == d.From) {
			p.unsure(x)
		}
	}
}

func (p *Panel) unsure(x *place) {
	for i := range x.people {
		if !x.people[i].Unsure {
			x.people[i].Unsure = true
			p.touchPlace(x)
		}
	}
}

// muster ends the fire: who was seen leaving is off the lists, of the others
// nobody is sure.
func (p *Panel) muster() {
	for _, x := range p.places {
		x.people = slices.DeleteFunc(x.people, func(i Insider) bool { return i.Left })
		p.touchPlace(x)
		p.unsure(x)
	}
}

// Forgive takes a person off the lists of those inside: the target is his name,
// or a room for all who are in it. The error wraps ErrUnknown, or ErrRefused
// while a fire zone is in alarm: the lists stand still then.
func (p *Panel) Forgive(now point.Instant, target, actor string) error {
	p.version++
	if p.burning {
		return Refuse("forgive "+target, ListsFrozen)
	}
	found := false
	for _, x := range p.places {
		for _, i := range slices.Clone(x.people) {
			if x.id != target && i.Who != target {
				continue
			}
			found = true
			p.takeOff(x, i.Who)
			label := p.roomLabel(x.id)
			p.record(now, event.Record{Type: event.DoorForgiven, Subject: "area/" + x.id, Room: x.id, Actor: actor,
				Text: point.Words{Zh: i.Who + " 已从“" + label.Zh + "”在内名单中移除", En: i.Who + " taken off the list of those inside " + label.En}})
		}
	}
	if !found && p.place(target) == nil {
		return Refuse("forgive "+target, NobodyInside, same(target))
	}
	return nil
}

func (p *Panel) roomLabel(id string) point.Words { return title(p.definition.Rooms[id], id) }

func (p *Panel) areaViews() []AreaView {
	all := make([]AreaView, 0, len(p.places))
	for _, x := range p.places {
		all = append(all, AreaView{ID: x.id, Label: p.roomLabel(x.id), Frozen: p.burning, People: append([]Insider{}, x.people...)})
	}
	return all
}

func (x *place) keep() []byte {
	if len(x.people) == 0 {
		return nil
	}
	b, _ := json.Marshal(x.people) // texts and times cannot fail
	return b
}

// restorePlace merges the list of the last run: what happened in between nobody
// knows, so that of those on it nobody is sure. Who has passed since is newer.
func (p *Panel) restorePlace(x *place, b []byte) {
	var kept []Insider
	if b == nil || json.Unmarshal(b, &kept) != nil {
		return
	}
	people := []Insider{}
	for _, i := range kept[:min(len(kept), mostInside)] {
		if i.Who != "" && !i.Left && !p.inside(i.Who) {
			i.Unsure = true
			people = append(people, i)
		}
	}
	x.people = append(people, x.people...)
}

// inside tells whether the person is on any list.
func (p *Panel) inside(who string) bool {
	return slices.ContainsFunc(p.places, func(x *place) bool { return x.find(who) != nil })
}
