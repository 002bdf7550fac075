package app

import (
	"context"
	"fmt"
	"io"
	"time"

	"watchbox/firmware/driver"
)

// stickWait is for one answer of a stick: the kernel gives a disk 30 s.
const stickWait = 40 * time.Second

// patient reads a stick and gives each read its time.
type patient struct {
	ctx    context.Context
	file   io.ReadCloser
	buffer []byte // what the stick fills: not the caller's, who may have left
	err    error
}

func (p *patient) Read(b []byte) (n int, err error) {
	if p.err == nil {
		most := p.buffer[:min(len(b), len(p.buffer))]
		n, p.err = answered(p.ctx, func() (int, error) { return p.file.Read(most) })
	}
	return copy(b, p.buffer[:n]), p.err
}

func (p *patient) lost() bool { return p.err != nil && p.err != io.EOF }

// Close lets the stick go; a read that hangs is left behind.
func (p *patient) Close() error { return p.file.Close() }

// errMute is a stick that does not answer.
var errMute = fmt.Errorf("no answer in %v: %w", stickWait, driver.ErrTimeout)

// answered waits for a call that may hang in the kernel, and leaves it behind when
// its time is over: it ends when the kernel gives up on the disk.
func answered[T any](ctx context.Context, call func() (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	done, none := make(chan answer, 1), answer{}
	go func() { v, err := call(); done <- answer{v, err} }()
	wait := time.NewTimer(stickWait)
	defer wait.Stop()
	select {
	case a := <-done:
		return a.value, a.err
	case <-wait.C:
		return none.value, errMute
	case <-ctx.Done():
		return none.value, ctx.Err()
	}
}
