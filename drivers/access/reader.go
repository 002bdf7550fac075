// Package access listens to card readers: serial ones that write a line per
// card, and Wiegand ones that pulse two wires. A reader gives two points: card,
// an edge whose text is the card's number in decimal, and online.
//
// The package only tells which card was shown; who may pass is the panel's to say.
package access

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// Reader is a reader on a serial line. It sends by itself and is never asked.
type Reader struct {
	name, room string
	label      point.Words
	open       func() (driver.Port, error)
	parse      func(line string) (card string, ok bool)
	heartbeat  time.Duration // a reader that tells it lives does so at least this often; 0: it does not
	sieve      sieve
}

// The bounds of listening.
const (
	listen  = 200 * time.Millisecond // one read: how late the end of ctx is noticed
	patched = time.Second            // half a line followed by so much silence is noise
)

// New makes a reader; it touches no wire. open opens its port anew for each
// Watch. Options: format is decimal (default), hex, or em4100 (ten hexadecimal
// digits and a check sum, STX and ETX, as 125 kHz modules send);
// heartbeat is how often the reader sends an empty line, if it does.
func New(spec driver.Spec, open func() (driver.Port, error)) (*Reader, error) {
	r := &Reader{name: spec.Name, room: spec.Room, label: spec.Label, open: open, parse: decimalLine}
	for key, value := range spec.Options {
		if err := r.option(key, value); err != nil {
			return nil, fmt.Errorf("reader %s: %w", spec.Name, err)
		}
	}
	return r, nil
}

func (r *Reader) option(key, value string) error {
	switch key {
	case "format":
		parse, known := formats[value]
		if !known {
			return driver.BadOption(key, value, driver.OneOf("decimal", "hex", "em4100"))
		}
		r.parse = parse
	case "heartbeat":
		d, err := time.ParseDuration(value)
		if err != nil || d < time.Second || d > time.Hour {
			return driver.BadOption(key, value, driver.Between("1s", "1h"))
		}
		r.heartbeat = d
	default:
		return driver.UnknownOption(key, "format", "heartbeat")
	}
	return nil
}

// Describe lists the reader's two points.
func (r *Reader) Describe() []point.Point { return describe(r.name, r.room, r.label) }

func describe(name, room string, label point.Words) []point.Point {
	if label.IsZero() {
		label = point.Words{Zh: "读卡器", En: "Reader"}
	}
	of := func(zh, en string) point.Words {
		return point.Words{Zh: label.In("zh") + zh, En: label.In("en") + en}
	}
	return []point.Point{
		{Name: point.Join(name, "card"), Label: of("：卡号", ": card"), Kind: point.Text, Room: room, Urgent: true},
		{Name: point.Join(name, "online"), Label: of("：在线", ": online"), Kind: point.Bool, Room: room,
			States: map[int64]point.Words{0: {Zh: "离线", En: "offline"}, 1: {Zh: "在线", En: "online"}}},
	}
}

// Close does nothing: the port lives as long as a Watch.
func (r *Reader) Close() error { return nil }

// Watch listens until ctx ends or the port is lost. A port that does not open is
// told by the error alone: a sample would be a sign of life.
func (r *Reader) Watch(ctx context.Context, emit driver.Emit) error {
	port, err := r.open()
	if err != nil {
		return fmt.Errorf("reader %s: open port: %w", r.name, err)
	}
	defer port.Close()
	r.online(emit, true)
	if err := r.listen(ctx, port, emit); err != nil {
		r.online(emit, false)
		return fmt.Errorf("reader %s: %w", r.name, err)
	}
	return ctx.Err()
}

func (r *Reader) online(emit driver.Emit, is bool) {
	emit(point.Sample{Point: point.Join(r.name, "online"), Value: point.OfBool(is)})
}

func (r *Reader) listen(ctx context.Context, port driver.Port, emit driver.Emit) error {
	var lines splitter
	var buffer [256]byte
	heard := time.Now()
	for ctx.Err() == nil {
		if err := port.SetReadDeadline(time.Now().Add(listen)); err != nil {
			return fmt.Errorf("set deadline: %w", err)
		}
		n, err := port.Read(buffer[:])
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return fmt.Errorf("read: %w", err)
		}
		now := time.Now()
		if n == 0 && now.Sub(heard) >= patched {
			lines.reset()
		}
		if n > 0 {
			heard = now
		}
		if r.heartbeat > 0 && now.Sub(heard) > 2*r.heartbeat {
			return fmt.Errorf("no heartbeat for %s: %w", 2*r.heartbeat, driver.ErrTimeout)
		}
		for _, b := range buffer[:n] {
			if line, ok := lines.add(b); ok {
				r.line(line, now, emit)
			}
		}
	}
	return nil
}

// line takes one whole line.
func (r *Reader) line(line string, now time.Time, emit driver.Emit) {
	card, ok := r.parse(line)
	if ok && r.sieve.pass(card, now) {
		emit(point.Sample{Point: point.Join(r.name, "card"), Value: point.OfText(card)})
	}
}

// sieve thins what a reader repeats while a card lies on it, and what a broken
// or hostile one pours out.
type sieve struct {
	card   string
	last   time.Time // the card was heard
	second time.Time // the running second
	count  int       // cards in it
}

const (
	repeats   = time.Second // the same card again within this is the same showing
	perSecond = 5           // more cards than a person can show
)

func (s *sieve) pass(card string, now time.Time) bool {
	again := card == s.card && now.Sub(s.last) < repeats
	s.card, s.last = card, now
	if now.Sub(s.second) >= time.Second {
		s.second, s.count = now, 0
	}
	if again || s.count >= perSecond {
		return false
	}
	s.count++
	return true
}
