package modbus

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"watchbox/drivers/maps"
	"watchbox/drivers/modbus/modbustest"
	"watchbox/drivers/pair"
	"watchbox/drivers/serial/serialtest"
	"watchbox/firmware/driver"
)

// serialServer passes the bytes of one connection at a time on to a line with units 1
// and 2, and can go away and come back.
type serialServer struct {
	*testing.T
	plant    *modbustest.Plant
	address  string
	listener net.Listener
	work     sync.WaitGroup

	mutex sync.Mutex
	conn  net.Conn // the present one
	held  bool     // what the line says is held back
	kept  []byte
}

func newSerialServer(t *testing.T) *serialServer {
	s := &serialServer{T: t, plant: modbustest.New(), address: "127.0.0.1:0"}
	for n := uint8(1); n <= 2; n++ {
		fill(s.plant.Unit(n), n)
		s.plant.Unit(n).Turnaround(0)
	}
	s.start()
	t.Cleanup(s.stop)
	return s
}

func (s *serialServer) start() {
	l, err := net.Listen("tcp", s.address)
	if err != nil {
		s.Fatal(err)
	}
	s.listener, s.address = l, l.Addr().String()
	s.work.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.mutex.Lock()
			s.conn = conn
			s.mutex.Unlock()
			s.work.Go(func() { s.plant.ServeRTU(&jack{conn, s}, driver.Line{}); conn.Close() })
		}
	})
}

func (s *serialServer) stop() {
	s.listener.Close()
	s.mutex.Lock()
	if s.conn != nil {
		s.conn.Close()
	}
	s.mutex.Unlock()
	s.work.Wait()
}

// hold keeps back what the line says, until release sends it over the present
// connection: the server's own buffer.
func (s *serialServer) hold() { s.mutex.Lock(); s.held = true; s.mutex.Unlock() }

func (s *serialServer) release() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.held = false
	s.conn.Write(s.kept)
	s.kept = nil
}

// jack is the line as one connection sees it.
type jack struct {
	net.Conn
	server *serialServer
}

func (j *jack) Write(b []byte) (int, error) {
	j.server.mutex.Lock()
	defer j.server.mutex.Unlock()
	if j.server.held {
		j.server.kept = append(j.server.kept, b...)
		return len(b), nil
	}
	return j.Conn.Write(b)
}

// far is a bus behind the server. Nothing here has to wait for what does not come, but
// for the silences that are meant.
func far(t *testing.T, s *serialServer) (*Bus, Manners) {
	line := driver.Line{Baud: 115200}
	b := NewRTU("far", pair.NewRemote("far", func() (driver.Port, error) { return serialtest.Dial(s.address) }, line))
	t.Cleanup(func() { b.Close() })
	return b, Manners{Timeout: 5 * time.Second, Worst: 5 * time.Second}
}

func TestRTUOverTCP(t *testing.T) {
	s := newSerialServer(t)
	b, m := far(t, s)
	for n := uint16(0); n < 50; n++ {
		expectOver(t, b, m, uint8(1+n%2), n)
	}
	if err := b.WriteRegisters(context.Background(), 1, m, 5, 77); err != nil || s.plant.Unit(1).Value(maps.Holding, 5) != 77 {
		t.Error(err)
	}
	s.plant.Unit(1).Fault(modbustest.Fault{Kind: modbustest.Dribble, Delay: time.Millisecond})
	expectOver(t, b, m, 1, 9) // the network cuts where it likes
	if st := b.Stats(); st.Opens != 1 {
		t.Errorf("connected %d times", st.Opens)
	}
}

func expectOver(t *testing.T, b *Bus, m Manners, unit uint8, address uint16) {
	t.Helper()
	if v, err := fetch(b, m, unit, address); err != nil || v != 1000*uint16(unit)+address {
		t.Fatalf("unit %d register %d: %d, %v", unit, address, v, err)
	}
}

func TestASerialServerRestarts(t *testing.T) {
	s := newSerialServer(t)
	b, m := far(t, s)
	expectOver(t, b, m, 1, 1)
	for range 3 {
		s.stop()
		if _, err := fetch(b, m, 1, 1); !errors.Is(err, driver.ErrDisconnect) {
			t.Fatalf("server away: %v", err)
		}
		s.start()
		expectOver(t, b, m, 2, 1)
	}
}

// The network may hold an answer back for longer than any slave takes: then it is lost
// with its connection, and what the server still had for us comes before the next request.
func TestAnAnswerThatTheNetworkHeldBackIsNotTheNext(t *testing.T) {
	s := newSerialServer(t)
	b, m := far(t, s)
	expectOver(t, b, m, 1, 1)
	hasty := Manners{Timeout: 30 * time.Millisecond, Worst: 60 * time.Millisecond}
	for n := uint16(100); n < 105; n++ {
		s.hold()
		if _, err := fetch(b, hasty, 1, n); !errors.Is(err, driver.ErrTimeout) {
			t.Fatalf("register %d: %v", n, err)
		}
		s.mutex.Lock()
		old := s.conn
		s.mutex.Unlock()
		s.release() // long after the quarantine, on the old connection
		expectOver(t, b, m, 1, n+50)
		s.mutex.Lock()
		if s.conn == old {
			t.Error("the next request went over the connection on which an answer was under way")
		}
		s.mutex.Unlock()
	}
}

// A dead unit costs the others a connection, and nothing else.
func TestADeadUnitBehindASerialServer(t *testing.T) {
	s := newSerialServer(t)
	b, m := far(t, s)
	hasty := Manners{Timeout: 30 * time.Millisecond, Worst: 60 * time.Millisecond}
	for n := uint16(0); n < 10; n++ {
		if _, err := fetch(b, hasty, 9, n); !errors.Is(err, driver.ErrTimeout) {
			t.Fatal(err)
		}
		expectOver(t, b, m, uint8(1+n%2), n)
	}
}

func TestASpeedCannotBeAskedOfASerialServer(t *testing.T) {
	p := pair.NewRemote("far", nil, driver.Line{Baud: 9600})
	if _, err := p.LineFor(map[string]string{"baud": "2400"}); !errors.Is(err, driver.ErrUnsupported) {
		t.Error(err)
	}
	if line, err := p.LineFor(map[string]string{"baud": "9600", "parity": "none"}); err != nil || line != (driver.Line{}) {
		t.Error(line, err)
	}
}
