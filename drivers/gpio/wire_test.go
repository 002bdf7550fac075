package gpio

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/driver"
)

func TestMessagesReadBack(t *testing.T) {
	for _, line := range []string{
		"ok", "watch DI1:20 DI2:0", "output DO1 0 300000", "output DO1 1 -1", "set DO1 1", "read DI1 DO1",
		"levels 1 0 absent busy", "edge DI1 1 7 3 81234567", "error no such order",
	} {
		m, err := ParseMessage(line)
		if err != nil || m.String() != line {
			t.Errorf("%q came back as %q, %v", line, m, err)
		}
	}
}

func TestMessagesRefused(t *testing.T) {
	for _, line := range []string{
		"", "hello", "ok then", "watch", "watch di1:5", "watch DI1", "watch DI1:-1", "output DO1 0", "set DO1 2",
		"set DO1  1", "read", "levels", "levels 1 gone", "edge DI1 1 7 3", "edge DI1 1 -7 3 0", "read" + strings.Repeat(" A", MaxLines+1),
	} {
		if _, err := ParseMessage(line); !errors.Is(err, driver.ErrGarbage) {
			t.Errorf("%q: %v, want garbage", line, err)
		}
	}
	long := NewTalk(struct {
		io.Reader
		io.Writer
	}{strings.NewReader(strings.Repeat("x", MaxMessage+9)), io.Discard})
	if _, err := long.Receive(); !errors.Is(err, driver.ErrGarbage) {
		t.Errorf("endless line: %v", err)
	}
}

func FuzzParseMessage(f *testing.F) {
	for _, line := range []string{"ok", "watch DI1:20 DI2:0", "output DO1 0 -1", "set DO1 1", "read DI1", "levels 1 0 absent busy",
		"edge DI1 1 7 3 81234567", "error no"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		m, err := ParseMessage(line)
		if err != nil {
			return
		}
		again, err := ParseMessage(m.String())
		if err != nil || !reflect.DeepEqual(m, again) {
			t.Errorf("%q: %+v, then %+v, %v", line, m, again, err)
		}
	})
}

func rawEvent(stamp uint64, words ...uint32) []byte {
	b := binary.NativeEndian.AppendUint64(nil, stamp)
	for _, w := range words {
		b = binary.NativeEndian.AppendUint32(b, w)
	}
	return append(b, make([]byte, eventSize-len(b))...)
}

func TestDecodeEvents(t *testing.T) {
	b := bytes.Join([][]byte{rawEvent(5e9, 1, 3, 10, 4), rawEvent(6e9, 2, 3, 11, 5)}, nil)
	got, err := decodeEvents(b)
	want := []event{{5 * time.Second, true, 3, 10, 4}, {6 * time.Second, false, 3, 11, 5}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	for name, b := range map[string][]byte{"half": b[:70], "unknown kind": rawEvent(1, 3, 0, 1, 1)} {
		if _, err := decodeEvents(b); !errors.Is(err, driver.ErrGarbage) {
			t.Errorf("%s: %v, want garbage", name, err)
		}
	}
}

func FuzzDecodeEvents(f *testing.F) {
	f.Add(rawEvent(5e9, 1, 3, 10, 4))
	f.Add(append(rawEvent(5e9, 1, 3, 10, 4), rawEvent(6e9, 2, 3, 11, 5)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		if list, err := decodeEvents(b); err == nil && len(list)*eventSize != len(b) {
			t.Errorf("%d events of %d bytes", len(list), len(b))
		}
	})
}

func FuzzParseInherited(f *testing.F) {
	f.Add("DO1:3,DO2:4")
	f.Fuzz(func(t *testing.T, value string) {
		numbers, err := parseInherited(value)
		if err == nil && value != "" && len(numbers) != strings.Count(value, ",")+1 {
			t.Errorf("%q gave %v", value, numbers)
		}
	})
}
