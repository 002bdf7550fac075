package webtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/command"
	"watchbox/firmware/engine"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

var errState = errors.New("the alarm's state does not allow it")

// Ordered is a copy of Commands, for a test that runs beside the server.
func (b *Box) Ordered() []engine.Command {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return slices.Clone(b.Commands)
}

var verbWords = map[event.Type]string{event.AlarmRaised: "报警：", event.AlarmCleared: "恢复：", event.AlarmAcknowledged: "确认：",
	event.AlarmSilenced: "消音：", event.AlarmReset: "复位：", event.AlarmShelved: "搁置：", event.AlarmUnshelved: "取消搁置："}

// Do obeys a command as the engine would.
func (b *Box) Do(_ context.Context, c engine.Command) error {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.Commands = append(b.Commands, c)
	if b.Refuse != nil {
		return b.Refuse
	}
	var err error
	switch c.Verb {
	case engine.Acknowledge, engine.Silence, engine.Reset, engine.Shelve, engine.Unshelve, engine.OutOfService, engine.InService:
		err = b.alarmCommand(c)
	case engine.Arm, engine.ForceArm, engine.Disarm:
		err = b.arm(c)
	case engine.Consent:
		end := Now().Add(c.For)
		b.panel.Consent.By, b.panel.Consent.Until, b.panel.Consent.Alone = c.Actor, end, c.Alone
	case engine.EndConsent:
		b.panel.Consent.By = ""
	case engine.Service:
		if b.panel.Consent.Required && b.panel.Consent.By == "" {
			err = zone.Refuse("service", zone.ConsentRequired)
		}
	case engine.Bypass, engine.Unbypass:
		i := slices.IndexFunc(b.panel.Zones, func(z zone.ZoneView) bool { return z.ID == c.Target })
		b.panel.Zones[i].Bypassed = c.Verb == engine.Bypass
	case engine.TeamHand, engine.TeamAuto:
		id, unit, _ := strings.Cut(c.Target, "/")
		err = b.teams.Release(Now(), id, unit, c.Verb == engine.TeamHand, c.Actor)
	case engine.Simulate, engine.EndSimulate:
		err = b.simulate(c)
	case engine.TestItem, engine.CancelItem, engine.PassItem, engine.FailItem:
		err = b.commission(c)
	case engine.Execute:
		if err = b.commands.Execute(Now(), point.Name(c.Target), c.Selection, c.Actor); err == nil {
			b.obeyWrite()
		}
	}
	b.publish()
	return err
}

// Select answers as the engine does.
func (b *Box) Select(_ context.Context, c engine.Command) (command.Selection, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.Refuse != nil {
		return command.Selection{}, b.Refuse
	}
	e, _ := b.table.Get(point.Name(c.Target))
	s, err := b.commands.Select(Now(), e.Point, e.Last, c.Value, c.Actor, c.Comment)
	b.tellWrites()
	return s, err
}

// obeyWrite does what was ordered, and reads it back.
func (b *Box) obeyWrite() {
	for _, w := range b.tellWrites() {
		b.commands.Answered(Now(), w.Point, w.Value, Now(), nil)
		s := point.Sample{Point: w.Point, Value: w.Value, At: Now()}
		b.put(s)
		b.commands.Sample(Now(), s)
	}
	b.tellWrites()
}

func (b *Box) tellWrites() []command.Write {
	writes, records, _ := b.commands.Take()
	for _, r := range records {
		b.record(r)
	}
	return writes
}

func (b *Box) alarmCommand(c engine.Command) error {
	if c.Target != "*" {
		return b.one(c.Target, c)
	}
	for key, a := range b.alarms {
		if c.Blind && a.Silent {
			continue
		}
		_ = b.one(key, c) // what does not apply to one is passed over
	}
	return nil
}

func (b *Box) one(key string, c engine.Command) error {
	a, ok := b.alarms[key]
	if d, defined := definitions()[key]; !ok && defined && c.Verb == engine.Shelve {
		a, ok = alarm.Alarm{Definition: d}, true // it need not stand
	}
	switch {
	case !ok:
		return &alarm.Refusal{Key: key, Why: point.Words{Zh: "没有名为「" + key + "」的报警", En: "there is no alarm named " + key}, Class: alarm.ErrUnknown}
	case c.Occurrence != (event.ID{}) && c.Occurrence != a.Occurrence:
		return fmt.Errorf("%s %s: another occurrence stands by now", c.Verb, key)
	}
	var t event.Type
	switch c.Verb {
	case engine.Acknowledge:
		if a.Acknowledged {
			return fmt.Errorf("acknowledge %s: %w", key, errState)
		}
		a.Acknowledged, a.AckedBy, a.AckComment, t = true, c.Actor, c.Comment, event.AlarmAcknowledged
		a.Silenced = true
	case engine.Silence:
		a.Silenced, t = true, event.AlarmSilenced
		b.sound(false)
	case engine.Reset:
		if a.Active || !a.Latched {
			return fmt.Errorf("reset %s: %w", key, errState)
		}
		a.Latched, a.Acknowledged, t = false, true, event.AlarmReset
	case engine.Shelve:
		if a.Guarded {
			return &alarm.Refusal{Key: key, Class: alarm.ErrGuarded}
		}
		a.Shelved, a.ShelvedBy, t = c.Until, c.Actor, event.AlarmShelved
	case engine.OutOfService:
		a.RemovedUntil, a.RemovedBy, a.RemovedWhy, t = c.Until, c.Actor, c.Comment, event.AlarmOutOfService
	case engine.InService:
		a.RemovedUntil, a.RemovedBy, a.RemovedWhy, t = time.Time{}, "", "", event.AlarmInService
	case engine.Unshelve:
		a.Shelved, a.ShelvedBy, t = time.Time{}, "", event.AlarmUnshelved
	}
	b.record(b.about(t, a, c.Actor, c.Comment))
	b.keep(a)
	return nil
}

func (b *Box) arm(c engine.Command) error {
	if c.Duress {
		b.raise("partition/"+c.Target+"/duress", "")
	}
	for i := range b.panel.Partitions {
		p := &b.panel.Partitions[i]
		switch {
		case p.ID != c.Target:
			continue
		case c.Verb == engine.Disarm && p.Code && !c.Coded:
			return zone.Refuse("disarm "+p.ID, zone.CodeRequired)
		case c.Verb == engine.Disarm:
			p.Mode, p.Deadline, p.By = zone.Disarmed, nil, c.Actor
		case c.Verb == engine.Arm && len(p.NotReady) > 0:
			r := zone.Refuse("arm "+p.ID, zone.NotReady)
			r.Reasons = p.NotReady
			return r
		default:
			end := Now().Add(30 * time.Second)
			p.Mode, p.Deadline, p.By = zone.Exiting, &end, c.Actor
		}
		b.record(event.Record{Type: event.PartitionArming, Subject: p.ID, Actor: c.Actor, Text: words(p.Label.Zh+"："+string(c.Verb), p.Label.En+": "+string(c.Verb))})
	}
	return nil
}
