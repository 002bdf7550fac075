package system

import "strings"

// Told is what the loader tells the firmware on the kernel's command line.
type Told struct {
	Board string // watchbox.board: the profile of the box; "" off the image
	Slot  string // watchbox.slot: "A" or "B"; "" when it was not started from a slot
}

// ParseCommandLine reads /proc/cmdline. Pure.
func ParseCommandLine(text string) (t Told) {
	for _, word := range strings.Fields(text) {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "watchbox.board":
			t.Board = value
		case "watchbox.slot":
			if s := strings.ToUpper(value); s == "A" || s == "B" {
				t.Slot = s
			}
		}
	}
	return t
}
