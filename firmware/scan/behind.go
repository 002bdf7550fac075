package scan

import "time"

// leastShare is the part of a wire that a background member gets where the others
// leave nothing: one in so many of what its attempts take.
const leastShare = 20

// behindTurn gives the wire to a background member: when nobody else has a turn now
// (t has none) or before its attempt would be over (at), or when it has waited for
// so long that its share is due. The lane's lock is held.
func (l *lane) behindTurn(t turn, at time.Time, now time.Time) (turn, time.Time) {
	for _, m := range l.members {
		if !m.behind {
			continue
		}
		if now.Before(m.rest) {
			at = sooner(at, m.rest)
			continue
		}
		long := m.blocks[0].Timeout
		if b := &m.blocks[0]; b.cost > 0 { // what it takes, once that is known
			long = min(long, b.cost)
		}
		owed := m.asked.Add(leastShare * long)
		switch {
		case now.Before(owed) && (t.m != nil || at.Before(now.Add(long))):
			at = sooner(at, owed)
		default:
			m.asked = now
			return turn{m: m}, at
		}
	}
	return t, at
}

func sooner(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
