package pair

import (
	"errors"
	"strings"
	"testing"

	"watchbox/firmware/driver"
)

func TestLineFor(t *testing.T) {
	p := New("b", nil, driver.Line{Baud: 9600})
	for _, c := range []struct {
		options map[string]string
		line    driver.Line
		text    string // of the error
	}{
		{nil, driver.Line{}, ""},
		{map[string]string{"pause": "50ms"}, driver.Line{}, ""},
		{map[string]string{"baud": " 9600 ", "parity": "none", "stop-bits": "1"}, driver.Line{}, ""},
		{map[string]string{"baud": "2400"}, driver.Line{Baud: 2400, Parity: "none", StopBits: 1}, ""},
		{map[string]string{"parity": "even", "stop-bits": "2"}, driver.Line{Baud: 9600, Parity: "even", StopBits: 2}, ""},
		{map[string]string{"baud": "300"}, driver.Line{}, "options.baud: read 300, allowed 1200 to 115200"},
		{map[string]string{"baud": "fast"}, driver.Line{}, "allowed 1200 to 115200"},
		{map[string]string{"parity": "mark"}, driver.Line{}, "allowed one of none, even, odd"},
		{map[string]string{"stop-bits": "3"}, driver.Line{}, "allowed 1 to 2"},
	} {
		line, err := p.LineFor(c.options)
		if line != c.line || (err == nil) != (c.text == "") || err != nil && (!errors.Is(err, driver.ErrUnsupported) || !strings.Contains(err.Error(), c.text)) {
			t.Errorf("%v: %+v, %v", c.options, line, err)
		}
	}
	if _, err := (*Pair)(nil).LineFor(map[string]string{"baud": "x"}); !errors.Is(err, driver.ErrUnsupported) {
		t.Errorf("without a bus: %v", err)
	}
}
