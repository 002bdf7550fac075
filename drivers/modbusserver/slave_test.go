package modbusserver

import (
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/drivers/modbus/modbustest"
	"watchbox/firmware/config"
	"watchbox/firmware/driver"
)

// oldMaster is the far end of a serial line on which the box stands for units 5 and 6.
type oldMaster struct {
	*testing.T
	*bench
	mutex sync.Mutex
	end   io.ReadWriteCloser
	heard []byte
	echo  bool // the box hears itself
	opens int
	down  error
}

func withOldMaster(t *testing.T, f func(m *oldMaster)) {
	synctest.Test(t, func(t *testing.T) {
		m := &oldMaster{T: t, bench: &bench{}}
		m.open = func() (driver.Port, error) {
			m.mutex.Lock()
			defer m.mutex.Unlock()
			m.opens++
			if m.down != nil {
				return nil, m.down
			}
			port, end := modbustest.Wire()
			m.end = end
			go m.listen(end)
			return port, nil
		}
		e := entry(0)
		e.Terminal = "RS485-2"
		p := NewProxy(t.Logf, m.bench)
		if open, err := p.Serve(&config.Site{ModbusProxy: []config.ModbusProxy{e}}, nil, m.Journal); err != nil || len(open) != 1 {
			t.Fatal(open, err)
		}
		synctest.Wait()
		f(m)
		p.Serve(nil, nil, nil)
		m.end.Close()
	})
}

// listen keeps what the box says.
func (m *oldMaster) listen(end io.ReadWriter) {
	b := make([]byte, 256)
	for {
		n, err := end.Read(b)
		if err != nil {
			return
		}
		m.mutex.Lock()
		m.heard = append(m.heard, b[:n]...)
		echo := m.echo
		m.mutex.Unlock()
		if echo {
			end.Write(b[:n])
		}
	}
}

func (m *oldMaster) echoes(on bool) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.echo = on
}

// say sends bytes, a gap between the parts, and gives what the box said a second later.
func (m *oldMaster) say(parts ...string) string {
	m.mutex.Lock()
	end := m.end
	m.mutex.Unlock()
	for i, part := range parts {
		if i > 0 {
			time.Sleep(20 * time.Millisecond)
		}
		end.Write(frame(part))
	}
	time.Sleep(time.Second)
	m.mutex.Lock()
	defer m.mutex.Unlock()
	heard := hex.EncodeToString(m.heard)
	m.heard = nil
	return heard
}

// frame is hex; what ends in "!" gets its check sum.
func frame(text string) []byte {
	sealing := strings.HasSuffix(text, "!")
	b, err := hex.DecodeString(strings.ReplaceAll(strings.TrimSuffix(text, "!"), " ", ""))
	if err != nil {
		panic(err)
	}
	if !sealing {
		return b
	}
	b, err = sealed(b[0], b[1:])
	if err != nil {
		panic(err)
	}
	return b
}

func hexed(text string) string { return hex.EncodeToString(frame(text)) }

func TestTheCheckSumOfTheSerialLine(t *testing.T) {
	// The example of "MODBUS over serial line" V1.02, appendix B: 02 07 → 41 12.
	if got := hexed("02 07!"); got != "02074112" {
		t.Error(got)
	}
}

func TestTheBoxStandsForTheUnitsOfABus(t *testing.T) {
	withOldMaster(t, func(m *oldMaster) {
		for _, c := range []struct {
			name   string
			parts  []string
			answer string
			asked  int
		}{
			{"a read", []string{"05 03 0000 000a!"}, "05 03 0000 000a!", 1},
			{"byte by byte", []string{"05", "03", "00", "00", "00", "0a", "c449"}, "05 03 0000 000a!", 1},
			{"a write that is allowed", []string{"05 10 015d 0002 04 0016 0017!"}, "05 10 015d 0002 04 0016 0017!", 1},
			{"one that is not", []string{"05 06 0001 0016!"}, "05 86 0a!", 0},
			{"what a device is", []string{"06 2b 0e 03 87!"}, "06 2b 0e 03 87!", 1},
			{"another slave of that line", []string{"07 03 0000 000a!"}, "", 0},
			{"all of them", []string{"00 06 015d 0016!"}, "", 0},
			{"with a wrong sum", []string{"05 03 0000 000a 0000"}, "", 0},
			{"behind another's answer", []string{"07 03 04 0503 0000!", "05 03 0000 0001!"}, "05 03 0000 0001!", 1},
			{"behind noise", []string{"ff 00 05 03", "05 03 0000 0001!"}, "05 03 0000 0001!", 1},
			{"no function that is passed on", []string{"05 16 015d 00f2 0025!"}, "", 0},
			{"half, then another", []string{"05 03 00"}, "", 0},
			{"a second later", []string{"05 03 0000 0001!"}, "05 03 0000 0001!", 1},
		} {
			want := ""
			if c.answer != "" {
				want = hexed(c.answer)
			}
			got := m.say(c.parts...)
			if asked, _ := m.since(); got != want || len(asked) != c.asked {
				m.Errorf("%s: %s, want %s; asked %v", c.name, got, want, asked)
			}
		}
	})
}

// On a line that hears itself the answer to a write looks like the same write again.
func TestTheBoxDoesNotObeyItself(t *testing.T) {
	withOldMaster(t, func(m *oldMaster) {
		m.echoes(true)
		const write = "05 06 015d 0016!"
		if got := m.say(write); got != hexed(write) {
			m.Error(got)
		}
		if asked, _ := m.since(); len(asked) != 1 {
			m.Errorf("the wire saw %v", asked)
		}
		m.echoes(false)
		if got := m.say(write); got != hexed(write) {
			m.Errorf("the same once more, later: %s", got)
		}
	})
}

// A master that gave up and asks the next thing must not get the answer to the last.
func TestALateAnswerIsNotSaid(t *testing.T) {
	withOldMaster(t, func(m *oldMaster) {
		m.takes = 300 * time.Millisecond
		m.end.Write(frame("05 03 0001 0001!"))
		time.Sleep(200 * time.Millisecond)
		if got := m.say("05 03 0002 0001!"); got != hexed("05 03 0002 0001!") {
			m.Errorf("it heard %s", got)
		}
		if asked, _ := m.since(); len(asked) != 2 {
			m.Error(asked)
		}
	})
}

func TestTheOldMastersAdapterIsPulled(t *testing.T) {
	withOldMaster(t, func(m *oldMaster) {
		m.mutex.Lock()
		m.down = errors.New("no such device")
		m.mutex.Unlock()
		m.end.Close()
		time.Sleep(time.Minute)
		m.mutex.Lock()
		m.down = nil
		opens := m.opens
		m.mutex.Unlock()
		if opens < 5 || opens > 15 {
			m.Errorf("opened %d times in a minute", opens)
		}
		time.Sleep(2 * reopen)
		if got := m.say("05 03 0000 0001!"); got != hexed("05 03 0000 0001!") {
			m.Error(got)
		}
	})
}

// FuzzSlave sends bytes as a line may bring them: no panic, and only sound requests to
// our units are asked.
func FuzzSlave(f *testing.F) {
	f.Add(frame("05 03 0000 000a!"))
	f.Add(frame("05 10 015d 0002 04 0016 0017!"))
	f.Add(append(frame("07 03 04 0503 0000!"), frame("05 2b 0e 03 87!")...))
	f.Add([]byte{5, 16, 0, 0, 0, 1, 255, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		b := &bench{}
		d := &door{}
		d.bus.Store(&proxied{line: b, audit: (*audit)(nil).goOn("b", b.Journal)})
		s := &slave{name: "x", unit: d.unit, input: data[:min(len(data), overheard)]}
		for r := s.request(); r != nil; r = s.request() {
			if !sound(r) || !b.Has(r[0]) || len(r) != requestLength(r) {
				t.Fatalf("% x", r)
			}
		}
	})
}
