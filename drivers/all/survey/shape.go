package survey

import (
	"fmt"
	"strings"

	"watchbox/drivers/modbus"
	"watchbox/drivers/pair"
	"watchbox/firmware/driver"
)

// usual are the speeds that products leave the factory with, the most frequent first.
var usual = []string{"9600 8N1", "19200 8E1", "19200 8N1", "9600 8E1", "4800 8N1", "2400 8N1", "38400 8N1", "115200 8N1"}

// parse reads "9600 8N1".
func parse(text string) (l driver.Line, ok bool) {
	var letter rune
	if n, err := fmt.Sscanf(text, "%d %1d%c%1d", &l.Baud, &l.DataBits, &letter, &l.StopBits); err != nil || n != 4 {
		return l, false
	}
	l.Parity = map[rune]string{'N': "none", 'E': "even", 'O': "odd"}[letter]
	return l, l.Parity != "" && l.String() == strings.TrimSpace(text) && l.Baud >= 1200 && l.Baud <= 115200 && l.DataBits == 8
}

// shapes are the speeds to try: the wire's own, then others where nobody is hurt.
func (s *Survey) shapes() (list []driver.Line) {
	wanted := s.order.Shapes
	if len(wanted) == 0 {
		wanted = append([]string{s.wire.Shape.String()}, usual...)
	}
	seen := map[string]bool{}
	for _, text := range wanted {
		if seen[text] {
			continue
		}
		seen[text] = true
		if s.fixed() && text != s.wire.Shape.String() {
			if len(s.order.Shapes) > 0 && s.wire.Address == "" {
				s.note("没有试 %s：这条总线上配有设备，只能用它自己的速率 %s", "%s was not tried: this bus has devices, only its own speed %s may be used", text, s.wire.Shape)
			}
			continue
		}
		l, _ := parse(text)
		list = append(list, l)
	}
	return list
}

// speak turns to the wire at that speed.
func (s *Survey) speak(l driver.Line) {
	s.silent()
	if !s.live() {
		s.wire.Own.Pair.Rest() // one port of a wire is open at a time
	}
	line := s.wire.Own
	if l.String() != s.wire.Shape.String() {
		line = s.open(l)
	}
	ear, err := line.Pair.Monitor().Listen()
	if err != nil {
		s.note("监听者过多：迟到的应答看不到", "too many listen already: late answers are not seen")
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.line, s.shape, s.ear = line, l, ear
}

// open is the wire at a speed of the survey's own.
func (s *Survey) open(l driver.Line) Line {
	make := pair.New
	if s.wire.Address != "" {
		make = pair.NewRemote
	}
	p := make(s.wire.Name, func() (driver.Port, error) { return s.wire.Open(l) }, l)
	return Line{p, modbus.NewRTU(s.wire.Name, p)}
}

// silent gives the wire back.
func (s *Survey) silent() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.ear != nil {
		s.ear.Close()
		s.ear = nil
	}
	if s.line.Pair != s.wire.Own.Pair {
		s.line.Pair.Close()
		s.line = s.wire.Own
	}
}
