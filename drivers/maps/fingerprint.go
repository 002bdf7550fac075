package maps

import "watchbox/firmware/point"

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
