package web

import (
	"time"

	"watchbox/firmware/engine"
)

// HealthView is how the guard itself is.
type HealthView struct {
	OK        bool      `json:"ok"`
	JournalOK bool      `json:"journalOk"`
	Journal   string    `json:"journal,omitempty"`
	SafeMode  bool      `json:"safeMode"`
	Started   time.Time `json:"started"`
	Uptime    float64   `json:"uptime" doc:"seconds"`
	Dropped   uint64    `json:"dropped" doc:"samples that were replaced before they were looked at"`
	LostEdges uint64    `json:"lostEdges"`
	Clock     string    `json:"clock" allowed:"unknown|rtc|synchronised"`
	Devices   int       `json:"devices"`
	Faulty    int       `json:"devicesFaulty"`
	Streams   int       `json:"streams" doc:"open event streams"`
	Version   string    `json:"version"`
}

func health(c *call) (any, error) {
	v, err := c.view()
	if err != nil {
		return nil, err
	}
	return c.healthView(v), nil
}

func (s *Server) healthView(v *engine.View) HealthView { return s.healthOfStreams(v, s.hub.count()) }

func (s *Server) healthOfStreams(v *engine.View, streams int) HealthView {
	now, h := s.options.Now(), v.Health
	out := HealthView{JournalOK: h.JournalOK, Journal: h.Journal, SafeMode: h.SafeMode, Started: h.Started,
		Uptime: tenths(max(0, now.Wall.Sub(h.Started))), Dropped: h.Dropped, LostEdges: h.LostEdges, Clock: v.At.Clock.String(),
		Devices: len(v.Devices), Streams: streams, Version: s.options.Version}
	for _, d := range v.Devices {
		if !d.OK {
			out.Faulty++
		}
	}
	out.OK = h.JournalOK && !h.SafeMode && out.Faulty == 0
	return out
}
