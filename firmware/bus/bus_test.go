package bus

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

func codes(h Health) (list []string) {
	for _, x := range h.Hints {
		list = append(list, x.Code)
	}
	return list
}

func modbusUnit(n int) Slave { return Slave{ModbusRTU, n} }

// fill notes n exchanges like o with each of the units.
func fill(m *Monitor, n int, o Outcome, units ...int) {
	for range n {
		for _, u := range units {
			o.Slave = modbusUnit(u)
			m.Count(o)
		}
	}
}

var well = Outcome{End: Answer, Turn: 12 * time.Millisecond, Ideal: 40 * time.Millisecond, Busy: 42 * time.Millisecond}

func TestScoreIsAchievedPerCeiling(t *testing.T) {
	m := &Monitor{Line: driver.Line{Baud: 9600, Parity: "even"}}
	fill(m, 30, well, 1, 2)
	h := m.Health(time.Now().Add(time.Minute), nil)
	if h.Score != 95 || h.Shape != "9600 8E1" || len(h.Slaves) != 2 || len(h.Hints) != 0 {
		t.Errorf("well: %+v", h)
	}
	if s := h.Slaves[0]; s.Unit != 1 || s.Least != 0.012 || s.Middle != 0.02 || s.Turns[3] != 30 {
		t.Errorf("slave: %+v", s)
	}
	fill(m, 30, Outcome{End: Silence, Busy: 250 * time.Millisecond}, 3) // 2400 of 10020 ms
	h = m.Health(time.Now().Add(time.Minute), map[Slave][]string{modbusUnit(3): {"ac1"}})
	if h.Score != 24 || h.Slaves[2].Devices[0] != "ac1" || !slices.Equal(codes(h), []string{"no-answer"}) {
		t.Errorf("one is dead: %d %+v %v", h.Score, h.Slaves, codes(h))
	}
	if h := m.Health(time.Now().Add(time.Hour), nil); h.Score != -1 || len(h.Slaves) != 0 {
		t.Errorf("an hour later: %+v", h)
	}
}

func TestHintsSayWhatPointsToThem(t *testing.T) {
	for _, c := range []struct {
		name, code string
		figures    []string // in both languages
		spoil      func(m *Monitor)
	}{
		{"two of one address", "duplicate-address", []string{"2", "100", "7"}, func(m *Monitor) {
			for range 7 {
				m.CountBetween(modbusUnit(2), Doubled, 9)
			}
		}},
		{"another master", "another-master", []string{"5", "300"}, func(m *Monitor) {
			for range 5 {
				m.CountBetween(modbusUnit(1), Foreign, 8)
			}
		}},
		{"a babbler", "babbler", []string{"160", "20"}, func(m *Monitor) {
			for range 20 {
				m.CountBetween(modbusUnit(1), Noise, 8)
			}
		}},
		{"termination", "termination", []string{"3", "330", "30"}, func(m *Monitor) { fill(m, 10, Outcome{End: Damaged, Busy: 50 * time.Millisecond}, 1, 2, 3) }},
		{"one stub", "one-damaged", []string{"3", "110", "10"}, func(m *Monitor) { fill(m, 10, Outcome{End: Damaged, Busy: 50 * time.Millisecond}, 3) }},
		{"now and then silent", "often-silent", []string{"2", "110", "10"}, func(m *Monitor) { fill(m, 10, Outcome{End: Silence, Busy: 250 * time.Millisecond}, 2) }},
		{"too slow", "too-slow", []string{"1", "4", "104"}, func(m *Monitor) { fill(m, 4, Outcome{End: Late, Busy: 250 * time.Millisecond}, 1) }},
	} {
		m := &Monitor{}
		fill(m, 100, well, 1, 2, 3)
		c.spoil(m)
		h := m.Health(time.Now().Add(time.Minute), nil)
		if !slices.Equal(codes(h), []string{c.code}) {
			t.Errorf("%s: hints %v, want %s", c.name, codes(h), c.code)
			continue
		}
		for _, f := range c.figures {
			if x := h.Hints[0]; !strings.Contains(x.Zh, f) || !strings.Contains(x.En, f) {
				t.Errorf("%s: %s is not among the figures: %s · %s", c.name, f, x.Zh, x.En)
			}
		}
	}
	m := &Monitor{}
	fill(m, 100, well, 1)
	if h := m.Health(time.Now().Add(4*time.Second), nil); !slices.Equal(codes(h), []string{"full"}) {
		t.Errorf("4.2 s of use in 4 s: %v", codes(h))
	}
}

// A listener that does not read costs the wire nothing and is told what it lost.
func TestASlowListenerLosesFrames(t *testing.T) {
	m := &Monitor{}
	m.Tell(Frame{Kind: Sent}) // nobody hears
	if m.Listening() {
		t.Fatal("somebody listens")
	}
	slow, err := m.Listen()
	if err != nil {
		t.Fatal(err)
	}
	data := []byte{1, 2}
	for range earSize + 7 {
		m.Tell(Frame{Kind: Answer, Data: data})
	}
	data[0] = 9
	f, err := slow.Next(t.Context())
	if err != nil || f.Kind != Answer || !bytes.Equal(f.Data, []byte{1, 2}) || f.Lost != 7 {
		t.Errorf("%+v, %v", f, err)
	}
	slow.Close()
	slow.Close()
	if m.Listening() {
		t.Error("still listening")
	}
	var ears []*Ear
	for {
		e, err := m.Listen()
		if err != nil {
			if !errors.Is(err, ErrTooMany) || len(ears) != mostEars {
				t.Errorf("%v after %d", err, len(ears))
			}
			break
		}
		ears = append(ears, e)
	}
	over, stop := context.WithCancel(t.Context())
	stop()
	if _, err := ears[0].Next(over); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestNobodyListeningCostsNothing(t *testing.T) {
	m := &Monitor{}
	f := Frame{Kind: Answer, Data: make([]byte, 200)}
	if n := testing.AllocsPerRun(100, func() { m.Tell(f) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// The capture is taken apart by the format's paper; test/conformance has Wireshark read it.
func TestCaptureIsPcapng(t *testing.T) {
	var b bytes.Buffer
	c, err := NewCapture(&b, "rs485-1")
	if err != nil {
		t.Fatal(err)
	}
	l := Line{Frame{At: time.Unix(1700000000, 123456789), Kind: Damaged, Data: []byte{1, 2, 3}}, Meaning{Protocol: ModbusRTU, Check: Bad, Text: point.Words{Zh: "坏", En: "bad"}}}
	if err := c.Add(l); err != nil {
		t.Fatal(err)
	}
	var types []uint32
	rest := b.Bytes()
	for len(rest) > 0 {
		n := binary.LittleEndian.Uint32(rest[4:])
		if n%4 != 0 || int(n) > len(rest) || binary.LittleEndian.Uint32(rest[n-4:]) != n {
			t.Fatalf("block of %d bytes", n)
		}
		types = append(types, binary.LittleEndian.Uint32(rest))
		rest = rest[n:]
	}
	if !slices.Equal(types, []uint32{sectionHeader, interfaceBlock, packetBlock}) {
		t.Errorf("%x", types)
	}
	if !bytes.Contains(b.Bytes(), []byte("mbrtu")) || !bytes.Contains(b.Bytes(), []byte("damaged: 坏 · bad")) {
		t.Errorf("%q", b.Bytes())
	}
}

func TestKindsHaveNames(t *testing.T) {
	for k := Sent; k <= Silence; k++ {
		b, _ := k.MarshalText()
		var back Kind
		if err := back.UnmarshalText(b); err != nil || back != k {
			t.Errorf("%s: %v, %v", b, back, err)
		}
	}
	if (new(Kind)).UnmarshalText([]byte("loud")) == nil {
		t.Error("took a kind that there is none of")
	}
}
