package app

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"watchbox/firmware/config"
	"watchbox/firmware/engine"
	"watchbox/firmware/event"
	"watchbox/firmware/store"
)

// port is what another program may have taken.
type port struct {
	mutex sync.Mutex
	taken error
}

func (p *port) free() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.taken = nil
}

// door is a server of registers without a network.
type door struct {
	port
	site *config.Site
	view func() *engine.View
}

func (d *door) Serve(site *config.Site, view func() *engine.View) error {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if site != nil && site.ModbusServer != nil && d.taken != nil {
		return d.taken
	}
	d.site, d.view = site, view
	return nil
}

// serves is what was last to be served.
func (d *door) serves() (*config.Site, func() *engine.View) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return d.site, d.view
}

const modbusSection = "modbus-server:\n  interface: eth0\n  from: [192.0.2.7/32]\n  points: [{number: 1, point: meter/temperature}]\n"

func TestTheServerFollowsTheSiteFile(t *testing.T) {
	inHouse(t, func(h *house) {
		d := &door{}
		h.extra = func(o *Options) { o.Registers = d }
		h.start()
		reload := func(text string) { h.inForce(text); h.pass(2 * time.Second) }
		section := func() *config.ModbusServer { site, _ := d.serves(); return site.ModbusServer }
		if section() != nil || h.count(event.ServerOpened) != 0 {
			t.Error("open without a section")
		}
		reload(siteFile + modbusSection)
		r := h.record(event.ServerOpened, troubleServer)
		if _, view := d.serves(); section() == nil || view() == nil || !strings.HasSuffix(r.Text.En, "port 502 on eth0, for 192.0.2.7/32") {
			t.Errorf("%+v, %q", section(), r.Text)
		}
		reload(siteFile + strings.Replace(modbusSection, "number: 1", "number: 2", 1))
		if section().Points[0].Number != 2 || h.count(event.ServerOpened) != 1 {
			t.Error("another register is another table, and no news of who may ask")
		}
		reload(siteFile + strings.Replace(modbusSection, ".7/32", ".0/24", 1))
		if h.count(event.ServerOpened) != 2 {
			t.Error("the journal does not tell that others may ask")
		}
		reload(siteFile)
		h.record(event.ServerClosed, troubleServer)
		if section() != nil {
			t.Error("open after the section went")
		}
		h.end()
		if site, _ := d.serves(); site != nil {
			t.Error("open after the end")
		}
	})
}

func TestAPortThatIsTakenIsATrouble(t *testing.T) {
	d, g := &door{}, &gate{}
	for trouble, c := range map[string]struct {
		section string
		*port
	}{troubleServer: {modbusSection, &d.port}, troubleProxy: {proxySection, &g.port}} {
		inHouse(t, func(h *house) {
			c.taken = errSpoilt
			h.extra = func(o *Options) { o.Registers, o.Proxy = d, g }
			h.write(siteFile + c.section)
			h.start()
			defer h.end()
			h.pass(3 * time.Second)
			h.want(trouble, true)
			if h.count(event.ServerOpened) != 0 {
				t.Error("told as open")
			}
			c.free()
			h.pass(3 * time.Second)
			h.want(trouble, false)
			h.record(event.ServerOpened, trouble)
		})
	}
}

// count is how many records of the type the journal has.
func (h *house) count(kind event.Type) (n int) {
	h.t.Helper()
	list, err := h.Events(context.Background(), store.EventQuery{Limit: 500})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, r := range list {
		if r.Type == kind {
			n++
		}
	}
	return n
}
