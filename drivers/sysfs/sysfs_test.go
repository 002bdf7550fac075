package sysfs

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"watchbox/firmware/driver"
)

func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

func TestWhatAFileCanSay(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		value float64
		err   error
	}{
		"a number":       {"23500\n", 23500, nil},
		"a fraction":     {"100.653000\n", 100.653, nil},
		"below zero":     {"-250", -250, nil},
		"nothing":        {"", 0, driver.ErrGarbage},
		"a word":         {"12x", 0, driver.ErrGarbage},
		"not a number":   {"NaN", 0, driver.ErrGarbage},
		"far too much":   {"1e300", 0, driver.ErrGarbage},
		"a long file":    {strings.Repeat("1", 1000), 0, driver.ErrGarbage},
		"as long as may": {strings.Repeat("1", 12), 111111111111, nil},
	} {
		file := filepath.Join(t.TempDir(), "temp1_input")
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		v, err := (&Reader{}).Number(t.Context(), file)
		if !errors.Is(err, c.err) || v != c.value || err != nil && !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v, %v", name, v, err)
		}
	}
	if _, err := (&Reader{}).Text(t.Context(), filepath.Join(t.TempDir(), "none")); !errors.Is(err, driver.ErrNotPresent) {
		t.Errorf("no file: %v", err)
	}
	if _, err := (&Reader{}).Text(t.Context(), t.TempDir()); !errors.Is(err, driver.ErrTimeout) { // EISDIR stands for the errno of a bus
		t.Errorf("an errno: %v", err)
	}
}

// A named pipe without a writer holds its reader in open(2), as a wire that hangs
// holds the reader of a file of sysfs.
func TestTheDeadlineHoldsWhileTheKernelDoesNotAnswer(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "temperature")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	r := &Reader{}
	for _, want := range []string{"temperature: ", "the read before hangs in the kernel"} {
		began := time.Now()
		_, err := r.Text(soon(t), pipe)
		if took := time.Since(began); !errors.Is(err, driver.ErrTimeout) || !strings.Contains(err.Error(), want) || took > 5*time.Second {
			t.Errorf("%v after %v, want %q", err, took, want)
		}
	}
	late, err := os.OpenFile(pipe, os.O_WRONLY, 0) // the wire comes back with an old value
	if err != nil {
		t.Fatal(err)
	}
	late.WriteString("85000\n")
	late.Close()
	file := filepath.Join(t.TempDir(), "now")
	os.WriteFile(file, []byte("21000\n"), 0o600)
	if v, err := r.Number(t.Context(), file); v != 21000 || err != nil {
		t.Errorf("after the wire came back: %v, %v", v, err)
	}
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"1650\n", "-0.5", "1e400", "0x10", "", "Inf"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if v, err := number(text); err == nil && (math.IsNaN(v) || math.Abs(v) > 1e12) {
			t.Errorf("%q is %v", text, v)
		}
	})
}
