package system

import (
	"strings"
	"time"
)

// Told is what the loader tells the firmware on the kernel's command line.
type Told struct {
	Board string // watchbox.board: the profile of the box; "" off the image
	Slot  string // watchbox.slot: "A" or "B"; "" when it was not started from a slot
	// Gate is watchbox.gate: how long new firmware must run well before it stays;
	// 0 is the firmware's own time. The command line is part of what the image's
	// maker signed: no one else shortens a trial.
	Gate time.Duration
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
		case "watchbox.gate":
			if d, err := time.ParseDuration(value); err == nil && d > 0 {
				t.Gate = d
			}
		}
	}
	return t
}
