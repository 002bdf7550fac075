package modbustest

import "watchbox/drivers/maps"

// The exceptions that the fake gives by itself.
const (
	illegalFunction = 1
	illegalAddress  = 2
	illegalValue    = 3
)

// answer is what a healthy slave says to the request; both begin with the function.
func (u *Unit) answer(request []byte) []byte {
	u.mutex.Lock()
	u.served++
	special := u.answers[request[0]]
	u.mutex.Unlock()
	if special != nil {
		return special(request)
	}
	if len(request) < 5 {
		return refusal(request[0], illegalFunction)
	}
	address, n := uint16(request[1])<<8|uint16(request[2]), int(request[3])<<8|int(request[4])
	switch f := request[0]; f {
	case 1, 2:
		return u.bits(maps.Table(f), address, n)
	case 3, 4:
		return u.registers(maps.Table(f), address, n)
	case 5:
		return u.store(request, maps.Coil, address, []uint16{uint16(n >> 15)})
	case 6:
		return u.store(request, maps.Holding, address, []uint16{uint16(n)})
	case 16:
		return u.storeMany(request, address, n)
	}
	return refusal(request[0], illegalFunction)
}

func refusal(function, code byte) []byte { return []byte{function | 0x80, code} }

func (u *Unit) bits(t maps.Table, address uint16, n int) []byte {
	if n < 1 || n > 2000 {
		return refusal(byte(t), illegalValue)
	}
	b := make([]byte, 2+(n+7)/8)
	b[0], b[1] = byte(t), byte((n+7)/8)
	for i := range n {
		v, ok := u.read(t, address+uint16(i))
		if !ok {
			return refusal(byte(t), illegalAddress)
		}
		b[2+i/8] |= byte(v&1) << (i % 8)
	}
	return b
}

func (u *Unit) registers(t maps.Table, address uint16, n int) []byte {
	if n < 1 || n > 125 {
		return refusal(byte(t), illegalValue)
	}
	b := []byte{byte(t), byte(2 * n)}
	for i := range n {
		v, ok := u.read(t, address+uint16(i))
		if !ok {
			return refusal(byte(t), illegalAddress)
		}
		b = append(b, byte(v>>8), byte(v))
	}
	return b
}

// read asks one register; ok is false where there is none.
func (u *Unit) read(t maps.Table, address uint16) (v uint16, ok bool) {
	u.mutex.Lock()
	r := u.cells[cell{t, address}]
	if r == nil {
		defer u.mutex.Unlock()
		for _, z := range u.zeros {
			if z.table == t && int(address)-int(z.from) >= 0 && int(address)-int(z.from) < z.count {
				return 0, true
			}
		}
		return 0, false
	}
	get, v := r.get, r.value
	u.mutex.Unlock()
	if get != nil {
		v = get()
	}
	return v, true
}

// store obeys a write and confirms it with the first five bytes of the request.
func (u *Unit) store(request []byte, t maps.Table, address uint16, values []uint16) []byte {
	for i, v := range values {
		if code := u.write(t, address+uint16(i), v); code != 0 {
			return refusal(request[0], code)
		}
	}
	return append([]byte(nil), request[:5]...)
}

func (u *Unit) storeMany(request []byte, address uint16, n int) []byte {
	if n < 1 || n > 123 || len(request) != 6+2*n || int(request[5]) != 2*n {
		return refusal(16, illegalValue)
	}
	var values []uint16
	for i := range n {
		values = append(values, uint16(request[6+2*i])<<8|uint16(request[7+2*i]))
	}
	return u.store(request, maps.Holding, address, values)
}

// write sets one register; the code is 0 when it obeyed.
func (u *Unit) write(t maps.Table, address, v uint16) (code byte) {
	u.mutex.Lock()
	r := u.cells[cell{t, address}]
	u.mutex.Unlock()
	if r == nil {
		return illegalAddress
	}
	if r.set != nil && !r.set(v) {
		return illegalValue
	}
	u.mutex.Lock()
	defer u.mutex.Unlock()
	r.value = v
	return 0
}
