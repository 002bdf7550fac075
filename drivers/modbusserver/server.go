// Package modbusserver lets other masters read the box by Modbus TCP: framing,
// connections and their limits. What the registers tell is firmware/registers.
//
// The server is our own: of what a library would bring, the frame of a request is
// the smallest part. A server that strangers reach has to bound connections, their
// number per master, times and rates, to read one moment of the box in each
// request, and to tell who it is (function 43/14); the small Go libraries do not.
//
// It asks the engine for nothing: each request reads the newest view. A Proxy is the
// same server with a bus behind it.
package modbusserver

import (
	"fmt"
	"net"
	"reflect"
	"sync/atomic"

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
	section *config.ModbusServer // that of the open port; nil while there is none
	site    *config.Site
	table   atomic.Pointer[registers.Table]
	view    func() *engine.View
	port    *port
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
func (s *Server) Address() net.Addr {
	if s.port == nil {
		return nil
	}
	return s.port.Addr()
}

func (s *Server) open(m *config.ModbusServer, site string) error {
	units := s.units(m, site)
	p, err := listen(m.Port, m.From, func(id byte) Unit { return units[id] }, s.log)
	if err != nil {
		return fmt.Errorf("modbus server: %w", err)
	}
	s.section, s.port = m, p
	return nil
}

func (s *Server) close() {
	s.port.close()
	s.section, s.site, s.port = nil, nil, nil
}

// units are who answers: the box itself, to its own identifier and to 0 and 255,
// which masters send where no gateway is meant ("MODBUS messaging on TCP/IP
// implementation guide" V1.0b, unit identifier).
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
