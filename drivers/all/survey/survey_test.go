package survey

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/drivers/maps"
	"watchbox/drivers/megatec/megatectest"
	"watchbox/drivers/modbus"
	"watchbox/drivers/modbus/modbustest"
	"watchbox/drivers/pair"
	"watchbox/drivers/pair/pairtest"
	"watchbox/drivers/ydt1363/ydt1363test"
	"watchbox/firmware/bus"
	"watchbox/firmware/driver"
)

// room is a wire with slaves at one speed: at another they hear nothing they
// understand, and stay silent. All that the master sends is kept.
type room struct {
	t      *testing.T
	shape  driver.Line
	slaves []func(io.ReadWriter) error

	mutex   sync.Mutex
	sent    bytes.Buffer
	serving sync.WaitGroup
}

func (r *room) open(l driver.Line) (driver.Port, error) {
	port, end := modbustest.Wire()
	var slaves []func(io.ReadWriter) error
	if l.String() == r.shape.String() {
		slaves = r.slaves
	}
	slaves = append(slaves, func(w io.ReadWriter) error {
		_, err := io.Copy(r, w)
		return err
	})
	r.serving.Go(func() { pairtest.Share(end, slaves...) })
	return port, nil
}

func (r *room) Write(b []byte) (int, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.sent.Write(b)
}

// heard is all that the master sent so far.
func (r *room) heard() string {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.sent.String()
}

// noText insists that no question of the Megatec family was sent.
func (r *room) noText() {
	r.t.Helper()
	for _, line := range strings.Split(r.heard(), "\r") {
		if slices.Contains([]string{"Q1", "QGS", "QS", "F", "I"}, line) {
			r.t.Errorf("sent %q although others were seen", line)
		}
	}
}

// search runs one to its end, or for so many steps.
func (r *room) search(w Wire, o bus.Order, steps int) bus.Progress {
	r.t.Helper()
	w.Name, w.Open = "rs485-1", r.open
	s, err := New(w, o)
	if err != nil {
		r.t.Fatal(err)
	}
	for range steps {
		ctx, stop := context.WithTimeout(r.t.Context(), s.Limit())
		began := time.Now()
		over := s.Step(ctx)
		stop()
		if took := time.Since(began); took > s.Limit() {
			r.t.Errorf("a step took %v, the limit is %v", took, s.Limit())
		}
		if over {
			break
		}
	}
	s.Close()
	r.serving.Wait()
	return s.Progress()
}

func inRoom(t *testing.T, shape string, f func(r *room)) {
	synctest.Test(t, func(t *testing.T) { f(&room{t: t, shape: at(shape)}) })
}

func at(shape string) driver.Line { l, _ := parse(shape); return l }

// ups is a Huawei UPS2000 that says what it is.
func ups(p *modbustest.Plant, unit uint8) {
	u := p.Unit(unit)
	u.Turnaround(10 * time.Millisecond)
	u.Zero(maps.Holding, 0, 1<<16)
	for address, v := range map[uint16]uint16{11000: 2304, 11003: 500, 11008: 2200, 11014: 500, 11021: 283, 11024: 2, 11027: 294, 12000: 2184, 12002: 3, 12003: 97} {
		u.Set(maps.Holding, address, v)
	}
	u.Answer(0x2b, func([]byte) []byte {
		text := "1=UPS2000;2=V100R001C01"
		return append([]byte{0x2b, 0x0e, 3, 3, 0, 0, 2, 0x87, 4, 0, 0, 0, 1, 0x88, byte(len(text))}, text...)
	})
}

func climate(p *modbustest.Plant, unit uint8) {
	p.Unit(unit).Turnaround(10 * time.Millisecond)
	p.Unit(unit).Set(maps.Input, 1, 231, 456)
}

func finding(t *testing.T, p bus.Progress, protocol string, unit int) bus.Finding {
	t.Helper()
	for _, f := range p.Findings {
		if f.Protocol == protocol && f.Unit == unit {
			return f
		}
	}
	t.Fatalf("%s %d was not found: %+v", protocol, unit, p)
	return bus.Finding{}
}

// TestTheInstallersOwnMapIsProposed like one that is linked in, and before one that fits
// as well.
func TestTheInstallersOwnMapIsProposed(t *testing.T) {
	text := "version: 1\nlabel: {zh: 甲, en: A}\nidentity: {zh: 甲, en: A}\nsource: panel\nconfidence: captured\nfingerprint: [pump.flow]\nmax-registers: 2\n" +
		"points:\n  - {holding: 77, item: pump.flow, label: {zh: 流量, en: Flow}, scale: 0.1, unit: m, min: 10, max: 20}\n"
	inRoom(t, "9600 8N1", func(r *room) {
		p := modbustest.New()
		p.Unit(7).Turnaround(10 * time.Millisecond)
		p.Unit(7).Set(maps.Holding, 0, 0)
		p.Unit(7).Set(maps.Holding, 77, 155)
		climate(p, 9)
		r.slaves = append(r.slaves, func(w io.ReadWriter) error { return p.ServeRTU(w, r.shape) })
		xymd02, _ := (*maps.Set)(nil).Text("xymd02")
		set := maps.NewSet(map[string][]byte{"pump": []byte(text), "th": xymd02, "lost": nil})
		got := r.search(Wire{Shape: r.shape, Maps: set}, bus.Order{From: 1, To: 10, Shapes: []string{"9600 8N1"}}, 1e6)
		if f := finding(t, got, bus.ModbusRTU, 7); len(f.Proposals) != 1 || f.Proposals[0].Map != "own/pump" || f.Proposals[0].Confidence != bus.Possible {
			t.Errorf("the pump: %+v", f.Proposals)
		}
		if f := finding(t, got, bus.ModbusRTU, 9); len(f.Proposals) < 2 || f.Proposals[0].Map != "own/th" || f.Proposals[1].Map != "xymd02" {
			t.Errorf("the transmitter: %+v", f.Proposals)
		}
		if !strings.Contains(got.Lines, "{id: pump-7, driver: modbus-rtu, bus: rs485-1, unit: 7, map: own/pump} # possible: 1 of 1 points") {
			t.Error(got.Lines)
		}
	})
}

// TestTheNameOfAnOwnMapSaysNothing: a UPS that tells what it is has the map of its product,
// whatever else the installer calls ups.
func TestTheNameOfAnOwnMapSaysNothing(t *testing.T) {
	inRoom(t, "9600 8N1", func(r *room) {
		p := modbustest.New()
		ups(p, 3)
		r.slaves = append(r.slaves, func(w io.ReadWriter) error { return p.ServeRTU(w, r.shape) })
		xymd02, _ := (*maps.Set)(nil).Text("xymd02")
		got := r.search(Wire{Shape: r.shape, Maps: maps.NewSet(map[string][]byte{"ups": xymd02})}, bus.Order{From: 1, To: 5, Shapes: []string{"9600 8N1"}}, 1e6)
		f := finding(t, got, bus.ModbusRTU, 3)
		if slices.ContainsFunc(f.Proposals, func(p bus.Proposal) bool { return p.Map == "own/ups" }) || len(f.Proposals) == 0 || f.Proposals[0].Map != "huawei/ups2000" {
			t.Errorf("the UPS: %+v", f.Proposals)
		}
	})
}

// TestWhoSaysOnlyThatHeIsAUPSIsNobodysInParticular: and the size of one is no product.
func TestWhoSaysOnlyThatHeIsAUPSIsNobodysInParticular(t *testing.T) {
	for identity, want := range map[string]string{
		"UPS 6kVA; V1.02": "", "Online UPS": "", "Room-AC": "", "INVT; UPS HT1110L": "invt/ups", "Kehua UPS KR": "kehua/ups",
		"UPS2000-G-10K": "huawei/ups2000", "Aqualeak 10K": "aqualeak/10k", "GXE 10k": "vertiv/gxe", "Smart-UPS SRT 3000": "apc/smart-ups",
	} {
		var got []string
		for _, name := range maps.Names() {
			if m, err := maps.Load(name); err != nil || names(bus.Finding{Identity: identity}, m) {
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q is taken for %v, want %q", identity, got, want)
		}
	}
}

// TestAStrangeUPSIsNotTakenForAnotherMakers, whatever registers it has.
func TestAStrangeUPSIsNotTakenForAnotherMakers(t *testing.T) {
	inRoom(t, "9600 8N1", func(r *room) {
		p := modbustest.New()
		ups(p, 3)
		p.Unit(3).Answer(0x2b, func([]byte) []byte {
			text := "Online UPS 6kVA"
			return append([]byte{0x2b, 0x0e, 1, 1, 0, 0, 1, 0, byte(len(text))}, text...)
		})
		r.slaves = append(r.slaves, func(w io.ReadWriter) error { return p.ServeRTU(w, r.shape) })
		f := finding(t, r.search(Wire{Shape: r.shape}, bus.Order{To: 5, Shapes: []string{"9600 8N1"}}, 1e6), bus.ModbusRTU, 3)
		if f.Identity == "" || slices.ContainsFunc(f.Proposals, func(p bus.Proposal) bool { return p.Map == "invt/ups" || p.Confidence == bus.Identified }) {
			t.Errorf("%+v", f)
		}
	})
}

func TestEmptyWireIsSearched(t *testing.T) {
	inRoom(t, "9600 8N1", func(r *room) {
		p := modbustest.New()
		ups(p, 3)
		climate(p, 17)
		telecom := &ydt1363test.Plant{}
		gxe := telecom.Unit(2, 0x2a, 0x21)
		gxe.Answer(0x42, func() []byte { return append([]byte{0, 0x55, 0xf0}, make([]byte, 42)...) })
		gxe.Answer(0x51, func() []byte { return append([]byte("GXE 3k    "), 1, 0) })
		r.slaves = append(r.slaves, func(w io.ReadWriter) error { return p.ServeRTU(w, r.shape) }, telecom.Serve)
		got := r.search(Wire{Shape: r.shape}, bus.Order{}, 1e6)
		if got.Running || len(got.Findings) != 3 || got.Ended.IsZero() {
			t.Fatalf("%+v", got)
		}
		u := finding(t, got, bus.ModbusRTU, 3)
		if len(u.Proposals) == 0 || u.Proposals[0].Map != "huawei/ups2000" || u.Proposals[0].Confidence != bus.Identified || !strings.Contains(u.Identity, "UPS2000") {
			t.Errorf("the UPS: %+v", u)
		}
		th := finding(t, got, bus.ModbusRTU, 17)
		if len(th.Proposals) == 0 || th.Proposals[0].Map != "xymd02" || th.Proposals[0].Confidence != bus.Possible {
			t.Errorf("the transmitter: %+v", th)
		}
		if x := finding(t, got, bus.YDT1363, 2); !strings.HasPrefix(x.Identity, "GXE 3k") || len(x.Proposals) == 0 || x.Proposals[0].Map != "vertiv/gxe" || x.Proposals[0].Confidence != bus.Identified {
			t.Errorf("the GXE: %+v", x)
		}
		for _, line := range []string{"devices:\n", "- {id: ups2000-3, driver: modbus-rtu, bus: rs485-1, unit: 3, map: huawei/ups2000} # identified:", "map: xymd02} # possible: 2 of 2 points"} {
			if !strings.Contains(got.Lines, line) {
				t.Errorf("%q is not among the lines:\n%s", line, got.Lines)
			}
		}
		r.noText()
	})
}

// A device that says nothing of itself is what its map's fingerprint tells: one that
// answers everything else, but has no such charger state, may be another product, and
// the charger state is named; one that has no such battery charge either is another.
func TestTheFingerprintDecides(t *testing.T) {
	for name, c := range map[string]struct {
		charger, charge uint16
		want, odd       string
	}{
		"as it is":             {3, 97, bus.Fits, ""},
		"a state of its own":   {99, 97, bus.Possible, "battery.charger.status"},
		"a charge of its own":  {3, 9999, bus.Possible, "battery.charge"},
		"neither as it may be": {99, 9999, "", ""},
	} {
		inRoom(t, "9600 8N1", func(r *room) {
			p := modbustest.New()
			ups(p, 3)
			u := p.Unit(3)
			u.Answer(0x2b, func([]byte) []byte { return []byte{0xab, 1} })
			u.Set(maps.Holding, 12002, c.charger, c.charge)
			r.slaves = append(r.slaves, func(w io.ReadWriter) error { return p.ServeRTU(w, r.shape) })
			search := r.search(Wire{Shape: r.shape}, bus.Order{To: 5, Protocols: []string{bus.ModbusRTU}}, 1e6)
			got, has, odd := finding(t, search, bus.ModbusRTU, 3), "", ""
			for _, p := range got.Proposals {
				if p.Map == "huawei/ups2000" {
					has, odd = p.Confidence, strings.Join(p.Odd, " ")
				}
			}
			t.Logf("%s: asked %d times, %+v", name, u.Served(), got.Proposals)
			if has != c.want || odd != c.odd || got.Identity != "" {
				t.Errorf("%s: %q with %q odd, want %q with %q", name, has, odd, c.want, c.odd)
			}
			if c.odd != "" && !strings.Contains(search.Lines, "but "+c.odd+" cannot be") {
				t.Errorf("%s: %s", name, search.Lines)
			}
		})
	}
}

// A device that answers 0 to everything, or two registers of three of anything, is none
// of the products.
func TestAnOddFingerprintNeedsTheRest(t *testing.T) {
	for name, set := range map[string]func(u *modbustest.Unit){
		"zero":   func(u *modbustest.Unit) { u.Zero(maps.Holding, 0, 1<<16); u.Zero(maps.Input, 0, 1<<16) },
		"chance": func(u *modbustest.Unit) { u.Set(maps.Holding, 12000, 2184, 0, 99, 97); u.Set(maps.Holding, 11003, 500) },
	} {
		inRoom(t, "9600 8N1", func(r *room) {
			p := modbustest.New()
			u := p.Unit(3)
			set(u)
			u.Answer(0x2b, func([]byte) []byte { return []byte{0xab, 1} })
			r.slaves = append(r.slaves, func(w io.ReadWriter) error { return p.ServeRTU(w, r.shape) })
			got := finding(t, r.search(Wire{Shape: r.shape}, bus.Order{To: 5, Protocols: []string{bus.ModbusRTU}}, 1e6), bus.ModbusRTU, 3)
			t.Logf("%s: asked %d times", name, u.Served())
			for _, p := range got.Proposals {
				if len(p.Odd) > 0 {
					t.Errorf("%s: %+v", name, p)
				}
			}
		})
	}
}

// Each item of a fingerprint is read once, by one block: else its device would lack it.
func TestEachMarkIsReadOnce(t *testing.T) {
	for protocol, list := range newCatalogue(nil) {
		for _, m := range list {
			d, err := (&Survey{}).device(bus.Finding{Protocol: protocol, Unit: 1}, m)
			if err != nil {
				t.Errorf("%s: %v", m.Name, err)
				continue
			}
			n := 0
			for _, b := range d.Blocks() {
				n += marks(m, b)
			}
			if n != len(m.Fingerprint) {
				t.Errorf("%s: %d marks are read of %v", m.Name, n, m.Fingerprint)
			}
		}
	}
}

func TestAnotherSpeedIsFound(t *testing.T) {
	inRoom(t, "19200 8E1", func(r *room) {
		p := modbustest.New()
		climate(p, 1)
		climate(p, 40) // beyond the first few: asked once the speed is known
		r.slaves = append(r.slaves, func(w io.ReadWriter) error { return p.ServeRTU(w, r.shape) })
		got := r.search(Wire{Shape: at("9600 8N1")}, bus.Order{}, 1e6)
		if f := finding(t, got, bus.ModbusRTU, 40); f.Shape != "19200 8E1" || len(got.Findings) != 2 {
			t.Errorf("%+v", got)
		}
		if !strings.Contains(got.Lines, "baud: 19200, parity: even, stop-bits: 1") {
			t.Error(got.Lines)
		}
	})
}

// On a wire with devices only its own speed is spoken, its devices are not asked,
// and no text is sent.
func TestLiveWireIsRespected(t *testing.T) {
	inRoom(t, "9600 8N1", func(r *room) {
		p := modbustest.New()
		ups(p, 3)
		climate(p, 17)
		r.slaves = append(r.slaves, func(w io.ReadWriter) error { return p.ServeRTU(w, r.shape) })
		port, _ := r.open(r.shape)
		own := pair.New("rs485-1", func() (driver.Port, error) { return port, nil }, r.shape)
		w := Wire{Shape: r.shape, Devices: map[bus.Slave]string{{Protocol: bus.ModbusRTU, Unit: 3}: "ups1"}, Own: Line{own, modbus.NewRTU("rs485-1", own)}}
		w.Name, w.Open = "rs485-1", func(driver.Line) (driver.Port, error) { t.Error("opened anew"); return nil, io.EOF }
		s, err := New(w, bus.Order{Shapes: []string{"9600 8N1", "19200 8N1"}, Protocols: []string{bus.Megatec}, To: 20})
		if err != nil {
			t.Fatal(err)
		}
		if s.Limit() > 700*time.Millisecond {
			t.Errorf("a step may take %v", s.Limit())
		}
		for over := false; !over; {
			began := time.Now()
			over = s.Step(r.t.Context())
			if took := time.Since(began); took > 250*time.Millisecond {
				t.Errorf("%s: a command would wait %v", s.Progress().Now, took)
			}
		}
		got := s.Progress()
		if f := finding(t, got, bus.ModbusRTU, 3); f.Device != "ups1" || p.Unit(3).Served() != 0 {
			t.Errorf("the site's own device was asked %d times: %+v", p.Unit(3).Served(), f)
		}
		if finding(t, got, bus.ModbusRTU, 17); len(got.Notes) != 2 {
			t.Errorf("notes: %+v", got.Notes)
		}
		r.noText()
		h := own.Monitor().Health(time.Now(), nil)
		if h.Counts.Silent > 0 || h.Score < 90 {
			t.Errorf("the search spoils the score: %+v", h)
		}
		own.Close()
		r.serving.Wait()
	})
}

func TestAnotherMasterIsLeftInPeace(t *testing.T) {
	for _, shape := range []string{"9600 8N1", "19200 8E1"} {
		inRoom(t, shape, func(r *room) {
			r.slaves = append(r.slaves, func(w io.ReadWriter) error {
				for range 100 { // a request and its answer, now and then
					if _, err := w.Write([]byte{1, 3, 0, 0, 0, 1, 0x84, 0x0a}); err != nil {
						return err
					}
					time.Sleep(300 * time.Millisecond)
				}
				return io.EOF
			})
			got := r.search(Wire{Shape: r.shape}, bus.Order{}, 1e6)
			if len(got.Findings) != 0 || len(got.Notes) != 1 || !strings.Contains(got.Notes[0].En, "another master") || r.heard() != "" {
				t.Errorf("%+v, sent %d bytes", got, len(r.heard()))
			}
		})
	}
}

func TestUPSOfTextIsFoundLast(t *testing.T) {
	inRoom(t, "2400 8N1", func(r *room) {
		u := megatectest.New("q1")
		r.slaves = append(r.slaves, u.Serve)
		got := r.search(Wire{Shape: r.shape}, bus.Order{To: 5}, 1e6)
		if f := finding(t, got, bus.Megatec, 0); f.Shape != "2400 8N1" || !strings.Contains(got.Lines, "driver: megatec") {
			t.Errorf("%+v", got)
		}
	})
}

func TestSearchCanBeStopped(t *testing.T) {
	inRoom(t, "9600 8N1", func(r *room) {
		got := r.search(Wire{Shape: r.shape}, bus.Order{}, 30)
		if got.Running || got.Ended.IsZero() || got.Asked == 0 || got.Asked > 30 || got.Of < 400 {
			t.Errorf("%+v", got)
		}
	})
}

func TestOrdersAreChecked(t *testing.T) {
	for _, o := range []bus.Order{{Protocols: []string{"bacnet"}}, {Shapes: []string{"9600"}}, {Shapes: []string{"9600 8X1"}}, {From: 9, To: 3}, {To: 300}} {
		if _, err := New(Wire{Shape: at("9600 8N1")}, o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}
