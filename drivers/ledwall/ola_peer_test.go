//go:build peer

package ledwall

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/annunciate"
)

// ola is olad, a receiver of E1.31 that we did not write, in a network
// namespace of its own: it broadcasts.
type ola struct {
	here, there string // addresses of the two ends of the wire
	device      string // our end's interface
}

// TestOLAReceivesTheWall sends a frame of three universes to olad, unicast and
// multicast, and reads the DMX slots back over its HTTP interface.
func TestOLAReceivesTheWall(t *testing.T) {
	o := startOLA(t)
	for _, universe := range []int{41, 42, 43} {
		o.patch(t, universe)
	}
	for name, address := range map[string]string{"unicast": o.there, "multicast": "multicast:" + o.device} {
		t.Run(name, func(t *testing.T) {
			wall, err := NewSACN(address, 41, testCID)
			if err != nil {
				t.Fatal(err)
			}
			defer wall.Close()
			frame := gradient(2*PixelsInUniverse + 9)
			frame[0] = annunciate.RGB{R: uint8(len(name)), G: 200, B: 100}
			o.expect(t, wall, frame)
			slices.Reverse(frame)
			o.expect(t, wall, frame)
		})
	}
}

// TestOLAReceivesATextPage shows a wall with lamps in universe 41 and a matrix of
// 64 × 16 from 42 on, and holds what olad received against the picture that is
// kept in testdata.
func TestOLAReceivesATextPage(t *testing.T) {
	o := startOLA(t)
	for universe := 41; universe <= 48; universe++ {
		o.patch(t, universe)
	}
	lamps, err := NewSACN(o.there, 41, testCID)
	if err != nil {
		t.Fatal(err)
	}
	text, err := NewSACN(o.there, 42, testCID)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"chinese", "inverse", "scrolled"} {
		p := pages[name]
		m, err := NewMatrix(p.width, p.height, Rows)
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join("testdata", name+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		wall := NewWall(lamps, text, m)
		picture := annunciate.Picture{Lamps: gradient(20), Bright: 100, Page: annunciate.Page{Lines: p.lines, Width: p.width}}
		got, alone := "", annunciate.Frame(nil)
		for limit := time.Now().Add(30 * time.Second); time.Now().Before(limit) && (got != string(want) || !alone.Equal(picture.Lamps)); time.Sleep(100 * time.Millisecond) {
			if err := wall.Show(t.Context(), picture, p.after); err != nil {
				t.Fatal(err)
			}
			alone = o.pixels(t, 41, 41, 20)
			got = art(o.pixels(t, 42, 48, p.width*p.height), p.width)
		}
		if got != string(want) || !alone.Equal(picture.Lamps) {
			t.Errorf("%s: olad shows lamps %v and\n%s", name, alone, got)
		}
	}
}

// pixels are the first n of what olad has in the universes.
func (o *ola) pixels(t *testing.T, first, last, n int) (f annunciate.Frame) {
	for u := first; u <= last; u++ {
		slots := o.dmx(t, u)
		for i := 0; i+2 < len(slots) && i < 3*PixelsInUniverse && len(f) < n; i += 3 {
			f = append(f, annunciate.RGB{R: uint8(slots[i]), G: uint8(slots[i+1]), B: uint8(slots[i+2])})
		}
	}
	return f
}

// expect shows the frame, again and again as the owner does, until olad has it.
func (o *ola) expect(t *testing.T, wall *SACN, frame annunciate.Frame) {
	t.Helper()
	var got annunciate.Frame
	for limit := time.Now().Add(30 * time.Second); time.Now().Before(limit); time.Sleep(100 * time.Millisecond) {
		if err := wall.Show(t.Context(), frame); err != nil {
			t.Fatal(err)
		}
		got = o.pixels(t, 41, 43, 3*PixelsInUniverse)
		if len(got) >= len(frame) && got[:len(frame)].Equal(frame) {
			return
		}
	}
	t.Fatalf("olad shows %d pixels that are not the frame's %d", len(got), len(frame))
}

func startOLA(t *testing.T) *ola {
	for _, program := range []string{"olad", "ip", "setpriv"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%s is missing: apt-get install ola iproute2 util-linux", program)
		}
	}
	if os.Geteuid() != 0 {
		t.Fatal("a network namespace needs root")
	}
	n := os.Getpid()
	o := &ola{here: fmt.Sprintf("10.213.%d.%d", n/64%256, n%64*4+1), there: fmt.Sprintf("10.213.%d.%d", n/64%256, n%64*4+2),
		device: fmt.Sprintf("wola%d", n)}
	space := fmt.Sprintf("watchbox-ola-%d", n)
	ip(t, "netns", "add", space)
	t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", space).Run() })
	ip(t, "link", "add", o.device, "type", "veth", "peer", "name", "wall0", "netns", space)
	t.Cleanup(func() { _ = exec.Command("ip", "link", "del", o.device).Run() })
	ip(t, "addr", "add", o.here+"/30", "dev", o.device)
	ip(t, "link", "set", o.device, "up")
	ip(t, "-n", space, "addr", "add", o.there+"/30", "dev", "wall0")
	ip(t, "-n", space, "link", "set", "lo", "up")
	ip(t, "-n", space, "link", "set", "wall0", "up")
	o.run(t, space)
	return o
}

func ip(t *testing.T, arguments ...string) {
	t.Helper()
	if out, err := exec.Command("ip", arguments...).CombinedOutput(); err != nil {
		t.Fatalf("ip %v: %v: %s", arguments, err, out)
	}
}

// run starts olad with nothing but its E1.31 plug-in, as nobody: it refuses root.
func (o *ola) run(t *testing.T, space string) {
	folder := t.TempDir()
	off := "artnet dummy espnet gpio karate kinet milinst opendmx openpixelcontrol osc renard sandnet shownet spi stageprofi usbserial usbdmx pathport ftdidmx uartdmx"
	for _, plugin := range strings.Fields(off) {
		write(t, filepath.Join(folder, "ola-"+plugin+".conf"), "enabled = false\n")
	}
	write(t, filepath.Join(folder, "ola-e131.conf"), "enabled = true\nip = "+o.there+"\ninput_ports = 12\noutput_ports = 0\n")
	for _, d := range []string{folder, filepath.Dir(folder)} {
		if err := os.Chmod(d, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.Command("ip", "netns", "exec", space, "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
		"olad", "-c", folder, "-l", "2", "-p", "9090", "--no-register-with-dns-sd")
	var output strings.Builder
	c.Stdout, c.Stderr = &output, &output
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
		if t.Failed() {
			t.Log(output.String())
		}
	})
	for limit := time.Now().Add(60 * time.Second); o.port() == ""; time.Sleep(200 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("olad offers no E1.31 port")
		}
	}
}

func write(t *testing.T, name, text string) {
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	_ = os.Chmod(name, 0o666)
}

var client = http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{Proxy: nil}}

func (o *ola) url(path string) string { return "http://" + o.there + ":9090/" + path }

// port is the next E1.31 input that no universe uses, or empty.
func (o *ola) port() string {
	answer, err := client.Get(o.url("json/get_ports"))
	if err != nil {
		return ""
	}
	defer answer.Body.Close()
	var ports []struct {
		Device string `json:"device"`
		ID     string `json:"id"`
		Output bool   `json:"is_output"`
	}
	_ = json.NewDecoder(answer.Body).Decode(&ports)
	for _, p := range ports {
		if strings.HasPrefix(p.Device, "E1.31") && !p.Output {
			return p.ID
		}
	}
	return ""
}

// patch gives the universe an E1.31 input.
func (o *ola) patch(t *testing.T, universe int) {
	form := url.Values{"id": {fmt.Sprint(universe)}, "name": {fmt.Sprint("wall ", universe)}, "add_ports": {o.port()}}
	answer, err := client.PostForm(o.url("new_universe"), form)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if body, _ := io.ReadAll(answer.Body); !strings.Contains(string(body), `"ok": true`) {
		t.Fatalf("patch universe %d: %s", universe, body)
	}
}

func (o *ola) dmx(t *testing.T, universe int) []int {
	answer, err := client.Get(o.url(fmt.Sprint("get_dmx?u=", universe)))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var state struct {
		DMX   []int  `json:"dmx"`
		Error string `json:"error"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&state); err != nil || state.Error != "" {
		t.Fatalf("universe %d: %v %s", universe, err, state.Error)
	}
	return state.DMX
}
