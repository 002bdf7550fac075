package web

import (
	"strings"
	"testing"
)

func TestTerminalsTellEdgesAndRestStates(t *testing.T) {
	b := newBench(t)
	var got Terminals
	b.want(200, "viewer", "GET", "terminals", "", &got)
	if len(got.Inputs) != 3 || len(got.Outputs) != 3 {
		t.Fatalf("%+v", got)
	}
	panic, leak, door := got.Inputs[0], got.Inputs[1], got.Inputs[2]
	if panic.State != "closed" || panic.Rest != "closed" || panic.Debounce != 0.02 || panic.Edges != 0 || !panic.Last.IsZero() {
		t.Errorf("panic button %+v", panic)
	}
	if leak.State != "open" || leak.Edges != 1204 || leak.Lost != 3 || leak.Last.IsZero() || door.State != "unknown" {
		t.Errorf("water rope %+v, door %+v", leak, door)
	}
	siren, strike, away := got.Outputs[0], got.Outputs[1], got.Outputs[2]
	if siren.Terminal != "DO1" || siren.Hold != 300 || siren.Supervised != "oc/siren-current" || siren.By[0] != "siren" || siren.OnUpgrade != siren.OnReboot {
		t.Errorf("siren %+v", siren)
	}
	if !strings.Contains(strike.OnReboot.Zh, "未知") || away.Terminal != "" || away.Rest != "unknown" || !strings.Contains(away.OnCrash.En, "confirmed on site") {
		t.Errorf("strike %+v\nrelay away from the box %+v", strike, away)
	}
}

func TestMetricsCountTheEdgesOfEachInput(t *testing.T) {
	b := newBench(t)
	text := b.ask(b.box.People().Session("viewer"), "GET", "/metrics", "").Body.String()
	for _, line := range []string{`watchbox_input_edges_total{terminal="DI2",point="cz/leak"} 1204`, `watchbox_input_lost_edges_total{terminal="DI2",point="cz/leak"} 3`,
		`watchbox_input_closed{terminal="DI1",point="oc/panic"} 1`, `watchbox_input_last_edge_seconds{terminal="DI2"`} {
		if !strings.Contains(text, line) {
			t.Errorf("no %s", line)
		}
	}
	if strings.Contains(text, `watchbox_input_closed{terminal="DI3"`) || strings.Contains(text, `watchbox_input_last_edge_seconds{terminal="DI1"`) {
		t.Error("what nobody read is told")
	}
}
