package modbusserver

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"watchbox/firmware/driver"
)

// How many may be connected. One more takes the place of the one that was quiet
// longest: of the same master where it has its share, else of all. So a master
// that was switched off without a goodbye locks nobody out, itself least.
const (
	mostClients = 16
	mostOfOne   = 4
)

// clients are the connections of one listener.
type clients struct {
	unit    func(byte) Unit // nil where there is none
	allowed func(netip.Addr) bool
	log     driver.Log
	work    sync.WaitGroup

	mutex   sync.Mutex
	all     map[*client]bool
	refused int
	closed  bool
}

func newClients(unit func(byte) Unit, allowed func(netip.Addr) bool, log driver.Log) *clients {
	return &clients{unit: unit, allowed: allowed, log: log, all: map[*client]bool{}}
}

// take starts to serve a connection, or ends it.
func (c *clients) take(conn net.Conn) {
	from, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil || !c.allowed(from.Addr()) {
		conn.Close()
		c.refuse(conn.RemoteAddr())
		return
	}
	k := &client{conn: conn, from: from.Addr().Unmap(), unit: c.unit, log: c.log}
	if !c.add(k) {
		conn.Close()
		return
	}
	c.work.Go(func() {
		defer c.remove(k)
		k.serve()
	})
}

// refuse tells engineers of strangers: at the first, and at powers of ten.
func (c *clients) refuse(from net.Addr) {
	c.mutex.Lock()
	c.refused++
	n := c.refused
	c.mutex.Unlock()
	if powerOfTen(n) {
		c.log("modbus server: %v may not ask: it is not among those of the site file (%d so far)", from, n)
	}
}

// powerOfTen is true for 1, 10, 100 …
func powerOfTen(n int) bool {
	for ; n > 1 && n%10 == 0; n /= 10 {
	}
	return n == 1
}

// add makes room and takes the client in; false while the server closes.
func (c *clients) add(k *client) bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.closed {
		return false
	}
	if other := c.inTheWay(k.from); other != nil {
		other.conn.Close()
		delete(c.all, other)
	}
	k.heard.Store(time.Now().UnixNano())
	c.all[k] = true
	return true
}

// inTheWay is who leaves for one more from that address; nil while there is room.
func (c *clients) inTheWay(from netip.Addr) *client {
	var quietest, ofSame *client
	count := 0
	for k := range c.all {
		quietest = quieter(quietest, k)
		if k.from == from {
			count++
			ofSame = quieter(ofSame, k)
		}
	}
	switch {
	case count >= mostOfOne:
		return ofSame
	case len(c.all) >= mostClients:
		return quietest
	}
	return nil
}

func quieter(a, b *client) *client {
	if a == nil || b.heard.Load() < a.heard.Load() {
		return b
	}
	return a
}

func (c *clients) remove(k *client) {
	k.conn.Close()
	c.mutex.Lock()
	defer c.mutex.Unlock()
	delete(c.all, k)
}

// close ends all of them and waits.
func (c *clients) close() {
	c.mutex.Lock()
	c.closed = true
	for k := range c.all {
		k.conn.Close()
	}
	c.mutex.Unlock()
	c.work.Wait()
}
