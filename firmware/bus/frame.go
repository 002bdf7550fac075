// Package bus holds what can be seen of a wire that devices are asked on: its
// frames one by one (a tap for whoever listens), its health over the last minutes
// with hints about what is wrong, and what a search for devices found on it.
//
// Drivers tell a Monitor what they see; it never blocks them. Everything else
// here is pure.
package bus

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"watchbox/firmware/point"
)

// The protocols of a wire, as the site file names their drivers.
const (
	ModbusRTU = "modbus-rtu"
	ModbusTCP = "modbus-tcp"
	YDT1363   = "ydt1363"
	Megatec   = "megatec"
)

// Slave is whom a request is for: one number in one protocol.
type Slave struct {
	Protocol string
	Unit     int // 0 where the protocol has no address
}

// Kind is what the master makes of bytes on the wire.
type Kind uint8

// The kinds. All but Sent and Silence were received.
const (
	Sent    Kind = iota
	Answer       // what was asked for
	Late         // the same, after its time-out
	Doubled      // once more, after the answer: two devices with one address
	Foreign      // whole frames of somebody else: another unit, another master
	Damaged      // like the answer, with a wrong check sum
	Noise        // not understood
	Silence      // nothing came in time; Data is empty
)

var kinds = [...]string{"sent", "answer", "late", "doubled", "foreign", "damaged", "noise", "silence"}

func (k Kind) String() string { return kinds[min(int(k), len(kinds)-1)] }

// MarshalText writes String.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (k *Kind) UnmarshalText(b []byte) error {
	i := slices.Index(kinds[:], string(b))
	if i < 0 {
		return fmt.Errorf("frame of kind %q: want one of %s", b, strings.Join(kinds[:], ", "))
	}
	*k = Kind(i)
	return nil
}

// Frame is what was on the wire at one time.
type Frame struct {
	At    time.Time // received: when its first byte was read, as far as that was seen
	Kind  Kind
	Slave Slave         // whom the master is asking, also in what it receives
	Wait  time.Duration // from the end of the request to the first byte; of Silence: the time-out
	Data  []byte        // belongs to the receiver of the frame; never written to
	Lost  uint64        // frames that this listener was too slow for, right before this one
}

// Meaning is a frame in a person's words.
type Meaning struct {
	Protocol string      // who speaks so; empty: nobody that is known
	Unit     int         // address in the frame
	Check    string      // Good, Bad, or empty where there is no check sum
	Text     point.Words //
	Length   int         // bytes of the frame; more may follow
}

// What a check sum says.
const (
	Good = "good"
	Bad  = "bad"
)

// Line is one line of a trace.
type Line struct {
	Frame
	Meaning
}

// Dissector puts frames into words; one is used for one trace.
type Dissector interface {
	Lines(Frame) []Line // at least one
}

// Trace is one wire being listened to, in words.
type Trace struct {
	*Ear
	Dissector
}

// Next waits for what was on the wire next; an error when ctx ends.
func (t Trace) Next(ctx context.Context) ([]Line, error) {
	f, err := t.Ear.Next(ctx)
	if err != nil {
		return nil, err
	}
	return t.Lines(f), nil
}
