// Package ledwalltest is a wall of network pixels in software: it receives
// E1.31 as an independent receiver would and can be told to be gone.
package ledwalltest

import (
	"net"
	"slices"
	"sync"
	"time"

	"watchbox/firmware/annunciate"
)

// lossAfter is E1.31's network data loss time-out.
const lossAfter = 2500 * time.Millisecond

// mostUniverses bounds what a stranger can make the receiver remember.
const mostUniverses = 64

// Receiver is the wall. All methods may be called from any goroutine.
type Receiver struct {
	conn *net.UDPConn
	on   func(annunciate.Frame)
	done chan struct{}

	mutex   sync.Mutex
	streams map[uint16]*stream
	latest  annunciate.Frame
	last    time.Time
	dead    bool
	packets int
}

// stream is one universe from one source.
type stream struct {
	source   [16]byte
	priority byte
	sequence byte
	last     time.Time
	pixels   annunciate.Frame
}

// Listen receives at a UDP address ("127.0.0.1:0"). on, which may be nil, gets
// the wall's frame after every accepted packet, from the receiver's goroutine:
// the universes in rising order, one after the other.
func Listen(address string, on func(annunciate.Frame)) (*Receiver, error) {
	a, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		return nil, err
	}
	c, err := net.ListenUDP("udp", a)
	if err != nil {
		return nil, err
	}
	r := &Receiver{conn: c, on: on, done: make(chan struct{}), streams: map[uint16]*stream{}}
	go r.run()
	return r, nil
}

// Addr is where it listens: host:port.
func (r *Receiver) Addr() string { return r.conn.LocalAddr().String() }

// Latest is the frame as it now shows and when its last packet came.
func (r *Receiver) Latest() (annunciate.Frame, time.Time) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.latest, r.last
}

// Lost is true when nothing came for 2.5 s: the wall is dark.
func (r *Receiver) Lost() bool {
	_, last := r.Latest()
	return time.Since(last) > lossAfter
}

// Packets counts the accepted ones.
func (r *Receiver) Packets() int {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.packets
}

// Misbehave makes the wall deaf, or lets it hear again.
func (r *Receiver) Misbehave(deaf bool) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.dead = deaf
}

// Close ends it and waits for its goroutine.
func (r *Receiver) Close() error {
	err := r.conn.Close()
	<-r.done
	return err
}

func (r *Receiver) run() {
	defer close(r.done)
	buffer := make([]byte, 2048)
	for {
		n, _, err := r.conn.ReadFromUDP(buffer)
		if err != nil {
			return
		}
		d, err := read(buffer[:n])
		if err != nil {
			continue
		}
		if f, ok := r.take(d, time.Now()); ok && r.on != nil {
			r.on(f)
		}
	}
}

// take lays the packet into the wall; ok is false for one that does not count:
// late, of a weaker source, preview.
func (r *Receiver) take(d data, now time.Time) (f annunciate.Frame, ok bool) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.dead || d.preview {
		return nil, false
	}
	s := r.streams[d.universe]
	switch {
	case s == nil && len(r.streams) >= mostUniverses:
		return nil, false
	case s == nil || now.Sub(s.last) > lossAfter:
		s = &stream{}
		r.streams[d.universe] = s
	case s.source != d.source && s.priority >= d.priority:
		return nil, false
	case s.source == d.source && late(s.sequence, d.sequence):
		return nil, false
	}
	s.source, s.priority, s.sequence, s.last = d.source, d.priority, d.sequence, now
	s.pixels = pixels(d.slots)
	if d.terminated {
		delete(r.streams, d.universe)
	}
	r.latest, r.last, r.packets = r.compose(), now, r.packets+1
	return r.latest, true
}

// late tells an old packet by its sequence (E1.31 6.7.2).
func late(last, next byte) bool {
	d := int8(next - last)
	return d <= 0 && d > -20
}

func pixels(slots []byte) annunciate.Frame {
	f := make(annunciate.Frame, len(slots)/3)
	for i := range f {
		f[i] = annunciate.RGB{R: slots[3*i], G: slots[3*i+1], B: slots[3*i+2]}
	}
	return f
}

func (r *Receiver) compose() (f annunciate.Frame) {
	var order []uint16
	for u := range r.streams {
		order = append(order, u)
	}
	slices.Sort(order)
	for _, u := range order {
		f = append(f, r.streams[u].pixels...)
	}
	return f
}
