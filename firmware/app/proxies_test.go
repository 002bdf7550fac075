package app

import (
	"context"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/config"
	"watchbox/firmware/event"
	"watchbox/firmware/scan"
)

// gate is a proxy without a network.
type gate struct {
	port
	site  *config.Site
	guest *scan.Guest
	write func(event.Record)
}

func (g *gate) Serve(site *config.Site, guests func(string, int) *scan.Guest, journal func(event.Record)) (open []string, err error) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.site, g.write = site, journal
	if site == nil || len(site.ModbusProxy) == 0 {
		return nil, nil
	}
	if g.taken != nil {
		return nil, g.taken
	}
	g.guest = guests(site.ModbusProxy[0].Bus, site.ModbusProxy[0].Share)
	return []string{site.ModbusProxy[0].Bus}, nil
}

const proxySection = "buses: [{id: wire, terminal: RS485-1}]\nmodbus-proxy:\n  - {bus: wire, interface: eth0, from: [192.0.2.7/32], port: 1502, units: [9]}\n"

func TestTheProxyFollowsTheSiteFile(t *testing.T) {
	inHouse(t, func(h *house) {
		g := &gate{}
		h.extra = func(o *Options) { o.Proxy = g }
		h.start()
		reload := func(text string) { h.inForce(text); h.pass(2 * time.Second) }
		if h.count(event.ServerOpened) != 0 {
			t.Error("open without a section")
		}
		reload(siteFile + proxySection)
		r := h.record(event.ServerOpened, troubleProxy)
		if r.Text.En != "Modbus proxy opened (read-only): bus wire, port 1502 on eth0, for 192.0.2.7/32" || !strings.Contains(r.Text.Zh, "只读") {
			t.Errorf("%+v", r.Text)
		}
		asked := false
		if err := g.guest.Do(context.Background(), time.Second, func(context.Context) error { asked = true; return nil }); err != nil || !asked {
			t.Error("the bus does not turn for a guest:", err)
		}
		g.write(event.Record{Type: event.ProxyWrote, Subject: "bus/wire"})
		h.pass(time.Second)
		h.record(event.ProxyWrote, "bus/wire")
		reload(siteFile + strings.Replace(proxySection, "units: [9]", "units: [9, 10]", 1))
		if h.count(event.ServerOpened) != 1 {
			t.Error("another unit is no news of who may ask")
		}
		reload(siteFile + strings.Replace(proxySection, "units: [9]", "units: [9], writes: [{unit: 9, register: 1}]", 1))
		if r := h.record(event.ServerOpened, troubleProxy); h.count(event.ServerOpened) != 2 || !strings.Contains(r.Text.En, "(to be written: 1)") {
			t.Error("the journal does not tell that something may be written")
		}
		reload(siteFile)
		h.record(event.ServerClosed, troubleProxy)
		h.end()
		if g.site != nil {
			t.Error("open after the end")
		}
	})
}
