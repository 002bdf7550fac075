package survey

import (
	"io"
	"strings"
	"testing"
	"time"

	"watchbox/drivers/modbus/modbustest"
	"watchbox/drivers/ydt1363/ydt1363test"
	"watchbox/firmware/bus"
	"watchbox/firmware/driver"
)

// TestBehindASerialServerOneSpeedIsSearched: the server's own, over few connections, in
// both protocols; and the installer is told where another one is set.
func TestBehindASerialServerOneSpeedIsSearched(t *testing.T) {
	inRoom(t, "9600 8N1", func(r *room) {
		p := modbustest.New()
		climate(p, 5)
		telecom := &ydt1363test.Plant{}
		telecom.Unit(2, 0x2a, 0x21).Answer(0x51, func() []byte { return append([]byte("GXE 3k    "), 1, 0) })
		r.slaves = append(r.slaves, func(w io.ReadWriter) error { return p.ServeRTU(w, r.shape) }, telecom.Serve)
		opened := map[string]int{}
		w := Wire{Name: "far", Shape: r.shape, Address: "192.0.2.5:4196", Open: func(l driver.Line) (driver.Port, error) {
			opened[l.String()]++
			return r.open(l)
		}}
		s, err := New(w, bus.Order{To: 20})
		if err != nil {
			t.Fatal(err)
		}
		for !s.Step(r.t.Context()) {
		}
		s.Close()
		r.serving.Wait()
		got := s.Progress()
		finding(t, got, bus.YDT1363, 2)
		if f := finding(t, got, bus.ModbusRTU, 5); f.Shape != "9600 8N1" || len(f.Proposals) == 0 || f.Proposals[0].Map != "xymd02" {
			t.Errorf("%+v", f)
		}
		if len(opened) != 1 || opened["9600 8N1"] > 20 {
			t.Errorf("connected %v", opened)
		}
		if n := got.Notes; len(n) != 1 || !strings.Contains(n[0].Zh, "串口服务器 192.0.2.5:4196 后面") || !strings.Contains(n[0].En, "change it on the server's own page") {
			t.Errorf("notes: %+v", n)
		}
		r.noText()
	})
}

// A server that speaks 9600 is never sent a text at 2400; and one that goes away in
// between is told.
func TestBehindASerialServerNothingIsPretended(t *testing.T) {
	inRoom(t, "9600 8N1", func(r *room) {
		calls := 0
		w := Wire{Name: "far", Shape: r.shape, Address: "192.0.2.5:4196", Open: func(l driver.Line) (driver.Port, error) {
			if calls++; calls == 1 {
				port, err := r.open(l)
				time.AfterFunc(20*time.Second, func() { port.Close() })
				return port, err
			}
			return nil, io.ErrClosedPipe
		}}
		s, err := New(w, bus.Order{To: 60})
		if err != nil {
			t.Fatal(err)
		}
		for !s.Step(r.t.Context()) {
		}
		s.Close()
		r.serving.Wait()
		var told []string
		for _, n := range s.Progress().Notes {
			told = append(told, n.Zh)
		}
		if all := strings.Join(told, "\n"); len(told) != 3 || !strings.Contains(all, "没有试 Q1 类 UPS") || !strings.Contains(all, "搜索中线路断过") {
			t.Errorf("%s", all)
		}
		r.noText()
	})
}
