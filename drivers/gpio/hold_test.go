package gpio

import (
	"bufio"
	"maps"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestHolderHearsOfHoldTimesWithTheTakeOverAndAfterwards(t *testing.T) {
	listen, speak, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer listen.Close()
	defer speak.Close()
	fd, err := unix.Dup(int(speak.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(EnvironmentTakeOver, strconv.Itoa(fd))
	h, err := FindHolder()
	if err != nil || os.Getenv(EnvironmentTakeOver) != "" {
		t.Fatal(err, "the descriptor is still named")
	}
	lines := bufio.NewScanner(listen)
	want := map[string]time.Duration{"DO1": 3 * time.Minute, "DO3": 0}
	for _, step := range []func() error{func() error { return h.Declare(want) }, h.TakeOver} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	if !lines.Scan() || lines.Text() != "here DO1=180000 DO3=0" {
		t.Errorf("take-over: %q", lines.Text())
	}
	want["DO1"] = 15 * time.Minute
	if err := h.Declare(want); err != nil || !lines.Scan() {
		t.Fatal(err)
	}
	if got, ok := ParseTakeOver(lines.Text()); !ok || !maps.Equal(got, want) {
		t.Errorf("a later word: %q, read as %v", lines.Text(), got)
	}
	h.file.Close()
}

func TestWithoutAHolderNothingIsTold(t *testing.T) {
	t.Setenv(EnvironmentTakeOver, "")
	h, err := FindHolder()
	if err != nil || h.Declare(map[string]time.Duration{"DO1": time.Second}) != nil || h.TakeOver() != nil {
		t.Error("want silence", err)
	}
	t.Setenv(EnvironmentTakeOver, "two")
	if _, err := FindHolder(); err == nil {
		t.Error("a descriptor that is none was taken")
	}
}

// FuzzTakeOver: the holder is PID 1 and reads what any daemon writes.
func FuzzTakeOver(f *testing.F) {
	for _, line := range []string{"here", "here DO1=300000 DO2=0", "here DO1=-1", "here DO1", "there DO1=1", "", "here do1=1", "here DO1=99999999999999999999", "here" + strings.Repeat(" A=1", 99)} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		holds, ok := ParseTakeOver(line)
		if !ok {
			return
		}
		for terminal, d := range holds {
			if d < 0 || d > MaxHold || !plainTerminal(terminal) {
				t.Errorf("%q gave %s=%v", line, terminal, d)
			}
		}
		if again, ok := ParseTakeOver(FormatTakeOver(holds)); !ok || !maps.Equal(again, holds) {
			t.Errorf("%q is not read back: %v, %v", line, holds, again)
		}
	})
}

// A site file that moves a terminal makes a new back end, which needs the lines
// of the holder once more.
func TestInheritedLineIsUsedAgainAfterAReload(t *testing.T) {
	line, _, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	for i := range 2 {
		c := NewCdev([]Line{{Terminal: "DO1", Output: true, Chip: "none"}}, map[string]*os.File{"DO1": line})
		if err := c.Outputs(t.Context(), []Claim{{Terminal: "DO1"}}); err != nil {
			t.Fatalf("back end %d: %v", i, err)
		}
		if _, err := c.pins["DO1"].file.Stat(); err != nil {
			t.Errorf("back end %d holds a dead descriptor: %v", i, err)
		}
		c.Close()
	}
	if _, err := line.Stat(); err != nil {
		t.Errorf("the line was closed: %v", err)
	}
}
