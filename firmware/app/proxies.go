package app

import (
	"fmt"
	"slices"

	"watchbox/firmware/config"
	"watchbox/firmware/point"
)

// proxies keep the ports and terminals by which other masters share buses as the site
// in force has them. They belong to the watch goroutine.
type proxies struct{ openings }

func newProxies(a *App) *proxies { return &proxies{openings{app: a, subject: troubleProxy}} }

// look tries again each second what failed.
func (p *proxies) look() {
	proxy, site := p.app.options.Proxy, p.app.site.Load()
	if proxy == nil {
		return
	}
	open, err := proxy.Serve(site, p.app.scan.Guest, p.app.Journal)
	if len(site.ModbusProxy) > 0 {
		p.app.troubles.set(troubleProxy, err)
	}
	now := map[string]opening{}
	for _, m := range site.ModbusProxy {
		if slices.Contains(open, m.Bus) {
			now[m.Bus] = proxyOf(m)
		}
	}
	p.tell(now)
}

// end closes the ports of a box that stops.
func (p *proxies) end() {
	if proxy := p.app.options.Proxy; proxy != nil {
		proxy.Serve(nil, p.app.scan.Guest, p.app.Journal) // closing cannot fail
	}
}

// proxyOf is who may ask on the bus, where, and what he may write; which units there
// are is no news.
func proxyOf(m config.ModbusProxy) opening {
	may, where := point.Words{Zh: "只读", En: "read-only"}, whereabouts(m.Server())
	if n := len(m.Writes); n > 0 {
		may = point.Words{Zh: fmt.Sprintf("可写 %d 处", n), En: fmt.Sprintf("to be written: %d", n)}
	}
	if m.Terminal != "" {
		where = point.Words{Zh: "端子 " + m.Terminal, En: "terminal " + m.Terminal}
	}
	type told struct {
		where  config.Where
		writes []config.ProxyWrite
	}
	return opening{told{m.Where(), m.Writes}, point.Words{
		Zh: fmt.Sprintf("Modbus 代理已开启（%s）：总线 %s，%s", may.Zh, m.Bus, where.Zh),
		En: fmt.Sprintf("Modbus proxy opened (%s): bus %s, %s", may.En, m.Bus, where.En)},
		point.Words{Zh: "Modbus 代理已关闭：总线 " + m.Bus, En: "Modbus proxy closed: bus " + m.Bus}}
}
