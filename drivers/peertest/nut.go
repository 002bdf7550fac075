package peertest

import (
	"context"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Nut lets a driver of Network UPS Tools find the UPS at that port and read it so many
// times, and gives what it publishes; nil when it refuses the UPS.
func Nut(t testing.TB, program, port string, updates int) map[string]string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, program, "-u", "root", "-s", "fake", "-d", strconv.Itoa(updates), "-x", "port="+port)
	dir := t.TempDir()
	command.Env = append(os.Environ(), "NUT_STATEPATH="+dir, "NUT_CONFPATH="+dir, "NUT_ALTPIDPATH="+dir)
	out, err := command.CombinedOutput()
	t.Logf("%s\n%s", program, out)
	if err != nil {
		return nil
	}
	said := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && !strings.Contains(name, " ") {
			said[name] = value
		}
	}
	return said
}
