//go:build peer

package survey

import (
	"bytes"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"watchbox/drivers/all"
	"watchbox/drivers/serial/serialtest"
	"watchbox/firmware/bus"
	"watchbox/firmware/driver"
)

func need(t *testing.T, pkg string, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Fatalf("%s is missing: apt-get install %s", p, pkg)
		}
	}
}

// begin runs a counterpart until the test ends.
func begin(t *testing.T, name string, args ...string) {
	t.Helper()
	c := exec.Command(name, args...)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill(); c.Wait() })
}

func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if f() {
			return
		}
	}
	t.Fatalf("%s did not come", what)
}

// pymodbus serves unit 1 at the far end of a cable by socat, and gives its near end.
func pymodbus(t *testing.T) (near string) {
	need(t, "socat", "socat")
	need(t, "python3-pymodbus", "/usr/bin/pymodbus.server")
	dir := t.TempDir()
	near, far := filepath.Join(dir, "near"), filepath.Join(dir, "far")
	begin(t, "socat", "pty,raw,echo=0,link="+near, "pty,raw,echo=0,link="+far)
	eventually(t, "socat's cable", func() bool {
		_, err := os.Stat(near)
		_, also := os.Stat(far)
		return err == nil && also == nil
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	web := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	l.Close()
	begin(t, "/usr/bin/python3", "../../modbus/testdata/rtu_server.py", far, web)
	eventually(t, "pymodbus", func() bool {
		r, err := http.Post("http://127.0.0.1:"+web, "application/json", strings.NewReader(`{"response_type": "normal"}`))
		return err == nil && r.Body.Close() == nil
	})
	return near
}

// TestPymodbusIsFoundAndWiresharkReadsTheTrace searches an independent slave, keeps
// what goes over the wire as it comes, and has Wireshark read the file.
func TestPymodbusIsFoundAndWiresharkReadsTheTrace(t *testing.T) {
	need(t, "tshark", "tshark", "capinfos")
	near := pymodbus(t)
	line := at("19200 8N1")
	s, err := New(Wire{Name: "rs485-1", Shape: line, Open: func(l driver.Line) (driver.Port, error) { return serialtest.Open(near, l) }},
		bus.Order{To: 3, Protocols: []string{bus.ModbusRTU}, Shapes: []string{"19200 8N1"}})
	if err != nil {
		t.Fatal(err)
	}
	ear, err := s.Monitor().Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer ear.Close()
	path := filepath.Join(t.TempDir(), "trace.pcapng")
	told := trace(t, s, ear, path)
	s.Close()
	p := s.Progress()
	if f := finding(t, p, bus.ModbusRTU, 1); len(p.Findings) != 1 || f.Shape != "19200 8N1" {
		t.Errorf("%+v", p)
	}
	read := wireshark(t, path)
	if len(read) != told || told < 8 {
		t.Fatalf("told %d frames, Wireshark reads %d", told, len(read))
	}
	answered, asked := 0, 0
	for _, f := range read {
		if f.dissector == "data" {
			continue // a time-out has no bytes
		}
		if f.dissector != "mbrtu" || f.sum != "1" || f.function == "" {
			t.Errorf("Wireshark reads %+v", f)
		}
		switch {
		case f.direction == "0":
			asked++
		case f.unit == "1" && f.answers != "":
			answered++
		}
	}
	if asked < 5 || answered < 2 {
		t.Errorf("Wireshark saw %d requests and %d answers to them: %+v", asked, answered, read)
	}
	out, err := exec.Command("capinfos", "-M", "-c", "-E", path).CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("Number of packets:   "+strconv.Itoa(told))) {
		t.Errorf("capinfos: %v\n%s", err, out)
	}
}

// trace steps the search to its end and writes what is heard.
func trace(t *testing.T, s *Survey, ear *bus.Ear, path string) (told int) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	c, err := bus.NewCapture(file, "rs485-1")
	if err != nil {
		t.Fatal(err)
	}
	var d all.Dissector
	for over := false; !over; {
		over = s.Step(t.Context())
		for f, more := ear.Take(); more; f, more = ear.Take() {
			for _, l := range d.Lines(f) {
				told++
				if err := c.Add(l); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return told
}

// packet is one frame as Wireshark reads it.
type packet struct{ dissector, direction, unit, function, sum, answers string }

func wireshark(t *testing.T, path string) (list []packet) {
	t.Helper()
	args := []string{"-r", path, "-o", "mbrtu.crc_verification:TRUE", "-T", "fields", "-E", "separator=|"}
	for _, f := range []string{"exported_pdu.prot_name", "frame.p2p_dir", "mbrtu.unit_id", "modbus.func_code", "mbrtu.crc16.status", "modbus.request_frame"} {
		args = append(args, "-e", f)
	}
	c := exec.Command("tshark", args...)
	out, err := c.Output()
	if err != nil {
		t.Fatalf("tshark: %v", err)
	}
	for _, l := range strings.Split(strings.TrimSuffix(string(out), "\n"), "\n") {
		f := strings.Split(l, "|")
		if len(f) != 6 {
			t.Fatalf("tshark said %q", l)
		}
		list = append(list, packet{f[0], f[1], f[2], f[3], f[4], f[5]})
	}
	return list
}
