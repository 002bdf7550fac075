package modbusserver

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/firmware/config"
	"watchbox/firmware/driver"
	"watchbox/firmware/event"
	"watchbox/firmware/scan"
)

// bench is a bus with units 5 and 6, which gives every request back, and a journal.
type bench struct {
	mutex   sync.Mutex
	asked   []string
	answer  []byte // instead
	takes   time.Duration
	gone    error // the bus is
	open    func() (driver.Port, error)
	err     error
	records []event.Record
}

func (b *bench) Line(*config.Site, *config.ModbusProxy, Guests) (Line, error) { return b, b.gone }

func (b *bench) Port(*config.Site, *config.ModbusProxy) (func() (driver.Port, error), time.Duration, error) {
	return b.open, time.Millisecond, b.gone
}

func (b *bench) Has(unit byte) bool { return unit == 5 || unit == 6 }

func (b *bench) Ask(unit byte, request []byte) ([]byte, error) {
	time.Sleep(b.takes)
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.asked = append(b.asked, fmt.Sprintf("%d:%x", unit, request))
	if b.answer != nil || b.err != nil {
		return b.answer, b.err
	}
	return request, nil
}

func (b *bench) Journal(r event.Record) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.records = append(b.records, r)
}

// since gives what was asked and written down since it was last called.
func (b *bench) since() (asked []string, told []event.Record) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	asked, told = b.asked, b.records
	b.asked, b.records = nil, nil
	return asked, told
}

// entry is modbus-proxy with two places that may be written.
func entry(port int) config.ModbusProxy {
	return config.ModbusProxy{Bus: "rs485-1", Interface: "lo", From: []string{"127.0.0.1/32"}, Port: port, Share: 10,
		Writes: []config.ProxyWrite{{Unit: 5, Table: "holding", Register: 349, Count: 2}, {Unit: 5, Table: "coil", Register: 0, Count: 4}}}
}

func proxied1(t *testing.T, b *bench, m config.ModbusProxy) (*Proxy, *config.Site) {
	t.Helper()
	p := NewProxy(t.Logf, b)
	site := &config.Site{ModbusProxy: []config.ModbusProxy{m}}
	if _, err := p.Serve(site, nil, b.Journal); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Serve(nil, nil, nil) })
	return p, site
}

func dialProxy(t *testing.T, p *Proxy) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", p.doors["rs485-1"].end.(*port).Addr().(*net.TCPAddr).Port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func TestWhatIsPassedOn(t *testing.T) {
	b := &bench{}
	p, _ := proxied1(t, b, entry(0))
	conn := dialProxy(t, p)
	for _, c := range []struct {
		name, unit, pdu string
		answer          string // "": passed on
		told            string
	}{
		{"holding registers", "05", "03 0000 000a", "", ""},
		{"input registers", "06", "04 ffff 0001", "", ""},
		{"coils", "05", "01 0000 07d0", "", ""},
		{"discrete inputs", "05", "02 0000 0001", "", ""},
		{"identification", "05", "2b0e 03 87", "", ""},
		{"a register", "05", "06 015d 0016", "", "proxy.wrote: Another master, 127.0.0.1, writes to unit 5 on bus rs485-1, holding 349 = 22: done"},
		{"two registers", "05", "10 015d 0002 04 0016 0017", "", "proxy.wrote: Another master, 127.0.0.1, writes to unit 5 on bus rs485-1, holding 349 = 22 23: done"},
		{"a coil", "05", "05 0003 ff00", "", "proxy.wrote: Another master, 127.0.0.1, writes to unit 5 on bus rs485-1, coil 3 = 1: done"},
		{"coils", "05", "0f 0000 0004 01 05", "", "proxy.wrote: Another master, 127.0.0.1, writes to unit 5 on bus rs485-1, coil 0 = 1 0 1 0: done"},
		{"another register", "05", "06 015c 0016", "86 0a", "proxy.refused: Another master, 127.0.0.1, writes to unit 5 on bus rs485-1, holding 348 = 22: not passed on: it is not among modbus-proxy.writes of the site file"},
		{"one too many", "05", "10 015d 0003 06 0016 0017 0018", "90 0a", "proxy.refused: Another master, 127.0.0.1, writes to unit 5 on bus rs485-1, holding 349 = 22 23 24: not passed on"},
		{"another unit's", "06", "06 015d 0016", "86 0a", "proxy.refused: Another master, 127.0.0.1, writes to unit 6"},
		{"a coil beyond", "05", "05 0004 0000", "85 0a", "proxy.refused: Another master, 127.0.0.1, writes to unit 5 on bus rs485-1, coil 4 = 0"},
		{"no such unit", "07", "03 0000 0001", "83 0a", ""},
		{"all units", "00", "06 015d 0016", "86 0a", ""},
		{"mask", "05", "16 015d 00f2 0025", "96 0a", ""},
		{"read and write", "05", "17 0000 0001 015d 0001 02 0016", "97 0a", ""},
		{"restart", "05", "08 0001 0000", "88 0a", ""},
		{"another encapsulation", "05", "2b0d 01 00", "ab 03", ""},
		{"no registers", "05", "03 0000 0000", "83 03", ""},
		{"too many", "05", "03 0000 007e", "83 03", ""},
		{"too many bits", "05", "01 0000 07d1", "81 03", ""},
		{"too short", "05", "03 0000", "83 03", ""},
		{"too long", "05", "03 0000 0001 00", "83 03", ""},
		{"half a coil", "05", "05 0003 0001", "85 03", ""},
		{"a wrong count", "05", "10 015d 0002 02 0016", "90 03", ""},
		{"no values", "05", "10 015d 0000 00", "90 03", ""},
	} {
		pdu := strings.ReplaceAll(c.pdu, " ", "")
		got := ask(t, conn, fmt.Sprintf("0001 0000 %04x %s %s", len(pdu)/2+1, c.unit, pdu))
		asked, told := b.since()
		want, passed := strings.ReplaceAll(c.answer, " ", ""), c.answer == ""
		if passed {
			want = pdu
		}
		if got[14:] != want || passed != (len(asked) == 1) {
			t.Errorf("%s: %s, asked %v", c.name, got, asked)
		}
		text := ""
		for _, r := range told {
			text += string(r.Type) + ": " + r.Text.En
			if r.Text.Zh == "" || r.Actor != "modbus 127.0.0.1" || r.Subject != "bus/rs485-1" {
				t.Errorf("%s: %+v", c.name, r)
			}
		}
		if !strings.HasPrefix(text, c.told) || (text == "") != (c.told == "") {
			t.Errorf("%s: told %q", c.name, text)
		}
	}
}

// Whoever asks can tell the device from the bus and the bus from the box.
func TestWhoSpeaks(t *testing.T) {
	b := &bench{}
	p, _ := proxied1(t, b, entry(0))
	conn := dialProxy(t, p)
	for _, c := range []struct {
		answer []byte
		err    error
		pdu    string
		told   string
	}{
		{[]byte{0x83, 2}, nil, "8302", ""},
		{nil, errors.New("silent"), "830b", ""},
		{nil, fmt.Errorf("bus: %w", scan.ErrNoTurn), "830a", ""},
		{[]byte{0x86, 4}, nil, "8604", "the device refused (exception 4)"},
		{nil, errors.New("silent"), "860b", "the device did not answer, perhaps it obeyed"},
		{nil, scan.ErrNoTurn, "860a", "not passed on: the bus had no time left"},
	} {
		b.answer, b.err = c.answer, c.err
		request := "0001 0000 0006 05 03 0000 0001"
		if c.told != "" {
			request = "0001 0000 0006 05 06 015d 0016"
		}
		got := ask(t, conn, request)
		_, told := b.since()
		if !strings.HasSuffix(got, "05"+c.pdu) || c.told != "" && (len(told) != 1 || !strings.HasSuffix(told[0].Text.En, c.told)) {
			t.Errorf("%v: %s, %+v", c.err, got, told)
		}
	}
}

func TestTheSiteFileOpensAndClosesProxies(t *testing.T) {
	b := &bench{}
	p, site := proxied1(t, b, entry(0))
	conn := dialProxy(t, p)
	read, write := "0001 0000 0006 05 03 0000 0001", "0001 0000 0006 05 06 0001 0016"
	if got := ask(t, conn, write); !strings.HasSuffix(got, "860a") {
		t.Error(got)
	}
	more := *site
	more.ModbusProxy = []config.ModbusProxy{entry(0)}
	more.ModbusProxy[0].Writes = []config.ProxyWrite{{Unit: 5, Table: "holding", Register: 1, Count: 1}}
	if open, err := p.Serve(&more, nil, b.Journal); err != nil || len(open) != 1 {
		t.Fatal(open, err)
	}
	if got := ask(t, conn, write); !strings.HasSuffix(got, "0600010016") {
		t.Errorf("what may be written now is not, or the connection ended: %s", got)
	}
	taken := more
	taken.ModbusProxy = []config.ModbusProxy{entry(p.doors["rs485-1"].end.(*port).Addr().(*net.TCPAddr).Port)}
	second := NewProxy(t.Logf, b)
	if open, err := second.Serve(&taken, nil, b.Journal); err == nil || len(open) != 0 {
		t.Error("two at one port")
	}
	if open, err := p.Serve(&config.Site{}, nil, b.Journal); err != nil || len(open) != 0 {
		t.Error(open, err)
	}
	if got := ask(t, conn, read); got != "closed" {
		t.Error(got)
	}
	if open, err := second.Serve(&taken, nil, b.Journal); err != nil || len(open) != 1 {
		t.Error("the port is free, and", err)
	}
	second.Serve(nil, nil, nil)
	lost := NewProxy(t.Logf, &bench{gone: errors.New("no bus")})
	if open, err := lost.Serve(site, nil, b.Journal); err == nil || len(open) != 0 {
		t.Error(open, err)
	}
}

// A master that writes without end leaves a few records a minute, and the count.
func TestTheJournalIsNotFlooded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bench{}
		a := (*audit)(nil).goOn("b", b.Journal)
		const from = "192.0.2.7"
		same := wish{table: "holding", register: 1, count: 1, values: []uint16{7}}
		for range 1000 {
			a.asked(from, 5, same, []byte{6}, nil)
			time.Sleep(100 * time.Millisecond)
		}
		_, told := b.since()
		if len(told) != 4 || !strings.HasSuffix(told[3].Text.En, "(1000 times)") || !strings.HasSuffix(told[3].Text.Zh, "（第 1000 次）") {
			t.Errorf("%d records, the last %q", len(told), told[len(told)-1].Text)
		}
		time.Sleep(2 * time.Minute)
		for i := range 1000 {
			a.refused(from, 5, wish{table: "holding", register: i, count: 1, values: []uint16{7}})
		}
		if _, told = b.since(); len(told) != mostTold {
			t.Errorf("%d records of a storm", len(told))
		}
		time.Sleep(2 * time.Minute)
		a.asked(from, 5, same, []byte{6}, nil)
		if _, told = b.since(); len(told) != 1 || !strings.HasSuffix(told[0].Text.En, "990 more before it came too fast to be listed") {
			t.Errorf("after it: %+v", told)
		}
		if len(a.seen) > mostSeen {
			t.Errorf("%d are remembered", len(a.seen))
		}
	})
}

func FuzzWish(f *testing.F) {
	for _, seed := range []string{"0300000001", "10015d0002040016", "0f0000000401ff", "2b0e0387", "05", "06ffffffff"} {
		b, _ := hex.DecodeString(seed)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, request []byte) {
		if len(request) == 0 || len(request) > mostRequest {
			return
		}
		w, code := wishOf(request)
		writes := bytes.IndexByte([]byte{5, 6, 15, 16}, request[0]) >= 0
		if code == 0 && (writes != (w.table != "") || writes && len(w.values) != w.count) {
			t.Errorf("% x: %+v", request, w)
		}
	})
}
