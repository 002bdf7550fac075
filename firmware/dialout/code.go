package dialout

import "strconv"

// letterCode is what a reply to the letter must carry: the alarm's own code, or
// for a summary one of its own. Empty when nothing is to be acknowledged.
func (d *Desk) letterCode(l *letter) string {
	var alarms []*escalation
	for _, n := range l.notices {
		if n.kind == raised {
			alarms = append(alarms, n.e)
		}
	}
	switch {
	case len(alarms) == 0:
		return ""
	case len(alarms) == 1:
		if alarms[0].Code == "" {
			alarms[0].Code, alarms[0].dirty = d.newCode(), true
		}
		return alarms[0].Code
	case l.code == "":
		return d.newCode()
	}
	return l.code
}

// newCode gives the next number of 1–99 that no remembered alarm was told with,
// 100–999 when all are taken. Codes go round, so that an old message rarely names a new alarm.
func (d *Desk) newCode() string {
	used := map[string]bool{}
	for _, e := range append(d.ordered(), d.past...) {
		used[e.Code] = true
		for _, t := range e.Told {
			for _, c := range t.Codes {
				used[c] = true
			}
		}
	}
	for _, l := range d.letters {
		used[l.code] = true
	}
	for i := range 99 {
		if n := (d.code+i)%99 + 1; !used[strconv.Itoa(n)] {
			d.code = n
			return strconv.Itoa(n)
		}
	}
	for n := 100; n < 999; n++ {
		if !used[strconv.Itoa(n)] {
			return strconv.Itoa(n)
		}
	}
	return "999"
}
