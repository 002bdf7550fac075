package zone

import (
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// fire is true while a fire zone is in alarm: its contact has freed the locks. A
// simulated fire has freed nothing, and bars nobody less.
func (p *Panel) fire() bool {
	for _, z := range p.zones {
		if z.Type == "fire" && z.violated && !z.simulated {
			return true
		}
	}
	return false
}

// heed follows the fire zones. While one is in alarm every door is free, by
// wire: the box sees and records it, judges no opening and bars nobody, and
// keeps the lists of those inside as they were.
func (p *Panel) heed(now point.Instant) {
	on := p.fire()
	if !on && !p.burning {
		return
	}
	before := p.burning
	p.burning = on
	for _, d := range p.doors {
		if on && !d.freed {
			p.free(now, d)
		} else if !on {
			p.bind(now, d)
		}
	}
	if before && !on {
		p.muster()
	}
}

func (p *Panel) free(now point.Instant, d *door) {
	d.freed, d.warned, d.waiting = true, false, first{}
	p.clock(now, d)
	label := title(d.Label, d.ID)
	p.doorRecord(now, d, event.DoorFreed, "box", label.Zh+"：火警，门锁由硬线释放，人员可自由离开", label.En+": fire, its lock is freed by wire, everybody may leave", nil)
}

// bind ends the freedom. A door that stands open has its full time to be closed.
func (p *Panel) bind(now point.Instant, d *door) {
	d.freed = false
	p.dirty["door:"+d.ID] = true
	if d.known && d.open && !d.forced && !d.held {
		p.clock(now, d)
	}
}
