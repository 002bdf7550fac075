package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"watchbox/cmd/fieldsim/room"
	table "watchbox/drivers/maps"
	"watchbox/drivers/modbus"
	"watchbox/drivers/modbus/modbustest"
	"watchbox/drivers/pair"
	wires "watchbox/firmware/bus"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// oldMaster is a pair of its own, on which another master reads a UPS at address 3: what
// the box hears there when somebody clamps it on. It answers nobody.
type oldMaster struct {
	*wire
	room *room.Room

	mutex sync.Mutex
	rest  func() // ends it; nil while it is silent
}

func newOldMaster(path string, r *room.Room) (*oldMaster, error) {
	w, err := newWire(path, drain)
	return &oldMaster{wire: w, room: r}, err
}

// speaks switches it on or off; off waits until it is silent.
func (m *oldMaster) speaks(on bool) error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	switch {
	case on && m.rest == nil:
		ctx, stop := context.WithCancel(context.Background())
		over := make(chan struct{})
		m.rest = func() { stop(); <-over }
		go func() {
			defer close(over)
			if err := m.talk(ctx); err != nil {
				fmt.Fprintln(os.Stderr, "old master:", err)
			}
		}()
	case !on && m.rest != nil:
		m.rest()
		m.rest = nil
	}
	return nil
}

func (m *oldMaster) close() error {
	_ = m.speaks(false)
	return m.cut()
}

// talk lets it poll its slave on a wire in memory, and whatever goes over that wire be
// heard on the pair.
func (m *oldMaster) talk(ctx context.Context) error {
	line := driver.Line{Baud: 9600, Parity: "none", DataBits: 8, StopBits: 1}
	plant := modbustest.New()
	newUnit(plant, 3, table.Holding, upsBank(0), m.room).Zero(table.Holding, 0, 1<<16)
	port, end := modbustest.Wire()
	served := make(chan struct{})
	go func() { defer close(served); _ = plant.ServeRTU(end, line) }() // until the wire ends
	theirs := pair.New("theirs", func() (driver.Port, error) { return port, nil }, line)
	defer func() { theirs.Close(); end.Close(); <-served }()
	ear, err := theirs.Monitor().Listen()
	if err != nil {
		return err
	}
	ups, err := table.Load("huawei/ups2000")
	if err != nil {
		return err
	}
	d, err := modbus.New(driver.Spec{Name: "theirs", Unit: 3}, ups, modbus.NewRTU("theirs", theirs))
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		for i := range d.Blocks() {
			_ = d.Poll(ctx, i, func(point.Sample) {})
			repeat(m, ear)
		}
	}
	return nil
}

// repeat puts what was heard on the wire, frame by frame. Nobody may be listening.
func repeat(w io.Writer, ear *wires.Ear) {
	for f, more := ear.Take(); more; f, more = ear.Take() {
		time.Sleep(30 * time.Millisecond)
		_, _ = w.Write(f.Data)
	}
}
