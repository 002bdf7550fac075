package survey

import (
	"io"
	"strings"
	"testing"
	"time"

	"watchbox/drivers/all"
	"watchbox/drivers/maps"
	"watchbox/drivers/modbus"
	"watchbox/drivers/modbus/modbustest"
	"watchbox/drivers/pair"
	"watchbox/drivers/pair/pairtest"
	"watchbox/drivers/ydt1363/ydt1363test"
	"watchbox/firmware/bus"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// master is an old master with its slaves on a wire of their own; all that goes over
// it is heard on w, until w is closed.
func master(t *testing.T, line driver.Line) func(w io.ReadWriter) error {
	return func(w io.ReadWriter) error {
		plant := modbustest.New()
		ups(plant, 3)
		nobody := plant.Unit(9) // a product that no map is of
		nobody.Set(maps.Holding, 700, 1, 2, 65534, 4)
		turns := uint16(0)
		nobody.Get(maps.Holding, 701, func() uint16 { turns++; return turns })
		telecom := &ydt1363test.Plant{}
		gxe := telecom.Unit(2, 0x2a, 0x21)
		for command, n := range map[byte]int{0x42: 43, 0x43: 20, 0x44: 30} {
			gxe.Answer(command, func() []byte { return append([]byte{0, 0x55, 0xf0}, make([]byte, n)...) })
		}
		port, end := modbustest.Wire()
		done := make(chan struct{})
		go func() {
			defer close(done)
			pairtest.Share(end, func(w io.ReadWriter) error { return plant.ServeRTU(w, line) }, telecom.Serve)
		}()
		p := pair.New("theirs", func() (driver.Port, error) { return port, nil }, line)
		defer func() { p.Close(); end.Close(); <-done }()
		ear, err := p.Monitor().Listen()
		if err != nil {
			return err
		}
		b := modbus.NewRTU("theirs", p)
		e := all.Environment{Bus: func(string) (*pair.Pair, *modbus.Bus) { return p, b }}
		var devices []driver.Poller
		for _, s := range []driver.Spec{{Name: "a", Driver: "modbus-rtu", Map: "huawei/ups2000", Unit: 3}, {Name: "b", Driver: "ydt1363", Map: "vertiv/gxe", Unit: 2}} {
			m, err := all.Device(s, "theirs", e)
			if err != nil {
				return err
			}
			devices = append(devices, m.Device.(driver.Poller))
		}
		for {
			for _, d := range devices {
				for i := range d.Blocks() {
					d.Poll(t.Context(), i, func(point.Sample) {})
				}
			}
			b.Read(t.Context(), 9, pair.Manners{Timeout: time.Second}, maps.Holding, 700, 4)
			for f, more := ear.Take(); more; f, more = ear.Take() {
				time.Sleep(20 * time.Millisecond)
				if _, err := w.Write(f.Data); err != nil {
					return err
				}
			}
		}
	}
}

// What an old master reads is learnt without a byte being sent: slaves, protocols,
// the maps that fit, and a draft where none does.
func TestAnOldMasterIsLearntFrom(t *testing.T) {
	inRoom(t, "19200 8E1", func(r *room) {
		r.slaves = append(r.slaves, master(r.t, r.shape))
		got := r.search(Wire{Shape: at("9600 8N1")}, bus.Order{Learn: true, Seconds: 120}, 1e6)
		if r.heard() != "" {
			t.Errorf("%d bytes were sent", len(r.heard()))
		}
		if len(got.Findings) != 3 || got.Findings[0].Shape != "19200 8E1" {
			t.Fatalf("%+v", got)
		}
		u := finding(t, got, bus.ModbusRTU, 3)
		if len(u.Proposals) == 0 || u.Proposals[0].Map != "huawei/ups2000" || u.Proposals[0].Confidence != bus.Fits || u.Draft != "" {
			t.Errorf("the UPS: %+v", u.Proposals)
		}
		named := map[string]bus.Heard{}
		for _, h := range u.Heard {
			named[h.Item] = h
		}
		if h := named["input.voltage"]; h.Place != "holding 11000" || h.Value != "230.4" || h.Confidence != bus.Fits || h.Times < 3 || named[""].Confidence != bus.Unnamed {
			t.Errorf("input voltage: %+v, unnamed: %+v", h, named[""])
		}
		if x := finding(t, got, bus.YDT1363, 2); len(x.Proposals) == 0 || x.Proposals[0].Map != "vertiv/gxe" || len(x.Heard) < 20 {
			t.Errorf("the GXE: %+v", x)
		}
		n := finding(t, got, bus.ModbusRTU, 9)
		if len(n.Proposals) != 0 || len(n.Heard) != 4 || n.Heard[1].Changes < 3 || n.Heard[0].Changes != 0 {
			t.Errorf("the unknown: %+v", n)
		}
		m, err := maps.Parse("draft.yaml", []byte(n.Draft))
		if err != nil || len(m.Points) != 4 || m.Points[0].Address != 700 || m.Points[0].Confidence != maps.Captured {
			t.Errorf("the draft is no map: %v\n%s", err, n.Draft)
		}
		named9 := strings.Replace(n.Draft, "item: holding-700, label: {zh: holding 700, en: holding 700}, type: u16", "item: flow.rate, label: {zh: 流量, en: Flow}, scale: 0.1, unit: m", 1)
		m, err = maps.NewSet(map[string][]byte{"pump": []byte(named9)}).LoadFor(maps.Modbus, "own/pump")
		if err != nil || m.Points[0].Item != "flow.rate" || m.Template() || !strings.Contains(n.Draft, "watchbox map put NAME FILE.yaml") {
			t.Errorf("the draft with its names cannot be put: %v\n%s", err, named9)
		}
		if !strings.Contains(got.Lines, "unit: 3, map: huawei/ups2000} # fits") {
			t.Error(got.Lines)
		}
	})
}

func TestNothingIsLearntFromSilenceOrFromOurselves(t *testing.T) {
	inRoom(t, "9600 8N1", func(r *room) {
		got := r.search(Wire{Shape: r.shape}, bus.Order{Learn: true, Seconds: 30}, 1e6)
		if len(got.Findings) != 0 || len(got.Notes) != 1 || !strings.Contains(got.Notes[0].En, "no frame was heard") {
			t.Errorf("%+v", got)
		}
		own := pair.New("x", func() (driver.Port, error) { return r.open(r.shape) }, r.shape)
		got = r.search(Wire{Shape: r.shape, Devices: map[bus.Slave]string{{Protocol: bus.ModbusRTU, Unit: 3}: "ups1"}, Own: Line{own, modbus.NewRTU("x", own)}}, bus.Order{Learn: true}, 1e6)
		if len(got.Notes) != 1 || !strings.Contains(got.Notes[0].En, "this bus has devices") {
			t.Errorf("%+v", got)
		}
	})
}

func FuzzLedger(f *testing.F) {
	f.Add([]byte{1, 3, 0, 0, 0, 1, 0x84, 0x0a, 1, 3, 2, 0, 1, 0x79, 0x84}, uint8(5))
	f.Add([]byte("~21012A500000FDA4\r~21012A000000FDA9\r"), uint8(9))
	known := newCatalogue(nil)
	f.Fuzz(func(t *testing.T, b []byte, cut uint8) {
		l := newLedger()
		n := min(len(b), int(cut))
		l.hear(b[:n])
		l.hear(b[n:])
		for _, u := range l.units {
			u.fits(known)
			if _, err := maps.Parse("draft.yaml", []byte(u.draft())); err != nil && len(u.cells) > 0 {
				t.Error(err)
			}
		}
	})
}
