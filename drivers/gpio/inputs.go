package gpio

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"

	"golang.org/x/sys/unix"

	"watchbox/firmware/driver"
)

// inputs are the inputs that are held: some requests, and an epoll descriptor that
// waits for all of them. It is itself waited for by the Go runtime, so that no
// thread stands in the kernel.
type inputs struct {
	queue   *os.File
	wait    int    // the epoll descriptor, owned by queue
	pending []Edge // read and not yet told; next's own

	mu     sync.Mutex       // guards what follows
	groups map[int32]*group // by number
}

// group is one request with what its edges mean.
type group struct {
	file     *os.File
	number   int
	request  *inputRequest
	terminal map[uint32]string // by offset on the chip
}

func newInputs() (*inputs, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return &inputs{queue: os.NewFile(uintptr(fd), "gpio edges"), wait: fd, groups: map[int32]*group{}}, nil
}

// add takes a request in; edges of it are told from now on.
func (in *inputs) add(f *os.File, r *inputRequest, offsets []uint32, number int) error {
	g := &group{file: f, number: number, request: r, terminal: map[uint32]string{}}
	for i, o := range offsets {
		g.terminal[o] = r.claims[i].Terminal
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	var inner error
	err = raw.Control(func(fd uintptr) {
		inner = unix.EpollCtl(in.wait, unix.EPOLL_CTL_ADD, int(fd), &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(number)})
	})
	if err = cmp.Or(err, inner); err != nil {
		return kernelError("wait for edges", err)
	}
	in.groups[int32(number)] = g
	return nil
}

// remove lets a request go; the queue forgets a closed descriptor by itself.
func (in *inputs) remove(g *group) {
	in.mu.Lock()
	defer in.mu.Unlock()
	delete(in.groups, int32(g.number))
	g.file.Close()
}

// all are the requests that are held, in their order; none on nil.
func (in *inputs) all() []*group {
	if in == nil {
		return nil
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	return slices.SortedFunc(maps.Values(in.groups), func(a, b *group) int { return a.number - b.number })
}

// terminals are those of all requests.
func (in *inputs) terminals() map[string]bool {
	held := map[string]bool{}
	for _, g := range in.all() {
		for _, t := range g.request.terminals() {
			held[t] = true
		}
	}
	return held
}

// close may be called twice, and on nil.
func (in *inputs) close() {
	if in == nil {
		return
	}
	in.queue.Close()
	for _, g := range in.all() {
		in.remove(g)
	}
}

// levels reads every input of the request: bit n is its n-th.
func (g *group) levels() (uint64, error) {
	bits, err := getLevels(g.file, ^uint64(0)>>(64-len(g.request.claims)))
	if err != nil {
		err = kernelError("read inputs of chip "+g.request.chip, err)
	}
	return bits, err
}

// next waits for an edge. dead is the request that err is about; nil: all of them.
func (in *inputs) next(ctx context.Context) (e Edge, dead *group, err error) {
	for len(in.pending) == 0 {
		g, err := in.ready(ctx)
		if err != nil {
			return e, nil, err
		}
		if g == nil {
			continue // let go meanwhile
		}
		if err := in.fill(g); err != nil {
			return e, g, err
		}
	}
	e = in.pending[0]
	in.pending = in.pending[1:]
	return e, nil, nil
}

// ready waits until a request has edges.
func (in *inputs) ready(ctx context.Context) (*group, error) {
	defer until(ctx, in.queue)()
	raw, err := in.queue.SyscallConn()
	if err != nil {
		return nil, kernelError("wait for an edge", err)
	}
	var events [1]unix.EpollEvent
	var count int
	var inner error
	err = raw.Read(func(fd uintptr) bool {
		for {
			count, inner = unix.EpollWait(int(fd), events[:], 0)
			if inner != unix.EINTR {
				return count > 0 || inner != nil
			}
		}
	})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err == nil {
		err = inner
	}
	if err != nil {
		return nil, kernelError("wait for an edge", err)
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.groups[events[0].Fd], nil
}

// fill reads the edges of one request; the kernel has some.
func (in *inputs) fill(g *group) error {
	var buffer [64 * eventSize]byte
	raw, err := g.file.SyscallConn()
	if err != nil {
		return kernelError("read edges", err)
	}
	var n int
	var inner error
	err = raw.Control(func(fd uintptr) { n, inner = unix.Read(int(fd), buffer[:]) })
	if err == nil {
		err = inner
	}
	switch {
	case err == unix.EAGAIN, err == unix.EINTR:
		return nil
	case err != nil:
		return kernelError("read edges of chip "+g.request.chip, err)
	}
	list, err := decodeEvents(buffer[:n])
	if err != nil {
		return err
	}
	for _, e := range list {
		t, known := g.terminal[e.offset]
		if !known {
			return fmt.Errorf("edge on line %d of chip %s: %w", e.offset, g.request.chip, driver.ErrGarbage)
		}
		in.pending = append(in.pending, Edge{Terminal: t, Level: e.level, Group: g.number,
			Sequence: uint64(e.sequence), Line: uint64(e.line), Time: e.stamp})
	}
	return nil
}
