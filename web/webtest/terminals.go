package webtest

import (
	"time"

	"watchbox/firmware/annunciate"
	"watchbox/firmware/driver"
	"watchbox/firmware/engine"
)

// inputs are the contacts of the fake: one has lost edges, one was never read.
func inputs() []engine.InputView {
	return []engine.InputView{
		{Terminal: "DI1", Point: "oc/panic", Label: words("紧急按钮", "Panic button"), Room: "oc", RestClosed: true, Debounce: 20 * time.Millisecond, Known: true, Closed: true},
		{Terminal: "DI2", Point: "cz/leak", Label: words("漏水绳", "Water rope"), Room: "cz", Debounce: 200 * time.Millisecond, Known: true, Edges: 1204, Lost: 3, Last: time.Now().Add(-time.Minute)},
		{Terminal: "DI3", Point: "door1/contact", Label: words("运维中心门", "Centre door"), Room: "oc", RestClosed: true},
	}
}

// Rests are the outputs of the fake: a siren, a door's strike and a relay away from the box.
func (b *Box) Rests() []annunciate.Resting {
	return []annunciate.Resting{
		{Rest: driver.Rest{Point: "oc/siren", Terminal: "DO1", State: driver.RestOff, Hold: 5 * time.Minute, Undriven: driver.RestOff, Source: "board/sim"},
			Label: words("警笛", "Siren"), Room: "oc", Kind: "sounder", By: []string{"siren"}, Feedback: "oc/siren-current"},
		{Rest: driver.Rest{Point: "door1/strike", Terminal: "DO4", State: driver.RestOff, Undriven: driver.RestUnknown, Source: "board/sim"},
			Label: words("门锁", "Strike"), Room: "oc", Kind: "strike", By: []string{"door1"}},
		{Rest: driver.Rest{Point: "relays/relay1", State: driver.RestUnknown}, Label: words("继电器模块 relay1", "Relay board relay1"), Kind: "command"},
	}
}
