package ledwall

import "encoding/binary"

// The layout of an E1.31 data packet (ANSI E1.31-2018, sections 4 to 7): a root
// layer, a framing layer and a DMP layer, each with its own length, all numbers
// big-endian.
const (
	port = 5568
	// PixelsInUniverse take 510 of 512 slots: a pixel is never split.
	PixelsInUniverse = 170
	firstUniverse    = 1
	lastUniverse     = 63999
	priority         = 100 // of 0–200, the standard's default
	rootStart        = 16  // where the root layer's length begins to count
	frameStart       = 38
	dmpStart         = 115
	header           = 126 // up to and with the start code
	vectorData       = 4   // VECTOR_ROOT_E131_DATA
	vectorPacket     = 2   // VECTOR_E131_DATA_PACKET
	vectorProperty   = 2   // VECTOR_DMP_SET_PROPERTY
	terminated       = 0x40
)

var identifier = [12]byte{'A', 'S', 'C', '-', 'E', '1', '.', '1', '7'}

// packet makes one packet of the slots (at most 512) of the universe.
func packet(cid [16]byte, source string, universe uint16, sequence, options byte, slots []byte) []byte {
	p := make([]byte, header, header+len(slots))
	size := header + len(slots)
	be := binary.BigEndian
	be.PutUint16(p[0:], 0x0010)
	copy(p[4:16], identifier[:])
	length(p[rootStart:], size-rootStart)
	be.PutUint32(p[18:], vectorData)
	copy(p[22:38], cid[:])

	length(p[frameStart:], size-frameStart)
	be.PutUint32(p[40:], vectorPacket)
	copy(p[44:107], source) // 64 bytes, the last one stays zero
	p[108] = priority
	p[111], p[112] = sequence, options
	be.PutUint16(p[113:], universe)

	length(p[dmpStart:], size-dmpStart)
	p[117], p[118] = vectorProperty, 0xa1
	be.PutUint16(p[121:], 1) // address increment
	be.PutUint16(p[123:], uint16(len(slots)+1))
	return append(p, slots...)
}

// length writes flags (7) and length of a layer.
func length(p []byte, n int) { binary.BigEndian.PutUint16(p, 0x7000|uint16(n)) }
