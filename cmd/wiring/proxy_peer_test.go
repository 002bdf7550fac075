//go:build peer

package wiring

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"watchbox/drivers/maps"
	"watchbox/drivers/modbus/modbustest"
	"watchbox/drivers/modbusserver"
	"watchbox/drivers/peertest"
	"watchbox/drivers/serial/serialtest"
	"watchbox/firmware/config"
	"watchbox/firmware/driver"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/scan"
)

// sharedSite is a bus at 19200 baud with eight climate transmitters that are read once
// a second, and a relay board. Unit 9 is somebody else's, and dead.
const sharedSite = `version: 1
id: x
board: sim
buses:
  - {id: rs485-1, terminal: RS485-1, baud: 19200}
devices:
%s  - {id: io, driver: modbus-rtu, bus: rs485-1, unit: 20, map: dam0404}
modbus-proxy:
  - {bus: rs485-1, %s, share: 20, units: [9], reply: 200ms, writes: [{unit: 20, table: coil, register: 1}]}
`

// shared is the box beside another master, on a pseudo-terminal that is paced like the
// wire.
type shared struct {
	*testing.T
	plant   *modbustest.Plant
	scanner *scan.Scanner
	port    int
	where   string   // that mbpoll connects to
	words   []string // how

	mutex   sync.Mutex
	good    map[string]int
	records []event.Record
}

func (s *shared) Urgent(p point.Sample) { s.Sample(p) }

func (s *shared) Sample(p point.Sample) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if p.Quality.Usable() {
		s.good[p.Point.Device()]++
	}
}

func (s *shared) journal(r event.Record) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.records = append(s.records, r)
}

func (s *shared) counted() map[string]int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	old := s.good
	s.good = map[string]int{}
	return old
}

func share(t *testing.T) *shared {
	t.Helper()
	port := peertest.FreePort(t)
	s := shareAt(t, fmt.Sprintf("interface: lo, from: [127.0.0.1/32], port: %d", port))
	s.port = port
	return s
}

// terminal is a pseudo-terminal in place of one of the box's.
func terminal(t *testing.T, name string) *os.File {
	t.Helper()
	master, slave, err := serialtest.NewPty()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(slave, filepath.Join(os.Getenv("WATCHBOX_SIM"), name)); err != nil {
		t.Fatal(err)
	}
	return master
}

// shareAt is the box with an entry of modbus-proxy that answers there.
func shareAt(t *testing.T, where string) *shared {
	t.Helper()
	t.Setenv("WATCHBOX_SIM", t.TempDir())
	master := terminal(t, "rs485-1")
	s := &shared{T: t, plant: modbustest.New(), good: map[string]int{}}
	devices := ""
	for n := 1; n <= 8; n++ {
		u := s.plant.Unit(uint8(n))
		u.Turnaround(10 * time.Millisecond)
		u.Set(maps.Input, 1, uint16(200+n), uint16(400+n))
		devices += fmt.Sprintf("  - {id: th%d, driver: modbus-rtu, bus: rs485-1, unit: %d, map: xymd02, period: 1s}\n", n, n)
	}
	io := s.plant.Unit(20)
	io.Turnaround(10 * time.Millisecond)
	io.Set(maps.Discrete, 0, 0, 0, 0, 0)
	io.Set(maps.Coil, 0, 0, 0, 0, 0)
	served := make(chan struct{})
	go func() { defer close(served); s.plant.ServeRTU(master, driver.Line{Baud: 19200}) }()
	t.Cleanup(func() { master.Close(); <-served })
	s.run(read(t, fmt.Sprintf(sharedSite, devices, where)))
	return s
}

// run is the box, as far as a bus is concerned.
func (s *shared) run(site *config.Site) {
	b, err := New(s.TempDir())
	if err != nil {
		s.Fatal(err)
	}
	f, err := b.Build(site, func(config.Device) bool { return false }, deaf{})
	if err != nil {
		s.Fatal(err)
	}
	began := time.Now()
	s.scanner = scan.New(s, func() point.Instant { return point.Instant{Mono: time.Since(began)} }, nil)
	for _, d := range f.Devices {
		if err := s.scanner.Add(d.Bus, d.Spec.ID, d.Device); err != nil {
			s.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.scanner.Run(ctx) }()
	proxy := modbusserver.NewProxy(s.Logf, b)
	if _, err := proxy.Serve(site, s.scanner.Guest, s.journal); err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { proxy.Serve(nil, nil, nil); stop(); <-ended })
}

// TestAGreedyMasterBesideTheBox: pymodbus asks on four connections as fast as it can,
// a dead unit among what it asks for. Every answer is the right one or says why not, and
// the box goes on with its own. That its sensors keep their rate and a relay obeys within
// one exchange is shown in fake time by packages scan and modbus, where no neighbour on
// the machine counts; here the figures are told.
func TestAGreedyMasterBesideTheBox(t *testing.T) {
	peertest.Need(t, "python3-pymodbus", "/usr/bin/pymodbus.server")
	s := share(t)
	time.Sleep(3 * time.Second)
	const seconds = 30
	s.counted()
	time.Sleep(seconds * time.Second)
	before := s.counted()
	said := make(chan string, 1)
	go func() {
		out, err := exec.Command(peertest.Pymodbus, "testdata/greedy.py", fmt.Sprint(s.port), fmt.Sprint(seconds), "4").CombinedOutput()
		said <- fmt.Sprint(string(out), err)
	}()
	waits := s.orders(seconds * time.Second)
	after := s.counted()
	for n := 1; n <= 8; n++ {
		id := fmt.Sprint("th", n)
		t.Logf("%s: %d samples alone, %d beside the other master, of %d", id, before[id], after[id], 2*seconds)
		if after[id] < before[id]/2 {
			t.Error("it was pushed aside")
		}
	}
	t.Logf("a relay waited %v (median), %v at most of %d", waits[len(waits)/2], waits[len(waits)-1], len(waits))
	s.judge(<-said)
}

// orders switches a relay again and again. A busy machine may hold up the fake for
// longer than its 200 ms now and then; package scan shows without a machine's help that
// no order is lost.
func (s *shared) orders(span time.Duration) (waits []time.Duration) {
	lost := 0
	for began, on := time.Now(), false; time.Since(began) < span; on = !on {
		asked := time.Now()
		if err := s.scanner.Write(context.Background(), "io/relay1", point.OfBool(on)); err != nil {
			s.Log(err)
			lost++
		} else {
			waits = append(waits, time.Since(asked))
		}
		time.Sleep(170 * time.Millisecond)
	}
	if slices.Sort(waits); lost > len(waits)/20 {
		s.Errorf("%d of %d orders failed", lost, lost+len(waits))
	}
	return waits
}

// judge looks at what the other master was told.
func (s *shared) judge(said string) {
	s.Logf("the other master heard\n%s", said)
	for _, must := range []string{"live right", "nowhere exception 2", "dead exception 11", "stranger exception 10", "forbidden exception 10", "allowed right"} {
		if !strings.Contains(said, must) {
			s.Errorf("it never heard %q", must)
		}
	}
	for _, line := range strings.Split(strings.TrimSpace(said), "\n") {
		kind := line[strings.Index(line, " ")+1:]
		if strings.Contains(kind, "WRONG") || strings.Contains(kind, "nothing") || strings.HasPrefix(kind, "stranger right") || strings.HasPrefix(kind, "forbidden right") {
			s.Errorf("it heard %q", line)
		}
	}
	if s.plant.Unit(20).Value(maps.Coil, 1) != 1 {
		s.Error("what may be written was not")
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	wrote, refused := 0, 0
	for _, r := range s.records {
		if r.Type == event.ProxyWrote {
			wrote++
		} else if r.Type == event.ProxyRefused {
			refused++
		}
	}
	if wrote == 0 || refused == 0 || wrote+refused > 60 {
		s.Errorf("%d writes and %d refusals in the journal", wrote, refused)
	}
}

// TestMbpollThroughTheBox is libmodbus's master as people run it on a site.
func TestMbpollThroughTheBox(t *testing.T) {
	peertest.Need(t, "mbpoll", "mbpoll")
	s := share(t)
	mbpolled(s, "127.0.0.1", "-m", "tcp", "-p", fmt.Sprint(s.port))
	s.poll("33", "3", "1", "", "Gateway path unavailable")
}

// TestMbpollOnAnOldMastersLine is the same by RTU: the box stands for its devices on a
// second serial line, and is silent for all others.
func TestMbpollOnAnOldMastersLine(t *testing.T) {
	peertest.Need(t, "mbpoll", "mbpoll")
	far, path, err := serialtest.NewPty()
	if err != nil {
		t.Fatal(err)
	}
	var near *os.File
	t.Cleanup(func() { far.Close(); near.Close() })
	s := shareAt(t, "terminal: RS485-2, baud: 9600")
	near = terminal(t, "rs485-2") // the box opens it again when it is there
	go io.Copy(near, far)
	go io.Copy(far, near)
	time.Sleep(6 * time.Second)
	mbpolled(s, path, "-m", "rtu", "-b", "9600", "-P", "none")
	s.poll("33", "3", "1", "", "Connection timed out")
}

// poll is mbpoll's word on one register. On a busy machine an answer may come too
// late for the wire's time-out: it asks up to five times, as a master does.
func (s *shared) poll(unit, table, register, value, want string) {
	s.Helper()
	words := append(slices.Clone(s.words), "-a", unit, "-0", "-o", "5", "-r", register, "-t", table)
	if value == "" {
		words = append(words, "-1", s.where)
	} else {
		words = append(words, s.where, value)
	}
	var out []byte
	for range 5 {
		if out, _ = exec.Command("mbpoll", words...).CombinedOutput(); strings.Contains(string(out), want) {
			return
		}
	}
	s.Errorf("unit %s table %s register %s: %s\nwant %s", unit, table, register, out, want)
}

// mbpolled asks what a proxy must answer whoever asks.
func mbpolled(s *shared, where string, words ...string) {
	s.where, s.words = where, words
	for _, c := range []struct{ unit, table, register, value, want string }{
		{"3", "3", "1", "", "203"}, {"3", "3", "2", "", "403"}, {"3", "3", "4000", "", "Illegal data address"},
		{"9", "3", "1", "", "Target device failed to respond"},
		{"20", "0", "0", "1", "Gateway path unavailable"}, {"20", "0", "1", "1", "Written 1 references"},
	} {
		s.poll(c.unit, c.table, c.register, c.value, c.want)
	}
	if s.plant.Unit(20).Value(maps.Coil, 1) != 1 || s.plant.Unit(20).Value(maps.Coil, 0) != 0 {
		s.Error("the relays are not as they were written")
	}
}
