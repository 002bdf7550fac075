// Package config is the site file: its types, strict decoding with
// file:line:column, defaults and validation. The types of the parts stand in
// the packages that use them; this package sees them all and checks what
// refers to what.
//
// Struct tags say what is allowed: `yaml` the key, `default`, `min`, `max`,
// `allowed` (values separated by |), `required:"true"`, and `doc`, one line for
// the schema and for errors.
package config

import (
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/annunciate"
	"watchbox/firmware/calendar"
	"watchbox/firmware/dialout"
	"watchbox/firmware/point"
	"watchbox/firmware/team"
	"watchbox/firmware/zone"
)

// Site is the whole site file.
type Site struct {
	Version      int                      `yaml:"version" required:"true" min:"1" max:"1" doc:"of the file's format: 1"`
	ID           string                   `yaml:"id" required:"true" doc:"short name of the site, in every message"`
	Label        point.Words              `yaml:"label"`
	Board        string                   `yaml:"board" required:"true" doc:"the profile that names the terminals: sim, qemu, rpi4"`
	TimeZone     string                   `yaml:"time-zone" default:"Asia/Shanghai"`
	Network      *Network                 `yaml:"network" doc:"addresses of the box; without it every interface asks a DHCP server"`
	Rooms        []Room                   `yaml:"rooms"`
	Buses        []Bus                    `yaml:"buses"`
	Inputs       []Input                  `yaml:"inputs"`
	Outputs      []Output                 `yaml:"outputs"`
	Devices      []Device                 `yaml:"devices"`
	Derived      []Derived                `yaml:"derived"`
	Zones        []zone.Zone              `yaml:"zones"`
	Partitions   []zone.Partition         `yaml:"partitions"`
	Consent      string                   `yaml:"consent" default:"none" allowed:"none|required" doc:"required: an engineer's work (bypass, walk test, outputs, out of service, reload) needs a user's consent first"`
	USBStick     string                   `yaml:"usb-stick" default:"write" allowed:"ignore|write|switch" doc:"what a stick with newer firmware may do when somebody plugs it in: nothing; be written into the other slot, which a person starts on the page; be started too, unless an alarm situation speaks against it. With consent: required a user lets the installer in first"`
	Doors        []zone.Door              `yaml:"doors"`
	Cards        []Card                   `yaml:"cards"`
	Calendars    []calendar.Calendar      `yaml:"calendars" doc:"weeks and hours, for rules, arming and cards"`
	SpecialDays  []calendar.Special       `yaml:"special-days" doc:"holidays, make-up workdays, key periods"`
	Alarms       []alarm.Rule             `yaml:"alarms"`
	Grades       []alarm.Grade            `yaml:"grades" doc:"from our alarms to the buyer's grades of events, first fit first; without one the priority is the grade"`
	Annunciators []annunciate.Annunciator `yaml:"annunciators"`
	Wall         *annunciate.Wall         `yaml:"wall"`
	Teams        []team.Team              `yaml:"teams" doc:"air-conditioners that take turns and stand in for each other"`
	Contacts     []dialout.Contact        `yaml:"contacts"`
	Channels     []Channel                `yaml:"channels"`
	DialOut      *dialout.Plan            `yaml:"dial-out"`
	Upstream     []Upstream               `yaml:"upstream"`
	ModbusServer *ModbusServer            `yaml:"modbus-server" doc:"lets other masters read the box by Modbus TCP; without it there is no such server"`
	ModbusProxy  []ModbusProxy            `yaml:"modbus-proxy" doc:"lets other masters ask the devices of a bus through the box; without it nobody can"`

	places places // where each value stands in the file
}

// Room is one place; rooms are the page's cards and the wall's columns.
type Room struct {
	ID    string      `yaml:"id" required:"true"`
	Label point.Words `yaml:"label"`
}

// Bus is one wire that several devices share: on a terminal of the box, or behind a
// serial server. What is said of speed and shape is for a serial one.
type Bus struct {
	ID       string `yaml:"id" required:"true"`
	Terminal string `yaml:"terminal" doc:"as printed on the box: RS485-1, I2C-1, W1-1"`
	Address  string `yaml:"address" doc:"instead of a terminal: host:port of a serial server that passes bytes on as they are (RTU over TCP)"`
	Baud     int    `yaml:"baud" default:"9600" min:"1200" max:"115200"`
	Parity   string `yaml:"parity" default:"none" allowed:"none|even|odd"`
	StopBits int    `yaml:"stop-bits" default:"1" min:"1" max:"2"`

	MixedSpeed  string `yaml:"mixed-speed" default:"refused" allowed:"refused|accepted" doc:"accepted: devices of another speed or parity (their options baud, parity, stop-bits) take turns on this pair; only after a trace of the wire without ghost replies"`
	SlowDevices string `yaml:"slow-devices" default:"refused" allowed:"refused|accepted" doc:"accepted: a siren, panic or tamper point of this bus may wait for a device on it that takes longer than 250 ms to answer"`
}

// Input is one contact on a terminal of the box. Its point is Point, a bool:
// true means "not as it rests".
type Input struct {
	Terminal string        `yaml:"terminal" required:"true" doc:"DI1 …"`
	Point    point.Name    `yaml:"point" required:"true" doc:"the point it gives: door1/contact"`
	Label    point.Words   `yaml:"label"`
	Room     string        `yaml:"room"`
	Rest     string        `yaml:"rest" default:"open" allowed:"open|closed" doc:"the contact while all is well"`
	Debounce time.Duration `yaml:"debounce" default:"20ms" min:"0s" max:"5s"`
	States   Pair          `yaml:"states" doc:"texts of the two states"`
}

// Pair is the text of a contact at rest and away from it.
type Pair struct {
	Rest  point.Words `yaml:"rest"`
	Alarm point.Words `yaml:"alarm"`
}

// Output is one relay or lamp on a terminal of the box. Its point is a bool.
type Output struct {
	Terminal string      `yaml:"terminal" required:"true" doc:"DO1 …"`
	Point    point.Name  `yaml:"point" required:"true" doc:"the point that is written: oc/siren"`
	Label    point.Words `yaml:"label"`
	Room     string      `yaml:"room"`
	Feedback point.Name  `yaml:"feedback" doc:"a point that is true while the output really is on: a command by hand is done when it shows so"`
}

// Device is one thing that is polled or listened to.
type Device struct {
	ID      string            `yaml:"id" required:"true"`
	Was     string            `yaml:"was"`
	Label   point.Words       `yaml:"label"`
	Room    string            `yaml:"room"`
	Driver  string            `yaml:"driver" required:"true" doc:"modbus-rtu, modbus-tcp, ydt1363 (电总), snmp, ping, tcp-probe, megatec, reader, analog, onewire, i2c, ledwall, modem, self"`
	Bus     string            `yaml:"bus" doc:"for devices on a shared wire"`
	Address string            `yaml:"address" doc:"host:port, or a terminal of the box; of a 1-Wire sensor its number, of an I²C one where it is on the bus"`
	Unit    int               `yaml:"unit" min:"0" max:"255" doc:"slave address on the bus"`
	Map     string            `yaml:"map" doc:"the map: huawei/ups2000 of the firmware, or own/NAME, which was uploaded with watchbox map put"`
	Period  time.Duration     `yaml:"period" min:"0s" max:"24h"`
	Timeout time.Duration     `yaml:"timeout" min:"0s" max:"30s"`
	Asset   point.Asset       `yaml:"asset" doc:"the device in the owner's books, and the vendor's phone"`
	Options map[string]string `yaml:"options" doc:"the driver's own; secret:NAME is looked up"`
}

// Derived is one point computed from another.
type Derived struct {
	Point point.Name  `yaml:"point" required:"true"`
	Label point.Words `yaml:"label"`
	Room  string      `yaml:"room"`
	Kind  string      `yaml:"kind" required:"true" allowed:"rate|dew-point|count-of"`
	From  []string    `yaml:"from" required:"true" doc:"input points; for dew-point temperature, then humidity"`
	Unit  point.Unit  `yaml:"unit"`
	Scale float64     `yaml:"scale" default:"1"`
}

// Card is one credential and whom it admits where.
type Card struct {
	Number string    `yaml:"number" required:"true" doc:"decimal, as the reader tells it; or secret:NAME"`
	Holder string    `yaml:"holder" required:"true"`
	Doors  []string  `yaml:"doors"`
	From   time.Time `yaml:"from"`
	Until  time.Time `yaml:"until"`
	Hours  string    `yaml:"calendar" doc:"a calendar: the card admits only while it holds; with an unknown clock at any hour, for 12 h after power-up"`
}

// Channel is one way to reach a person.
type Channel struct {
	ID      string            `yaml:"id" required:"true"`
	Driver  string            `yaml:"driver" required:"true" allowed:"modem|smtp|sms-gateway"`
	Address string            `yaml:"address" doc:"terminal of the modem, host:port of the mail host, URL of the gateway"`
	Options map[string]string `yaml:"options"`
}

// Upstream is one path to the platform.
type Upstream struct {
	ID      string            `yaml:"id" required:"true"`
	Driver  string            `yaml:"driver" required:"true" allowed:"mqtt|webhook"`
	Address string            `yaml:"address" required:"true" doc:"URL: mqtts://host:8883, https://host/path"`
	Options map[string]string `yaml:"options"`
}
