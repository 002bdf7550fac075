package modbus

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"watchbox/drivers/maps"
	"watchbox/drivers/modbus/modbustest"
	"watchbox/firmware/driver"
)

// server is a plant on a loopback port that can go away and come back.
type server struct {
	t        *testing.T
	plant    *modbustest.Plant
	address  string
	listener net.Listener
	work     sync.WaitGroup
}

func serve(t *testing.T) *server {
	s := &server{t: t, plant: modbustest.New(), address: "127.0.0.1:0"}
	fill(s.plant.Unit(1), 1)
	fill(s.plant.Unit(2), 2)
	s.plant.Unit(1).Turnaround(0)
	s.plant.Unit(2).Turnaround(0)
	s.start()
	t.Cleanup(s.stop)
	return s
}

func (s *server) start() {
	s.t.Helper()
	l, err := net.Listen("tcp", s.address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.listener, s.address = l, l.Addr().String()
	s.work.Go(func() { s.plant.ServeTCP(l) })
}

func (s *server) stop() {
	s.listener.Close()
	s.plant.Disconnect()
	s.work.Wait()
}

// patient gives a loaded test machine time; hasty is for what must time out.
var (
	patient = Manners{Timeout: 10 * time.Second}
	hasty   = Manners{Timeout: 60 * time.Millisecond}
)

func fetch(b *Bus, m Manners, unit uint8, address uint16) (uint16, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	data, err := b.Read(ctx, unit, m, maps.Holding, address, 1)
	if err != nil {
		return 0, err
	}
	return uint16(data[0])<<8 | uint16(data[1]), nil
}

func expectValue(t *testing.T, b *Bus, unit uint8, address uint16) {
	t.Helper()
	if v, err := fetch(b, patient, unit, address); err != nil || v != 1000*uint16(unit)+address {
		t.Fatalf("unit %d register %d: %d, %v", unit, address, v, err)
	}
}

func busTo(t *testing.T, s *server) *Bus {
	b := NewTCP("meter", s.address)
	t.Cleanup(func() { b.Close() })
	return b
}

func TestTCPLateAnswerIsDropped(t *testing.T) {
	s := serve(t)
	b := busTo(t, s)
	expectValue(t, b, 1, 1)
	s.plant.Unit(1).Fault(modbustest.Fault{Kind: modbustest.Slow, Delay: 300 * time.Millisecond, Times: 1})
	if _, err := fetch(b, hasty, 1, 100); !errors.Is(err, driver.ErrTimeout) {
		t.Fatalf("slow answer: %v", err)
	}
	for n := uint16(101); n < 120; n++ {
		expectValue(t, b, 1, n)
	}
	if st := b.Stats(); st.Late != 1 || st.Opens != 1 {
		t.Errorf("counted %+v, want one late answer on one connection", st)
	}
}

func TestTCPFaults(t *testing.T) {
	for _, c := range []struct {
		fault modbustest.Fault
		class error
		text  string
	}{
		{modbustest.Fault{Kind: modbustest.Silent}, driver.ErrTimeout, "timeout after 60ms"},
		{modbustest.Fault{Kind: modbustest.BadSum}, driver.ErrGarbage, "not Modbus TCP"},
		{modbustest.Fault{Kind: modbustest.WrongUnit}, driver.ErrTimeout, "only other answers"},
		{modbustest.Fault{Kind: modbustest.Foreign}, nil, ""},
		{modbustest.Fault{Kind: modbustest.Noise}, nil, ""},
		{modbustest.Fault{Kind: modbustest.Short}, driver.ErrTimeout, ""},
		{modbustest.Fault{Kind: modbustest.Exception, Code: 11}, driver.ErrTimeout, "behind the gateway"},
		{modbustest.Fault{Kind: modbustest.Exception, Code: 1}, driver.ErrNotPresent, "illegal function"},
		{modbustest.Fault{Kind: modbustest.Split, Code: 3}, driver.ErrRefused, "exception 3"},
		{modbustest.Fault{Kind: modbustest.Stale}, driver.ErrTimeout, ""},
		{modbustest.Fault{Kind: modbustest.Dribble, Delay: time.Millisecond}, nil, ""},
	} {
		t.Run(c.fault.Kind.String(), func(t *testing.T) {
			s := serve(t)
			b := busTo(t, s)
			expectValue(t, b, 1, 1)
			s.plant.Unit(1).Fault(c.fault)
			if c.class == nil {
				expectValue(t, b, 1, 2)
			} else if _, err := fetch(b, manners(c.class), 1, 2); !errors.Is(err, c.class) || !strings.Contains(err.Error(), c.text) {
				t.Fatalf("got %v, want %v with %q", err, c.class, c.text)
			}
			s.plant.Unit(1).Fault(modbustest.Fault{})
			if c.fault.Kind == modbustest.Short {
				s.plant.Disconnect() // half a frame: a real server would have died there
			}
			expectValue(t, b, 2, 3)
			expectValue(t, b, 1, 4)
		})
	}
}

// manners are hasty only where silence is expected.
func manners(class error) Manners {
	if errors.Is(class, driver.ErrTimeout) {
		return hasty
	}
	return patient
}

func TestTCPServerRestarts(t *testing.T) {
	s := serve(t)
	b := busTo(t, s)
	expectValue(t, b, 1, 1)
	for range 3 {
		s.stop()
		if _, err := fetch(b, patient, 1, 1); !errors.Is(err, driver.ErrDisconnect) {
			t.Fatalf("server away: %v", err)
		}
		s.start()
		expectValue(t, b, 1, 1)
		s.plant.Disconnect()
		time.Sleep(20 * time.Millisecond)
		expectValue(t, b, 2, 1) // the hang-up is seen before the request, so nothing is lost
	}
}

func TestTCPDeadPeerIsLeft(t *testing.T) {
	s := serve(t)
	b := busTo(t, s)
	expectValue(t, b, 1, 1)
	s.plant.Unit(1).Fault(modbustest.Fault{Kind: modbustest.Silent})
	for range 4 {
		if _, err := fetch(b, hasty, 1, 1); !errors.Is(err, driver.ErrTimeout) {
			t.Fatal(err)
		}
	}
	if st := b.Stats(); st.Opens != 2 {
		t.Errorf("connected %d times, want anew after three silences", st.Opens)
	}
}

func TestTCPManyCallers(t *testing.T) {
	s := serve(t)
	b := busTo(t, s)
	var work sync.WaitGroup
	for g := range 8 {
		work.Go(func() {
			for i := range 50 {
				unit, at := uint8(1+(g+i)%2), uint16((g*31+i)%190)
				if v, err := fetch(b, patient, unit, at); err != nil || v != 1000*uint16(unit)+at {
					t.Errorf("unit %d register %d: %d, %v", unit, at, v, err)
				}
			}
		})
	}
	work.Wait()
}

func TestTCPNobodyThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	b := NewTCP("meter", address)
	defer b.Close()
	if _, err := fetch(b, patient, 1, 1); !errors.Is(err, driver.ErrDisconnect) || !strings.Contains(err.Error(), "connect to "+address) {
		t.Fatalf("got %v", err)
	}
}

func FuzzCut(f *testing.F) {
	f.Add([]byte{0, 1, 0, 0, 0, 5, 1, 3, 2, 0, 7})
	f.Add([]byte{0, 1, 0, 0, 0, 3, 1, 0x83, 2})
	f.Add([]byte{0, 1, 0, 0, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		request := []byte{0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 1}
		for range 1000 {
			frame, rest, ok := cut(b)
			if !ok || frame == nil {
				return
			}
			if len(frame)+len(rest) != len(b) || len(frame) < 9 || len(frame) > envelopeLimit {
				t.Fatalf("cut %x into %x and %x", b, frame, rest)
			}
			answers(request, frame)
			b = rest
		}
	})
}

// A connection that is made at the last moment and an answer at the last moment
// still fit into what a block may take.
func TestReachLeavesTheBoxSomeTime(t *testing.T) {
	m := Manners{Pause: time.Second, Timeout: 2 * time.Second, Worst: 3 * time.Second}
	if d := NewTCP("plc", "").reach(maps.Holding, 1, m); d <= m.Pause+m.Worst+connectLimit {
		t.Errorf("%v is too little", d)
	}
}
