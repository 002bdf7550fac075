package modbusserver

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"watchbox/firmware/config"
	"watchbox/firmware/driver"
)

// port is an open one with its connections.
type port struct {
	net.Listener
	clients *clients
	ended   sync.WaitGroup
}

// listen opens a port for those who may ask; unit is who answers to an identifier.
func listen(number int, from []string, unit func(byte) Unit, log driver.Log) (*port, error) {
	l, err := net.Listen("tcp", fmt.Sprintf(":%d", number))
	if err != nil {
		return nil, err
	}
	p := &port{Listener: l, clients: newClients(unit, allowed(from), log)}
	p.ended.Go(func() { p.clients.accept(l) })
	return p, nil
}

// close ends the connections and waits.
func (p *port) close() {
	p.Close()
	p.clients.close()
	p.ended.Wait()
}

// allowed asks again what the firewall has asked: off the image there is none.
func allowed(from []string) func(netip.Addr) bool {
	list := config.Access{From: from}.Prefixes()
	return func(a netip.Addr) bool {
		for _, p := range list {
			if p.Contains(a.Unmap()) {
				return true
			}
		}
		return false
	}
}

// accept takes connections until the listener is closed.
func (c *clients) accept(l net.Listener) {
	for {
		conn, err := l.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil: // out of descriptors: others may end
			time.Sleep(time.Second)
		default:
			c.take(conn)
		}
	}
}
