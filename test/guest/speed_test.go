//go:build guest

package guest

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"watchbox/firmware/event"
	"watchbox/test/qemu"
)

// The bench has several buttons: an alarm lasts a second at least, so the same
// one cannot ring again before.
const (
	firstButton, lastButton = 3, 10 // of chip di: zones hall4 to hall11
	rounds                  = 13
)

// panicIsQuick presses one button after the other and prints how long the siren's
// line takes, from the edge to the level, by the agent's clock in the guest.
func panicIsQuick(a *api) {
	m := a.m
	m.Step("panic buttons, again and again")
	var took []time.Duration
	for range rounds {
		for line := firstButton; line <= lastButton; line++ {
			took = append(took, a.press(line))
		}
		time.Sleep(time.Second) // the machine's clock may be behind ours
		m.AwaitText("the last button's alarm does not clear", qemu.Is("does not stand"), func() string {
			time.Sleep(100 * time.Millisecond)
			return a.stands("zone/hall" + strconv.Itoa(lastButton+1))
		})
	}
	m.Order("observe value", siren)
	time.Sleep(1500 * time.Millisecond)
	if seen := observed(m); len(seen.notes) != 1 {
		m.T.Errorf("the siren was not quiet between two presses: %v", seen.notes)
	}
	rang := a.count(func(r event.Record) bool {
		return r.Type == event.AlarmRaised && strings.HasPrefix(r.Subject, "zone/hall")
	})
	if rang != len(took) {
		m.T.Errorf("%d presses raised %d alarms", len(took), rang)
	}
	slices.Sort(took)
	m.T.Logf("emulated: edge → siren line, %d presses: p50 %v, p99 %v, max %v\n%s",
		len(took), took[len(took)/2], took[len(took)*99/100], took[len(took)-1], histogram(took))
	for line := firstButton; line <= lastButton; line++ {
		a.must("POST", "alarms/"+button(line)+"/acknowledge", `{}`, nil)
		a.must("POST", "alarms/"+button(line)+"/reset", `{}`, nil)
	}
}

func button(line int) string { return "zone%2Fhall" + strconv.Itoa(line+1) }

// press lets the siren ring and makes it quiet again.
func (a *api) press(line int) time.Duration {
	a.m.T.Helper()
	wire := "di " + strconv.Itoa(line)
	us, err := strconv.Atoi(a.m.Order("press", wire, siren))
	if err != nil {
		a.m.T.Fatal(err)
	}
	a.m.Order("pull", wire, "0")
	a.must("POST", "alarms/"+button(line)+"/silence", `{}`, nil)
	a.m.Await("the siren does not stop", qemu.Is("0"), "value", siren)
	return time.Duration(us) * time.Microsecond
}

// histogram has a row for each doubling.
func histogram(sorted []time.Duration) string {
	var rows strings.Builder
	for limit := 250 * time.Microsecond; len(sorted) > 0; limit *= 2 {
		n, _ := slices.BinarySearch(sorted, limit)
		if n > 0 {
			rows.WriteString("    < " + limit.String() + ": " + strconv.Itoa(n) + "\n")
		}
		sorted = sorted[n:]
	}
	return rows.String()
}

// bounceIsOneEvent closes and opens a contact that bounces for 20 ms each time.
func bounceIsOneEvent(a *api) {
	m := a.m
	m.Step("a contact that bounces")
	for edges := 1; edges <= 2; edges++ {
		lasted := m.Order("bounce", bouncing, "20")
		want := strconv.Itoa(edges) + " good"
		a.awaitPoint("terminals/di3.edges", want)
		time.Sleep(200 * time.Millisecond) // for edges that should not come
		if got := a.point("terminals/di3.edges"); got != want {
			m.T.Errorf("edges after a bounce of %s µs: %s, want %s", lasted, got, want)
		}
		if n := a.changes("door2/contact"); n != edges {
			m.T.Errorf("the history shows %d changes, want %d", n, edges)
		}
	}
}
