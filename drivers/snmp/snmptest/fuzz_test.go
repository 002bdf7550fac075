package snmptest

import (
	"testing"
	"time"

	"github.com/gosnmp/gosnmp"
)

// FuzzRequest: whatever comes in, the agent answers in at most one frame or not at all.
func FuzzRequest(f *testing.F) {
	a := New("public")
	a.System("s", "d", func() time.Duration { return time.Hour })
	for i := range 30 {
		a.AddInterface(Interface{Index: i + 1, Name: "ge"})
	}
	for _, kind := range []gosnmp.PDUType{gosnmp.GetRequest, gosnmp.GetNextRequest, gosnmp.GetBulkRequest, gosnmp.SetRequest} {
		p := gosnmp.SnmpPacket{Version: gosnmp.Version2c, Community: "public", PDUType: kind, RequestID: 5, MaxRepetitions: 40,
			Variables: []gosnmp.SnmpPDU{{Name: ".1.3.6.1.2.1.31", Type: gosnmp.Null}}}
		b, err := p.MarshalMsg()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, answer := range a.Answers(b) {
			if len(answer) > largestAnswer {
				t.Errorf("answer of %d bytes", len(answer))
			}
		}
	})
}
