package team

import (
	"errors"
	"fmt"

	"watchbox/firmware/alarm"
	"watchbox/firmware/point"
)

// The errors of a person's order to a team.
var (
	ErrUnknown = errors.New("no such team or unit")
	ErrState   = errors.New("the unit is as ordered already")
)

// Hand takes the unit that the point switches out of its team: a person wrote to
// it. Points of no team are passed over.
func (m *Machine) Hand(now point.Instant, run point.Name, actor string) {
	for _, t := range m.crews {
		for _, u := range t.units {
			if u.Run == run && !u.hand {
				t.hands(now, u, true, actor)
				m.stale = true
			}
		}
	}
}

// Release puts a unit in hand mode (out), or gives it back to its team; that
// also forgives its faults.
func (m *Machine) Release(now point.Instant, id, member string, out bool, actor string) error {
	for _, t := range m.crews {
		for _, u := range t.units {
			if t.ID != id || u.ID != member {
				continue
			}
			if u.hand == out && u.faulty.IsZero() {
				return fmt.Errorf("team %s: %s: %w", id, member, ErrState)
			}
			t.hands(now, u, out, actor)
			m.stale = true
			return nil
		}
	}
	return fmt.Errorf("team %s: %s: %w", id, member, ErrUnknown)
}

func (t *crew) hands(now point.Instant, u *unit, out bool, actor string) {
	t.begin(now.Mono)
	u.hand, u.by, u.order, u.tries, u.stuck = out, "", none, 0, false
	t.keep, t.dirty = true, true
	if out {
		u.by = actor
		t.changed(now, u, "转为手动，不参与调度", "in hand mode, out of the team", actor)
		return
	}
	u.faulty = point.Words{}
	t.signals = append(t.signals, alarm.Signal{Key: unitKey(t.ID, u.ID)})
	t.changed(now, u, "交还自动调度", "given back to the team", actor)
}
