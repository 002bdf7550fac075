//go:build scenario

package scenario

import (
	"fmt"
	"strings"
	"time"

	"watchbox/web"
)

func output(s *story, a []string) error {
	f, err := s.Look()
	if err != nil {
		return err
	}
	on, known := f.Outputs[a[0]]
	if !known {
		return fmt.Errorf("no such output at the site: %v", f.Outputs)
	}
	if on != (a[1] == "on") {
		return fmt.Errorf("it is %s", map[bool]string{true: "on", false: "off"}[on])
	}
	return nil
}

func working(s *story, a []string) error {
	for end := time.Now().Add(1500 * time.Millisecond); ; time.Sleep(look) {
		err := output(s, []string{a[0], "on"})
		if err == nil || time.Now().After(end) {
			return err
		}
	}
}

func unmoved(s *story, a []string) error {
	f, err := s.Look()
	if err == nil && f.Outputs[a[0]] != s.left[a[0]] {
		err = fmt.Errorf("it was %v when the daemon was killed and is %v", s.left[a[0]], f.Outputs[a[0]])
	}
	return err
}

// colours of the wall, as the product names them.
var colours = map[string]string{"red": "#ff0000", "amber": "#ff6e00", "green": "#005a00", "blue": "#0000ff", "white": "#191919", "dark": "#000000"}

// walls is where site.yaml has what.
var (
	wallRooms = []string{"oc", "machine-room"}
	wallRows  = []string{"alarm", "supervisory", "trouble", "armed", "power"}
)

func wall(s *story, a []string) error {
	f, err := s.Look()
	if err != nil {
		return err
	}
	room, row := place(wallRooms, a[0]), place(wallRows, a[1])
	want, known := colours[a[2]]
	if room < 0 || row < 0 || !known {
		return fmt.Errorf("no such cell or colour")
	}
	first := (room*len(wallRows) + row) * f.Pixels
	if len(f.Wall) < first+f.Pixels {
		return fmt.Errorf("the wall has %d lamps", len(f.Wall))
	}
	for _, lamp := range f.Wall[first : first+f.Pixels] {
		if lamp != want {
			return fmt.Errorf("its lamps are %v, want %s", f.Wall[first:first+f.Pixels], want)
		}
	}
	return nil
}

func place(list []string, name string) int {
	for i, x := range list {
		if x == name {
			return i
		}
	}
	return -1
}

func alarmIs(s *story, a []string) error {
	list, err := s.Alarms()
	if err != nil {
		return err
	}
	var keys []string
	for _, x := range list {
		if x.Key == a[0] {
			return stands(x, a[1])
		}
		keys = append(keys, x.Key)
	}
	if a[1] != "gone" {
		return fmt.Errorf("it does not stand; these do: %v", keys)
	}
	return nil
}

func stands(x web.AlarmView, state string) error {
	is := map[string]bool{"active": x.Active, "cleared": !x.Active, "acknowledged": x.Acknowledged, "unacknowledged": !x.Acknowledged,
		"silenced": x.Silenced, "sounding": x.Standing && !x.Silenced && !x.Acknowledged, "latched": x.Latched,
		"shelved": !x.Shelved.IsZero(), "suppressed": x.Suppressed != "", "gone": false}
	holds, known := is[state]
	if !known {
		return fmt.Errorf("no such state of an alarm")
	}
	if !holds {
		return fmt.Errorf("active %v, acknowledged %v, silenced %v, latched %v, value %q", x.Active, x.Acknowledged, x.Silenced, x.Latched, x.Value)
	}
	return nil
}

func eventIs(s *story, a []string) error {
	found, err := s.records(a[0], a[1])
	if err == nil && len(found) == 0 {
		err = s.whatHappened()
	}
	return err
}

func noEvent(s *story, a []string) error {
	found, err := s.records(a[0], a[1])
	if err == nil && len(found) > 0 {
		err = fmt.Errorf("there is: %s %q", found[0].ID, found[0].Text.Zh)
	}
	return err
}

func events(s *story, a []string) error {
	want, err := number(a[0])
	if err != nil {
		return err
	}
	found, err := s.records(a[1], a[2])
	if err == nil && float64(len(found)) != want {
		err = fmt.Errorf("there are %d", len(found))
	}
	return err
}

// whatHappened is an error that names what is in the journal instead.
func (s *story) whatHappened() error {
	all, err := s.Journal(s.marked.sequence)
	if err != nil {
		return err
	}
	var seen []string
	for _, r := range all[max(0, len(all)-12):] {
		seen = append(seen, string(r.Type)+" "+r.Subject)
	}
	return fmt.Errorf("it did not happen; this did: %s", strings.Join(seen, ", "))
}

func pointIs(s *story, a []string) error {
	p, err := s.Point(a[0])
	if err != nil {
		return err
	}
	seen := []string{p.Value.String()}
	if f, ok := p.Value.Float(); ok {
		seen = append(seen, p.States[int64(f)].En, p.States[int64(f)].Zh)
	}
	for _, v := range seen {
		if v == a[1] && v != "" {
			return nil
		}
	}
	return fmt.Errorf("it is %v", seen)
}

func pointBeyond(s *story, a []string) error {
	limit, err := number(a[2])
	if err != nil {
		return err
	}
	p, err := s.Point(a[0])
	if err != nil {
		return err
	}
	f, ok := p.Value.Float()
	if !ok || p.Quality != "good" {
		return fmt.Errorf("it is %v, %s %s", p.Value, p.Quality, p.Reason)
	}
	if a[1] == "above" && f > limit || a[1] == "below" && f < limit {
		return nil
	}
	return fmt.Errorf("it is %v", f)
}

func pointQuality(s *story, a []string) error {
	p, err := s.Point(a[0])
	if err != nil {
		return err
	}
	if said := strings.TrimSpace(p.Quality + " " + p.Reason); said != a[1] {
		return fmt.Errorf("it is %q", said)
	}
	return nil
}

func device(s *story, a []string) error {
	list, err := s.Devices()
	if err != nil {
		return err
	}
	for _, d := range list {
		if d.ID != a[0] {
			continue
		}
		if d.OK != (a[1] == "ok") {
			return fmt.Errorf("ok is %v: %s", d.OK, d.Error)
		}
		return nil
	}
	return fmt.Errorf("no such device")
}

func partition(s *story, a []string) error {
	p, err := s.Panel()
	if err != nil {
		return err
	}
	for _, x := range p.Partitions {
		if x.ID == a[0] && string(x.Mode) == a[1] {
			return nil
		}
	}
	return fmt.Errorf("the partitions are %+v", p.Partitions)
}

func door(s *story, a []string) error {
	p, err := s.Panel()
	if err != nil {
		return err
	}
	for _, x := range p.Doors {
		if x.ID == a[0] && x.State == a[1] {
			return nil
		}
	}
	return fmt.Errorf("the doors are %+v", p.Doors)
}

func inside(s *story, a []string) error {
	p, err := s.Panel()
	if err != nil {
		return err
	}
	got := []string{}
	for _, x := range p.Areas {
		for _, i := range x.People {
			if x.ID == a[0] {
				got = append(got, i.Who+map[bool]string{true: "?"}[i.Unsure]+map[bool]string{true: "!"}[i.Left])
			}
		}
	}
	if len(got) == 0 {
		got = []string{"nobody"}
	}
	if strings.Join(got, " ") != a[1] {
		return fmt.Errorf("inside are %v", got)
	}
	return nil
}
