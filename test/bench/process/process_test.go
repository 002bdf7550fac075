package process

import (
	"os"
	"testing"
	"time"
)

func TestTheKernelTellsWhatWeUsed(t *testing.T) {
	pid := os.Getpid()
	for end := time.Now().Add(10 * time.Second); Busy(pid) < 50*time.Millisecond; {
		if time.Now().After(end) {
			t.Fatalf("busy for %v", Busy(pid))
		}
	}
	if r := Resident(pid); r < 1 || r > 1024 {
		t.Errorf("%v MiB", r)
	}
	if Busy(-1) != 0 || Resident(-1) != 0 {
		t.Error("nobody used something")
	}
}
