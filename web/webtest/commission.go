package webtest

import (
	"context"
	"errors"
	"fmt"

	"watchbox/firmware/engine"
	"watchbox/firmware/live"
	"watchbox/firmware/point"
)

// simulate begins and ends simulations as the engine does, but for what the panel
// would refuse.
func (b *Box) simulate(c engine.Command) error {
	n, now := point.Name(c.Target), Now()
	if c.Verb == engine.Simulate {
		e, _ := b.table.Get(n)
		err := b.pretend.Begin(now, e, c.Value, c.For, c.Actor, c.Comment)
		if err == nil {
			s := b.pretend.Sample(now, n)
			b.handover.Sample(now, s)
			b.table.Put(s)
		}
		return err
	}
	for _, n := range b.pretend.Points() {
		if c.Target == "*" || c.Target == string(n) {
			b.restore(b.pretend.End(now, n, c.Actor, point.Words{Zh: "结束", En: "ended"}))
		}
	}
	return nil
}

func (b *Box) restore(e live.Entry, _ bool) { b.table.Set(e) }

// commission works on one item of the checklist.
func (b *Box) commission(c engine.Command) error {
	switch c.Verb {
	case engine.TestItem:
		return b.handover.Begin(Now(), c.Target, c.Actor, func(n point.Name) point.Value { e, _ := b.table.Get(n); return e.Last.Value })
	case engine.CancelItem:
		return b.handover.Cancel(c.Target)
	}
	return b.handover.Sign(Now(), c.Target, c.Actor, c.Verb == engine.PassItem, c.Comment)
}

// ReplaceSensor notes what was asked for.
func (b *Box) ReplaceSensor(_ context.Context, id, address, actor string) error {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.Sensors = append(b.Sensors, [3]string{id, address, actor})
	return b.Refuse
}

// AttachPhoto keeps a picture in memory.
func (b *Box) AttachPhoto(_ context.Context, item string, picture []byte, actor string) error {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	name := fmt.Sprintf("%024x.jpg", len(b.pictures))
	err := b.handover.Attach(Now(), item, actor, name)
	if err == nil {
		b.pictures[name] = picture
		b.publish()
	}
	return err
}

// Photo gives it back.
func (b *Box) Photo(name string) ([]byte, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if p := b.pictures[name]; p != nil {
		return p, nil
	}
	return nil, errors.New("no such picture")
}
