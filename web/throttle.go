package web

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// Limits of log-in attempts. The directory locks accounts by itself; this one
// protects the processor from the password hash and slows a guesser with many names.
const (
	burst      = 10              // attempts from one address at once
	refill     = 6 * time.Second // one more after this
	mostPeers  = 1024            // addresses remembered; the longest unseen is forgotten
	mostHashes = 2               // passwords checked at the same time
)

type peer struct {
	left float64
	seen time.Time
}

// throttle counts attempts: log-ins by address, panel codes by the account of the
// session. Any goroutine.
type throttle struct {
	mutex  sync.Mutex
	peers  map[string]*peer
	hashes chan struct{}
}

func newThrottle() *throttle {
	return &throttle{peers: map[string]*peer{}, hashes: make(chan struct{}, mostHashes)}
}

// enter admits one attempt of whoever is named, by address or otherwise; the
// caller calls leave when it is over.
func (t *throttle) enter(r *http.Request, who string) (leave func(), ok bool) {
	if !t.take(who, time.Now()) {
		return nil, false
	}
	select {
	case t.hashes <- struct{}{}:
		return func() { <-t.hashes }, true
	case <-time.After(2 * time.Second):
	case <-r.Context().Done():
	}
	return nil, false
}

func (t *throttle) take(from string, now time.Time) bool {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	p := t.peers[from]
	if p == nil {
		t.makeRoom()
		p = &peer{left: burst, seen: now}
		t.peers[from] = p
	}
	p.left = min(burst, p.left+float64(now.Sub(p.seen))/float64(refill))
	p.seen = now
	if p.left < 1 {
		return false
	}
	p.left--
	return true
}

func (t *throttle) makeRoom() {
	if len(t.peers) < mostPeers {
		return
	}
	var oldest string
	for a, p := range t.peers {
		if oldest == "" || p.seen.Before(t.peers[oldest].seen) {
			oldest = a
		}
	}
	delete(t.peers, oldest)
}

// address is who asks, without the port.
func address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
