//go:build boot || bootproof

package boot

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"watchbox/test/harness"
	"watchbox/test/qemu"
)

// The images that make builds before these tests.
const (
	product = "product" // 0.1.0 as it is sold
	agent   = "agent"   // 0.1.0 with the agent
	next    = "next"    // 0.2.0 with the agent
)

// file is one file of an image.
func file(image, name string) string {
	return filepath.Join(harness.Root(), "out", "boot", image, name)
}

// box is a machine with a disk. The disk stays when the machine ends.
type box struct {
	t       testing.TB
	disk    string
	medium  string // how the machine reaches the disk; "": the file itself, which no power cut harms
	open    bool   // the guest's network reaches this machine
	console string
	ports   map[int]int // of the guest → of this machine
	random  *rand.Rand  // of this box; nil where nothing is left to chance
	number  int         // of this box among those of its story
	more    []string    // hardware that one test adds
	note    string      // what this run was about, for the table
	seen    uint64      // newest record that a run has looked for
	*qemu.Machine
	api *harness.API
}

// newBox has a fresh disk of the image. Ports of the guest other than the page's
// can be asked for.
func newBox(t testing.TB, image string, ports ...int) *box {
	t.Helper()
	return onDisk(t, file(image, "disk.img"), ports...)
}

// onDisk has a copy of a disk.
func onDisk(t testing.TB, disk string, ports ...int) *box {
	t.Helper()
	folder := t.TempDir()
	b := &box{t: t, disk: filepath.Join(folder, "disk.img"), console: filepath.Join(folder, "console"), ports: map[int]int{}}
	copyDisk(t, disk, b.disk)
	for _, p := range append(ports, 443) {
		b.ports[p] = freePort(t)
	}
	b.api = harness.At(b.page(), patient)
	return b
}

// copyDisk leaves holes where the disk is empty.
func copyDisk(t testing.TB, from, to string) {
	t.Helper()
	if out, err := exec.Command("cp", "--sparse=always", "--reflink=auto", from, to).CombinedOutput(); err != nil {
		t.Fatalf("copy disk: %v\n%s", err, out)
	}
}

// lies tells where a partition begins on the disk and how long it is, in bytes.
func lies(t testing.TB, disk, name string) (at, size int64) {
	t.Helper()
	out, err := exec.Command("sfdisk", "--json", disk).Output()
	if err != nil {
		t.Fatal(err)
	}
	var table struct {
		PartitionTable struct {
			Partitions []struct {
				Name        string
				Start, Size int64
			}
		}
	}
	if err := json.Unmarshal(out, &table); err != nil {
		t.Fatal(err)
	}
	for _, p := range table.PartitionTable.Partitions {
		if p.Name == name {
			return p.Start * 512, p.Size * 512
		}
	}
	t.Fatalf("disk has no partition %s: %s", name, out)
	return 0, 0
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// patient is a client for a slow machine. The box's certificate is its own; each
// test that asks whose it is looks at it by itself.
var patient = &http.Client{Timeout: 3 * time.Minute, Transport: &http.Transport{
	DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}

func (b *box) page() string { return fmt.Sprintf("https://127.0.0.1:%d", b.ports[443]) }

// on gives the box power. Spoiled are ports that tell the agent to spoil a start.
func (b *box) on(spoiled ...string) {
	b.t.Helper()
	var forward strings.Builder
	for guest, here := range b.ports {
		fmt.Fprintf(&forward, ",hostfwd=tcp:127.0.0.1:%d-:%d", here, guest)
	}
	medium, lan := b.medium, "user,id=lan"
	if medium == "" {
		medium = "cache=unsafe,file=" + b.disk
	}
	if !b.open {
		lan += ",restrict=on"
	}
	arguments := []string{"-M", "virt,gic-version=2,acpi=off", "-cpu", "cortex-a53", "-smp", "2", "-m", "512",
		"-bios", file(agent, "u-boot.bin"), "-dtb", file(agent, "loader.dtb"),
		"-drive", "if=none,id=disk,format=raw," + medium, "-device", "virtio-blk-pci,drive=disk",
		"-netdev", lan + forward.String(), "-device", "virtio-net-pci,netdev=lan,romfile=",
		"-device", "i6300esb", "-action", "watchdog=reset"}
	var ports []string
	for i, name := range spoiled {
		arguments = append(arguments, "-chardev", fmt.Sprintf("null,id=spoil%d", i))
		ports = append(ports, fmt.Sprintf("chardev=spoil%d,name=%s", i, name))
	}
	b.Machine = qemu.Start(b.t, b.console, slices.Concat(arguments, qemu.Console(), b.more, qemu.Wires(ports...))...)
}

// alive is what the page says of itself without a log-in: "up".
func (b *box) alive() string {
	client := &http.Client{Timeout: 5 * time.Second, Transport: patient.Transport}
	answer, err := client.Get(b.page() + "/healthz")
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(answer.Body, 100))
	return strings.TrimSpace(string(text))
}

// awaitPage waits until the page answers and says that the box is up.
func (b *box) awaitPage(limit time.Duration) {
	b.t.Helper()
	b.AwaitIn(limit, "the page does not answer", qemu.Is("up"), func() string { time.Sleep(100 * time.Millisecond); return b.alive() })
}

// certificate is the digest of what the page shows.
func (b *box) certificate() string {
	b.t.Helper()
	conn, err := tls.Dial("tcp", strings.TrimPrefix(b.page(), "https://"), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		b.t.Fatal(err)
	}
	defer conn.Close()
	return fmt.Sprintf("%X", sha256.Sum256(conn.ConnectionState().PeerCertificates[0].Raw))
}

// setUp makes the first administrator.
func (b *box) setUp() {
	b.t.Helper()
	b.AwaitText("the box told no set-up code", func(code string) bool { return code != "" }, b.SetupCode)
	if err := b.api.Begin(b.SetupCode()); err != nil {
		b.t.Fatalf("set up: %v", err)
	}
}

// off cuts the power.
func (b *box) off() { b.Kill() }

func TestMain(m *testing.M) {
	for _, image := range []string{product, agent, next} {
		if _, err := os.Stat(file(image, "disk.img")); err != nil {
			fmt.Fprintf(os.Stderr, "the image is missing: make bootimages\n%v\n", err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}
