package app

import (
	"context"
	"errors"

	"watchbox/firmware/alarm"
	"watchbox/firmware/engine"
	"watchbox/firmware/event"
	"watchbox/firmware/person"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

// Keypad lets a person move the panel by his code, from a session that need not
// be his own: a screen at the duty desk.
type Keypad struct {
	Persons interface {
		CheckCode(ctx context.Context, source, name, code string) (u person.User, duress bool, err error)
	}
	Do     func(context.Context, engine.Command) error
	Signal func(alarm.Signal) // the alarm about codes that were tried too often
	Note   func(event.Record)
}

// Order carries out c in the name of whoever's code it is, given in a session of
// the account source. A duress code is obeyed and answered like the other. Each
// wrong one is a record; the one that locks raises zone.CodesKey. The errors are
// those of person.Directory.CheckCode and of Do. Waits for one hash, and for Do.
func (k Keypad) Order(ctx context.Context, source, by, code string, c engine.Command) error {
	u, duress, err := k.Persons.CheckCode(ctx, source, by, code)
	var lock *person.CodeLock
	locks := errors.As(err, &lock) && lock.Began
	if locks || errors.Is(err, person.ErrWrongCode) {
		k.Note(event.Record{Type: event.CodeRefused, Subject: by, Actor: source,
			Text: point.Words{Zh: "操作密码不对：" + by, En: "Wrong panel code: " + by}})
	}
	if locks {
		k.Signal(alarm.Signal{Key: zone.CodesKey, Active: true, Text: point.Words{
			Zh: "操作密码多次输错：用户 " + by + "，操作台 " + source, En: "Panel code of " + by + " tried too often at " + source}})
		k.Signal(alarm.Signal{Key: zone.CodesKey}) // it latches
	}
	if err != nil {
		return err
	}
	c.Actor, c.Coded, c.Duress = u.Name, true, duress
	return k.Do(ctx, c)
}

// ByCode is Keypad.Order on this box.
func (a *App) ByCode(ctx context.Context, source, by, code string, c engine.Command) error {
	return Keypad{Persons: a.Persons(), Do: a.Do, Signal: a.engine.Signal, Note: a.Journal}.Order(ctx, source, by, code, c)
}
