package onewiretest

import (
	"io"
	"math"
	"sync"
)

// What the kernel's w1-uart sends for a reset, a written zero, and a written one or a
// read: the low bits of the byte make the pulse (Maxim's application note 214,
// "Using a UART to implement a 1-Wire bus master").
const (
	reset   = 0xf0
	zero    = 0x80
	one     = 0xff
	pulled  = 0xfe // what comes back of a one while a sensor holds the wire low
	present = 0xe0 // and of a reset when somebody is there
)

// Wire is a 1-Wire chain behind a UART, bit by bit: DS18B20s with their search, match
// and skip of ROMs, conversion and scratchpad (data sheet, "1-Wire bus system").
// Any goroutine.
type Wire struct {
	mutex   sync.Mutex
	sensors map[string]*sensor
}

// NewWire makes an empty chain.
func NewWire() *Wire { return &Wire{sensors: map[string]*sensor{}} }

// Set plugs a sensor in ("28-0316a2795f2c"), or gives it another temperature, °C.
func (w *Wire) Set(rom string, celsius float64) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.sensors[rom] == nil {
		w.sensors[rom] = newSensor(rom)
	}
	w.sensors[rom].celsius = celsius
}

// Unplug takes a sensor off.
func (w *Wire) Unplug(rom string) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	delete(w.sensors, rom)
}

// Brownout lets a sensor lose its power: it has its power-on value and does not
// convert any more.
func (w *Wire) Brownout(rom string) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.sensors[rom].powerOn()
	w.sensors[rom].celsius = math.NaN()
}

// Serve answers the bytes of a UART until it is closed.
func (w *Wire) Serve(uart io.ReadWriter) error {
	b := make([]byte, 1)
	for {
		if _, err := io.ReadFull(uart, b); err != nil {
			return err
		}
		if _, err := uart.Write([]byte{w.slot(b[0])}); err != nil {
			return err
		}
	}
}

// slot is one reset or one bit: what the wire makes of the byte.
func (w *Wire) slot(sent byte) byte {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if sent == reset {
		for _, s := range w.sensors {
			s.begin(commandROM)
			sent = present
		}
		return sent
	}
	line := sent == one
	for _, s := range w.sensors {
		line = line && s.releases()
	}
	for _, s := range w.sensors {
		s.hear(line)
	}
	if sent == one && !line {
		return pulled
	}
	return sent
}
