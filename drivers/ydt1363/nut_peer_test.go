//go:build peer

package ydt1363

import (
	"cmp"
	"context"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"watchbox/drivers/maps"
	"watchbox/drivers/pair"
	"watchbox/drivers/peertest"
	"watchbox/drivers/serial/serialtest"
	"watchbox/drivers/ydt1363/ydt1363test"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// updates is how often liebert-gxe asks, one command each time: 47H, 44H, 43H, 42H, and
// again from 44H.
const updates = 13

// nut lets NUT's liebert-gxe read the plant's unit.
func nut(t *testing.T, path string) map[string]string {
	t.Helper()
	fetch := exec.Command("../../tools/nut.sh")
	fetch.Stderr = os.Stderr
	folder, err := fetch.Output()
	if err != nil {
		t.Fatalf("tools/nut.sh: %v", err)
	}
	return peertest.Nut(t, filepath.Join(strings.TrimSpace(string(folder)), "liebert-gxe"), path, updates)
}

func onPty(t *testing.T, p *ydt1363test.Plant) (path string) {
	t.Helper()
	path, stop, err := serialtest.Serve(func(end *os.File) { p.Serve(end) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return path
}

// ours reads the same unit with our driver, and gives values and the words of states.
func ours(t *testing.T, path string) map[string]string {
	t.Helper()
	m, err := (*maps.Set)(nil).LoadFor(maps.YDT1363, "vertiv/gxe")
	if err != nil {
		t.Fatal(err)
	}
	line := driver.Line{Baud: 9600}
	p := pair.New("rs232-1", func() (driver.Port, error) { return serialtest.Open(path, line) }, line)
	defer p.Close()
	d, err := New(driver.Spec{Name: "ups", Unit: 1}, m, p)
	if err != nil {
		t.Fatal(err)
	}
	points, said := d.Describe(), map[string]string{}
	for i, b := range d.Blocks() {
		ctx, cancel := context.WithTimeout(context.Background(), b.Timeout)
		if err := d.Poll(ctx, i, func(s point.Sample) {
			p := points[slices.IndexFunc(points, func(p point.Point) bool { return p.Name == s.Point })]
			said[s.Point.Item()] = told(p, s.Value)
		}); err != nil {
			t.Error(err)
		}
		cancel()
	}
	return said
}

func told(p point.Point, v point.Value) string {
	f, number := v.Float()
	if w, state := p.States[int64(f)]; state {
		return w.En
	}
	if number {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return v.String()
}

// Network UPS Tools and we read the same unit over YD/T 1363 and say the same of it. Of
// 44H nothing is compared: YDN23_FRAME_REG(frame, 1+i) of NUT 2.8.5 takes half the place.
func TestNutReadsOurUnitAsWeDo(t *testing.T) {
	for _, c := range []struct {
		name   string
		states []byte // of 43H
		status string // as NUT puts it together
	}{
		{"on line", []byte{0, 1, 0x20, 0xe1, 0xe1, 0xe1}, "OL"},
		{"on battery", []byte{0, 1, 0x20, 0xe2, 0xe3, 0xe1}, "OB"},
		{"on its bypass, testing the battery", []byte{0, 2, 0x20, 0xe1, 0xe0, 0xe0}, "OL BYPASS"},
	} {
		t.Run(c.name, func(t *testing.T) {
			plant := &ydt1363test.Plant{}
			answerAsGXE(plant.Unit(1, 0x2a, 0x21), c.states)
			path := onPty(t, plant)
			theirs := nut(t, path)
			compare(t, theirs, ours(t, path))
			if got := theirs["ups.status"]; got != c.status {
				t.Errorf("NUT says %q, want %s", got, c.status)
			}
		})
	}
}

// The judge is strict: a unit with wrong check sums is none to it.
func TestNutRefusesAUnitThatIsNone(t *testing.T) {
	plant := &ydt1363test.Plant{}
	u := plant.Unit(1, 0x2a, 0x21)
	answerAsGXE(u, []byte{0, 1, 0x20, 0xe1, 0xe2, 0xe1})
	u.Fault(ydt1363test.BadSum)
	if said := nut(t, onPty(t, plant)); said != nil {
		t.Errorf("it took wrong check sums for %v", said)
	}
}

// answerAsGXE lets the unit answer with values that differ from each other.
func answerAsGXE(u *ydt1363test.Unit, states []byte) {
	analog := make([]byte, 45)
	for at, n := range map[int]uint16{1: 23110, 7: 22030, 13: 1225, 19: 27370, 21: 5022, 27: 5032, 33: 284, 35: 310, 41: 95} {
		binary.BigEndian.PutUint16(analog[at:], n)
	}
	u.Answer(0x42, func() []byte { return analog })
	u.Answer(0x43, func() []byte { return states })
	u.Answer(0x44, func() []byte { return make([]byte, 27) })
	u.Answer(0x47, func() []byte { return make([]byte, 42) })
	u.Answer(0x51, func() []byte { return append([]byte("GXE 3000  "), make([]byte, 22)...) })
}

// otherwise are NUT's names and words where ours are others.
var otherwise = map[string]string{"ups.test.result": "battery.test"}

var inOurWords = map[string]string{"In progress": "running", "Idle": "idle"}

// compare holds every value that both tell against the other's.
func compare(t *testing.T, theirs map[string]string, mine map[string]string) {
	t.Helper()
	same := 0
	for name, value := range theirs {
		own, told := mine[cmp.Or(otherwise[name], name)]
		if !told {
			continue
		}
		if f, err := strconv.ParseFloat(value, 64); err == nil {
			value = strconv.FormatFloat(f, 'g', -1, 64)
		}
		if value = cmp.Or(inOurWords[value], value); value != own {
			t.Errorf("%s: NUT says %s, we %s", name, value, own)
		}
		same++
	}
	if same < 11 {
		t.Errorf("only %d values told by both, want 11", same)
	}
	t.Logf("%d values are the same", same)
}
