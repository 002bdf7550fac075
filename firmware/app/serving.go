package app

import (
	"fmt"
	"reflect"
	"strings"

	"watchbox/firmware/config"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// serving keeps the server of registers as the site in force has it: a reload,
// and a trial's end, are seen within a second. Who may ask the box without a
// log-in stands in the journal. It belongs to the watch goroutine.
type serving struct {
	app  *App
	open *config.ModbusServer // as it was told last; nil is closed
}

// look tries again each second what failed.
func (s *serving) look() {
	server, site := s.app.options.Registers, s.app.site.Load()
	if server == nil {
		return
	}
	err := server.Serve(site, s.app.View)
	if site.ModbusServer != nil {
		s.app.troubles.set(troubleServer, err)
	}
	if err != nil {
		s.tell(nil)
		return
	}
	s.tell(site.ModbusServer)
}

// end closes the server of a box that stops.
func (s *serving) end() {
	if server := s.app.options.Registers; server != nil {
		server.Serve(nil, nil) // closing cannot fail
	}
}

// tell writes down what changed of who may ask, or where.
func (s *serving) tell(now *config.ModbusServer) {
	was := s.open
	s.open = now
	switch {
	case now != nil && (was == nil || !reflect.DeepEqual(access(now), access(was))):
		where := fmt.Sprintf("%d", now.Port)
		from := strings.Join(now.From, ", ")
		s.app.Journal(event.Record{Type: event.ServerOpened, Subject: troubleServer, Actor: "box", Text: point.Words{
			Zh: "Modbus 服务已开启（只读）：端口 " + where + "，网口 " + now.Interface + "，允许 " + from,
			En: "Modbus server opened (read-only): port " + where + " on " + now.Interface + ", for " + from}})
	case now == nil && was != nil:
		s.app.Journal(event.Record{Type: event.ServerClosed, Subject: troubleServer, Actor: "box",
			Text: point.Words{Zh: "Modbus 服务已关闭", En: "Modbus server closed"}})
	}
}

// access is what the journal tells of the section.
func access(m *config.ModbusServer) config.Server {
	return config.Servers(&config.Site{ModbusServer: m})[1]
}
