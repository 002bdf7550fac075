package system

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestCauseOfAStart(t *testing.T) {
	crash := []string{"console-ramoops-0.1", "dmesg-ramoops-0.1"}
	for _, c := range []struct {
		status int
		crash  []string
		order  string
		past   Past
		want   string
	}{
		{0, nil, "", Past{}, CausePower},
		{cardReset, nil, "", Past{}, CauseWatchdog},
		{0, nil, "update", Past{}, CauseOrder},
		{cardReset, nil, "update", Past{}, CauseWatchdog}, // it hung on its way down
		{0, crash, "", Past{}, CausePanic},
		{cardReset, crash, "", Past{}, CausePanic}, // the watchdog ended what had died
		{0, crash[:1], "", Past{}, CausePower},     // a console without a death is kept over a warm start
		{0, nil, "", Past{Reset: true}, CauseRemedy},
		{cardReset, nil, "", Past{Reset: true}, CauseRemedy}, // data hung on the way down
		{0, nil, "journal", Past{Reset: true}, CauseRemedy},  // it did not
		{0, crash, "", Past{Reset: true}, CausePanic},        // it died on its way down
		{0, nil, "", Past{Unproven: true}, CauseWatchdog},    // a device that does not remember
		{0, crash, "", Past{Unproven: true}, CausePanic},
	} {
		if got := CauseOf(c.status, c.crash, c.order, c.past); got.Cause != c.want || got.Why != c.order && c.want != CauseRemedy {
			t.Errorf("status %#x, %v, order %q: %+v, want %s", c.status, c.crash, c.order, got, c.want)
		}
	}
}

// What outlives a life tells whether the power ended it.
func TestCrashed(t *testing.T) {
	empty, full := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "console-ramoops-0"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		status int
		pstore string
		past   Past
		want   bool
	}{
		{0, empty, Past{}, false},
		{0, filepath.Join(empty, "none"), Past{}, false},
		{cardReset, empty, Past{}, true},
		{0, full, Past{}, true},
		{0, empty, Past{Unproven: true}, true},
		{0, empty, Past{Reset: true}, false},
	} {
		if got := Crashed(c.status, c.pstore, c.past); got != c.want {
			t.Errorf("%+v: crashed %v", c, got)
		}
	}
}

func open(t *testing.T) *os.Root {
	t.Helper()
	r, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func TestKeepCrash(t *testing.T) {
	data, pstore := open(t), t.TempDir()
	for start := range 8 {
		for _, name := range []string{"dmesg-ramoops-0", "console-ramoops-0"} {
			text := strings.Repeat("x", crashSize+start)
			if err := os.WriteFile(filepath.Join(pstore, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		kept, err := KeepCrash(pstore, data, "crash", fmt.Sprint(start))
		if want := []string{fmt.Sprintf("console-ramoops-0.%d", start), fmt.Sprintf("dmesg-ramoops-0.%d", start)}; err != nil || !reflect.DeepEqual(kept, want) {
			t.Fatalf("kept %v, %v; want %v", kept, err, want)
		}
	}
	left, _ := os.ReadDir(pstore)
	have, _ := os.ReadDir(filepath.Join(data.Name(), "crash"))
	if len(left) != 0 || len(have) != crashFiles {
		t.Errorf("%d left in pstore, %d kept, want 0 and %d", len(left), len(have), crashFiles)
	}
	if info, err := data.Stat("crash/dmesg-ramoops-0.7"); err != nil || info.Size() != crashSize {
		t.Errorf("the newest record: %v, %v", info, err)
	}
	if kept, err := KeepCrash(filepath.Join(pstore, "none"), data, "crash", "9"); kept != nil || err != nil {
		t.Errorf("without pstore: %v, %v", kept, err)
	}
}

// TestLinksOfTheDaemon shows that what the daemon lays in its folder leads init nowhere.
func TestLinksOfTheDaemon(t *testing.T) {
	data, elsewhere := open(t), t.TempDir()
	for _, name := range []string{"crash", "tls", orderNote + ".part"} {
		if err := os.Symlink(elsewhere, filepath.Join(data.Name(), name)); err != nil {
			t.Fatal(err)
		}
	}
	pstore := t.TempDir()
	os.WriteFile(filepath.Join(pstore, "dmesg-0"), []byte("x"), 0o600)
	if _, err := KeepCrash(pstore, data, "crash", "1"); err == nil {
		t.Error("a crash record went through a link")
	}
	if _, err := KeepCertificate(data, "tls", "watchbox", nil, time.Now(), 0); err == nil {
		t.Error("a key went through a link")
	}
	if err := NoteOrder(data, "update"); err != nil {
		t.Error(err)
	}
	if entries, _ := os.ReadDir(elsewhere); len(entries) != 0 {
		t.Errorf("init wrote %v outside of data", entries)
	}
}

func TestOrderNote(t *testing.T) {
	data := open(t)
	if why := TakeOrder(data); why != "" {
		t.Errorf("before anything: %q", why)
	}
	if err := NoteOrder(data, "update to 1.2.0"); err != nil {
		t.Fatal(err)
	}
	if why := TakeOrder(data); why != "update to 1.2.0" {
		t.Errorf("the note says %q", why)
	}
	if why := TakeOrder(data); why != "" {
		t.Errorf("a second time: %q", why)
	}
}

func TestCertificate(t *testing.T) {
	data := open(t)
	addresses := []net.IP{net.IPv4(192, 0, 2, 10).To4()}
	print, err := KeepCertificate(data, "tls", "watchbox-ab12", addresses, time.Unix(0, 0), 0)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.LoadX509KeyPair(filepath.Join(data.Name(), "tls", CertificateFile), filepath.Join(data.Name(), "tls", KeyFile))
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	for _, name := range []string{"watchbox-ab12", "watchbox-ab12.local", "192.0.2.10"} {
		if _, err := leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: pool, CurrentTime: builtAfter.AddDate(9, 0, 0)}); err != nil {
			t.Errorf("as %s: %v", name, err)
		}
	}
	if again, err := KeepCertificate(data, "tls", "watchbox-ab12", nil, time.Now(), 0); again != print || err != nil || len(print) != 95 {
		t.Errorf("the next start: %q, %v; was %q", again, err, print)
	}
	data.Remove("tls/" + CertificateFile)
	if again, err := KeepCertificate(data, "tls", "watchbox-ab12", nil, time.Now(), 0); again == print || err != nil {
		t.Errorf("after a cut between the two files: the old one %v, %v", again == print, err)
	}
	other, key, _ := NewCertificate("watchbox-ab12", nil, time.Now())
	if block, _ := pem.Decode(key); block == nil || string(other) == "" {
		t.Error("no key")
	}
}

func TestFirstSite(t *testing.T) {
	data, standard := open(t), filepath.Join(t.TempDir(), "site-qemu.yaml")
	if _, err := FirstSite(data, standard, os.Getuid()); err == nil {
		t.Error("without a standard: no error")
	}
	os.WriteFile(standard, []byte("version: 1\n"), 0o600)
	if made, err := FirstSite(data, standard, os.Getuid()); !made || err != nil {
		t.Errorf("first boot: %v, %v", made, err)
	}
	os.WriteFile(filepath.Join(data.Name(), SiteFile), []byte("mine"), 0o600)
	made, err := FirstSite(data, standard, os.Getuid())
	if text, _ := data.ReadFile(SiteFile); made || err != nil || string(text) != "mine" {
		t.Errorf("second boot: %v, %v, %q", made, err, text)
	}
}

func TestBoxIDOnData(t *testing.T) {
	data := open(t)
	box := NewBoxID()
	if KeptBox(data) != "" || KeepBox(data, box) != nil || KeptBox(data) != box {
		t.Errorf("kept %q, want %q", KeptBox(data), box)
	}
	os.WriteFile(filepath.Join(data.Name(), boxFile), []byte("../../etc/passwd"), 0o600)
	if got := KeptBox(data); got != "" {
		t.Errorf("what is no id: %q", got)
	}
}

func TestOrders(t *testing.T) {
	for line, want := range map[string]Order{
		"pet": {"pet", ""}, "site\n": {"site", ""}, "restart update to 1.2.0": {"restart", "update to 1.2.0"}, "power-off": {"power-off", ""},
	} {
		if got, ok := ParseOrder(line); got != want || !ok {
			t.Errorf("%q: %+v, %v", line, got, ok)
		}
	}
	for _, line := range []string{"", "pet me", "format", "RESTART", "restart " + strings.Repeat("x", 300)} {
		if got, ok := ParseOrder(line); ok {
			t.Errorf("%q is taken for %+v", line, got)
		}
	}
}

func FuzzOrders(f *testing.F) {
	f.Add("pet\nsite\nrestart why\n")
	f.Fuzz(func(t *testing.T, text string) {
		HearOrders(strings.NewReader(text), func(o Order) {
			if len(o.Why) > orderSize {
				t.Errorf("a reason of %d bytes", len(o.Why))
			}
		})
	})
}

func TestOrdersThroughAPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	t.Setenv(EnvironmentInit, fmt.Sprint(handedOn(t, w)))
	init, err := FindInit()
	if err != nil || !init.Present() {
		t.Fatalf("find init: %v", err)
	}
	init.Pet()
	init.Restart("two\nlines")
	heard := make(chan Order, 2)
	go HearOrders(r, func(o Order) { heard <- o })
	for _, want := range []Order{{"pet", ""}, {"restart", "two lines"}} {
		if got := <-heard; got != want {
			t.Errorf("heard %+v, want %+v", got, want)
		}
	}
	alone, err := FindInit()
	if err != nil || alone.Present() || alone.Restart("x") == nil {
		t.Errorf("without init: present %v, %v", alone.Present(), err)
	}
}

// handedOn is a descriptor as a child would have it.
func handedOn(t *testing.T, f *os.File) int {
	t.Helper()
	fd, err := unix.Dup(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	return fd
}

// TestInitThatDoesNotListen shows that the daemon never waits for init.
func TestInitThatDoesNotListen(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	t.Setenv(EnvironmentInit, fmt.Sprint(handedOn(t, w)))
	init, _ := FindInit()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 100_000 {
			init.Pet()
		}
	}()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("a full pipe holds the daemon")
	}
}

func TestNotes(t *testing.T) {
	folder := t.TempDir()
	want := Notes{LastBoot: &LastBoot{Cause: CausePanic, Crash: []string{"dmesg-0.1"}, Slot: "A"}, Fallen: &Fallen{"B", "A", true}, Lost: &Lost{Why: "e2fsck"}}
	if err := want.Leave(folder, os.Getuid()); err != nil {
		t.Fatal(err)
	}
	if got := ReadNotes(folder); !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v, want %+v", got, want)
	}
	MarkHeard(folder)
	if !ReadNotes(folder).Heard {
		t.Error("the notes are told again")
	}
	if got := ReadNotes(filepath.Join(folder, "none")); !reflect.DeepEqual(got, Notes{}) {
		t.Errorf("off the image: %+v", got)
	}
}

func TestDevicesForTheDaemon(t *testing.T) {
	consoles := []string{"ttyAMA0"}
	for name, want := range map[string]bool{"ttyUSB0": true, "gpiochip2": true, "ttyS1": true, "i2c-1": true, "spidev0.0": true, "iio:device0": true,
		"ttyAMA0": false, "ttyAMA1": true, "tty": false, "ttyS": false, "vda1": false, "mem": false, "watchdog0": false, "rtc0": false, "gpiochip/../vda": false} {
		if got := ForDaemon(name, consoles); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	action, node := ParseUevent([]byte("add@/devices/usb/ttyUSB1\x00ACTION=add\x00SUBSYSTEM=tty\x00DEVNAME=ttyUSB1\x00SEQNUM=9\x00"))
	if action != "add" || node != "ttyUSB1" {
		t.Errorf("uevent: %q %q", action, node)
	}
	if err := HandOver(t.TempDir(), "ttyUSB9", 0); err == nil {
		t.Error("a node that is not there was handed over")
	}
}

// TestSticksForTheDaemon: the whole disk behind USB, and nothing else of the box.
func TestSticksForTheDaemon(t *testing.T) {
	sys := t.TempDir()
	os.MkdirAll(filepath.Join(sys, "block"), 0o755)
	for name, place := range map[string]string{"sda": "devices/pci0000:00/usb1/1-1/block/sda", "sdb": "devices/pci0000:00/ata1/block/sdb", "vda": "devices/usb2/block/vda"} {
		os.MkdirAll(filepath.Join(sys, place), 0o755)
		if err := os.Symlink("../"+place, filepath.Join(sys, "block", name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]bool{"sda": true, "sda1": false, "sdb": false, "vda": false, "sdc": false, "sd": false, "sd/../sda": false, "": false} {
		if got := IsStick(sys, name); got != want {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
	if err := LendSticks(sys, t.TempDir(), 0); err == nil || strings.Contains(err.Error(), "sdb") || !strings.Contains(err.Error(), "sda") {
		t.Errorf("lent: %v, want sda alone, whose node is missing", err)
	}
}
