package system

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestButton(t *testing.T) {
	for _, c := range []struct {
		name string
		held time.Duration // from the start on
		want Verdict
	}{
		{"not held", 0, Ignored},
		{"touched", time.Second, Ignored},
		{"held for nine seconds", 9 * time.Second, Ignored},
		{"held for eleven", 11 * time.Second, Ordered},
		{"held for half a minute", 30 * time.Second, Ordered},
		{"stuck", time.Hour, Ignored},
	} {
		verdict, lit, flashed := Undecided, 0, 0
		for now := time.Duration(0); verdict == Undecided; now += 50 * time.Millisecond {
			var lamp bool
			verdict, lamp = Button(now, now < c.held)
			if lamp && now < holdTime {
				flashed++
			} else if lamp {
				lit++
			}
		}
		if verdict != c.want {
			t.Errorf("%s: %v, want %v", c.name, verdict, c.want)
		}
		if c.held > holdTime && (flashed < 90 || flashed > 110 || lit == 0) {
			t.Errorf("%s: the lamp was lit at %d of 200 looks, then at %d", c.name, flashed, lit)
		}
	}
}

func TestErase(t *testing.T) {
	data := open(t)
	for _, name := range []string{"crash/dmesg-0", "guard.db", "secrets/broker", "tls/key.pem", "site.yaml", boxFile} {
		os.MkdirAll(filepath.Dir(filepath.Join(data.Name(), name)), 0o755)
		if err := os.WriteFile(filepath.Join(data.Name(), name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if done, err := Erase(data, "crash"); done || err != nil {
		t.Fatalf("nobody asked: %v, %v", done, err)
	}
	if err := BeginErase(data); err != nil {
		t.Fatal(err)
	}
	if done, err := Erase(data, "crash"); !done || err != nil {
		t.Fatalf("%v, %v", done, err)
	}
	left, _ := os.ReadDir(data.Name())
	if len(left) != 2 || left[0].Name() != boxFile || left[1].Name() != "crash" {
		t.Errorf("left: %v", left)
	}
	if done, _ := Erase(data, "crash"); done {
		t.Error("it is erased a second time")
	}
}
