package survey

import (
	"cmp"
	"fmt"
	"path"
	"strings"

	"watchbox/firmware/bus"
)

// lines are what an installer puts into the site file for what was found: a device
// each, with what is known of it behind the #.
func lines(w Wire, findings []bus.Finding) string {
	var b strings.Builder
	shape := ""
	ids := map[string]bool{}
	for _, id := range w.Devices {
		ids[id] = true
	}
	for _, f := range findings {
		if f.Device != "" {
			continue
		}
		if b.Len() == 0 {
			b.WriteString("devices:\n")
		}
		if f.Shape != w.Shape.String() && f.Shape != shape && f.Protocol != bus.Megatec {
			l, _ := parse(f.Shape)
			shape = f.Shape
			fmt.Fprintf(&b, "  # buses: %s: baud: %d, parity: %s, stop-bits: %d\n", w.Name, l.Baud, l.Parity, l.StopBits)
		}
		b.WriteString(device(w, f, ids))
	}
	return b.String()
}

func device(w Wire, f bus.Finding, ids map[string]bool) string {
	if f.Protocol == bus.Megatec {
		return fmt.Sprintf("  - {id: %s, driver: megatec, address: %s} # %s: take it out of buses, %s\n", free("ups", ids), cmp.Or(w.Address, "TERMINAL"), w.Name, remark(f))
	}
	if len(f.Proposals) == 0 {
		return fmt.Sprintf("  # - {id: %s, driver: %s, bus: %s, unit: %d, map: ?} # %s\n", free(fmt.Sprint("unit", f.Unit), ids), f.Protocol, w.Name, f.Unit, remark(f))
	}
	best := f.Proposals[0]
	text := fmt.Sprintf("  - {id: %s, driver: %s, bus: %s, unit: %d, map: %s} # %s, %s\n", free(fmt.Sprint(path.Base(best.Map), "-", f.Unit), ids), f.Protocol, w.Name, f.Unit,
		best.Map, fitness(best), remark(f))
	for _, p := range f.Proposals[1:] {
		text += fmt.Sprintf("  #   or map: %s # %s\n", p.Map, fitness(p))
	}
	return text
}

// fitness is how well the map fits.
func fitness(p bus.Proposal) string {
	text := fmt.Sprintf("%s: %d of %d points", p.Confidence, p.Good, p.Of)
	if len(p.Odd) > 0 {
		text += ", but " + strings.Join(p.Odd, ", ") + " cannot be"
	}
	return text
}

// remark is what the device says of itself, in one line.
func remark(f bus.Finding) string {
	if f.Identity == "" {
		return "says nothing of itself"
	}
	return fmt.Sprintf("%q", f.Identity)
}

// free is an id that nobody has.
func free(id string, ids map[string]bool) string {
	for n, wanted := 2, id; ids[id]; n++ {
		id = fmt.Sprintf("%s-%d", wanted, n)
	}
	ids[id] = true
	return id
}
