package gpio

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"watchbox/firmware/driver"
)

// The daemon's word to the holder is one line: that it commands the outputs, and
// for how many milliseconds each keeps its level after the daemon's death.
//
//	here DO1=300000 DO3=0
const takenOver = "here"

// MaxHold is the longest time that an output may be held.
const MaxHold = 24 * time.Hour

// Holder is the way from the daemon to the holder of its outputs (cmd/init).
// Without one it does nothing. Any goroutine may use it.
type Holder struct {
	mu    sync.Mutex
	file  *os.File // nil without a holder
	over  bool     // TakeOver was called
	holds map[string]time.Duration
}

// FindHolder takes the descriptor that EnvironmentTakeOver names out of the
// environment. Call it once, first thing.
func FindHolder() (*Holder, error) {
	value := os.Getenv(EnvironmentTakeOver)
	if value == "" {
		return &Holder{}, nil
	}
	fd, err := strconv.Atoi(value)
	if err != nil || fd < firstInherited {
		return &Holder{}, fmt.Errorf("gpio: %s: %.40q is no descriptor: %w", EnvironmentTakeOver, value, driver.ErrGarbage)
	}
	os.Unsetenv(EnvironmentTakeOver)
	return &Holder{file: os.NewFile(uintptr(fd), "holder")}, nil
}

// Declare says how long each output keeps its level after our death. The holder
// hears of it with TakeOver, or at once when that was called.
func (h *Holder) Declare(holds map[string]time.Duration) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.holds = maps.Clone(holds)
	if !h.over {
		return nil
	}
	return h.speak()
}

// TakeOver tells the holder that this process commands the outputs from now on:
// it stops counting their hold time. Call it when the engine has turned once.
func (h *Holder) TakeOver() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.over = true
	return h.speak()
}

// speak is under mu.
func (h *Holder) speak() error {
	if h.file == nil {
		return nil
	}
	if _, err := h.file.WriteString(FormatTakeOver(h.holds) + "\n"); err != nil {
		return kernelError("gpio: tell the holder", err)
	}
	return nil
}

// FormatTakeOver is the line; ParseTakeOver reads it back.
func FormatTakeOver(holds map[string]time.Duration) string {
	words := []string{takenOver}
	for _, terminal := range slices.Sorted(maps.Keys(holds)) {
		words = append(words, terminal+"="+strconv.FormatInt(holds[terminal].Milliseconds(), 10))
	}
	return strings.Join(words, " ")
}

// ParseTakeOver takes a line apart; one that is not understood is no word.
func ParseTakeOver(line string) (holds map[string]time.Duration, ok bool) {
	words := strings.Fields(line)
	if len(words) == 0 || words[0] != takenOver || len(words) > MaxLines+1 {
		return nil, false
	}
	holds = map[string]time.Duration{}
	for _, w := range words[1:] {
		terminal, number, _ := strings.Cut(w, "=")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil || !plainTerminal(terminal) || n < 0 || n > MaxHold.Milliseconds() {
			return nil, false
		}
		holds[terminal] = time.Duration(n) * time.Millisecond
	}
	return holds, true
}
