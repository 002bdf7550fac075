package modem

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// Blocks is one block of all points, every 30 s.
func (m *Modem) Blocks() []driver.Block {
	b := driver.Block{Name: "health", Period: healthPeriod, Priority: 1, Timeout: 20 * time.Second}
	for _, p := range m.Describe() {
		b.Points = append(b.Points, p.Name)
	}
	return []driver.Block{b}
}

// healthTurn is the priority of the questions below: after every message.
const healthTurn = 5

// Poll asks for the state of the modem in one turn behind all waiting messages.
func (m *Modem) Poll(ctx context.Context, _ int, emit driver.Emit) error {
	err := m.take(ctx, healthTurn, 0, func(ctx context.Context, s *session) error { return s.health(ctx, emit) })
	if err != nil {
		return fmt.Errorf("modem %s: read health: %w", m.name, err)
	}
	return nil
}

// health asks four questions. A refusal is an answer: it makes its point false
// or not present.
func (s *session) health(ctx context.Context, emit driver.Emit) error {
	ready, err := s.ask(ctx, "AT+CPIN?", "+CPIN:")
	if err != nil {
		return err
	}
	emit(point.Sample{Point: s.m.point("sim"), Value: point.OfBool(ready == "READY")})
	if ready == "READY" && time.Until(s.again) < retryPeriod {
		s.again = time.Time{} // the SIM is back: set up now
	}
	signal, err := s.ask(ctx, "AT+CSQ", "+CSQ:")
	if err != nil {
		return err
	}
	emit(s.m.signal(signal))
	registered, err := s.registered(ctx)
	if err != nil {
		return err
	}
	emit(point.Sample{Point: s.m.point("registered"), Value: point.OfBool(registered)})
	operator, err := s.ask(ctx, "AT+COPS?", "+COPS:")
	if err != nil {
		return err
	}
	emit(s.m.operator(operator))
	return nil
}

// ask returns what stands behind prefix, empty when the modem refuses.
func (s *session) ask(ctx context.Context, text, prefix string) (string, error) {
	lines, err := s.wire.command(ctx, text, prefix, simTimeout)
	if err != nil && !readRefusal(err) {
		return "", err
	}
	if len(lines) == 0 {
		return "", nil
	}
	return strings.TrimSpace(strings.TrimPrefix(lines[0], prefix)), nil
}

// signal turns the 0–31 of +CSQ into dBm; 99 is "not known".
func (m *Modem) signal(answer string) point.Sample {
	s := point.Sample{Point: m.point("signal")}
	field, _, _ := strings.Cut(answer, ",")
	n, err := strconv.Atoi(strings.TrimSpace(field))
	if err != nil || n < 0 || n > 31 {
		s.Quality = point.BadBecause(point.NotPresent)
		return s
	}
	s.Value = point.OfReal(float64(-113 + 2*n))
	return s
}

// registered is true when either network, 2G/3G or LTE, has the modem: at home
// (1), roaming (5), or for short messages only (6, 7).
func (s *session) registered(ctx context.Context) (bool, error) {
	for _, network := range []string{"+CREG", "+CEREG"} {
		answer, err := s.ask(ctx, "AT"+network+"?", network+":")
		if err != nil {
			return false, err
		}
		fields := strings.Split(answer, ",")
		state := strings.TrimSpace(fields[min(1, len(fields)-1)])
		switch state {
		case "1", "5", "6", "7":
			return true, nil
		}
	}
	return false, nil
}

// operator is the name between the quotes of +COPS.
func (m *Modem) operator(answer string) point.Sample {
	s := point.Sample{Point: m.point("operator")}
	fields := strings.Split(answer, `"`)
	if len(fields) < 3 {
		s.Quality = point.BadBecause(point.NotPresent)
		return s
	}
	s.Value = point.OfText(fields[1])
	return s
}

// Describe lists the four points.
func (m *Modem) Describe() []point.Point {
	bools := func(no, yes point.Words) map[int64]point.Words { return map[int64]point.Words{0: no, 1: yes} }
	list := []point.Point{
		{Name: m.point("signal"), Label: point.Words{Zh: "信号强度", En: "Signal"}, Kind: point.Real, Unit: "dBm"},
		{Name: m.point("registered"), Label: point.Words{Zh: "已注册网络", En: "Registered"}, Kind: point.Bool,
			States: bools(point.Words{Zh: "未注册", En: "not registered"}, point.Words{Zh: "已注册", En: "registered"})},
		{Name: m.point("sim"), Label: point.Words{Zh: "SIM 卡", En: "SIM"}, Kind: point.Bool,
			States: bools(point.Words{Zh: "无卡或未解锁", En: "missing or locked"}, point.Words{Zh: "就绪", En: "ready"})},
		{Name: m.point("operator"), Label: point.Words{Zh: "运营商", En: "Operator"}, Kind: point.Text},
	}
	for i := range list {
		list[i].Room, list[i].Source = m.room, "3GPP TS 27.007"
		list[i].Stale = (4 * healthPeriod).Milliseconds()
	}
	return list
}

func (m *Modem) point(item string) point.Name { return point.Join(m.name, item) }
