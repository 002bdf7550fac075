package config

import (
	"strings"
	"testing"
)

// A UPS of the Megatec family obeys any text: nobody else may send some on its wire.
func TestAUPSThatObeysTextIsAloneOnItsTerminal(t *testing.T) {
	const head = `version: 1
id: x
board: sim
rooms:
  - {id: oc, label: {zh: 中心, en: Centre}}
buses:
  - {id: pair, terminal: RS485-1}
channels:
  - {id: sms, driver: modem, address: MODEM}
devices:
  - {id: door, driver: reader, address: READER1}
`
	world := World{Drivers: []string{"megatec", "reader"}, Terminals: map[string]string{
		"RS485-1": "serial", "RS485-2": "serial", "MODEM": "modem", "READER1": "modem", "DI1": "input", "SPI1": "spi"}}
	for _, c := range []struct {
		name, device string
		code         Code
		en, zh       string
	}{
		{"alone", "address: RS485-2", "", "", ""},
		{"on a bus", "bus: pair, address: RS485-2", Invalid, "site.yaml:12:38: devices[1].bus: read pair, allowed no bus: this UPS has no address", "写的是 pair；应为 不写总线：这类不间断电源没有地址"},
		{"on the pair of a bus", "address: RS485-1", Duplicate, "site.yaml:12:42: devices[1].address: read RS485-1, which buses[0].terminal uses already, allowed a terminal of its own: this UPS obeys", "写的是 RS485-1，已被 buses[0].terminal 使用；应为 独占的端子"},
		{"beside a reader", "address: READER1", Duplicate, "read READER1, which devices[0].address uses already", "已被 devices[0].address 使用"},
		{"beside the modem", "address: MODEM", Duplicate, "read MODEM, which channels[0].address uses already", "已被 channels[0].address 使用"},
		{"on an input", "address: DI1", UnknownReference, "read DI1, allowed a terminal of the board sim: one of RS485-1, RS485-2, MODEM, READER1", "写的是 DI1；应为 主板 sim 的端子："},
		{"on the lamps", "address: SPI1", UnknownReference, "read SPI1, allowed a terminal of the board sim", "写的是 SPI1"},
		{"nowhere", "unit: 0", Invalid, "devices[1].address: read nothing, allowed a value: the driver megatec needs it", "写的是 空"},
		{"two of them", "address: RS485-2}\n  - {id: ups6, driver: megatec, address: RS485-2", Duplicate, "read RS485-2, which devices[2].address uses already", "已被 devices[2].address 使用"},
	} {
		t.Run(c.name, func(t *testing.T) {
			site, problems := Parse("site.yaml", []byte(head+"  - {id: ups5, driver: megatec, "+c.device+"}\n"))
			if site == nil {
				t.Fatal(problems)
			}
			found := Validate(site, world)
			if c.code == "" {
				if len(found) > 0 {
					t.Errorf("%v", found)
				}
				return
			}
			for _, p := range found {
				if w := p.Words(); p.Code == c.code && strings.Contains(w.En, c.en) && strings.Contains(w.Zh, c.zh) {
					return
				}
			}
			t.Errorf("no %s %q, %q in %v", c.code, c.en, c.zh, found)
		})
	}
}
