package command

import (
	"fmt"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// Select is the first step of a person. last is what is known of the point. It
// replaces the actor's own selection of the point; another person's stands.
func (m *Machine) Select(now point.Instant, p *point.Point, last point.Sample, value point.Value, actor, reason string) (Selection, error) {
	value, err := Fit(p, value)
	if err != nil {
		return Selection{}, err
	}
	if reason == "" {
		return Selection{}, refuse(p.Name, "请填写原因", "a reason is wanted")
	}
	if err := m.free(p.Name); err != nil {
		return Selection{}, err
	}
	if s := m.selected[p.Name]; s != nil && s.actor != actor && now.Mono < s.until.Mono {
		return Selection{}, refuse(p.Name, s.actor+" 正在操作，请稍候", s.actor+" has selected it, wait")
	}
	m.count++
	until := now.Add(selectFor)
	s := &Selection{ID: fmt.Sprintf("%x.%d", now.Mono.Milliseconds(), m.count), Point: p.Name, Label: p.Title(), Known: last.Quality.Usable() && !last.Value.IsNone(),
		From: Shown(p, last.Value), To: Shown(p, value), Value: value, Reason: reason, Confirm: p.Confirm, Until: until.Wall, until: until, actor: actor, old: last.Value, subject: p}
	m.selected[p.Name] = s
	m.tell(now, event.CommandSelected, p, actor, s.detail(), point.Words{
		Zh: fmt.Sprintf("选择 %s：%s → %s（%s）", p.Title().Zh, known(s.From.Zh), s.To.Zh, reason),
		En: fmt.Sprintf("Selected %s: %s → %s (%s)", p.Title().En, known(s.From.En), s.To.En, reason)})
	return *s, nil
}

func (s *Selection) detail() Detail {
	return Detail{ID: s.ID, Old: s.old, New: s.Value, Reason: s.Reason}
}

// free refuses while a command for the point is on its way.
func (m *Machine) free(p point.Name) error {
	if r := m.running[p]; r != nil {
		return refuse(p, "上一条命令（"+r.Actor+"）还在执行", "the command of "+r.Actor+" is still under way")
	}
	return nil
}

// Selected is the point that the actor's selection is about; ErrUnknown when it
// is over, somebody else's or for another point.
func (m *Machine) Selected(now point.Instant, p point.Name, id, actor string) error {
	s := m.selected[p]
	if s == nil || s.ID != id || s.actor != actor || now.Mono >= s.until.Mono {
		return fmt.Errorf("execute %s: %w", p, ErrUnknown)
	}
	return m.free(p)
}

// Execute is the second step.
func (m *Machine) Execute(now point.Instant, p point.Name, id, actor string) error {
	if err := m.Selected(now, p, id, actor); err != nil {
		return err
	}
	s := m.selected[p]
	delete(m.selected, p)
	m.begin(now, s.subject, s.old, s.Value, s.ID, actor, s.Reason)
	return nil
}
