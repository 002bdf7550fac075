//go:build proof

package proof

import (
	_ "embed"
	"flag"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

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
	t      *testing.T
	random *rand.Rand
	Witness
	moves int
	early int // kills before the page was there
	loud  int // kills under load
	stood int // alarms that stood when box and journal agreed, over all restarts
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
	p.Replay.Latches = func(key string) bool {
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
				time.Since(begun).Round(time.Second), p.early, p.loud, p.moves, len(p.Records), p.stood)
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

// agrees sees that what stands after a restart is what the journal tells.
func (p *prover) agrees() {
	p.t.Helper()
	stood, err := p.Agrees(p.API, 20*time.Second)
	if err != nil {
		p.t.Error(err)
	}
	p.stood += stood
}

// upstream waits until the box has told everything, then holds what was told
// against the journal.
func (p *prover) upstream() {
	for name, told := range map[string]func() ([]harness.Told, error){"mqtt": p.Broker.Told, "webhook": p.Receiver.Told} {
		records, err := p.ToldAll(p.API, told, 3*time.Minute)
		if err != nil {
			p.t.Errorf("%s: %v", name, err)
		}
		p.t.Logf("%s: %d records of %d in the journal were told", name, records, len(p.Records))
	}
	if missing := p.Missing(); len(missing) > 0 {
		p.t.Errorf("%d sequences are in no record and no gap: %v", len(missing), missing[:min(10, len(missing))])
	}
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
		if i < len(p.Records) && !harness.Same(r, p.Records[i]) {
			p.t.Errorf("record %v was %+v when it was first read and is %+v", r.ID, p.Records[i], r)
		}
	}
	if len(epochs) != 1 {
		p.t.Errorf("the journal began anew: %v", epochs)
	}
	if strings.Contains(p.BoxLog(), "moved aside") {
		p.t.Error("a kill broke the database")
	}
}
