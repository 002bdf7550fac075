package update

import (
	"time"

	"watchbox/firmware/point"
)

// Status is where updates stand, for the page and the command line.
type Status struct {
	Slots     bool          `json:"slots" doc:"false: this build does not run on a box with slots, it cannot be updated this way"`
	Slot      string        `json:"slot,omitempty" doc:"that runs"`
	Version   string        `json:"version" doc:"that runs"`
	Phase     Phase         `json:"phase" allowed:"idle|staged|trying|confirmed|rolled-back|stranded"`
	Next      string        `json:"next,omitempty" doc:"version of the update that Phase is about"`
	Notes     point.Words   `json:"notes,omitzero" doc:"what is new in it"`
	Older     bool          `json:"older,omitempty" doc:"it is a downgrade"`
	Previous  string        `json:"previous,omitempty" doc:"version that ran before it"`
	By        string        `json:"by,omitempty"`
	Reason    string        `json:"reason,omitempty" doc:"why the person insisted"`
	At        time.Time     `json:"at,omitzero" doc:"of the last step"`
	Obstacles []point.Words `json:"obstacles,omitempty" doc:"alarm situation in which the box does not switch unless a person insists"`
	Lacks     []point.Words `json:"lacks,omitempty" doc:"what is still to be proven, or was not"`
	Unproven  []point.Words `json:"unproven,omitempty" doc:"what this box cannot prove of itself"`
	Left      float64       `json:"left,omitempty" doc:"seconds until a trial is given up"`
	Written   int64         `json:"written,omitempty" doc:"bytes of a bundle that is being written"`
	Stick     point.Words   `json:"stick,omitzero" doc:"what became of the last USB stick since the start"`
	Room      int64         `json:"room,omitempty" doc:"bytes of a slot"`
}

// Status is where this keeper stands; the caller adds what only the running box
// knows. Never blocks on the medium.
func (k *Keeper) Status() Status {
	r := k.Record()
	slot, version := k.Running()
	s := Status{Slots: true, Slot: slot, Version: version, Phase: r.Phase, Previous: r.Previous, By: r.By, Reason: r.Reason, At: r.At,
		Lacks: r.Lacks, Unproven: r.Unproven, Written: k.Written(), Room: k.slots.Room(), Notes: r.Manifest.Notes}
	if r.Manifest.Format != 0 {
		s.Next = r.Manifest.Version.String()
		before, _ := ParseVersion(r.Previous)
		s.Older = r.Manifest.Version.Before(before)
	}
	return s
}
