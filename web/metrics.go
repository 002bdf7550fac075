package web

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"watchbox/firmware/engine"
	"watchbox/firmware/point"
)

// healthz says up or not and nothing else; it needs no log-in.
func healthz(c *call) {
	c.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	c.w.Header().Set("Cache-Control", "no-store")
	if c.box.View() == nil {
		c.w.WriteHeader(503)
		io.WriteString(c.w, "down\n")
		return
	}
	io.WriteString(c.w, "up\n")
}

// metrics writes the box in Prometheus's text format.
func metrics(c *call) {
	v, err := c.view()
	if err != nil {
		writeFailure(c.w, err)
		return
	}
	c.w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	c.w.Header().Set("Cache-Control", "no-store")
	m := meter{bufio.NewWriter(c.w)}
	defer m.Flush()
	m.writeBox(c.healthView(v), len(v.Simulations))
	m.writeAlarms(v)
	m.writeDevices(v)
	m.writeInputs(v)
	m.writeBuses(c.box.Buses())
	m.writePoints(v, c.options.Now())
}

type meter struct{ *bufio.Writer }

func (m meter) head(name, kind, help string) {
	fmt.Fprintf(m, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

// line writes one sample; labels come in pairs.
func (m meter) line(name string, value float64, labels ...string) {
	m.WriteString(name)
	for i := 0; i+1 < len(labels); i += 2 {
		m.WriteByte("{,"[min(i, 1)])
		fmt.Fprintf(m, `%s="%s"`, labels[i], escapeLabel(labels[i+1]))
	}
	if len(labels) > 0 {
		m.WriteByte('}')
	}
	m.WriteByte(' ')
	m.WriteString(strconv.FormatFloat(value, 'g', -1, 64))
	m.WriteByte('\n')
}

var labelEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func escapeLabel(s string) string { return labelEscapes.Replace(strings.ToValidUTF8(s, "�")) }

func one(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (m meter) writeBox(h HealthView, simulated int) {
	m.head("watchbox_info", "gauge", "Version of the firmware.")
	m.line("watchbox_info", 1, "version", h.Version)
	for _, g := range []struct {
		name, kind, help string
		value            float64
	}{
		{"watchbox_uptime_seconds", "gauge", "Since the daemon started.", h.Uptime},
		{"watchbox_journal_ok", "gauge", "1 while the journal takes records.", one(h.JournalOK)},
		{"watchbox_safe_mode", "gauge", "1 while only the 24-hour zones guard.", one(h.SafeMode)},
		{"watchbox_dropped_samples_total", "counter", "Samples replaced before the engine saw them.", float64(h.Dropped)},
		{"watchbox_lost_edges_total", "counter", "Edges that the kernel or the first inlet lost.", float64(h.LostEdges)},
		{"watchbox_simulated_points", "gauge", "Points whose value a person has put there for a time.", float64(simulated)},
		{"watchbox_streams", "gauge", "Open event streams.", float64(h.Streams)},
	} {
		m.head(g.name, g.kind, g.help)
		m.line(g.name, g.value)
	}
}

func (m meter) writeAlarms(v *engine.View) {
	var standing, unacknowledged [5]int
	for _, a := range v.Alarms {
		if p := min(max(a.Priority, 1), 4); a.Standing() && a.Shelved.IsZero() {
			standing[p]++
			unacknowledged[p] += int(one(!a.Acknowledged))
		}
	}
	m.head("watchbox_alarms_standing", "gauge", "Standing alarms that are not shelved.")
	for p := 1; p <= 4; p++ {
		m.line("watchbox_alarms_standing", float64(standing[p]), "priority", strconv.Itoa(p))
	}
	m.head("watchbox_alarms_unacknowledged", "gauge", "Of these, not acknowledged.")
	for p := 1; p <= 4; p++ {
		m.line("watchbox_alarms_unacknowledged", float64(unacknowledged[p]), "priority", strconv.Itoa(p))
	}
}

func (m meter) writeDevices(v *engine.View) {
	m.head("watchbox_device_up", "gauge", "1 while the device answers.")
	for _, d := range v.Devices {
		m.line("watchbox_device_up", one(d.OK), "device", d.ID, "room", d.Room, "driver", d.Driver)
	}
	m.head("watchbox_device_polls_total", "counter", "Attempts to read the device.")
	for _, d := range v.Devices {
		m.line("watchbox_device_polls_total", float64(d.Polls), "device", d.ID)
	}
	m.head("watchbox_device_failures_total", "counter", "Attempts that failed.")
	for _, d := range v.Devices {
		m.line("watchbox_device_failures_total", float64(d.Failures), "device", d.ID)
	}
}

// writePoints leaves out the value of a point that is bad: a gap, not a lie.
func (m meter) writePoints(v *engine.View, now point.Instant) {
	m.head("watchbox_point_value", "gauge", "Value of each point whose quality is not bad, in its unit.")
	for i := range v.Points.Len() {
		e := v.Points.At(i)
		if f, ok := e.Last.Value.Float(); ok && e.Seen && e.Last.Quality.Usable() {
			m.line("watchbox_point_value", f, "point", string(e.Point.Name), "room", e.Point.Room, "unit", string(e.Point.Unit))
		}
	}
	m.head("watchbox_point_good", "gauge", "1 while the point's quality is good.")
	for i := range v.Points.Len() {
		e := v.Points.At(i)
		m.line("watchbox_point_good", one(e.Seen && e.Last.Quality.Level == point.Good), "point", string(e.Point.Name))
	}
	m.head("watchbox_point_age_seconds", "gauge", "Since the last usable value was read.")
	for i := range v.Points.Len() {
		if r := readingOf(v.Points.At(i), now); r.Age >= 0 {
			m.line("watchbox_point_age_seconds", r.Age, "point", string(r.Name))
		}
	}
}
