//go:build peer

package modbusserver

import (
	"fmt"
	"net"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"watchbox/drivers/peertest"
	"watchbox/firmware/config"
	"watchbox/firmware/engine"
	"watchbox/firmware/live"
	"watchbox/firmware/point"
)

// house listens for the masters: 1 is −21.537, 2 a contact that lost edges, 3 was
// −7 and is silent now; 4 was never given.
func house(t *testing.T) (port string) {
	t.Helper()
	table, err := live.New([]point.Point{{Name: "room/temperature", Kind: point.Real}, {Name: "door/contact", Kind: point.Bool}, {Name: "ac/temperature", Kind: point.Real}})
	if err != nil {
		t.Fatal(err)
	}
	table.Put(point.Sample{Point: "room/temperature", Value: point.OfReal(-21.537)})
	table.Put(point.Sample{Point: "door/contact", Value: point.OfBool(true), Quality: point.UncertainBecause(point.Overflow)})
	table.Put(point.Sample{Point: "ac/temperature", Value: point.OfReal(-7)})
	table.Put(point.Sample{Point: "ac/temperature", Quality: point.BadBecause(point.Timeout)})
	v := &engine.View{Points: table.Freeze(), At: point.Instant{Mono: 70 * time.Second}, Health: engine.Health{JournalOK: true}}
	s := New("1.2.3", t.Logf)
	site := &config.Site{ID: "house", ModbusServer: &config.ModbusServer{From: []string{"127.0.0.1/32"}, Unit: 17, Points: []config.NumberedPoint{
		{Number: 1, Point: "room/temperature", Scale: 10}, {Number: 2, Point: "door/contact", Scale: 1}, {Number: 3, Point: "ac/temperature", Scale: 10}}}}
	if err := s.Serve(site, func() *engine.View { return v }); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Serve(nil, nil) })
	return fmt.Sprint(s.Address().(*net.TCPAddr).Port)
}

// said is what pymodbus must print.
const said = `temperature -21.537
temperature held -21.537
temperature scaled -215
silent nan
silent scaled -32768
quality (0, 263, 516, 65535)
contact 110
usable 1100
heartbeat (1, 70)
whole block 125
all bits 2000
nowhere exception 2
write coil exception 1
write register exception 1
write coils exception 1
write registers exception 1
another unit exception 10
identity 1 0=Watchbox; 1=watchbox; 2=1.2.3
identity 2 0=Watchbox; 1=watchbox; 2=1.2.3; 4=Watchbox alarm gateway; 6=house
identity 4 6=house
identity 4 exception 2
`

func TestPymodbusMaster(t *testing.T) {
	peertest.Need(t, "python3-pymodbus", "/usr/bin/pymodbus.server")
	out, err := exec.Command(peertest.Pymodbus, "testdata/master.py", house(t), "17").CombinedOutput()
	if err != nil || string(out) != said {
		t.Errorf("%v: pymodbus says\n%s\nwant\n%s", err, out, said)
	}
}

// TestMbpoll is libmodbus's master as people run it on a site.
func TestMbpoll(t *testing.T) {
	peertest.Need(t, "mbpoll", "mbpoll")
	port := house(t)
	for _, c := range []struct{ name, arguments, values string }{
		{"floats", "-t 3:float -B -r 4002 -c 3", "-21.537 1 nan"},
		{"floats held", "-t 4:float -B -r 4002 -c 1", "-21.537"},
		{"qualities", "-t 3 -r 1001 -c 3", "0 263 516"},
		{"scaled", "-t 4 -r 2001 -c 3", "-215 1 -32768"},
		{"discrete inputs", "-t 1 -r 1001 -c 3", "1 1 0"},
		{"coils", "-t 0 -r 2001 -c 4", "1 1 0 0"},
	} {
		words := append(strings.Fields("-m tcp -a 17 -0 -1 -o 10 -p "+port+" "+c.arguments), "127.0.0.1")
		out, err := exec.Command("mbpoll", words...).CombinedOutput()
		if got := polled(string(out)); err != nil || got != c.values {
			t.Errorf("%s: %v, %q, want %q\n%s", c.name, err, got, c.values, out)
		}
	}
	out, err := exec.Command("mbpoll", "-m", "tcp", "-a", "17", "-0", "-o", "10", "-p", port, "-r", "2001", "-t", "4", "127.0.0.1", "5").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "Illegal function") {
		t.Errorf("a write: %v\n%s", err, out)
	}
}

var polledLine = regexp.MustCompile(`(?m)^\[\d+\]:\s+(\S+)(?: \((-\d+)\))?`)

// polled are the values that mbpoll prints; it shows a signed one in brackets.
func polled(out string) string {
	var values []string
	for _, m := range polledLine.FindAllStringSubmatch(out, -1) {
		if m[2] != "" {
			m[1] = m[2]
		}
		values = append(values, m[1])
	}
	return strings.Join(values, " ")
}
