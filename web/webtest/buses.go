package webtest

import (
	"errors"
	"time"

	"watchbox/firmware/bus"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// Wire is the monitor of the fake's one bus, rs485-1: what a test tells it is seen.
func (b *Box) Wire() *bus.Monitor { return &b.wire }

// wire counts a well slave and a silent one.
func newWire(m *bus.Monitor) {
	m.Line = driver.Line{Baud: 9600}
	for range 40 {
		m.Count(bus.Outcome{Slave: bus.Slave{Protocol: bus.ModbusRTU, Unit: 1}, End: bus.Answer, Turn: 12 * time.Millisecond, Ideal: 40 * time.Millisecond, Busy: 41 * time.Millisecond})
		m.Count(bus.Outcome{Slave: bus.Slave{Protocol: bus.ModbusRTU, Unit: 2}, End: bus.Silence, Busy: 250 * time.Millisecond})
	}
}

// Buses is the health of the bus.
func (b *Box) Buses() []bus.Health {
	h := b.wire.Health(time.Now(), map[bus.Slave][]string{{Protocol: bus.ModbusRTU, Unit: 1}: {"ups1"}, {Protocol: bus.ModbusRTU, Unit: 2}: {"ups2"}})
	h.ID, h.Seconds, h.Load, h.Hints = "rs485-1", 600, 0.31, h.Hints[:1]
	return []bus.Health{h}
}

// Trace listens to it.
func (b *Box) Trace(name string) (bus.Trace, error) {
	if name != "rs485-1" {
		return bus.Trace{}, errors.New("there is no such bus")
	}
	ear, err := b.wire.Listen()
	return bus.Trace{Ear: ear, Dissector: plainly{}}, err
}

// plainly says of each frame how long it is.
type plainly struct{}

func (plainly) Lines(f bus.Frame) []bus.Line {
	return []bus.Line{{Frame: f, Meaning: bus.Meaning{Protocol: f.Slave.Protocol, Unit: f.Slave.Unit, Check: bus.Good, Text: point.Words{Zh: "报文", En: "a frame"}, Length: len(f.Data)}}}
}

// Search keeps the order; it found one device at once.
func (b *Box) Search(name string, o bus.Order, actor string) error {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if name != "rs485-1" {
		return errors.New("there is no such bus")
	}
	b.found = &bus.Progress{Bus: name, By: actor, Began: time.Now(), Running: true, Asked: 17, Of: 494, Notes: []point.Words{},
		Findings: []bus.Finding{{Protocol: bus.ModbusRTU, Unit: 3, Shape: "9600 8N1", Identity: "UPS2000",
			Proposals: []bus.Proposal{{Map: "huawei/ups2000", Confidence: bus.Identified, Good: 18, Of: 20, Measures: 14, Told: 12}}}}}
	return nil
}

// EndSearch ends it.
func (b *Box) EndSearch(string, string) error {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.found == nil || !b.found.Running {
		return errors.New("no search runs")
	}
	b.found.Running = false
	return nil
}

// SearchProgress is what was found.
func (b *Box) SearchProgress(string) (bus.Progress, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.found == nil {
		return bus.Progress{}, errors.New("nothing was searched")
	}
	return *b.found, nil
}
