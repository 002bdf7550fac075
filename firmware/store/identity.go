package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// identity is whose journal this is and where its numbers stand.
type identity struct {
	box    string
	epoch  string
	number int64  // of the epoch's row; 0 until it is in the file
	last   uint64 // committed
	next   uint64 // first number that the engine may use
}

// Identity tells the box, the epoch, and the first number for the engine to
// use. Never blocks. Records that the store itself writes at Open stand before it.
func (s *Store) Identity() (box, epoch string, next uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.id.box, s.id.epoch, s.id.next
}

// identify reads who we are, decides which records this run owes, and writes
// them. A file that cannot be written now keeps its numbers to itself: the run
// then has an epoch of its own, so that no number can ever be used twice.
func (s *Store) identify(ctx context.Context, report *OpenReport) error {
	found, err := s.readIdentity(ctx)
	if err != nil {
		return err
	}
	s.planRun(found, report, false)
	if err = s.loadPaths(ctx); err != nil {
		return err
	}
	if err = s.write(ctx, "mark the run", func(*sql.Tx) error { return nil }); err != nil {
		if hopeless(err) {
			return err
		}
		report.Degraded = err
		s.planRun(found, report, true)
	}
	return nil
}

// foundIdentity is what the file says of the last run.
type foundIdentity struct {
	identity
	clean   bool
	machine string
	holes   []hole
}

func (s *Store) readIdentity(ctx context.Context) (f foundIdentity, err error) {
	f.clean = meta(ctx, s.guard, "clean") == "1"
	f.machine = meta(ctx, s.guard, "machine")
	row := s.guard.QueryRowContext(ctx, `select number, box, name from epoch order by number desc limit 1`)
	if err = row.Scan(&f.number, &f.box, &f.epoch); errors.Is(err, sql.ErrNoRows) {
		return f, nil
	} else if err != nil {
		return f, err
	}
	var last sql.NullInt64
	if err = s.guard.QueryRowContext(ctx, `select max(sequence) from journal where epoch = ?`, f.number).Scan(&last); err != nil {
		return f, err
	}
	f.last = uint64(last.Int64)
	f.holes, err = readHoles(ctx, s.guard, f.number)
	return f, err
}

// planRun decides the identity of this run and the records that it begins with.
func (s *Store) planRun(f foundIdentity, report *OpenReport, own bool) {
	moved := s.options.Machine != "" && f.machine != "" && f.machine != s.options.Machine
	foreign := moved || s.options.Box != "" && f.box != "" && f.box != s.options.Box
	report.Last, report.Unclean = f.last, f.number != 0 && !f.clean
	s.mu.Lock()
	defer s.mu.Unlock()
	s.owed = nil
	if f.number != 0 && !foreign && !own {
		s.id = f.identity
		s.planGaps(f, report.Unclean)
	} else {
		report.NewEpoch = true
		s.planEpoch(f, report, foreign)
	}
	s.id.next = s.id.last + uint64(len(s.owed)) + 1
	if n := len(s.owed); n > 0 {
		s.id.next = s.owed[n-1].ID.Sequence + 1
	}
}

// planGaps owes one record per hole of the last run and one for the numbers
// that an unclean stop may have used.
func (s *Store) planGaps(f foundIdentity, unclean bool) {
	next := f.last + 1
	if unclean {
		next += Reserve
		s.owe(next, gapRecord(Gap{From: f.last + 1, To: f.last + Reserve, Why: "unclean stop"}))
	}
	for _, h := range f.holes {
		next = f.last + 1
		if n := len(s.owed); n > 0 {
			next = s.owed[n-1].ID.Sequence + 1
		}
		s.owe(next, gapRecord(h.gap()))
	}
}

func (s *Store) planEpoch(f foundIdentity, report *OpenReport, foreign bool) {
	box := f.box
	if foreign || box == "" {
		box = s.options.Box
	}
	if box == "" && !foreign {
		box = s.history.box
	}
	if box == "" {
		box = RandomName(8)
	}
	s.id = identity{box: box, epoch: RandomName(5)}
	s.owe(1, beganRecord(report, f.epoch))
	if f.number == 0 {
		return
	}
	for _, h := range f.holes {
		g := h.gap()
		g.Epoch = f.epoch
		s.owe(uint64(len(s.owed))+1, gapRecord(g))
	}
	if report.Unclean {
		s.owe(uint64(len(s.owed))+1, gapRecord(Gap{Epoch: f.epoch, From: f.last + 1, To: f.last + Reserve, Why: "unclean stop"}))
	}
}

func (s *Store) owe(sequence uint64, r event.Record) {
	r.ID = event.ID{Box: s.id.box, Epoch: s.id.epoch, Sequence: sequence}
	r.At = s.options.Now()
	s.owed = append(s.owed, r)
}

func beganRecord(report *OpenReport, before string) event.Record {
	r := event.Record{Type: event.JournalBegan, Subject: "journal", Actor: "box",
		Text: point.Words{Zh: "新日志开始", En: "a new journal begins"}}
	if report.MovedAside != "" {
		r.Text = point.Words{Zh: "原日志无法读取，已移开保存；新日志开始", En: "the journal could not be read and was moved aside; a new one begins"}
	}
	r.Detail, _ = json.Marshal(struct {
		Before string `json:"before,omitempty"`
		Aside  string `json:"movedAside,omitempty"`
		Why    string `json:"why,omitempty"`
	}{before, report.MovedAside, report.Why})
	return r
}
