package modbustest

import "time"

// speak sends the answer as the fault has it.
func (l *line485) speak(u *Unit, f Fault, frame []byte) {
	before := u.remember(frame)
	switch f.Kind {
	case Silent, Babble:
		return
	case Slow:
		if !l.pause(f.Delay) {
			return
		}
	case BadSum:
		frame[len(frame)-1] ^= 0x55
	case WrongUnit:
		frame = readdressed(frame, u.address+1)
	case Foreign:
		l.put(readdressed(frame, u.address+1))
		l.pause(l.gap)
	case Short:
		frame = frame[:len(frame)/2]
	case Noise:
		l.put([]byte{0x00, 0xff, u.address, 0x3c})
	case Exception, Split:
		frame = seal([]byte{u.address, frame[1] | 0x80, f.Code})
	case Stale:
		if before == nil {
			return
		}
		frame = before
	}
	l.deliver(f, frame)
}

// deliver puts the frame on the wire in one piece, two, or many.
func (l *line485) deliver(f Fault, frame []byte) {
	step := len(frame)
	switch f.Kind {
	case Split:
		step = 4
	case Dribble:
		step = 1
	}
	for len(frame) > 0 {
		n := min(step, len(frame))
		l.put(frame[:n])
		if frame = frame[n:]; len(frame) > 0 && !l.pause(f.Delay) {
			return
		}
	}
}

// babble is the voice of all units that cannot stop.
func (l *line485) babble() {
	for n := byte(0); ; n++ {
		delay := 20 * time.Millisecond
		for _, u := range l.plant.babblers() {
			delay = u.fault.Delay
			l.put([]byte{u.address, n, 0xa5})
		}
		if !l.pause(delay) {
			return
		}
	}
}

// babblers are copies of the units that babble now.
func (p *Plant) babblers() (all []*Unit) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for _, u := range p.units {
		u.mutex.Lock()
		if u.fault.Kind == Babble {
			all = append(all, &Unit{address: u.address, fault: u.fault})
		}
		u.mutex.Unlock()
	}
	return all
}
