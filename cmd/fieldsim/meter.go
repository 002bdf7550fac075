package main

import (
	"errors"
	"fmt"
	"net"
	"sync"

	"watchbox/cmd/fieldsim/room"
	"watchbox/drivers/maps"
	"watchbox/drivers/modbus/modbustest"
)

// meter is the mains meter behind a Modbus TCP gateway, unit 1.
type meter struct {
	*unit
	listener net.Listener
	done     sync.WaitGroup
}

func newMeter(address string, r *room.Room) (*meter, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("meter: %w", err)
	}
	p := modbustest.New()
	m := &meter{unit: newUnit(p, 1, maps.Input, meterBank(), r), listener: l}
	m.done.Go(func() { _ = p.ServeTCP(l) }) // ends when close closes the port
	return m, nil
}

func (m *meter) address() string { return m.listener.Addr().String() }

func (m *meter) close() error {
	err := m.listener.Close()
	m.done.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
