package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// net4 is a network of one socket: hosts answer as told.
type net4 struct {
	in     chan packet
	once   sync.Once
	closed chan struct{}
	hosts  map[string]func(n int) []answer // n counts the echoes to that host

	mu    sync.Mutex
	asked map[string]int
}

type packet struct {
	b    []byte
	from net.Addr
}

// answer is one reply after some time; alter may spoil it.
type answer struct {
	after time.Duration
	from  string // empty: the host itself
	alter func([]byte) []byte
}

func newNet() *net4 {
	return &net4{in: make(chan packet, 1000), closed: make(chan struct{}), asked: map[string]int{}, hosts: map[string]func(int) []answer{}}
}

func (n *net4) open(bool) (*line, error) { return &line{socket: n}, nil }
func (n *net4) Close() error             { n.once.Do(func() { close(n.closed) }); return nil }
func (n *net4) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case p := <-n.in:
		return copy(b, p.b), p.from, nil
	case <-n.closed:
		return 0, nil, net.ErrClosed
	}
}

func (n *net4) WriteTo(b []byte, to net.Addr) (int, error) {
	host := to.(*net.UDPAddr).IP.String()
	n.mu.Lock()
	k := n.asked[host]
	n.asked[host]++
	n.mu.Unlock()
	behave := n.hosts[host]
	if behave == nil {
		return 0, syscall.ENETUNREACH
	}
	m, err := icmp.ParseMessage(1, b)
	if err != nil {
		return 0, err
	}
	m.Type = ipv4.ICMPTypeEchoReply
	reply, _ := m.Marshal(nil)
	for _, a := range behave(k) {
		if a.from == "" {
			a.from = host
		}
		out := reply
		if a.alter != nil {
			out = a.alter(append([]byte(nil), reply...))
		}
		time.AfterFunc(a.after, func() {
			select {
			case n.in <- packet{out, &net.UDPAddr{IP: net.ParseIP(a.from)}}:
			case <-n.closed:
			}
		})
	}
	return len(b), nil
}

func after(d time.Duration) func(int) []answer {
	return func(int) []answer { return []answer{{after: d}} }
}

// rounds polls a ping n times, 10 s apart, and gives the last samples.
func rounds(t *testing.T, p *Ping, n int) map[string]point.Sample {
	t.Helper()
	got := map[string]point.Sample{}
	for range n {
		ctx, cancel := context.WithTimeout(context.Background(), p.Blocks()[0].Timeout)
		began := time.Now()
		if err := p.Poll(ctx, 0, func(s point.Sample) { got[s.Point.Item()] = s }); err != nil {
			t.Fatal(err)
		}
		cancel()
		time.Sleep(10*time.Second - time.Since(began))
	}
	for _, q := range p.Describe() {
		if _, ok := got[q.Name.Item()]; !ok {
			t.Errorf("%s was not given", q.Name)
		}
	}
	return got
}

func within(t *testing.T, world *net4, options map[string]string, f func(*Ping)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		world.in, world.closed = make(chan packet, 1000), make(chan struct{})
		s := &sender{open: world.open}
		p, err := newPing(driver.Spec{Name: "link1", Driver: "link", Address: "10.0.0.1", Options: options, Label: point.Words{Zh: "专线一"}}, s)
		if err != nil {
			t.Fatal(err)
		}
		f(p)
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute) // late answers meet a closed socket
	})
}

func real(t *testing.T, got map[string]point.Sample, item string, want float64) {
	t.Helper()
	f, ok := got[item].Value.Float()
	if !ok || f < want-0.001 || f > want+0.001 || got[item].Quality.Level == point.Bad {
		t.Errorf("%s: %v (%v), want %v", item, got[item].Value, got[item].Quality, want)
	}
}

func TestLatencyAndLoss(t *testing.T) {
	world := newNet()
	world.hosts["10.0.0.1"] = func(n int) []answer {
		if n%5 == 4 {
			return nil
		}
		return []answer{{after: time.Duration(10+10*(n%5)) * time.Millisecond}}
	}
	within(t, world, nil, func(p *Ping) {
		got := rounds(t, p, 1)
		real(t, got, "latency", 25)
		real(t, got, "latency.min", 10)
		real(t, got, "latency.max", 40)
		real(t, got, "loss", 20)
		if !got["up"].Value.Truth() {
			t.Error("not up")
		}
		if q := got["loss.window"].Quality; q.Level != point.Uncertain {
			t.Errorf("5 probes are said to be enough: %v", q)
		}
		got = rounds(t, p, 199)
		real(t, got, "loss.window", 20)
		real(t, got, "probes", 1000)
		if q := got["loss.window"].Quality; q != (point.Quality{}) {
			t.Errorf("1000 probes: %v", q)
		}
	})
}

func TestSilentAndUnreachableHostsAreDownWithGoodQuality(t *testing.T) {
	for name, behave := range map[string]func(int) []answer{
		"silent": func(int) []answer { return nil }, "too late": after(1500 * time.Millisecond), "no route": nil,
		"somebody else answers": func(int) []answer { return []answer{{from: "10.0.0.2"}} },
		"not our token": func(int) []answer {
			return []answer{{alter: func(b []byte) []byte { b[9] ^= 1; return b }}}
		},
		"cut": func(int) []answer { return []answer{{alter: func(b []byte) []byte { return b[:10] }}} },
	} {
		t.Run(name, func(t *testing.T) {
			world := newNet()
			world.hosts["10.0.0.1"] = behave
			within(t, world, nil, func(p *Ping) {
				got := rounds(t, p, 3)
				if up := got["up"]; up.Value != point.OfBool(false) || up.Quality != (point.Quality{}) {
					t.Errorf("up: %v %v", up.Value, up.Quality)
				}
				if q := got["latency"].Quality; q != point.BadBecause(point.Timeout) {
					t.Errorf("latency: %v", q)
				}
				real(t, got, "loss", 100)
				real(t, got, "loss.window", 100)
			})
		})
	}
}

func TestAnAnswerCountsOnce(t *testing.T) {
	world := newNet()
	world.hosts["10.0.0.1"] = func(n int) []answer {
		if n%5 != 0 {
			return nil
		}
		return []answer{{}, {}, {}, {after: 15 * time.Second}} // the last one in a later round
	}
	within(t, world, nil, func(p *Ping) { real(t, rounds(t, p, 3), "loss", 80) })
}

// A thousand devices at once share one socket.
func TestManyPingsShareOneSocket(t *testing.T) {
	world := newNet()
	synctest.Test(t, func(t *testing.T) {
		world.in, world.closed = make(chan packet, 1000), make(chan struct{})
		opened := 0
		s := &sender{open: func(v6 bool) (*line, error) { opened++; return world.open(v6) }}
		var wait sync.WaitGroup
		address := func(i int) string { return fmt.Sprintf("10.0.%d.%d", i/250, i%250+1) }
		for i := 0; i < 1000; i += 2 {
			world.hosts[address(i)] = after(time.Duration(i%50+1) * time.Millisecond)
		}
		for i := range 1000 {
			ip := address(i)
			p, err := newPing(driver.Spec{Name: fmt.Sprint("p", i), Address: ip}, s)
			if err != nil {
				t.Fatal(err)
			}
			wait.Go(func() {
				defer p.Close()
				got := rounds(t, p, 2)
				if got["up"].Value.Truth() != (i%2 == 0) {
					t.Errorf("%s: up %v", ip, got["up"].Value)
				}
				if i%2 == 0 {
					real(t, got, "latency", float64(i%50+1))
				}
			})
		}
		wait.Wait()
		if opened != 1 {
			t.Errorf("%d sockets", opened)
		}
	})
}

func TestNoSocketIsAnError(t *testing.T) {
	s := &sender{open: func(bool) (*line, error) { return nil, syscall.EPERM }}
	p, err := newPing(driver.Spec{Name: "p", Address: "10.0.0.1"}, s)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	err = p.Poll(t.Context(), 0, func(point.Sample) {})
	if !errors.Is(err, driver.ErrDisconnect) || !strings.HasPrefix(err.Error(), "ping p: open ICMP socket") {
		t.Errorf("%v", err)
	}
}

func TestTCP(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(driver.Spec{Name: "web", Driver: "tcp-probe", Address: l.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	poll := func() map[string]point.Sample {
		got := map[string]point.Sample{}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := p.Poll(ctx, 0, func(s point.Sample) { got[s.Point.Item()] = s }); err != nil {
			t.Fatal(err)
		}
		return got
	}
	got := poll()
	if ms, ok := got["latency"].Value.Float(); !ok || ms <= 0 || !got["up"].Value.Truth() {
		t.Errorf("%+v", got)
	}
	l.Close()
	got = poll()
	if got["up"].Value != point.OfBool(false) || got["latency"].Quality != point.BadBecause(point.Timeout) {
		t.Errorf("closed port: %+v", got)
	}
	real(t, got, "loss.window", 50)
}

func TestSpecificationsThatAreRefused(t *testing.T) {
	for want, spec := range map[string]driver.Spec{
		"address: read nothing, allowed an IP address":                     {Driver: "ping"},
		"options.cuont: read an unknown option, allowed one of count, gap": {Driver: "ping", Address: "h", Options: map[string]string{"cuont": "3"}},
		"options.count: read 0, allowed 1 to 20":                           {Driver: "ping", Address: "h", Options: map[string]string{"count": "0"}},
		"options.gap: read 1h, allowed 1ms to 1s":                          {Driver: "link", Address: "h", Options: map[string]string{"gap": "1h"}},
		"address: read h, allowed host:port":                               {Driver: "tcp-probe", Address: "h"},
		"want ping, link or tcp-probe":                                     {Driver: "icmp", Address: "h"},
		"options.count: read an unknown option, allowed no options":        {Driver: "tcp-probe", Address: "h:1", Options: map[string]string{"count": "3"}},
	} {
		spec.Name = "x"
		if _, err := New(spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// FuzzEcho: whatever a network sends, decoding ends and only whole replies count.
func FuzzEcho(f *testing.F) {
	b, _ := encode(false, 7, 9)
	f.Add(b, false)
	b[0] = 0
	f.Add(b, false)
	b, _ = encode(true, 7, 9)
	f.Add(b, true)
	f.Fuzz(func(t *testing.T, b []byte, v6 bool) {
		if _, _, ok := decode(v6, b); ok && len(b) < 24 {
			t.Errorf("%d bytes were taken for a reply", len(b))
		}
	})
}
