package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// Gap is the detail of a journal.gap record: these numbers are not there.
type Gap struct {
	Epoch string `json:"epoch,omitempty"` // when it is not the record's own
	From  uint64 `json:"from"`
	To    uint64 `json:"to"`
	Path  string `json:"path,omitempty"` // only this path's stream lacks them; the journal has them
	Why   string `json:"why"`
}

// hole is one row of the table of that name.
type hole struct {
	path        string
	first, last uint64
}

func readHoles(ctx context.Context, q querier, epoch int64) ([]hole, error) {
	rows, err := q.QueryContext(ctx, `select path, first, last from hole where epoch = ? order by first limit 1000`, epoch)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var holes []hole
	for rows.Next() {
		var h hole
		if err := rows.Scan(&h.path, &h.first, &h.last); err != nil {
			return nil, err
		}
		holes = append(holes, h)
	}
	return holes, rows.Err()
}

func (h hole) gap() Gap {
	g := Gap{From: h.first, To: h.last, Path: h.path, Why: "journal could not keep up"}
	if h.path != "" {
		g.Why = "outbox full"
	}
	return g
}

func gapRecord(g Gap) event.Record {
	r := event.Record{Type: event.JournalGap, Subject: "journal", Actor: "box"}
	r.Detail, _ = json.Marshal(g)
	r.Text = point.Words{
		Zh: fmt.Sprintf("日志缺号 %d–%d（%s）", g.From, g.To, whyZh[g.Why]),
		En: fmt.Sprintf("journal numbers %d–%d are missing (%s)", g.From, g.To, g.Why)}
	if g.Path != "" {
		r.Text = point.Words{
			Zh: fmt.Sprintf("上行 %s 积压已满，编号 %d–%d 之间的普通事件未上送，本地日志完整", g.Path, g.From, g.To),
			En: fmt.Sprintf("upstream %s: outbox full, telemetry among %d–%d was not forwarded; the journal has it", g.Path, g.From, g.To)}
	}
	return r
}

var whyZh = map[string]string{"unclean stop": "上次非正常停机", "journal could not keep up": "日志写入受阻"}

// skipped remembers numbers that nobody handed in.
func (a *appending) skipped(sequence uint64) error {
	if a.own || sequence == a.id.last+1 {
		return nil
	}
	return a.remember(hole{first: a.id.last + 1, last: sequence - 1})
}

func (a *appending) remember(h hole) error {
	_, err := a.tx.ExecContext(a.ctx, `insert into hole(epoch, path, first, last) values(?, ?, ?, ?) on conflict do update set last = max(last, excluded.last)`,
		a.id.number, h.path, int64(h.first), int64(h.last))
	return err
}

// filled forgets the holes that a gap record tells.
func (a *appending) filled(r event.Record) error {
	var g Gap
	if json.Unmarshal(r.Detail, &g) != nil {
		return nil
	}
	epoch := r.ID.Epoch
	if g.Epoch != "" {
		epoch = g.Epoch
	}
	_, err := a.tx.ExecContext(a.ctx, `delete from hole where epoch = (select number from epoch where name = ?) and path = ? and first >= ? and last <= ?`,
		epoch, g.Path, int64(g.From), int64(g.To))
	return err
}

// Owed gives the gap records that nobody has numbered yet, each once per run:
// the engine numbers them and they come back through Commit.
func (s *Store) Owed(ctx context.Context) ([]event.Record, error) {
	s.mu.Lock()
	number := s.id.number
	told := maps.Clone(s.told)
	s.mu.Unlock()
	holes, err := readHoles(ctx, s.reader, number)
	if err != nil {
		return nil, fmt.Errorf("store %s: read holes: %w", guardName, classed(err))
	}
	var records []event.Record
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range holes {
		if !told[h] {
			s.told[h] = true
			records = append(records, gapRecord(h.gap()))
		}
	}
	return records, nil
}
