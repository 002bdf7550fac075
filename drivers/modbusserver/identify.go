package modbusserver

import "slices"

// The function of read device identification (V1.1b3, 6.21).
const (
	encapsulated   = 0x2b
	identification = 0x0e
	individual     = 4    // read device id code: one object
	conformity     = 0x82 // regular objects, as a stream and one by one
)

// object is one line of what the box is.
type object struct {
	id    byte
	value string
}

// longest bounds a value, so that the whole list fits into one answer.
const longest = 40

// identityOf lists the objects in the order of their ids: vendor, product code and
// revision, which everybody has, then product name and what the user calls it.
func identityOf(version, site string) []object {
	list := []object{{0, "Watchbox"}, {1, "watchbox"}, {2, version}, {4, "Watchbox alarm gateway"}, {6, site}}
	for i, o := range list {
		list[i].value = o.value[:min(len(o.value), longest)]
	}
	return list
}

// identify answers function 43/14. A stream that begins at an object which does
// not exist begins at the first; the basic one ends with the third.
func identify(request []byte, all []object) []byte {
	switch {
	case len(request) < 2 || request[1] != identification:
		return exception(encapsulated, illegalFunction)
	case len(request) != 4 || request[2] < 1 || request[2] > individual:
		return exception(encapsulated, illegalValue)
	}
	code, id := request[2], request[3]
	at := slices.IndexFunc(all, func(o object) bool { return o.id == id })
	switch {
	case code == individual && at < 0:
		return exception(encapsulated, illegalAddress)
	case code == individual:
		return told(code, all[at:at+1])
	case code == 1:
		all = all[:3]
	}
	if at < 0 || at >= len(all) {
		at = 0
	}
	return told(code, all[at:])
}

func told(code byte, list []object) []byte {
	const nothingFollows, next = 0, 0
	answer := []byte{encapsulated, identification, code, conformity, nothingFollows, next, byte(len(list))}
	for _, o := range list {
		answer = append(append(answer, o.id, byte(len(o.value))), o.value...)
	}
	return answer
}
