package modbus

import (
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/drivers/maps"
	"watchbox/drivers/modbus/modbustest"
	"watchbox/drivers/pair"
	"watchbox/drivers/pair/pairtest"
	"watchbox/firmware/bus"
	"watchbox/firmware/driver"
)

// heard is what a listener got so far, in words: "sent answer".
func heard(e *bus.Ear) string {
	var kinds []string
	for f, more := e.Take(); more; f, more = e.Take() {
		kinds = append(kinds, f.Kind.String())
	}
	return strings.Join(kinds, " ")
}

// TestEveryFrameIsTold misbehaves in each way and looks at what a listener hears
// and at what is counted.
func TestEveryFrameIsTold(t *testing.T) {
	for _, c := range []struct {
		fault modbustest.Fault
		want  string
		count func(bus.Counts) uint64
	}{
		{modbustest.Fault{}, "sent answer", func(c bus.Counts) uint64 { return c.Answered }},
		{modbustest.Fault{Kind: modbustest.Exception}, "sent answer", func(c bus.Counts) uint64 { return c.Answered }},
		{modbustest.Fault{Kind: modbustest.Silent}, "sent silence", func(c bus.Counts) uint64 { return c.Silent }},
		{modbustest.Fault{Kind: modbustest.Slow, Delay: 300 * time.Millisecond}, "sent silence late", func(c bus.Counts) uint64 { return c.Late }},
		{modbustest.Fault{Kind: modbustest.BadSum}, "sent damaged", func(c bus.Counts) uint64 { return c.Damaged }},
		{modbustest.Fault{Kind: modbustest.WrongUnit}, "sent foreign silence", func(c bus.Counts) uint64 { return c.Foreign }},
		{modbustest.Fault{Kind: modbustest.Foreign}, "sent foreign answer", func(c bus.Counts) uint64 { return c.Foreign }},
		{modbustest.Fault{Kind: modbustest.Noise}, "sent noise answer", func(c bus.Counts) uint64 { return c.Noise }},
		{modbustest.Fault{Kind: modbustest.Short}, "sent noise", func(c bus.Counts) uint64 { return c.Noise }},
		{modbustest.Fault{Kind: modbustest.Dribble, Delay: 5 * time.Millisecond}, "sent answer", func(c bus.Counts) uint64 { return c.Answered }},
	} {
		t.Run(c.fault.Kind.String(), func(t *testing.T) {
			onLine(t, at9600, func(r *rig) {
				ear, err := r.bus.Monitor().Listen()
				if err != nil {
					t.Fatal(err)
				}
				defer ear.Close()
				r.plant.Unit(1).Fault(c.fault)
				r.read(1, 10, 3)
				if got := heard(ear); got != c.want {
					t.Errorf("heard %q, want %q", got, c.want)
				}
				h := r.bus.Monitor().Health(time.Now().Add(time.Second), map[bus.Slave][]string{{Protocol: bus.ModbusRTU, Unit: 1}: {"x"}})
				if c.count(h.Counts) != 1 || h.Counts.Exchanges != 1 || len(h.Slaves) != 1 {
					t.Errorf("counted %+v", h)
				}
			})
		})
	}
}

// The score of a line that is kept busy is what the bench measures: exchanges per
// ceiling.
func TestScoreOfABusyLine(t *testing.T) {
	onLine(t, at9600, func(r *rig) {
		for range 50 {
			r.right(1, 0, 10)
		}
		h := r.bus.Monitor().Health(time.Now(), nil)
		// 8 and 25 characters, 10 ms and the silence of 3.6 ms: 48 ms
		if h.Score < 97 || h.Ceiling < 19 || h.Ceiling > 22 || h.Load < 0.9 {
			t.Errorf("well: %+v", h)
		}
		if s := h.Slaves[0]; s.Least < 0.009 || s.Least > 0.02 || s.Counts.Answered != 50 {
			t.Errorf("slave: %+v", s)
		}
	})
}

// Two devices with one address: the second answer is in nobody's exchange.
func TestTwoOfOneAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port, end := modbustest.Wire()
		one, two := modbustest.New(), modbustest.New()
		fill(one.Unit(1), 1)
		fill(two.Unit(1), 1)
		two.Unit(1).Turnaround(60 * time.Millisecond)
		p := pair.New("x", func() (driver.Port, error) { return port, nil }, at9600)
		b := NewRTU("x", p)
		done := make(chan struct{})
		go func() {
			defer close(done)
			pairtest.Share(end, func(w io.ReadWriter) error { return one.ServeRTU(w, at9600) }, func(w io.ReadWriter) error { return two.ServeRTU(w, at9600) })
		}()
		for range 40 {
			if _, err := b.Read(t.Context(), 1, Manners{Timeout: 200 * time.Millisecond}, maps.Holding, 0, 3); err != nil {
				t.Error(err)
			}
			time.Sleep(100 * time.Millisecond)
		}
		h := b.Monitor().Health(time.Now(), nil)
		if h.Slaves[0].Counts.Doubled < 35 || len(h.Hints) != 1 || h.Hints[0].Code != "duplicate-address" {
			t.Errorf("%+v", h)
		}
		b.Close()
		end.Close()
		<-done
	})
}

// Somebody who listens and does not read holds nobody up; without a listener the
// line allocates no more than before.
func TestAListenerHoldsNobodyUp(t *testing.T) {
	onLine(t, driver.Line{Baud: 115200}, func(r *rig) {
		ear, _ := r.bus.Monitor().Listen()
		defer ear.Close()
		for range 400 {
			r.right(2, 5, 2)
		}
		ctx, stop := context.WithTimeout(r.t.Context(), time.Second)
		defer stop()
		if f, err := ear.Next(ctx); err != nil || f.Lost == 0 {
			t.Errorf("%d lost, %v", f.Lost, err)
		}
	})
}

func TestOverhearHearsOthers(t *testing.T) {
	onLine(t, at9600, func(r *rig) {
		r.right(1, 0, 1) // the line is open
		ear, _ := r.bus.Monitor().Listen()
		defer ear.Close()
		r.plant.Unit(1).Fault(modbustest.Fault{Kind: modbustest.Babble})
		b, err := r.bus.pair.Overhear(r.t.Context(), time.Second)
		if err != nil || len(b) == 0 {
			t.Errorf("heard %d bytes, %v", len(b), err)
		}
		if got := heard(ear); !strings.HasPrefix(got, "foreign") {
			t.Errorf("told %q", got)
		}
	})
}

func TestDissect(t *testing.T) {
	request := func(b ...byte) []byte {
		crc := sum(b)
		return append(b, byte(crc), byte(crc>>8))
	}
	read := request(1, 3, 0x2a, 0xf8, 0, 2)
	for _, c := range []struct {
		b, asked []byte
		zh, en   string
		n        int
	}{
		{read, nil, "单元 1 读保持寄存器 0x2AF8 起 2 个", "unit 1 read holding registers 0x2AF8, 2 of them", 8},
		{request(1, 3, 4, 9, 0, 0, 7), read, "单元 1 读保持寄存器 0x2AF8 = 2304 7", "unit 1 read holding registers 0x2AF8 = 2304 7", 9},
		{append(request(1, 0x83, 2), 7), read, "单元 1 读保持寄存器：异常 2（非法数据地址）", "unit 1 read holding registers: exception 2 (illegal data address)", 5},
		{request(9, 6, 0, 5, 0, 1), nil, "单元 9 写单个寄存器 0x0005 = 1", "unit 9 write register 0x0005 = 1", 8},
		{request(9, 16, 0, 5, 0, 1, 2, 0, 7), nil, "单元 9 写多个寄存器 0x0005 起 1 个", "unit 9 write registers 0x0005, 1 of them", 11},
		{request(2, 1, 1, 0x81), request(2, 1, 0, 0, 0, 8), "单元 2 读线圈 0x0000 = [10000001]", "unit 2 read coils 0x0000 = [10000001]", 6},
		{request(1, 0x2b, 0x0e, 1, 0), nil, "单元 1 读设备标识 0x00", "unit 1 read device identification 0x00", 7},
		{request(append([]byte{1}, identify(nil)...)...), nil, `单元 1 读设备标识 87="" 88="1=UPS2000;2=V100R001C01;3=P1.0;4=SERIAL1;5=1;6=0"`, "88=", 66},
		{[]byte{1, 3, 4, 9, 0, 0, 7, 1, 1}, read, "CRC 错误：收到 0101，应为 ", "wrong CRC: 0101, want ", 0},
		{[]byte("noise"), read, "", "", 0},
		{nil, nil, "", "", 0},
	} {
		m := Dissect(c.b, c.asked)
		if m.Length != c.n || !strings.HasPrefix(m.Text.Zh, c.zh) || !strings.Contains(m.Text.En, c.en) {
			t.Errorf("% x: %d %q · %q; want %d %q · %q", c.b, m.Length, m.Text.Zh, m.Text.En, c.n, c.zh, c.en)
		}
	}
	tcp := DissectTCP([]byte{0, 1, 0, 0, 0, 3, 7, 0x84, 6}, []byte{0, 1, 0, 0, 0, 6, 7, 4, 0, 0, 0, 1})
	if tcp.Length != 9 || tcp.Text.En != "unit 7 read input registers: exception 6 (device busy)" {
		t.Errorf("tcp: %+v", tcp)
	}
}

func FuzzDissect(f *testing.F) {
	for _, b := range [][]byte{{1, 3, 2, 0, 1, 0x79, 0x84}, {1, 0x83, 2, 0xc0, 0xf1}, {1, 0x2b, 0x0e, 3, 3, 0, 0, 2, 0x87, 4, 0, 0, 0, 1, 0x88, 1, 65, 0, 0}, {0, 1, 0, 0, 0, 3, 7, 0x84, 6}} {
		f.Add(b, []byte{1, 3, 0, 0, 0, 1, 0x84, 0x0a})
	}
	f.Fuzz(func(t *testing.T, b, asked []byte) {
		if m := Dissect(b, asked); m.Length < 0 || m.Length > len(b) {
			t.Errorf("length %d of %d", m.Length, len(b))
		}
		if m := DissectTCP(b, asked); m.Length < 0 || m.Length > len(b) {
			t.Errorf("length %d of %d", m.Length, len(b))
		}
	})
}

// identify answers the vendor's own object of "read device identification".
func identify(request []byte) []byte {
	text := "1=UPS2000;2=V100R001C01;3=P1.0;4=SERIAL1;5=1;6=0"
	return append([]byte{0x2b, 0x0e, 3, 3, 0, 0, 2, 0x87, 4, 0, 0, 0, 1, 0x88, byte(len(text))}, text...)
}
