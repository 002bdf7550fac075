// Package pairtest lets several fakes sit on one pair: each hears all that the
// master sends, and what they say goes to it as they say it.
package pairtest

import (
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
	"time"
)

// Share serves the end of a line with all slaves until it is closed, and returns
// when they have ended.
func Share(end io.ReadWriteCloser, slaves ...func(io.ReadWriter) error) {
	var work sync.WaitGroup
	var ears []*io.PipeWriter
	var mouth sync.Mutex
	for _, serve := range slaves {
		r, w := io.Pipe()
		ears = append(ears, w)
		work.Go(func() {
			_ = serve(&seat{r, &mouth, end})
			r.Close()
		})
	}
	b := make([]byte, 512)
	for {
		n, err := end.Read(b)
		if errors.Is(err, syscall.EIO) && !errors.Is(err, os.ErrClosed) {
			time.Sleep(20 * time.Millisecond) // a pseudo-terminal that nobody has open just now
			continue
		}
		for _, w := range ears {
			if err != nil {
				w.CloseWithError(err)
			} else {
				w.Write(b[:n]) // fails when that slave has gone
			}
		}
		if err != nil {
			work.Wait()
			return
		}
	}
}

// seat is one slave's place on the line.
type seat struct {
	io.Reader
	mouth *sync.Mutex
	end   io.Writer
}

func (s *seat) Write(b []byte) (int, error) {
	s.mouth.Lock()
	defer s.mouth.Unlock()
	return s.end.Write(b)
}
