package maps

import (
	"slices"

	"watchbox/firmware/point"
)

// Fits tells how well a device that answered suits the map: how many items of the
// fingerprint came, good and within their range, of how many there are. A map
// without a fingerprint fits nobody. Only items of the fingerprint are looked at;
// what was not read need not be there. Pure.
func (m *Map) Fits(answers map[string]point.Quality) (came, of int) {
	for _, item := range m.Fingerprint {
		if q, read := answers[item]; read && q == (point.Quality{}) {
			came++
		}
	}
	return came, len(m.Fingerprint)
}

// Odd are the items of the fingerprint that came with a value that cannot be: the device
// has such a register, and something else in it, or it is the product with a fault. Pure.
func (m *Map) Odd(answers map[string]point.Quality) []string {
	return slices.DeleteFunc(slices.Clone(m.Fingerprint), func(item string) bool { return answers[item].Reason != point.OutOfRange })
}
