package app

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"watchbox/firmware/config"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// proxies keep the ports by which other masters share buses as the site in force has
// them. Who may ask without a log-in stands in the journal, and what he may write. It
// belongs to the watch goroutine.
type proxies struct {
	app  *App
	open map[string]config.ModbusProxy // by bus, as it was told last
}

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
	now := map[string]config.ModbusProxy{}
	for _, m := range site.ModbusProxy {
		if slices.Contains(open, m.Bus) {
			now[m.Bus] = m
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

// tell writes down what changed of who may ask on which bus, where, and what for.
func (p *proxies) tell(now map[string]config.ModbusProxy) {
	was := p.open
	p.open = now
	for _, bus := range slices.Sorted(maps.Keys(was)) {
		if _, still := now[bus]; !still {
			p.app.Journal(event.Record{Type: event.ServerClosed, Subject: troubleProxy, Actor: "box",
				Text: point.Words{Zh: "Modbus 代理已关闭：总线 " + bus, En: "Modbus proxy closed: bus " + bus}})
		}
	}
	for _, bus := range slices.Sorted(maps.Keys(now)) {
		m := now[bus]
		if before, there := was[bus]; there && reflect.DeepEqual(before.Where(), m.Where()) && reflect.DeepEqual(before.Writes, m.Writes) {
			continue
		}
		zh, en := "只读", "read-only"
		if n := len(m.Writes); n > 0 {
			zh, en = fmt.Sprintf("可写 %d 处", n), fmt.Sprintf("to be written: %d", n)
		}
		where := whereabouts(m)
		p.app.Journal(event.Record{Type: event.ServerOpened, Subject: troubleProxy, Actor: "box", Text: point.Words{
			Zh: fmt.Sprintf("Modbus 代理已开启（%s）：总线 %s，%s", zh, bus, where.Zh),
			En: fmt.Sprintf("Modbus proxy opened (%s): bus %s, %s", en, bus, where.En)}})
	}
}

// whereabouts are where it answers, and whom.
func whereabouts(m config.ModbusProxy) point.Words {
	if m.Terminal != "" {
		return point.Words{Zh: "端子 " + m.Terminal, En: "terminal " + m.Terminal}
	}
	from := strings.Join(m.From, ", ")
	return point.Words{Zh: fmt.Sprintf("端口 %d，网口 %s，允许 %s", m.Port, m.Interface, from), En: fmt.Sprintf("port %d on %s, for %s", m.Port, m.Interface, from)}
}
