package modbusserver

import (
	"bytes"
	"encoding/hex"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/firmware/config"
	"watchbox/firmware/engine"
	"watchbox/firmware/live"
	"watchbox/firmware/point"
	"watchbox/firmware/registers"
)

// served is a site with points 1 (a temperature, 21.5) and 2 (a contact, true),
// whose server listens on a port of the kernel's choice.
func served(from ...string) *config.Site {
	return &config.Site{ID: "house", ModbusServer: &config.ModbusServer{From: from, Unit: 17,
		Points: []config.NumberedPoint{{Number: 1, Point: "room/temperature", Scale: 10}, {Number: 2, Point: "door/contact", Scale: 1}}}}
}

func view(t testing.TB) func() *engine.View {
	t.Helper()
	table, err := live.New([]point.Point{{Name: "room/temperature", Kind: point.Real}, {Name: "door/contact", Kind: point.Bool}})
	if err != nil {
		t.Fatal(err)
	}
	table.Put(point.Sample{Point: "room/temperature", Value: point.OfReal(21.5)})
	table.Put(point.Sample{Point: "door/contact", Value: point.OfBool(true)})
	v := &engine.View{Points: table.Freeze(), At: point.Instant{Mono: 7 * time.Second}, Health: engine.Health{JournalOK: true}}
	return func() *engine.View { return v }
}

func started(t testing.TB, site *config.Site) *Server {
	t.Helper()
	s := New("1.2.3", t.Logf)
	if err := s.Serve(site, view(t)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Serve(nil, nil) })
	return s
}

// dial connects a master.
func dial(t testing.TB, s *Server) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", "127.0.0.1:"+s.Address().String()[strings.LastIndex(s.Address().String(), ":")+1:])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// ask sends a whole request in hex and gives the whole answer in hex; "closed"
// when the server ended the connection instead.
func ask(t testing.TB, conn net.Conn, request string) string {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(request, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := conn.Write(b); err != nil {
		return "closed"
	}
	header := make([]byte, headerSize)
	if _, err := io.ReadFull(conn, header); err != nil {
		return "closed"
	}
	rest := make([]byte, int(header[4])<<8|int(header[5])-1)
	if _, err := io.ReadFull(conn, rest); err != nil {
		return "closed"
	}
	return hex.EncodeToString(append(header, rest...))
}

func TestFrames(t *testing.T) {
	s := started(t, served("127.0.0.0/8"))
	for _, c := range []struct{ name, request, answer string }{
		{"input registers", "0001 0000 0006 11 04 0fa2 0002", "0001 0000 0007 11 04 04 41ac0000"}, // 4002: 21.5
		{"holding registers, unit 255", "beef 0000 0006 ff 03 07d1 0001", "beef 0000 0005 ff 03 02 00d7"},
		{"quality, unit 0", "0001 0000 0006 00 03 03e8 0003", "0001 0000 0009 00 03 06 ffff 0000 0000"},
		{"coils", "0001 0000 0006 11 01 03e9 0003", "0001 0000 0004 11 01 01 03"},
		{"discrete inputs", "0001 0000 0006 11 02 07d0 0009", "0001 0000 0005 11 02 02 0600"},
		{"heartbeat", "0001 0000 0006 11 04 0000 0002", "0001 0000 0007 11 04 04 0001 0007"},
		{"the most", "0001 0000 0006 11 04 1000 007e", "0001 0000 0003 11 84 03"},
		{"no registers", "0001 0000 0006 11 04 1000 0000", "0001 0000 0003 11 84 03"},
		{"too many bits", "0001 0000 0006 11 02 03e8 07d1", "0001 0000 0003 11 82 03"},
		{"between the blocks", "0001 0000 0006 11 04 0064 0001", "0001 0000 0003 11 84 02"},
		{"over the end", "0001 0000 0006 11 04 176f 0002", "0001 0000 0003 11 84 02"},
		{"at the end of all", "0001 0000 0006 11 04 ffff 007d", "0001 0000 0003 11 84 02"},
		{"a request with more than it has", "0001 0000 0007 11 04 0000 0001 00", "0001 0000 0003 11 84 03"},
		{"a request with less", "0001 0000 0002 11 04", "0001 0000 0003 11 84 03"},
		{"write a coil", "0001 0000 0006 11 05 03e9 ff00", "0001 0000 0003 11 85 01"},
		{"write a register", "0001 0000 0006 11 06 07d1 0001", "0001 0000 0003 11 86 01"},
		{"write coils", "0001 0000 0008 11 0f 03e9 0001 01 01", "0001 0000 0003 11 8f 01"},
		{"write registers", "0001 0000 0009 11 10 07d1 0001 02 0001", "0001 0000 0003 11 90 01"},
		{"mask", "0001 0000 0008 11 16 07d1 00f2 0025", "0001 0000 0003 11 96 01"},
		{"read and write", "0001 0000 000d 11 17 07d1 0001 07d1 0001 02 00ff", "0001 0000 0003 11 97 01"},
		{"restart", "0001 0000 0006 11 08 0001 0000", "0001 0000 0003 11 88 01"},
		{"no function", "0001 0000 0002 11 ff", "0001 0000 0003 11 ff 01"},
		{"a unit that is not there", "0001 0000 0006 05 04 0000 0001", "0001 0000 0003 05 84 0a"},
		{"basic identification", "0001 0000 0005 11 2b0e 01 00", "0001 0000 0023 11 2b0e 01 82 00 00 03 00 08" + x("Watchbox") + "01 08" + x("watchbox") + "02 05" + x("1.2.3")},
		{"from the second", "0001 0000 0005 11 2b0e 01 02", "0001 0000 000f 11 2b0e 01 82 00 00 01 02 05" + x("1.2.3")},
		{"from one that is not there", "0001 0000 0005 11 2b0e 01 77", "0001 0000 0023 11 2b0e 01 82 00 00 03 00 08" + x("Watchbox") + "01 08" + x("watchbox") + "02 05" + x("1.2.3")},
		{"one object", "0001 0000 0005 11 2b0e 04 06", "0001 0000 000f 11 2b0e 04 82 00 00 01 06 05" + x("house")},
		{"one that is not there", "0001 0000 0005 11 2b0e 04 03", "0001 0000 0003 11 ab 02"},
		{"no such list", "0001 0000 0005 11 2b0e 05 00", "0001 0000 0003 11 ab 03"},
		{"another interface", "0001 0000 0005 11 2b0d 01 00", "0001 0000 0003 11 ab 01"},
		{"another protocol", "0001 0001 0006 11 04 0000 0001", "closed"},
		{"no unit", "0001 0000 0000 11 04 0000 0001", "closed"},
		{"no function at all", "0001 0000 0001 11 04 0000 0001", "closed"},
		{"too long", "0001 0000 00ff 11 04 0000 0001", "closed"},
	} {
		if got, want := ask(t, dial(t, s), c.request), strings.ReplaceAll(c.answer, " ", ""); got != want {
			t.Errorf("%s: %s\nwant %s", c.name, got, want)
		}
	}
}

func x(s string) string { return hex.EncodeToString([]byte(s)) }

func TestRequestsInOnePacket(t *testing.T) {
	conn := dial(t, started(t, served("127.0.0.1/32")))
	one := "0001 0000 0006 11 04 0fa2 0002"
	if got := ask(t, conn, one+" 0002"+one[4:]); !strings.HasPrefix(got, "0001") {
		t.Errorf("first %s", got)
	}
	if got := ask(t, conn, ""); !strings.HasPrefix(got, "0002") {
		t.Errorf("second %s", got)
	}
}

func TestAStrangerIsNotServed(t *testing.T) {
	s := started(t, served("192.0.2.0/24", "2001:db8::/32"))
	if got := ask(t, dial(t, s), "0001 0000 0006 11 04 0000 0001"); got != "closed" {
		t.Errorf("answered %s", got)
	}
	may := allowed([]string{"192.0.2.0/24", "2001:db8::/32"})
	for text, want := range map[string]bool{"192.0.2.9": true, "::ffff:192.0.2.9": true, "2001:db8::1": true, "192.0.3.1": false, "::1": false, "2001:db9::1": false} {
		if got := may(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s may ask: %v", text, got)
		}
	}
}

func TestTheSiteFileOpensMovesAndCloses(t *testing.T) {
	s := New("1", t.Logf)
	if err := s.Serve(&config.Site{}, view(t)); err != nil || s.Address() != nil {
		t.Fatalf("without a section: %v, %v", s.Address(), err)
	}
	site := served("127.0.0.1/32")
	if err := s.Serve(site, view(t)); err != nil {
		t.Fatal(err)
	}
	conn, first := dial(t, s), s.Address().String()
	other := *site
	other.ID = "another label somewhere"
	s.Serve(&other, view(t))
	if got := ask(t, conn, "0001 0000 0006 11 04 0fa2 0001"); got == "closed" || s.Address().String() != first {
		t.Error("a reload that is not about it ended the connection")
	}
	taken := served("127.0.0.1/32")
	taken.ModbusServer.Port = s.Address().(*net.TCPAddr).Port
	second := New("1", t.Logf)
	if err := second.Serve(taken, view(t)); err == nil || second.Address() != nil {
		t.Error("two servers on one port")
	}
	s.Serve(&config.Site{}, view(t))
	if got := ask(t, conn, "0001 0000 0006 11 04 0fa2 0001"); got != "closed" || s.Address() != nil {
		t.Errorf("closed, and it answers %s", got)
	}
	if err := second.Serve(taken, view(t)); err != nil || second.Address() == nil {
		t.Errorf("the port is free, and %v", err)
	}
	if got := ask(t, dial(t, second), "0001 0000 0006 11 04 0fa2 0001"); got == "closed" {
		t.Error("no answer on the new port")
	}
	second.Serve(nil, nil)
}

func TestABoxThatStartsSaysSo(t *testing.T) {
	b := &box{image: func() *registers.Image { return nil }}
	if got := b.Answer("", []byte{4, 0, 0, 0, 1}); !bytes.Equal(got, []byte{0x84, 4}) {
		t.Errorf("%x", got)
	}
}

// master is a connected master over a pipe, in fake time.
func master(c *clients, from string) net.Conn {
	here, there := net.Pipe()
	c.take(&located{there, net.TCPAddrFromAddrPort(netip.MustParseAddrPort(from))})
	return here
}

type located struct {
	net.Conn
	from net.Addr
}

func (l *located) RemoteAddr() net.Addr { return l.from }

// echo answers with what it was asked.
type echo struct{}

func (echo) Answer(_ string, request []byte) []byte { return request }

func of(units map[byte]Unit) func(byte) Unit { return func(id byte) Unit { return units[id] } }

func room(t *testing.T) *clients {
	return newClients(of(map[byte]Unit{1: echo{}}), func(a netip.Addr) bool { return a.Is4() }, t.Logf)
}

const question = "0001 0000 0002 01 07"

func TestAMasterHasItsShareOfConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := room(t)
		defer c.close()
		other := master(c, "10.0.0.2:1000")
		var mine []net.Conn
		for port := range mostOfOne + 1 {
			time.Sleep(time.Second)
			mine = append(mine, master(c, "10.0.0.1:"+string(rune('1'+port))))
			if port == 2 {
				ask(t, mine[0], question) // the second is the quiet one
			}
		}
		synctest.Wait()
		for i, conn := range mine {
			if got := ask(t, conn, question); (got == "closed") != (i == 1) {
				t.Errorf("connection %d: %s", i, got)
			}
		}
		if ask(t, other, question) == "closed" {
			t.Error("another master paid for it")
		}
	})
}

func TestAFullServerLetsTheQuietestGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := room(t)
		defer c.close()
		var all []net.Conn
		for i := range mostClients + 1 {
			time.Sleep(time.Second)
			all = append(all, master(c, netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}), 1).String()))
		}
		synctest.Wait()
		for i, conn := range all {
			if got := ask(t, conn, question); (got == "closed") != (i == 0) {
				t.Errorf("connection %d: %s", i, got)
			}
		}
	})
}

func TestQuietAndSlowMastersGo(t *testing.T) {
	for name, c := range map[string]struct {
		sends string
		lives time.Duration
	}{"quiet": {"", idleLimit}, "in the envelope": {"0001", frameLimit}, "in the request": {"0001 0000 0006 01 04", frameLimit}} {
		synctest.Test(t, func(t *testing.T) {
			r := room(t)
			defer r.close()
			conn := master(r, "10.0.0.1:1")
			b, _ := hex.DecodeString(strings.ReplaceAll(c.sends, " ", ""))
			conn.Write(b)
			began := time.Now()
			if _, err := conn.Read(make([]byte, 1)); err != io.EOF || time.Since(began) != c.lives {
				t.Errorf("%s: %v after %v", name, err, time.Since(began))
			}
		})
	}
}

func TestAMasterThatDoesNotTakeItsAnswerGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := room(t)
		conn := master(c, "10.0.0.1:1")
		b, _ := hex.DecodeString(strings.ReplaceAll(question, " ", ""))
		conn.Write(b)
		time.Sleep(frameLimit + time.Second)
		c.mutex.Lock()
		defer c.mutex.Unlock()
		if len(c.all) != 0 {
			t.Error("it is served for ever")
		}
	})
}

func TestAFastMasterWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := room(t)
		defer c.close()
		conn := master(c, "10.0.0.1:1")
		began := time.Now()
		for range burst {
			ask(t, conn, question)
		}
		if time.Since(began) != 0 {
			t.Errorf("the first %d took %v", burst, time.Since(began))
		}
		for range 100 {
			ask(t, conn, question)
		}
		if got := time.Since(began); got != 100*gap {
			t.Errorf("100 more took %v", got)
		}
	})
}

// worse is a unit with a fault of ours.
type worse struct{}

func (worse) Answer(string, []byte) []byte { panic("a fault of ours") }

func TestAFaultCostsOneConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClients(of(map[byte]Unit{1: echo{}, 2: worse{}}), func(netip.Addr) bool { return true }, t.Logf)
		defer c.close()
		other := master(c, "10.0.0.1:1")
		if got := ask(t, master(c, "10.0.0.1:2"), "0001 0000 0002 02 07"); got != "closed" {
			t.Error(got)
		}
		if ask(t, other, question) == "closed" {
			t.Error("the other connection ended too")
		}
	})
}

// FuzzRequest sends bytes as a stranger would: no panic, and every answer is of
// Modbus's form and size.
func FuzzRequest(f *testing.F) {
	for _, seed := range []string{"00010000000611040fa20002", "0001000000051 12b0e0100", "00010000000611060fa20002", "0001000000ff", "000100000006110200000001000200000006110303e8007d"} {
		b, _ := hex.DecodeString(strings.ReplaceAll(seed, " ", ""))
		f.Add(b)
	}
	s := New("1.2.3", f.Logf)
	s.view = view(f)
	site := served("127.0.0.1/32")
	s.table.Store(registers.New(site))
	units := s.units(site.ModbusServer, site.ID)
	f.Fuzz(func(t *testing.T, data []byte) {
		wire := &tape{in: bytes.NewReader(data)}
		k := &client{conn: wire, unit: of(units), log: func(format string, a ...any) { t.Errorf(format, a...) }}
		k.serve()
		for out := wire.out.Bytes(); len(out) > 0; {
			n := int(out[4])<<8 | int(out[5])
			if n < 3 || n > 254 || len(out) < 6+n || out[2] != 0 || out[3] != 0 {
				t.Fatalf("answer %x", out)
			}
			out = out[6+n:]
		}
	})
}

// tape is a connection that was recorded.
type tape struct {
	net.Conn
	in  *bytes.Reader
	out bytes.Buffer
}

func (w *tape) Read(b []byte) (int, error)       { return w.in.Read(b) }
func (w *tape) Write(b []byte) (int, error)      { return w.out.Write(b) }
func (w *tape) SetReadDeadline(time.Time) error  { return nil }
func (w *tape) SetWriteDeadline(time.Time) error { return nil }

// BenchmarkRequest is the cost of the largest read, without the wire.
func BenchmarkRequest(b *testing.B) {
	s := New("1.2.3", b.Logf)
	s.view = view(b)
	site := served("127.0.0.1/32")
	for n := 3; n < 999; n++ {
		site.ModbusServer.Points = append(site.ModbusServer.Points, config.NumberedPoint{Number: n, Point: "room/temperature", Scale: 10})
	}
	s.table.Store(registers.New(site))
	u := s.units(site.ModbusServer, site.ID)[1<<4+1]
	for b.Loop() {
		u.Answer("", []byte{4, 0x0f, 0xa2, 0, 124})
	}
}
