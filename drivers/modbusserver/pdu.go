package modbusserver

import (
	"encoding/binary"

	"watchbox/firmware/registers"
)

// The exception codes ("MODBUS application protocol specification" V1.1b3, 7).
const (
	illegalFunction = 0x01
	illegalAddress  = 0x02
	illegalValue    = 0x03
	deviceFailure   = 0x04
	noPath          = 0x0a // gateway path unavailable
	noAnswer        = 0x0b // gateway target device failed to respond
)

// The most that one answer carries (V1.1b3, 6.1 and 6.3).
const (
	mostBits  = 2000
	mostWords = 125
)

func exception(function, code byte) []byte { return []byte{function | 0x80, code} }

// Unit answers the requests for one unit identifier. A request begins with the
// function and has 1 to 253 bytes, an answer too; nil is no answer. It is called by
// many connections at once and may block only within bounds. from is who asks.
type Unit interface {
	Answer(from string, request []byte) []byte
}

// box is the unit that stands for the box: it can be read, and nothing else.
type box struct {
	image    func() *registers.Image // of this moment; nil while the box starts
	identity []object
}

// Answer knows the functions 1 to 4 and 43/14; every other one, whatever it would
// write, is an illegal function.
func (b *box) Answer(_ string, request []byte) []byte {
	switch request[0] {
	case 1, 2, 3, 4:
		return b.read(request)
	case encapsulated:
		return identify(request, b.identity)
	}
	return exception(request[0], illegalFunction)
}

// read answers functions 1–4. The order of the checks is that of the state
// diagrams, V1.1b3, 6.1–6.4: quantity, then address.
func (b *box) read(request []byte) []byte {
	f := request[0]
	if len(request) != 5 {
		return exception(f, illegalValue)
	}
	address, n := int(binary.BigEndian.Uint16(request[1:])), int(binary.BigEndian.Uint16(request[3:]))
	most := mostWords
	if f <= 2 {
		most = mostBits
	}
	if n < 1 || n > most {
		return exception(f, illegalValue)
	}
	image := b.image()
	if image == nil {
		return exception(f, deviceFailure)
	}
	found := data(image, f, address, n)
	if found == nil {
		return exception(f, illegalAddress)
	}
	return append([]byte{f, byte(len(found))}, found...)
}

// data is what the function asks for; nil where not all of it exists.
func data(image *registers.Image, function byte, address, n int) []byte {
	if function <= 2 {
		return packBits(image.Bits(address, n))
	}
	return packWords(image.Registers(address, n))
}

func packBits(bits []bool, ok bool) []byte {
	if !ok {
		return nil
	}
	data := make([]byte, (len(bits)+7)/8)
	for i, on := range bits {
		if on {
			data[i/8] |= 1 << (i % 8)
		}
	}
	return data
}

func packWords(words []uint16, ok bool) (data []byte) {
	if !ok {
		return nil
	}
	for _, w := range words {
		data = binary.BigEndian.AppendUint16(data, w)
	}
	return data
}
