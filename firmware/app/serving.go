package app

import (
	"fmt"
	"strings"

	"watchbox/firmware/config"
	"watchbox/firmware/point"
)

// serving keeps the server of registers as the site in force has it: a reload,
// and a trial's end, are seen within a second. It belongs to the watch goroutine.
type serving struct{ openings }

func newServing(a *App) *serving { return &serving{openings{app: a, subject: troubleServer}} }

// look tries again each second what failed.
func (s *serving) look() {
	server, site := s.app.options.Registers, s.app.site.Load()
	if server == nil {
		return
	}
	err := server.Serve(site, s.app.View)
	m := site.ModbusServer
	if m != nil {
		s.app.troubles.set(troubleServer, err)
	}
	if m == nil || err != nil {
		s.tell(nil)
		return
	}
	s.tell(map[string]opening{"": openingOf(m)})
}

// end closes the server of a box that stops.
func (s *serving) end() {
	if server := s.app.options.Registers; server != nil {
		server.Serve(nil, nil) // closing cannot fail
	}
}

// openingOf is who may read the registers; which they are is no news.
func openingOf(m *config.ModbusServer) opening {
	server := config.Servers(&config.Site{ModbusServer: m})[1]
	where := whereabouts(server)
	return opening{server, point.Words{Zh: "Modbus 服务已开启（只读）：" + where.Zh, En: "Modbus server opened (read-only): " + where.En},
		point.Words{Zh: "Modbus 服务已关闭", En: "Modbus server closed"}}
}

// whereabouts are where a server answers, and whom.
func whereabouts(s config.Server) point.Words {
	from := strings.Join(s.Access.From, ", ")
	return point.Words{Zh: fmt.Sprintf("端口 %d，网口 %s，允许 %s", s.Port, s.Access.Interface, from), En: fmt.Sprintf("port %d on %s, for %s", s.Port, s.Access.Interface, from)}
}
