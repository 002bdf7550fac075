package bus

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"watchbox/firmware/point"
)

func recorded(t testing.TB, lines ...Line) []byte {
	t.Helper()
	var b bytes.Buffer
	c, err := NewCapture(&b, "rs485-1")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		if err := c.Add(l); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func TestRecordingIsReadBack(t *testing.T) {
	now := time.Unix(1700000000, 123456789)
	lines := []Line{
		{Frame{At: now, Kind: Sent, Data: []byte{1, 3, 0, 0, 0, 1, 0x84, 0x0a}}, Meaning{Protocol: ModbusRTU}},
		{Frame{At: now.Add(time.Millisecond), Kind: Damaged, Data: []byte{1}}, Meaning{Protocol: ModbusRTU, Check: Bad, Text: point.Words{Zh: "坏", En: "bad"}}},
		{Frame{At: now.Add(time.Second), Kind: Silence, Data: []byte{}}, Meaning{}},
	}
	got, err := ReadCapture(bytes.NewReader(recorded(t, lines...)))
	if err != nil || len(got) != len(lines) {
		t.Fatalf("%d lines, %v", len(got), err)
	}
	for i, l := range got {
		if l.Kind != lines[i].Kind || !l.At.Equal(lines[i].At) || !reflect.DeepEqual(l.Data, lines[i].Data) || l.Protocol != lines[i].Protocol {
			t.Errorf("wrote %+v, read %+v", lines[i], l)
		}
	}
	for _, wrong := range [][]byte{nil, []byte("a text"), recorded(t, lines...)[:100]} {
		if _, err := ReadCapture(bytes.NewReader(wrong)); err == nil {
			t.Errorf("read %q", wrong)
		}
	}
}

func FuzzReadCapture(f *testing.F) {
	f.Add(recorded(f, Line{Frame{At: time.Unix(1, 2), Kind: Answer, Data: []byte{1, 2, 3}}, Meaning{Protocol: ModbusTCP}}))
	f.Fuzz(func(t *testing.T, b []byte) { ReadCapture(bytes.NewReader(b)) })
}
