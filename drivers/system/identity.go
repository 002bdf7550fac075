package system

import (
	"crypto/rand"
	"encoding/hex"
	"strings"
)

// A box id in the making: the data partition is being formatted for it, and may
// be formatted again after a power cut, although it is no longer blank.
const unfinished = "new-"

// NewBoxID is a random id of 16 hexadecimal digits. Waits for the kernel's
// random numbers.
func NewBoxID() string {
	b := make([]byte, 8)
	rand.Read(b) // never fails since Go 1.24
	return hex.EncodeToString(b)
}

// HostName is the box's name on the network: watchbox and the first four digits
// of its id. Pure.
func HostName(box string) string {
	box = strings.TrimPrefix(box, unfinished)
	if len(box) < 4 {
		return "watchbox"
	}
	return "watchbox-" + strings.ToLower(box[:4])
}
