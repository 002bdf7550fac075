//go:build peer

package modem

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"golang.org/x/sys/unix"

	"watchbox/drivers/modem/modemtest"
)

// pty opens a pseudo-terminal in raw mode: the fake's side and the path of the other.
func pty(t *testing.T) (*os.File, string) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close() })
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	path := fmt.Sprintf("/dev/pts/%d", n)
	slave, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY, 0) // held: the master must not see an end
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { slave.Close() })
	tio, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	tio.Iflag, tio.Oflag, tio.Lflag = 0, 0, 0
	if err := unix.IoctlSetTermios(int(slave.Fd()), unix.TCSETS, tio); err != nil {
		t.Fatal(err)
	}
	return master, path
}

const smsdConf = `devices = GSM1
outgoing = %[1]s/outgoing
checked = %[1]s/checked
incoming = %[1]s/incoming
failed = %[1]s/failed
sent = %[1]s/sent
report = %[1]s/report
logfile = %[1]s/smsd.log
infofile = %[1]s/smsd.working
pidfile = %[1]s/smsd.pid
loglevel = 7
delaytime = 1
[GSM1]
device = %[2]s
baudrate = 115200
rtscts = no
incoming = yes
report = yes
check_network = 0
init = AT+CNMI=2,1,0,2,0
cs_convert = yes
`

// smsd starts smstools on the fake and returns its folder.
func smsd(t *testing.T, device string) string {
	t.Helper()
	program, err := exec.LookPath("smsd")
	if err != nil {
		t.Fatal("smsd is missing: apt-get install smstools")
	}
	dir := t.TempDir()
	for _, d := range []string{"outgoing", "checked", "incoming", "failed", "sent", "report"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	conf := filepath.Join(dir, "smsd.conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, smsdConf, dir, device), 0o666); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	command := exec.CommandContext(ctx, program, "-t", "-c"+conf)
	command.SysProcAttr = &unix.SysProcAttr{Setpgid: true, Pdeathsig: unix.SIGTERM}
	command.Cancel = func() error { return unix.Kill(-command.Process.Pid, unix.SIGKILL) }
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		command.Wait()
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(dir, "smsd.log"))
			t.Logf("smsd said %s\n%s", output.String(), log)
		}
	})
	return dir
}

// within waits for what another process does.
func within(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(90 * time.Second); !done(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 90 s: %s", what)
		}
	}
}

// TestSmstoolsSendsThroughTheFake shows that the fake is honest: a program that
// knows real modems sends, gets its delivery reports and receives through it.
func TestSmstoolsSendsThroughTheFake(t *testing.T) {
	fake := modemtest.New()
	master, device := pty(t)
	go fake.Serve(master)
	dir := smsd(t, device)

	chinese := "市电失电,机房温度 31.2 °C。回复1确认"
	long := strings.Repeat("机房温度过高请立即处理。", 12)
	want := []string{chinese, long, "Mains failed, call Wang @ 02:14 [1]"}
	for i, text := range want {
		body := "To: 8613800000001\nReport: yes\n"
		if i < 2 {
			body += "Alphabet: UCS2\n\n"
			for _, u := range utf16.Encode([]rune(text)) {
				body += string([]byte{byte(u >> 8), byte(u)})
			}
		} else {
			body += "\n" + text
		}
		if err := os.WriteFile(filepath.Join(dir, "outgoing", fmt.Sprintf("m%d", i)), []byte(body), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	within(t, "three whole messages in the fake", func() bool { return len(whole(fake)) == 3 })
	got := whole(fake)
	for _, text := range want {
		if !slices.Contains(got, text) {
			t.Errorf("%q did not arrive; got %q", text, got)
		}
	}
	within(t, "smsd files a delivery report", func() bool {
		files, _ := filepath.Glob(filepath.Join(dir, "report", "*"))
		return len(files) > 0
	})
	if err := fake.Receive("+8613800000002", "回复 1 确认"); err != nil {
		t.Fatal(err)
	}
	within(t, "smsd files a received message", func() bool {
		files, _ := filepath.Glob(filepath.Join(dir, "incoming", "*"))
		return len(files) > 0 && fake.Stored() == 0
	})
}

func whole(fake *modemtest.Modem) (texts []string) {
	for _, s := range fake.Sent() {
		if s.Complete {
			texts = append(texts, s.Text)
		}
	}
	return texts
}
