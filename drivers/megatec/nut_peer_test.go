//go:build peer

package megatec

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"watchbox/drivers/megatec/megatectest"
	"watchbox/drivers/peertest"
	"watchbox/drivers/serial/serialtest"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

func onPty(t *testing.T, u *megatectest.UPS) (path string) {
	t.Helper()
	path, stop, err := serialtest.Serve(func(end *os.File) { u.Serve(end) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return path
}

// nut lets that driver of Network UPS Tools read the UPS once.
func nut(t *testing.T, program, path string) map[string]string {
	t.Helper()
	program = filepath.Join("/lib/nut", program)
	peertest.Need(t, "nut-server", program)
	return peertest.Nut(t, program, path, 1)
}

// ours reads the same UPS with our driver, until the ratings are in.
func ours(t *testing.T, path, dialect string) map[string]point.Sample {
	t.Helper()
	spec := driver.Spec{Name: "ups", Options: map[string]string{"dialect": dialect}}
	line, err := Line(spec)
	if err != nil {
		t.Fatal(err)
	}
	d, err := New(spec, func() (driver.Port, error) { return serialtest.Open(path, line) })
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	last := map[string]point.Sample{}
	for range 5 {
		ctx, cancel := context.WithTimeout(context.Background(), d.Blocks()[0].Timeout)
		if err := d.Poll(ctx, 0, func(s point.Sample) { last[s.Point.Item()] = s }); err != nil {
			t.Fatal(err)
		}
		cancel()
	}
	return last
}

// Network UPS Tools and we read the same unit and say the same of it.
func TestNutReadsOurUPSAsWeDo(t *testing.T) {
	for _, c := range []struct {
		name, program, dialect, found string
		change                        func(*megatectest.State)
		compared                      int // so many values are told by both
	}{
		{"q1", "nutdrv_qx", megatectest.Q1, "Megatec", func(*megatectest.State) {}, 17},
		{"q1 on battery", "nutdrv_qx", megatectest.Q1, "Megatec", func(s *megatectest.State) {
			s.Failed, s.Low, s.Input, s.Standby, s.Battery = true, true, 0, true, 21.4
		}, 17},
		{"q1 boosting", "nutdrv_qx", megatectest.Q1, "Megatec", func(s *megatectest.State) { s.Bypass, s.Input, s.Output, s.Standby = true, 190, 218, true }, 17},
		{"q1 by the older driver", "blazer_ser", megatectest.Q1, "", func(s *megatectest.State) { s.Test, s.Beeper = true, false }, 17},
		{"qs", "nutdrv_qx", megatectest.QS, "Voltronic-QS", func(*megatectest.State) {}, 14},
		{"voltronic", "nutdrv_qx", megatectest.Voltronic, "Voltronic ", func(*megatectest.State) {}, 21},
		{"voltronic on battery", "nutdrv_qx", megatectest.Voltronic, "Voltronic ", func(s *megatectest.State) {
			s.Failed, s.Low, s.Mode, s.Input, s.Charge, s.Minutes, s.Warnings = true, true, 'B', 0, 12, 3, []int{8, 56}
		}, 21},
	} {
		t.Run(c.name, func(t *testing.T) {
			u := megatectest.New(c.dialect)
			u.Change(c.change)
			path := onPty(t, u)
			theirs := nut(t, c.program, path)
			if v := theirs["driver.version.internal"] + theirs["driver.version.data"]; !strings.Contains(v, c.found) {
				t.Errorf("it took our UPS for %q, want %q", v, c.found)
			}
			heard := len(u.Heard())
			mine := ours(t, path, "auto")
			if got := mine["ups.dialect"].Value.String(); got != c.dialect {
				t.Errorf("we took it for %s", got)
			}
			compare(t, theirs, mine, c.compared)
			for _, question := range u.Heard()[heard:] {
				if !harmless[question] {
					t.Errorf("we sent %q", question)
				}
			}
			if orders := u.Obeyed(); len(orders) > 0 {
				t.Errorf("it was ordered %q", orders)
			}
		})
	}
}

// The judge is strict: a UPS whose answers are cut short is none to it.
func TestNutRefusesAUPSThatIsNone(t *testing.T) {
	u := megatectest.New(megatectest.Q1)
	u.Fault(megatectest.Short, 0)
	if said := nut(t, "nutdrv_qx", onPty(t, u)); said != nil {
		t.Errorf("it took half answers for %v", said)
	}
}

// inOurWords are NUT's words for states that we keep as numbers or bits.
var inOurWords = map[string]map[string]string{
	"ups.type":          {"online": "2", "offline": "0", "offline / line interactive": "3"},
	"ups.beeper.status": {"enabled": "true", "disabled": "false"},
}

// theirsAlone are variables that NUT makes up of others: a charge guessed from the
// voltage, and the name of the QS dialect.
func theirsAlone(name, dialect string) bool {
	return name == "ups.alarm" || dialect != "voltronic" && (name == "battery.charge" || name == "ups.firmware.aux")
}

// compare holds every variable that both tell against the other's.
func compare(t *testing.T, theirs map[string]string, mine map[string]point.Sample, least int) {
	t.Helper()
	same := 0
	for name, value := range theirs {
		s, told := mine[name]
		if !told || theirsAlone(name, mine["ups.dialect"].Value.String()) {
			continue
		}
		if words := inOurWords[name]; words != nil {
			value = words[value]
		}
		if err := equal(value, s); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		same++
	}
	if same < least {
		t.Errorf("only %d values told by both, want %d", same, least)
	}
	t.Logf("%d values are the same", same)
}

func equal(theirs string, s point.Sample) error {
	if s.Quality.Level != point.Good {
		return fmt.Errorf("NUT says %s, ours is %s", theirs, s.Quality)
	}
	if f, ok := s.Value.Float(); ok && s.Value.Kind() == point.Real {
		n, err := strconv.ParseFloat(theirs, 64)
		if err != nil || n != f {
			return fmt.Errorf("NUT says %s, we %v", theirs, f)
		}
		return nil
	}
	if a, b := strings.Fields(theirs), strings.Fields(s.Value.String()); !slices.Equal(sorted(a), sorted(b)) {
		return errors.New("NUT says " + theirs + ", we " + s.Value.String())
	}
	return nil
}

func sorted(list []string) []string { slices.Sort(list); return list }
