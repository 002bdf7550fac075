//go:build peer

package survey

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"watchbox/drivers/all"
	"watchbox/drivers/peertest"
	"watchbox/drivers/serial/serialtest"
	"watchbox/firmware/bus"
	"watchbox/firmware/driver"
)

// TestPymodbusIsFoundAndWiresharkReadsTheTrace searches an independent slave, keeps
// what goes over the wire as it comes, and has Wireshark read the file.
func TestPymodbusIsFoundAndWiresharkReadsTheTrace(t *testing.T) {
	peertest.Need(t, "tshark", "tshark", "capinfos")
	near := peertest.NewCable(t).Near
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
