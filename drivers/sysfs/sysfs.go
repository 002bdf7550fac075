// Package sysfs reads the kernel's files of one value, as sensors behind a wire
// have them: opening and reading such a file makes the kernel ask the wire (a
// 1-Wire conversion takes 750 ms) and no deadline reaches into that.
//
// So each read runs beside its caller, who lets go of it at his deadline; the
// next one first waits for the one that is still out. A wire that hangs in the
// kernel costs one goroutine per Reader, and never the bus goroutine: scan goes on
// and says "no answer". That is why a goroutine is started here, which drivers do not
// do otherwise.
package sysfs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"strconv"
	"strings"

	"watchbox/firmware/driver"
)

// longest bounds what such a file may hold.
const longest = 512

// Reader is one caller's way to the files. The zero value is ready; used by one
// goroutine at a time.
type Reader struct {
	out chan answer // a read that its caller let go of
}

type answer struct {
	text string
	err  error
}

// Text reads a whole file, at most 512 bytes, and returns by ctx's deadline.
// Errors: driver.ErrNotPresent for a file that is not there; ErrTimeout for a wire
// that does not answer, in time or at all; ErrRefused for a file that we may not read;
// ErrGarbage for one that is too long.
func (r *Reader) Text(ctx context.Context, path string) (string, error) {
	if r.out != nil {
		select {
		case <-r.out: // too late: it may be of another moment
		case <-ctx.Done():
			return "", fmt.Errorf("read %s: the read before hangs in the kernel: %w", path, driver.ErrTimeout)
		}
	}
	r.out = make(chan answer, 1)
	go func(out chan<- answer) { out <- read(path) }(r.out)
	select {
	case a := <-r.out:
		r.out = nil
		return a.text, a.err
	case <-ctx.Done():
		return "", fmt.Errorf("read %s: %w", path, driver.ErrTimeout)
	}
}

// Number reads a file that holds one number, at most 1e12 either way.
func (r *Reader) Number(ctx context.Context, path string) (float64, error) {
	text, err := r.Text(ctx, path)
	if err != nil {
		return 0, err
	}
	v, err := number(text)
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", path, err)
	}
	return v, nil
}

func number(text string) (float64, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || math.IsNaN(v) || math.Abs(v) > 1e12 {
		return 0, fmt.Errorf("%.40q is no number: %w", text, driver.ErrGarbage)
	}
	return v, nil
}

func read(path string) answer {
	f, err := os.Open(path)
	if err != nil {
		return answer{err: classed(err)}
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, longest+1))
	if err == nil && len(text) > longest {
		err = fmt.Errorf("read %s: more than %d bytes: %w", path, longest, driver.ErrGarbage)
	} else if err != nil {
		err = classed(err)
	}
	return answer{string(text), err}
}

// classed takes every errno of a bus (EIO, ENXIO, EREMOTEIO, ETIMEDOUT, EAGAIN, …)
// for silence: which one it is depends on the adapter's driver.
func classed(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %w", err, driver.ErrNotPresent)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: %w", err, driver.ErrRefused)
	}
	return fmt.Errorf("%w: %w", err, driver.ErrTimeout)
}
