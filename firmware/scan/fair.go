package scan

import (
	"slices"
	"time"
)

// stretch says how long at least it is from one attempt at a block to the next,
// so that its device does not take the wire from the others: 0 when there is
// enough for all.
//
// Two rules. A bus that is asked for more than nine tenths of its time shares
// it so that who wants little gets all of it and who wants much gets equal parts
// of the rest. And devices whose single exchange outlasts the period of a much
// quicker one share a tenth of the wire among them: no order of asking could
// help the quick one. The lane's lock is held.
func (l *lane) stretch(m *member, b *block) time.Duration {
	if l.pooled() || len(l.members)+len(l.asks) < 2 { // a guest that waits is somebody, too
		return 0
	}
	wait := time.Duration(0)
	if share, own := l.share(), m.load(); own > share {
		wait = time.Duration(float64(b.Period) * own / share)
	}
	if l.hogs(b) {
		crowd := 0
		for _, o := range l.members {
			if !o.dead && slices.ContainsFunc(o.blocks, func(x block) bool { return l.hogs(&x) }) {
				crowd++
			}
		}
		wait = max(wait, 10*b.cost*time.Duration(crowd))
	}
	return wait
}

// full is the part of a bus's time that may be planned for.
const full = 0.9

// share is the part of the wire's time that one member may want: everything
// while the bus has room.
func (l *lane) share() float64 {
	var wants []float64
	sum := 0.0
	for _, m := range l.members {
		if !m.dead {
			wants = append(wants, m.load())
			sum += wants[len(wants)-1]
		}
	}
	if sum <= full {
		return 1
	}
	slices.Sort(wants)
	left := full
	for i, w := range wants {
		part := left / float64(len(wants)-i)
		if w > part {
			return part
		}
		left -= w
	}
	return 1
}

// unclaimed is the part of the wire's time that no device of ours wants; a full bus
// has the rest that is never planned for.
func (l *lane) unclaimed() float64 {
	sum := 0.0
	for _, m := range l.members {
		if !m.dead {
			sum += m.load()
		}
	}
	return 1 - min(sum, full)
}

// load is the part of the wire's time that the member wants.
func (m *member) load() float64 {
	sum := 0.0
	for i := range m.blocks {
		sum += float64(m.blocks[i].cost) / float64(m.blocks[i].Period)
	}
	return sum
}

// hogs is true when one attempt at b outlasts the period of a block that is at
// least four times as quick.
func (l *lane) hogs(b *block) bool {
	for _, o := range l.members {
		if o.dead {
			continue
		}
		for i := range o.blocks {
			if v := &o.blocks[i]; v.cost > 0 && v.Period <= b.cost && 4*v.cost <= b.cost {
				return true
			}
		}
	}
	return false
}

func (l *lane) deadOnes() int {
	n := 0
	for _, m := range l.members {
		if m.dead {
			n++
		}
	}
	return n
}
