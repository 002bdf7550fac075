//go:build peer

package snmp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"watchbox/drivers/snmp/snmptest"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

const (
	authWord = "authentication-1"
	privWord = "privacy-word-22"
)

// program finds a counterpart or fails with what to install.
func program(t testing.TB, name, pkg string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is missing: apt-get install %s", name, pkg)
	}
	return path
}

// freePort is a UDP port that nobody uses on loopback.
func freePort(t testing.TB) int {
	t.Helper()
	c, err := net.ListenPacket("udp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).Port
}

// snmpd starts net-snmp's agent on every 127.x.y.z and waits until it answers.
func snmpd(t testing.TB, extra ...string) (port int) {
	t.Helper()
	path := program(t, "snmpd", "snmpd")
	dir := t.TempDir()
	port = freePort(t)
	lines := append([]string{
		fmt.Sprintf("agentaddress udp:0.0.0.0:%d", port),
		"rocommunity public default",
		fmt.Sprintf("createUser wb256 SHA-256 %s AES %s", authWord, privWord),
		fmt.Sprintf("createUser wb1 SHA %s AES %s", authWord, privWord),
		"rouser wb256 authPriv", "rouser wb1 authPriv",
		"sysName room-one",
	}, extra...)
	conf := filepath.Join(dir, "snmpd.conf")
	if err := os.WriteFile(conf, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "-f", "-Le", "-C", "-c", conf, "-I", "-smux")
	cmd.Env = append(os.Environ(), "SNMP_PERSISTENT_DIR="+dir, "MIBS=")
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("snmpd said: %.2000s", log.String())
		}
	})
	d := device(t, fmt.Sprintf("127.0.0.1:%d", port), "system", nil)
	for range 100 {
		ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
		err := d.Probe(ctx)
		cancel()
		if err == nil {
			return port
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("snmpd does not answer: %s", log.String())
	return 0
}

func v3(user, auth string) map[string]string {
	return map[string]string{"version": "3", "user": user, "auth": auth, "auth-password": authWord, "priv": "aes", "priv-password": privWord, "interfaces": "lo"}
}

// The host's own loopback interface, read three ways; its counter rises with traffic.
func TestPeerSnmpdInterfaces(t *testing.T) {
	port := snmpd(t)
	for name, options := range map[string]map[string]string{
		"v2c": {"interfaces": "lo"}, "v3 SHA-256 AES": v3("wb256", "sha256"), "v3 SHA AES": v3("wb1", "sha"),
	} {
		t.Run(name, func(t *testing.T) {
			d := device(t, fmt.Sprintf("127.0.0.1:%d", port), "system+interfaces", options)
			first := pollAll(t, d)
			want(t, first, "core1/system.name", point.OfText("room-one"))
			want(t, first, "core1/if.lo.status", point.OfInt(1))
			want(t, first, "core1/if.lo.name", point.OfText("lo"))
			before, ok := first["core1/if.lo.in.octets"].Value.Counter()
			if !ok || before == 0 {
				t.Fatalf("octets %v", first["core1/if.lo.in.octets"])
			}
			rose(t, d, before)
		})
	}
}

// rose sends 1 MB over loopback and waits for the agent, which looks at the
// kernel's counters every few seconds only, to have seen it.
func rose(t *testing.T, d *Device, before uint64) {
	t.Helper()
	sink, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Close()
	out, err := net.Dial("udp", sink.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	for range 1000 {
		out.Write(make([]byte, 1000))
	}
	for range 60 {
		n, _ := pollAll(t, d)["core1/if.lo.in.octets"].Value.Counter()
		if n >= before+1_000_000 {
			return
		}
		time.Sleep(500 * time.Millisecond)
	}
	t.Error("the counter did not rise by the 1 MB that was sent")
}

func TestPeerSnmpdRefusesAWrongUserOrPassword(t *testing.T) {
	address := fmt.Sprintf("127.0.0.1:%d", snmpd(t))
	wrongUser, wrongAuth := v3("nobody", "sha256"), v3("wb256", "sha256")
	wrongAuth["auth-password"] = "something-else"
	for name, c := range map[string]struct {
		options map[string]string
		class   error
	}{"user": {wrongUser, driver.ErrRefused}, "password": {wrongAuth, driver.ErrRefused}, "community": {map[string]string{"community": "wrong"}, driver.ErrTimeout}} {
		err := poll(device(t, address, "system", c.options), 0, 2*time.Second, func(point.Sample) {})
		if !errors.Is(err, c.class) {
			t.Errorf("wrong %s: %v, want class %v", name, err, c.class)
		}
	}
}

// An agent that restarts has new engine boots and time: the session is made anew.
func TestPeerSnmpdSurvivesWhatItForgets(t *testing.T) {
	d := device(t, fmt.Sprintf("127.0.0.1:%d", snmpd(t)), "system", v3("wb256", "sha256"))
	pollAll(t, d)
	u := d.wire.(*user)
	u.usm.AuthoritativeEngineTime += 5000
	pollAll(t, d) // not in the time window: resynchronised in one attempt
	u.usm.AuthoritativeEngineID = "\x80\x00\x1f\x88\x80other"
	poll(d, 0, 2*time.Second, func(point.Sample) {})
	pollAll(t, d)
}

func TestPeerSnmpdServesAUPS(t *testing.T) {
	const top = "override .1.3.6.1.2.1.33.1."
	port := snmpd(t,
		top+"1.1.0 octet_str Maker", top+"1.2.0 octet_str Model-7",
		top+"2.1.0 integer 2", top+"2.3.0 integer 45", top+"2.4.0 integer 87", top+"2.5.0 integer 2716", top+"2.7.0 integer 25",
		top+"3.3.1.2.1 integer 499", top+"3.3.1.3.1 integer 231", top+"4.1.0 integer 3", top+"4.2.0 integer 500",
		top+"4.4.1.2.1 integer 230", top+"4.4.1.5.1 integer 41", top+"6.1.0 uinteger 0")
	d := device(t, fmt.Sprintf("127.0.0.1:%d", port), "ups-mib", v3("wb256", "sha256"))
	got := pollAll(t, d)
	for name, v := range map[point.Name]point.Value{
		"core1/battery.charge": point.OfReal(87), "core1/battery.runtime": point.OfReal(2700), "core1/battery.status": point.OfInt(2),
		"core1/output.source": point.OfInt(3), "core1/input.voltage": point.OfReal(231), "core1/ups.load": point.OfReal(41),
		"core1/ups.alarms": point.OfInt(0), "core1/ups.model": point.OfText("Model-7"),
	} {
		want(t, got, name, v)
	}
	if f, _ := got["core1/battery.voltage"].Value.Float(); f < 271.59 || f > 271.61 {
		t.Errorf("battery voltage %v", f)
	}
}

// net-snmp's own tools against our agent: it is an honest one.
func TestPeerToolsReadOurAgent(t *testing.T) {
	a := snmptest.New("public")
	a.System("fake-1", "a fake", func() time.Duration { return 4242 * time.Second })
	for i := range 60 {
		a.AddInterface(snmptest.Interface{Index: i + 1, Name: fmt.Sprint("ge0/", i), In: func() uint64 { return 1<<63 + uint64(i) }})
	}
	a.AddUPS(func() snmptest.UPS { return snmptest.UPS{Charge: 77} })
	address := serve(t, a)
	run := func(tool string, args ...string) (string, error) {
		args = append([]string{"-v2c", "-c", "public", "-On", "-t", "2", "-r", "0"}, args...)
		cmd := exec.Command(program(t, tool, "snmp"), args...)
		cmd.Env = append(os.Environ(), "MIBS=")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	out, err := run("snmpget", address, sysName, sysUpTime, ifHCInOctets+".3", ".1.3.6.1.2.1.31.1.1.1.6.999", ".1.3.6.1.2.1.33.1.2.4.0")
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, s := range []string{`"fake-1"`, "(424200) 1:10:42.00", "Counter64: 9223372036854775810", "No Such Instance", "INTEGER: 77"} {
		if !strings.Contains(out, s) {
			t.Errorf("snmpget: %q is not in\n%s", s, out)
		}
	}
	for _, tool := range []string{"snmpbulkwalk", "snmpwalk"} {
		out, err = run(tool, address, ".1.3.6.1.2.1")
		if n := strings.Count(out, "\n"); err != nil || n != 6+60*8+16+1 { // the last line says that this was the end
			t.Errorf("%s: %v, %d lines, the last: %s", tool, err, n, out[max(0, len(out)-200):])
		}
		if strings.Contains(out, "not increasing") {
			t.Errorf("%s: %s", tool, out)
		}
	}
	if out, err := run("snmpset", address, sysName, "s", "x"); err == nil || !strings.Contains(out, "notWritable") {
		t.Errorf("snmpset: %v %s", err, out)
	}
	if out, err := run("snmpget", "-c", "wrong", address, sysName); err == nil || !strings.Contains(out, "Timeout") {
		t.Errorf("wrong community: %v %s", err, out)
	}
}
