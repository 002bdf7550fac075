package modbustest

// request finds the first sound request; the bytes before it are noise.
func request(b []byte) (frame []byte, skipped int) {
	for i := range b {
		if n := requestLength(b[i:]); n > 0 && n <= len(b)-i && sound(b[i:i+n]) {
			return append([]byte(nil), b[i:i+n]...), i
		}
	}
	return nil, 0
}

// requestLength goes by the function; 0 means unknown or not yet to be told.
func requestLength(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case 1, 2, 3, 4, 5, 6:
		return 8
	case 15, 16:
		if len(b) > 6 {
			return 9 + int(b[6])
		}
	case 0x2b:
		return 7 // read device identification
	}
	return 0
}

// readdressed is the frame as another unit would send it.
func readdressed(frame []byte, unit uint8) []byte {
	f := append([]byte{unit}, frame[1:len(frame)-2]...)
	return seal(f)
}

// seal appends the check sum: CRC-16/MODBUS, low byte first.
func seal(b []byte) []byte {
	s := checksum(b)
	return append(b, byte(s), byte(s>>8))
}

func sound(b []byte) bool {
	n := len(b) - 2
	return n > 1 && checksum(b[:n]) == uint16(b[n])|uint16(b[n+1])<<8
}

// checksum is bit by bit, from the specification, on purpose not the master's.
func checksum(b []byte) uint16 {
	s := uint16(0xffff)
	for _, c := range b {
		s ^= uint16(c)
		for range 8 {
			odd := s & 1
			s >>= 1
			s ^= 0xa001 * odd
		}
	}
	return s
}
