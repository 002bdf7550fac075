package web

import (
	"strings"
	"time"

	"watchbox/firmware/config"
	"watchbox/firmware/engine"
	"watchbox/firmware/point"
)

// SiteView is the accepted site file without secrets, phone numbers and the addresses
// that the box calls.
type SiteView struct {
	ID         string        `json:"id"`
	Label      point.Words   `json:"label"`
	Board      string        `json:"board"`
	TimeZone   string        `json:"timeZone"`
	Rooms      []Named       `json:"rooms"`
	Contacts   []ContactView `json:"contacts"`
	Channels   []Named       `json:"channels"`
	Upstream   []Named       `json:"upstream"`
	Buses      int           `json:"buses"`
	Devices    int           `json:"devices"`
	Inputs     int           `json:"inputs"`
	Outputs    int           `json:"outputs"`
	Zones      int           `json:"zones"`
	Doors      int           `json:"doors"`
	AlarmRules int           `json:"alarmRules"`
	Cards      int           `json:"cards"`
	Modbus     int           `json:"modbus" doc:"port of the Modbus server that other masters read; 0: it is off"`
	Proxies    []ProxyView   `json:"proxies" doc:"buses that other masters may ask through the box"`
	Trial      *SiteTrial    `json:"trial,omitempty" doc:"the site file in force has still to be confirmed"`
}

// ProxyView is a bus that other masters may ask: on a network socket, or on a terminal.
type ProxyView struct {
	Bus       string           `json:"bus"`
	Interface string           `json:"interface,omitempty"`
	From      []string         `json:"from,omitempty" doc:"the masters that may ask"`
	Port      int              `json:"port,omitempty"`
	Terminal  string           `json:"terminal,omitempty"`
	Writes    []ProxyWriteView `json:"writes" doc:"what may be written; empty: they may only read"`
}

// ProxyWriteView is a row of registers or coils that other masters may write.
type ProxyWriteView struct {
	Unit  int    `json:"unit"`
	Table string `json:"table" doc:"holding or coil"`
	First int    `json:"first" doc:"as on the wire, counted from 0"`
	Last  int    `json:"last"`
}

// Named is a thing of the site file with its driver, if it has one.
type Named struct {
	ID     string      `json:"id"`
	Label  point.Words `json:"label,omitzero"`
	Driver string      `json:"driver,omitempty"`
}

// ContactView is a contact with the phone number and the mail address masked.
type ContactView struct {
	ID    string      `json:"id"`
	Label point.Words `json:"label"`
	Phone string      `json:"phone,omitempty" doc:"masked"`
	Mail  string      `json:"mail,omitempty" doc:"masked"`
}

// Devices is the answer of GET /devices.
type Devices struct {
	At      time.Time           `json:"at"`
	Devices []engine.DeviceView `json:"devices"`
}

func listDevices(c *call) (any, error) {
	v, err := c.view()
	if err != nil {
		return nil, err
	}
	return Devices{c.options.Now().Wall, append([]engine.DeviceView{}, v.Devices...)}, nil
}

func showSite(c *call) (any, error) {
	s := c.box.Site()
	if s == nil {
		return nil, errNotStarted
	}
	o := SiteView{ID: s.ID, Label: s.Label, Board: s.Board, TimeZone: s.TimeZone, Rooms: []Named{}, Contacts: []ContactView{},
		Channels: []Named{}, Upstream: []Named{}, Buses: len(s.Buses), Devices: len(s.Devices), Inputs: len(s.Inputs),
		Outputs: len(s.Outputs), Zones: len(s.Zones), Doors: len(s.Doors), AlarmRules: len(s.Alarms), Cards: len(s.Cards)}
	for _, r := range s.Rooms {
		o.Rooms = append(o.Rooms, Named{ID: r.ID, Label: r.Label})
	}
	for _, p := range s.Reachable() {
		o.Contacts = append(o.Contacts, ContactView{p.ID, p.Label, mask(p.Phone), maskMail(p.Mail)})
	}
	for _, h := range s.Channels {
		o.Channels = append(o.Channels, Named{ID: h.ID, Driver: h.Driver})
	}
	for _, u := range s.Upstream {
		o.Upstream = append(o.Upstream, Named{ID: u.ID, Driver: u.Driver})
	}
	if s.ModbusServer != nil {
		o.Modbus = s.ModbusServer.Port
	}
	o.Proxies = proxies(s)
	if by, left, on := c.box.SiteTrial(); on {
		o.Trial = &SiteTrial{by, left.Seconds()}
	}
	return o, nil
}

func proxies(s *config.Site) []ProxyView {
	list := []ProxyView{}
	for _, m := range s.ModbusProxy {
		v := ProxyView{Bus: m.Bus, Interface: m.Interface, From: m.From, Port: m.Port, Terminal: m.Terminal, Writes: []ProxyWriteView{}}
		for _, w := range m.Writes {
			v.Writes = append(v.Writes, ProxyWriteView{w.Unit, w.Table, w.Register, w.Register + w.Count - 1})
		}
		list = append(list, v)
	}
	return list
}

// mask keeps the last four digits of a number.
func mask(phone string) string {
	if len(phone) <= 4 {
		return phone
	}
	return strings.Repeat("*", len(phone)-4) + phone[len(phone)-4:]
}

func maskMail(mail string) string {
	name, host, ok := strings.Cut(mail, "@")
	if !ok || name == "" {
		return ""
	}
	return name[:1] + "***@" + host
}
