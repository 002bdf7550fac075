//go:build proof

package proof

import (
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/store"
	"watchbox/test/harness"
)

var (
	kills = flag.Int("kills", 200, "how often the daemon is killed")
	seed  = flag.Uint64("seed", 0, "of all that is random; 0: of the clock")
)

//go:embed site.yaml
var site string

// prover kills one box again and again and compares what it says of itself with
// what it wrote down and told.
type prover struct {
	*harness.Bare
	t       *testing.T
	random  *rand.Rand
	replay  Replay
	journal []event.Record // everything read so far, oldest first
	gaps    []store.Gap    // that stand in it
	moves   int
	early   int // kills before the page was there
	loud    int // kills under load
	stood   int // alarms that stood when box and journal agreed, over all restarts
}

// TestTwoHundredKills: no event that was told upstream as journaled is missing
// from the journal, none is doubled by id, no sequence vanishes without a gap
// record, and after each restart what stands is what the journal tells.
func TestTwoHundredKills(t *testing.T) {
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d", *seed)
	p := &prover{t: t, random: rand.New(rand.NewPCG(*seed, 0)),
		Bare: harness.NewBare(t, site, harness.Options{MQTT: true, Webhook: true})}
	p.replay.Latches = func(key string) bool {
		return slices.Contains([]string{"zone/panic", "zone/fire", "zone/motion"}, key)
	}
	p.StartBox()
	p.SetUp()
	begun := time.Now()
	for n := range *kills {
		p.cycle(n)
		if t.Failed() {
			t.Fatalf("after %d kills (seed %d)", n, *seed)
		}
		if (n+1)%25 == 0 {
			t.Logf("%d kills in %v: %d early, %d under load; %d contacts moved, %d records, %d standing alarms compared", n+1,
				time.Since(begun).Round(time.Second), p.early, p.loud, p.moves, len(p.journal), p.stood)
		}
	}
	p.ForgetDeaths()
	p.StartBox()
	p.agrees()
	p.upstream()
	p.unaltered()
}

// cycle lets the box live for a while and kills it.
func (p *prover) cycle(n int) {
	if !p.Alive() {
		p.ForgetDeaths()
		p.LaunchBox()
	}
	if n%4 == 3 { // in the midst of its start
		time.Sleep(time.Duration(p.random.IntN(250)) * time.Millisecond)
		p.Kill()
		p.early++
		return
	}
	if err := p.Answers(time.Minute); err != nil {
		p.t.Errorf("%v\n%s", err, p.BoxLog())
		return
	}
	p.agrees()
	l := begin(p.Room, p.API, p.random)
	time.Sleep(time.Duration(20+p.random.IntN(1500)) * time.Millisecond)
	p.Kill()
	p.loud++
	time.Sleep(time.Duration(p.random.IntN(100)) * time.Millisecond) // the room does not stand still
	p.moves += l.end()
}

// agrees waits, with the room at rest, until what stands is what the journal
// tells. Both are read while delays end, so they may differ for a moment.
func (p *prover) agrees() {
	p.t.Helper()
	differs := "nothing was read"
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		before, err := p.standing()
		if err == nil {
			err = p.read()
		}
		if err != nil {
			p.t.Error(err)
			return
		}
		if differs = p.replay.Differs(before); differs == "" {
			p.stood += len(before)
			return
		}
	}
	p.t.Errorf("after the restart the box is not what its journal tells: %s", differs)
}

func (p *prover) standing() (map[string]State, error) {
	list, err := p.Alarms()
	standing := map[string]State{}
	for _, a := range list {
		if a.Standing {
			standing[a.Key] = State{a.Occurrence, a.Active, a.Acknowledged}
		}
	}
	return standing, err
}

// read takes what is new in the journal.
func (p *prover) read() error {
	records, err := p.Journal(p.replay.Last)
	if err != nil {
		return err
	}
	for _, r := range records {
		if err := p.replay.Take(r); err != nil {
			return fmt.Errorf("journal: %w", err)
		}
		p.journal = append(p.journal, r)
		var g store.Gap
		if r.Type == event.JournalGap && json.Unmarshal(r.Detail, &g) == nil && g.Path == "" {
			p.gaps = append(p.gaps, g)
		}
	}
	return nil
}

// upstream waits until the box has told everything, then holds what was told
// against the journal.
func (p *prover) upstream() {
	for name, told := range map[string]func() ([]harness.Told, error){"mqtt": p.Broker.Told, "webhook": p.Receiver.Told} {
		var list []harness.Told
		var err error
		for deadline := time.Now().Add(3 * time.Minute); ; time.Sleep(500 * time.Millisecond) {
			if list, err = told(); err == nil {
				err = p.tellsAll(list)
			}
			if err == nil || time.Now().After(deadline) {
				break
			}
		}
		if err != nil {
			p.t.Errorf("%s: %v", name, err)
		}
		byID, _ := harness.ByID(list)
		p.t.Logf("%s: %d records of %d in the journal, told %d times in all", name, len(byID), len(p.journal), len(list))
	}
	if missing := Missing(p.journal, p.gap); len(missing) > 0 {
		p.t.Errorf("%d sequences are in no record and no gap: %v", len(missing), missing[:min(10, len(missing))])
	}
}

func (p *prover) tellsAll(told []harness.Told) error {
	if err := p.read(); err != nil {
		return err
	}
	if err := harness.Compare(p.journal, told); err != nil {
		return err
	}
	byID, err := harness.ByID(told)
	inJournal := map[event.ID]bool{}
	for _, r := range p.journal {
		inJournal[r.ID] = true
	}
	for id, r := range byID {
		if _, told := p.gap(id.Sequence); !r.Journaled && !inJournal[id] && !told {
			return fmt.Errorf("%v was told as not journaled; it neither came again nor stands in a gap record", id)
		}
	}
	return err
}

// gap finds the gap record that a sequence stands in.
func (p *prover) gap(sequence uint64) (last uint64, ok bool) {
	for _, g := range p.gaps {
		if g.From <= sequence && sequence <= g.To {
			return g.To, true
		}
	}
	return 0, false
}

// unaltered reads the whole journal once more: no row has changed since it was
// first read, and there is one journal only.
func (p *prover) unaltered() {
	again, err := p.Journal(0)
	if err != nil {
		p.t.Fatal(err)
	}
	epochs := map[string]int{}
	for i, r := range again {
		epochs[r.ID.Epoch]++
		if i < len(p.journal) && !harness.Same(r, p.journal[i]) {
			p.t.Errorf("record %v was %+v when it was first read and is %+v", r.ID, p.journal[i], r)
		}
	}
	if len(epochs) != 1 {
		p.t.Errorf("the journal began anew: %v", epochs)
	}
	if strings.Contains(p.BoxLog(), "moved aside") {
		p.t.Error("a kill broke the database")
	}
}
