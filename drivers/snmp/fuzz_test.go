package snmp

import (
	"errors"
	"testing"
	"time"

	"github.com/gosnmp/gosnmp"

	"watchbox/drivers/snmp/snmptest"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// FuzzAnswer feeds the driver whatever an agent, or somebody else, may send.
func FuzzAnswer(f *testing.F) {
	a := snmptest.New("public")
	a.System("s", "d", func() time.Duration { return time.Hour })
	a.AddInterface(snmptest.Interface{Index: 1, Name: "e1"})
	for _, oids := range [][]string{{sysUpTime, sysName}, {ifHCInOctets + ".1"}, {".1.3.6.1.9.9"}} {
		r := request{oids: oids}
		if err := newCommunity("", "public").encode(&r); err != nil {
			f.Fatal(err)
		}
		for _, b := range a.Answers(r.encoded) {
			f.Add(b)
		}
	}
	f.Add([]byte{0x30, 0x82, 0x7f, 0xff})
	codec := &gosnmp.GoSNMP{Version: gosnmp.Version2c}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := decode(codec, b)
		if err != nil {
			if !errors.Is(err, driver.ErrGarbage) {
				t.Errorf("%v is of no class", err)
			}
			return
		}
		for _, v := range p.Variables {
			for _, it := range append(append([]item{upTimeItem}, systemItems...), upsState...) {
				value, q := it.read(v)
				if q == (point.Quality{}) && value.Kind() != it.kind {
					t.Errorf("%s: good value of kind %v", it.name, value.Kind())
				}
				if len(value.String()) > longestText+4 {
					t.Errorf("%s: %d bytes of text", it.name, len(value.String()))
				}
			}
		}
	})
}
