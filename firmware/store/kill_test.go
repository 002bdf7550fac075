package store

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/event"
)

// kills is how often the child process is killed; WATCHBOX_KILLS asks for more.
func kills() int {
	if n, err := strconv.Atoi(os.Getenv("WATCHBOX_KILLS")); err == nil {
		return n
	}
	return 20
}

const childDirectory = "WATCHBOX_KILL_CHILD"

// TestKillChild is the child: it writes until it is killed, and prints each id
// once it is told that it is on the disk, with the retained state it stands for.
func TestKillChild(t *testing.T) {
	dir := os.Getenv(childDirectory)
	if dir == "" {
		return // only a test when the parent below runs it
	}
	s, _, err := Open(dir, Options{})
	if err != nil {
		fmt.Println("error", err)
		return
	}
	s.SetPaths(context.Background(), []string{"mqtt"})
	w := NewWriter(s, 64, func(group []event.Batch) {
		for _, b := range group {
			for _, r := range b.Records {
				fmt.Println("committed", r.ID)
			}
		}
	})
	w.Unjournaled = func(records []event.Record) {
		for _, r := range records {
			fmt.Println("unjournaled", r.ID)
		}
	}
	go w.Run(context.Background())
	for n := numbering(s); ; {
		b := n.batch(event.AlarmRaised, event.DoorClosed)
		b.Retained = []event.Retained{{Key: "last", Value: []byte(strconv.FormatUint(b.Records[1].ID.Sequence, 10))}}
		w.Record(b)
		if rand.IntN(3) == 0 {
			time.Sleep(time.Duration(rand.IntN(2000)) * time.Microsecond)
		}
	}
}

// killed is what the parent heard of all its children.
type killed struct {
	committed, unjournaled map[event.ID]bool
}

// life runs one child and kills it after it has told some commits.
func (k *killed) life(t *testing.T, dir string) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestKillChild$")
	child.Env = append(os.Environ(), childDirectory+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines, until := bufio.NewScanner(out), 1+rand.IntN(60)
	for lines.Scan() {
		verb, text, _ := strings.Cut(lines.Text(), " ")
		id, err := event.ParseID(text)
		switch {
		case verb == "error":
			t.Error(lines.Text())
		case err != nil: // the last line may be cut off
		case verb == "committed":
			k.committed[id] = true
		case verb == "unjournaled":
			k.unjournaled[id] = true
		}
		if until--; until == 0 {
			child.Process.Kill()
		}
	}
	child.Process.Kill()
	child.Wait()
}

func TestNothingCommittedIsLostByKill(t *testing.T) {
	dir := t.TempDir()
	k := &killed{map[event.ID]bool{}, map[event.ID]bool{}}
	for range kills() {
		k.life(t, dir)
	}
	s, r := mustOpen(t, dir, Options{})
	if r.MovedAside != "" || r.NewEpoch || !r.Unclean {
		t.Fatalf("%+v", r)
	}
	if c, err := s.Check(t.Context()); err != nil || c.Trouble != "" {
		t.Errorf("%+v %v", c, err)
	}
	there, gaps := journal(t, s)
	t.Logf("%d records told as committed, %d journaled, %d gap records", len(k.committed), len(there), len(gaps))
	for id := range k.committed {
		if _, ok := there[id.Sequence]; !ok {
			t.Errorf("%v was told as committed and is not there", id)
		}
	}
	for id := range k.unjournaled {
		if _, ok := there[id.Sequence]; !ok && !within(gaps, id.Sequence) {
			t.Errorf("%v was told as not journaled and is neither there nor in a gap record", id)
		}
	}
	var last uint64
	for n := range there {
		last = max(last, n)
	}
	for n := uint64(1); n <= last; n++ {
		if _, ok := there[n]; ok == within(gaps, n) {
			t.Fatalf("number %d: in the journal %v, in a gap record %v", n, ok, within(gaps, n))
		}
	}
	k.checkState(t, s, there)
}

// checkState holds retained state and outbox against the journal.
func (k *killed) checkState(t *testing.T, s *Store, there map[uint64]event.Record) {
	state, err := s.Retained(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	retained, _ := strconv.ParseUint(string(state["last"]), 10, 64)
	newest := uint64(0)
	for n, r := range there {
		if r.Type == event.DoorClosed {
			newest = max(newest, n)
		}
	}
	if retained != newest {
		t.Errorf("retained state is of %d, the journal ends at %d", retained, newest)
	}
	if w := s.Waiting()["mqtt"]; w < len(there)-2 || w > len(there) {
		t.Errorf("%d of %d records wait in the outbox", w, len(there)) // the first were before SetPaths
	}
}

func journal(t *testing.T, s *Store) (there map[uint64]event.Record, gaps []Gap) {
	t.Helper()
	there = map[uint64]event.Record{}
	_, epoch, _ := s.Identity()
	for after := uint64(0); ; {
		page := events(t, s, EventQuery{Epoch: epoch, After: max(after, 1), Limit: 1000})
		for _, r := range page {
			there[r.ID.Sequence], after = r, r.ID.Sequence
			if r.Type == event.JournalGap {
				var g Gap
				json.Unmarshal(r.Detail, &g)
				gaps = append(gaps, g)
			}
		}
		if len(page) == 0 {
			there[1] = event.Record{} // After begins behind 1
			return there, gaps
		}
	}
}

func within(gaps []Gap, n uint64) bool {
	for _, g := range gaps {
		if g.From <= n && n <= g.To {
			return true
		}
	}
	return false
}
