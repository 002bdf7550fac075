package gpio

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"watchbox/firmware/driver"
)

// The two environment variables between the holder (cmd/init) and the daemon.
const (
	// EnvironmentLines names inherited descriptors: "DO1:3,DO2:4".
	EnvironmentLines = "WATCHBOX_LINES"
	// EnvironmentTakeOver is the descriptor on which the daemon says that it now
	// commands the outputs.
	EnvironmentTakeOver = "WATCHBOX_TAKE_OVER"
)

// firstInherited is the first descriptor after standard input, output and error.
const firstInherited = 3

// FormatInherited is the value of EnvironmentLines for terminals whose
// descriptors are handed on in this order, from descriptor 3.
func FormatInherited(terminals []string) string {
	var parts []string
	for i, t := range terminals {
		parts = append(parts, t+":"+strconv.Itoa(firstInherited+i))
	}
	return strings.Join(parts, ",")
}

// Inherited opens what the value of EnvironmentLines names; "" is none. Each
// must be a GPIO line, else the list is not for us and all of it is refused; one
// whose chip has gone since is left out, and claimed anew when it is back.
// Call it once, first thing: the descriptors are then closed to our children.
func Inherited(value string) (map[string]*os.File, error) {
	numbers, err := parseInherited(value)
	if err != nil {
		return nil, err
	}
	files := map[string]*os.File{}
	for terminal, fd := range numbers {
		unix.CloseOnExec(fd)
		f := os.NewFile(uintptr(fd), "gpio "+terminal)
		_, err := getLevels(f, 1)
		if errors.Is(err, unix.ENODEV) {
			f.Close()
			continue
		}
		if err != nil {
			return nil, kernelError(fmt.Sprintf("gpio: inherit %s from descriptor %d", terminal, fd), err)
		}
		files[terminal] = f
	}
	return files, nil
}

func parseInherited(value string) (map[string]int, error) {
	numbers, used := map[string]int{}, map[int]bool{}
	if value == "" {
		return numbers, nil
	}
	for _, part := range strings.Split(value, ",") {
		terminal, number, _ := strings.Cut(part, ":")
		fd, err := strconv.Atoi(number)
		if _, twice := numbers[terminal]; twice || err != nil || fd < firstInherited || fd > 1023 || used[fd] || !plainTerminal(terminal) {
			return nil, fmt.Errorf("gpio: %s: %.40q is not terminal:descriptor, or comes twice: %w", EnvironmentLines, part, driver.ErrGarbage)
		}
		numbers[terminal], used[fd] = fd, true
	}
	return numbers, nil
}
