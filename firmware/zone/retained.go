package zone

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// What is kept of each part over a restart. Releases only add fields.
type (
	keptArea struct {
		Mode Mode   `json:"mode"`
		By   string `json:"by,omitempty"`
		As   string `json:"as,omitempty"`
	}
	keptLoop struct {
		Bypassed bool   `json:"bypassed,omitempty"`
		Entered  bool   `json:"entered,omitempty"`
		Missed   bool   `json:"missed,omitempty"`
		Stuck    bool   `json:"stuck,omitempty"`
		Key      string `json:"key,omitempty"` // position of a key that stays
	}
	keptDoor struct {
		Forced bool          `json:"forced,omitempty"`
		Held   bool          `json:"held,omitempty"`
		Who    string        `json:"who,omitempty"`
		Card   string        `json:"card,omitempty"`
		At     point.Instant `json:"at,omitzero"`
		Record event.ID      `json:"record,omitzero"`
		Wrong  int           `json:"wrong,omitempty"`
	}
)

func (p *Panel) touchAll(of *Panel) {
	for _, a := range of.partitions {
		p.dirty["partition:"+a.ID] = true
	}
	for _, z := range of.zones {
		p.dirty["zone:"+z.ID] = true
	}
	p.dirty[consentKey] = true
	for _, d := range of.doors {
		p.dirty["door:"+d.ID] = true
	}
	for _, x := range of.places {
		p.touchPlace(x)
	}
}

// Retained hands over the state that changed since the last call, sorted by
// key; nil deletes. Write it in one transaction with the records of the step.
func (p *Panel) Retained() []event.Retained {
	if len(p.dirty) == 0 {
		return nil
	}
	out := make([]event.Retained, 0, len(p.dirty))
	for _, key := range slices.Sorted(maps.Keys(p.dirty)) {
		out = append(out, event.Retained{Key: key, Value: p.keep(key)})
	}
	clear(p.dirty)
	return out
}

// keep is the value of one key; nil when it is as at the first start.
func (p *Panel) keep(key string) []byte {
	kind, id, _ := strings.Cut(key, ":")
	switch kind {
	case "consent":
		return p.consent.keep()
	case "partition":
		for _, a := range p.partitions {
			if a.ID == id {
				return text(keptArea{a.mode, a.by, a.as}, keptArea{Mode: Disarmed})
			}
		}
	case "zone":
		for _, z := range p.zones {
			if z.ID == id {
				return text(keptLoop{z.bypassed, z.entered, z.missed, z.stuck, z.position}, keptLoop{})
			}
		}
	case "door":
		for _, d := range p.doors {
			if d.ID == id {
				return text(keptDoor{d.forced, d.held, d.last.Who, d.last.Card, d.last.At, d.last.Record, d.wrong}, keptDoor{})
			}
		}
	case "inside":
		if x := p.place(id); x != nil {
			return x.keep()
		}
	}
	return nil
}

func text[T comparable](now, first T) []byte {
	if now == first {
		return nil
	}
	b, _ := json.Marshal(now) // texts and bools cannot fail
	return b
}
