package web

import (
	"reflect"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/engine"
)

// The messages of the event stream. Each carries only what changed, unless All
// says that it is everything.
type (
	// Hello begins each stream.
	Hello struct {
		At        time.Time `json:"at"`
		Box       string    `json:"box"`
		Epoch     string    `json:"epoch"`
		Version   string    `json:"version"`
		Heartbeat float64   `json:"heartbeat" doc:"seconds; nothing for longer means that the stream is dead"`
	}
	// PointsDelta holds the points that were read since the last message.
	PointsDelta struct {
		At     time.Time      `json:"at"`
		All    bool           `json:"all,omitempty"`
		Points []PointReading `json:"points"`
	}
	// AlarmsDelta holds the alarms that changed and those that are over.
	AlarmsDelta struct {
		At      time.Time   `json:"at"`
		All     bool        `json:"all,omitempty"`
		Changed []AlarmView `json:"changed"`
		Removed []string    `json:"removed" doc:"keys"`
	}
	// DevicesDelta holds the devices that changed.
	DevicesDelta struct {
		All     bool                `json:"all,omitempty"`
		Devices []engine.DeviceView `json:"devices"`
	}
	// Beat is the heartbeat.
	Beat struct {
		At time.Time `json:"at"`
	}
	// Resync says that the records since Last-Event-ID cannot be sent here.
	Resync struct {
		Epoch  string `json:"epoch"`
		Reason string `json:"reason" allowed:"epoch|too-many|journal"`
	}
)

// wholeState is what a new stream begins with.
func (s *Server) wholeState(v *engine.View) []frame {
	now := s.options.Now()
	box, epoch := s.box.Identity()
	hello := message("hello", Hello{now.Wall, box, epoch, s.options.Version, heartbeat.Seconds()})
	frames := []frame{{bytes: append([]byte("retry: 1000\n"), hello.bytes...)}} // a browser comes back after one second
	return append(frames, s.state(v)...)
}

// state is everything that the later messages of a stream change.
func (s *Server) state(v *engine.View) []frame {
	now := s.options.Now()
	points := s.pointsDelta(nil, v)
	alarms := s.alarmsDelta(nil, v)
	points.All, alarms.All = true, true
	return append([]frame(nil), message("points", points), message("alarms", alarms),
		message("panel", panelView(v, now)), message("outputs", s.outputsView(v)), message("commands", commandsView(v)), message("teams", teamsView(v)),
		message("simulations", simulationsView(v)),
		message("devices", DevicesDelta{true, append([]engine.DeviceView{}, v.Devices...)}),
		message("health", s.healthOf(v)))
}

// healthOf is healthView without the count of streams, which the hub's mutex guards.
func (s *Server) healthOf(v *engine.View) HealthView {
	return s.healthOfStreams(v, len(s.hub.listeners))
}

// difference is what a listener that has seen old must be told of v.
func (s *Server) difference(old, v *engine.View) (frames []frame) {
	if d := s.alarmsDelta(old, v); len(d.Changed)+len(d.Removed) > 0 {
		frames = append(frames, message("alarms", d))
	}
	if !reflect.DeepEqual(old.Panel, v.Panel) {
		frames = append(frames, message("panel", panelView(v, s.options.Now())))
	}
	if !reflect.DeepEqual(old.Outputs, v.Outputs) || !old.Wall.Equal(v.Wall) {
		frames = append(frames, message("outputs", s.outputsView(v)))
	}
	if len(v.Commands) > 0 && (len(old.Commands) == 0 || &old.Commands[0] != &v.Commands[0]) {
		frames = append(frames, message("commands", commandsView(v)))
	}
	if !reflect.DeepEqual(old.Teams, v.Teams) {
		frames = append(frames, message("teams", teamsView(v)))
	}
	if !reflect.DeepEqual(old.Simulations, v.Simulations) {
		frames = append(frames, message("simulations", simulationsView(v)))
	}
	if d := devicesDelta(old, v); len(d.Devices) > 0 || d.All {
		frames = append(frames, message("devices", d))
	}
	if old.Health != v.Health || faulty(old) != faulty(v) {
		frames = append(frames, message("health", s.healthOf(v)))
	}
	if d := s.pointsDelta(old, v); len(d.Points) > 0 || d.All {
		frames = append(frames, message("points", d))
	}
	return frames
}

func faulty(v *engine.View) (n int) {
	for _, d := range v.Devices {
		if !d.OK {
			n++
		}
	}
	return n
}

// pointsDelta compares entry by entry; tables of another shape (a reload) are
// sent whole.
func (s *Server) pointsDelta(old, v *engine.View) PointsDelta {
	now := s.options.Now()
	d := PointsDelta{At: now.Wall, Points: []PointReading{}}
	d.All = old != nil && !sameShape(old, v)
	for i := range v.Points.Len() {
		if e := v.Points.At(i); old == nil || d.All || old.Points.At(i) != e {
			d.Points = append(d.Points, readingOf(e, now))
		}
	}
	return d
}

func sameShape(old, v *engine.View) bool {
	if old.Points.Len() != v.Points.Len() {
		return false
	}
	for i := range v.Points.Len() {
		if old.Points.At(i).Point.Name != v.Points.At(i).Point.Name {
			return false
		}
	}
	return true
}

func (s *Server) alarmsDelta(old, v *engine.View) AlarmsDelta {
	now := s.options.Now()
	d := AlarmsDelta{At: now.Wall, Changed: []AlarmView{}, Removed: []string{}}
	before := map[string]*alarm.Alarm{}
	if old != nil {
		for _, a := range old.Alarms {
			before[a.Key] = a
		}
	}
	for _, a := range v.Alarms {
		if b, known := before[a.Key]; !known || !reflect.DeepEqual(a, b) {
			d.Changed = append(d.Changed, alarmView(a, now))
		}
		delete(before, a.Key)
	}
	for key := range before {
		d.Removed = append(d.Removed, key)
	}
	return d
}

func devicesDelta(old, v *engine.View) DevicesDelta {
	before := map[string]engine.DeviceView{}
	for _, d := range old.Devices {
		before[d.ID] = d
	}
	out := DevicesDelta{Devices: []engine.DeviceView{}}
	for _, d := range v.Devices {
		if b, known := before[d.ID]; !known || d != b {
			out.Devices = append(out.Devices, d)
		}
		delete(before, d.ID)
	}
	if len(before) > 0 {
		out = DevicesDelta{true, append([]engine.DeviceView{}, v.Devices...)}
	}
	return out
}
