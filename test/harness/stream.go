package harness

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Page is an open page: a listener on the box's event stream, which comes back
// after each break as a browser does.
type Page struct {
	mutex  sync.Mutex
	last   time.Time      // of the newest message
	kinds  map[string]int // messages by name
	seen   string         // id of the last record
	breaks int
	fault  error
}

// OpenPage opens the stream; it ends with the test.
func (h *House) OpenPage() *Page {
	p := &Page{kinds: map[string]int{}}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); p.run(ctx, h.API) }()
	h.t.Cleanup(func() { cancel(); <-done })
	return p
}

func (p *Page) run(ctx context.Context, a *API) {
	for ctx.Err() == nil {
		err := p.read(ctx, a)
		p.mutex.Lock()
		p.fault = err
		p.breaks++
		p.mutex.Unlock()
		select {
		case <-ctx.Done():
		case <-time.After(500 * time.Millisecond):
		}
	}
}

func (p *Page) read(ctx context.Context, a *API) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.server+"/api/v1/stream", nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+a.session)
	p.mutex.Lock()
	if p.seen != "" {
		r.Header.Set("Last-Event-ID", p.seen)
	}
	p.mutex.Unlock()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("stream: %s", answer.Status)
	}
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		p.take(lines.Text())
	}
	return lines.Err()
}

func (p *Page) take(line string) {
	key, value, _ := strings.Cut(line, ": ")
	p.mutex.Lock()
	defer p.mutex.Unlock()
	switch key {
	case "event":
		p.last = time.Now()
		p.kinds[value]++
	case "id":
		p.seen = value
	}
}

// Live tells how long ago the newest message came, and what went wrong if
// nothing ever did.
func (p *Page) Live() (age time.Duration, err error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.last.IsZero() {
		return 0, fmt.Errorf("the page was told nothing: %w", p.fault)
	}
	return time.Since(p.last), nil
}

// Breaks counts how often the stream ended.
func (p *Page) Breaks() int {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.breaks
}
