package webtest

import "watchbox/firmware/point"

func (b *Box) put(s point.Sample) {
	s = b.pretend.Stand(s)
	b.handover.Sample(s.At, s)
	if _, ok := b.table.Put(s); !ok {
		panic("no such point: " + string(s.Point))
	}
}

// Set gives the point a good value.
func (b *Box) Set(name point.Name, v point.Value) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.put(point.Sample{Point: name, Value: v, At: Now()})
	b.publish()
}

// Spoil makes the point bad for the reason; its last good value stays.
func (b *Box) Spoil(name point.Name, why point.Reason) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.put(point.Sample{Point: name, Quality: point.BadBecause(why), At: Now()})
	b.publish()
}

// Fail makes the device and all its points bad.
func (b *Box) Fail(device string, why point.Reason, text string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for i := range b.table.Len() {
		if e := b.table.At(i); e.Point.Name.Device() == device {
			b.put(point.Sample{Point: e.Point.Name, Quality: point.BadBecause(why), At: Now()})
		}
	}
	for i := range b.devices {
		if b.devices[i].ID == device {
			b.devices[i].OK, b.devices[i].Error = false, text
			b.devices[i].Failures++
		}
	}
	b.publish()
}
