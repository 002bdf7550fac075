// Package modbusserver lets other masters read the box by Modbus TCP: framing,
// connections and their limits. What the registers tell is firmware/registers.
//
// The server is our own: of what a library would bring, the frame of a request is
// the smallest part. A server that strangers reach has to bound connections, their
// number per master, times and rates, to read one moment of the box in each
// request, and to tell who it is (function 43/14); the small Go libraries do not.
//
// It asks the engine for nothing: each request reads the newest view. Another unit
// (a bus behind the box) gets its own Unit, see units.
package modbusserver

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"watchbox/firmware/config"
	"watchbox/firmware/driver"
	"watchbox/firmware/engine"
	"watchbox/firmware/registers"
)

// Server is off until Serve gets a site that asks for it. Serve is called by one
// goroutine.
type Server struct {
	version string
	log     driver.Log
	section *config.ModbusServer // that of the open listener; nil while there is none
	site    *config.Site
	table   atomic.Pointer[registers.Table]
	view    func() *engine.View
	stop    func()
	address net.Addr
}

// New makes a server that does not listen. log is for engineers.
func New(version string, log driver.Log) *Server { return &Server{version: version, log: log} }

// Serve does what the site file says: opens, moves or closes the port, and takes
// the table of registers over. nil closes. Connections end only when the section
// changed. To be called again after an error, and when the site may have changed;
// it costs nothing when it has not. view is the newest one, which each request
// reads; it never blocks. Waits for nobody.
func (s *Server) Serve(site *config.Site, view func() *engine.View) error {
	if site == s.site {
		return nil
	}
	var wanted *config.ModbusServer
	if site != nil {
		wanted = site.ModbusServer
	}
	if s.section != nil && !reflect.DeepEqual(wanted, s.section) {
		s.close()
	}
	if wanted != nil {
		s.table.Store(registers.New(site))
		if s.section == nil {
			s.view = view
			if err := s.open(wanted, site.ID); err != nil {
				return err
			}
		}
	}
	s.site = site
	return nil
}

// Address is where it listens; nil when it does not.
func (s *Server) Address() net.Addr { return s.address }

func (s *Server) open(m *config.ModbusServer, site string) error {
	l, err := net.Listen("tcp", fmt.Sprintf(":%d", m.Port))
	if err != nil {
		return fmt.Errorf("modbus server: %w", err)
	}
	c := newClients(s.units(m, site), allowed(m), s.log)
	var ended sync.WaitGroup
	ended.Go(func() { c.accept(l) })
	s.section, s.address = m, l.Addr()
	s.stop = func() { l.Close(); c.close(); ended.Wait() }
	return nil
}

func (s *Server) close() {
	s.stop()
	s.section, s.site, s.address = nil, nil, nil
}

// units are who answers: the box itself, to its own identifier and to 0 and 255,
// which masters send where no gateway is meant ("MODBUS messaging on TCP/IP
// implementation guide" V1.0b, unit identifier). A bus that another master may share would
// be another entry.
func (s *Server) units(m *config.ModbusServer, site string) map[byte]Unit {
	b := &box{image: s.image, identity: identityOf(s.version, site)}
	return map[byte]Unit{0: b, 0xff: b, byte(m.Unit): b}
}

// image is the box at this moment; nil while it starts.
func (s *Server) image() *registers.Image {
	if v := s.view(); v != nil {
		return s.table.Load().At(v)
	}
	return nil
}

// allowed asks again what the firewall has asked: off the image there is none.
func allowed(m *config.ModbusServer) func(netip.Addr) bool {
	list := config.Access{From: m.From}.Prefixes()
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
