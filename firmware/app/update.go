package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/update"
)

const (
	judgeEvery = 5 * time.Second
	lastCommit = 2 * time.Second // from the last record of this life to the restart: journal and answer get out
)

// startUpdates takes up what the last life left of an update, in a goroutine of
// its own: the medium may be slow.
func (a *App) startUpdates(down *stack) {
	a.troubles.set(troubleUpdate, nil)
	if a.options.Updates == nil {
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); a.takeUpUpdate(ctx) }()
	down.push("updates", func() { stop(); <-done })
}

func (a *App) takeUpUpdate(ctx context.Context) {
	r, leave, err := a.options.Updates.Start()
	if err != nil {
		a.log("update: %v", err)
	}
	switch {
	case leave:
		a.restart(ctx, "the slot that runs did not prove itself")
	case r.Phase == update.Trying:
		a.hold(ctx, r)
	default:
		a.tellOutcome(r)
	}
}

// tellOutcome says once how an update ended that had not been told by the life
// in which it did.
func (a *App) tellOutcome(r update.Record) {
	if r.Phase == update.RolledBack || r.Phase == update.Stranded {
		a.troubles.set(troubleUpdate, errors.New(failedText(r).In("zh")))
	}
	if r.Told || r.Phase == update.Idle || r.Phase == update.Staged {
		return
	}
	kind, text := event.UpdateRolledBack, failedText(r)
	if r.Phase == update.Confirmed {
		kind, text = event.UpdateConfirmed, keptText(r)
	}
	a.noteUpdate(kind, r, "box", text)
	if err := a.options.Updates.Told(); err != nil {
		a.log("update: %v", err)
	}
}

func failedText(r update.Record) point.Words {
	v := r.Manifest.Version.String()
	if r.Manifest.Format == 0 {
		v = "?"
	}
	w := point.Words{Zh: "新固件 " + v + " 未通过试运行，已退回原版本", En: "Firmware " + v + " did not prove itself: the former one runs again"}
	if r.Phase == update.Stranded {
		w = point.Words{Zh: "固件 " + v + " 未通过试运行，而原版本已不能启动：继续运行，请尽快检修", En: "Firmware " + v + " did not prove itself, and the former one does not start: it goes on running, have the box seen to"}
	}
	if len(r.Lacks) == 0 {
		return point.Words{Zh: w.Zh + "（没有启动成功，或试运行中被复位）", En: w.En + " (it did not start, or was reset on trial)"}
	}
	return point.Words{Zh: w.Zh + "：" + together(r.Lacks, "zh", "；"), En: w.En + ": " + together(r.Lacks, "en", "; ")}
}

func keptText(r update.Record) point.Words {
	w := point.Words{Zh: "新固件 " + r.Manifest.Version.String() + " 通过试运行，已启用", En: "Firmware " + r.Manifest.Version.String() + " proved itself and stays"}
	if len(r.Unproven) > 0 {
		w.Zh, w.En = w.Zh+"；"+together(r.Unproven, "zh", "；"), w.En+"; "+together(r.Unproven, "en", "; ")
	}
	return w
}

func together(list []point.Words, language, by string) string {
	var texts []string
	for _, w := range list {
		texts = append(texts, w.In(language))
	}
	return strings.Join(texts, by)
}

// noteUpdate writes one record about an update.
func (a *App) noteUpdate(kind event.Type, r update.Record, actor string, text point.Words) {
	detail := map[string]any{"phase": r.Phase, "slot": r.Slot, "previous": r.Previous}
	if r.Manifest.Format != 0 {
		detail["version"], detail["sha256"] = r.Manifest.Version, r.Manifest.SHA256
	}
	if r.Reason != "" {
		detail["reason"] = r.Reason
	}
	b, _ := json.Marshal(detail)
	a.Journal(event.Record{Type: kind, Subject: "firmware", Actor: actor, Text: text, Detail: b})
}

// hold is the gate: it asks the box every few seconds what it can do, until the
// new firmware stays or goes.
func (a *App) hold(ctx context.Context, r update.Record) {
	gate := update.NewGate(r.Before, cmp.Or(a.options.Gate, update.GateSpan), update.GateLimit)
	tick := time.NewTicker(judgeEvery)
	defer tick.Stop()
	for {
		now := a.clock().Mono
		v := gate.Judge(now, a.senses(ctx, took), a.behind(now) < progressLimit)
		a.trial.Store(&v)
		if v.Decision != update.Wait && a.decide(ctx, v) {
			a.trial.Store(nil)
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// decide carries out the gate's word; false when the medium did not take it: then it is asked again.
func (a *App) decide(ctx context.Context, v update.Verdict) bool {
	k := a.options.Updates
	step := k.Keep
	if v.Decision == update.GiveUp {
		step = k.Leave
	}
	if err := step(v); err != nil {
		a.log("update: %v", err)
		return false
	}
	r := k.Record()
	a.tellOutcome(r)
	if r.Phase == update.RolledBack {
		a.restart(ctx, "new firmware did not prove itself")
	}
	return true
}

// restart starts the whole box again.
func (a *App) restart(ctx context.Context, why string) { a.restartAfter(ctx, why, a.options.Restart) }

// restartAfter calls what ends this life, once the journal has what was said.
func (a *App) restartAfter(ctx context.Context, why string, end func(string)) {
	select {
	case <-ctx.Done():
	case <-time.After(lastCommit):
	}
	if end != nil {
		end(why)
	}
}

// Update tells where updates stand. Never blocks on the disk.
func (a *App) Update() update.Status {
	if a.options.Updates == nil {
		return update.Status{Version: a.options.Version, Phase: update.Idle}
	}
	s := a.options.Updates.Status()
	if v := a.View(); v != nil && s.Phase == update.Staged {
		s.Obstacles = update.Obstacles(v.Alarms, v.Panel, a.soundingNow(), v.Simulations)
	}
	if w := a.stick.Load(); w != nil {
		s.Stick = *w
	}
	if v := a.trial.Load(); v != nil {
		s.Lacks, s.Unproven, s.Left = v.Lacks, v.Unproven, v.Left.Seconds()
	}
	return s
}

var errWithoutSlots = &update.Refusal{Code: update.NoSlots, Why: point.Words{Zh: "本版本不是运行在带双系统分区的设备上，不能这样升级", En: "this build does not run on a box with slots"}}

// StageUpdate writes a bundle into the other slot as it comes in. insist is for a
// downgrade. Blocks for as long as bundle and medium do.
func (a *App) StageUpdate(ctx context.Context, bundle io.Reader, insist bool, actor string) error {
	if a.options.Updates == nil {
		return errWithoutSlots
	}
	r, err := a.options.Updates.Stage(ctx, bundle, insist, actor)
	if err != nil {
		a.refuseUpdate(r, err, actor)
		return err
	}
	a.troubles.set(troubleUpdate, nil)
	a.noteUpdate(event.UpdateStaged, r, actor, stagedText(r))
	return nil
}

func stagedText(r update.Record) point.Words {
	v := r.Manifest.Version.String()
	text := point.Words{Zh: "升级包 " + v + " 已写入备用分区并校验", En: "Bundle " + v + " is written into the other slot and read back"}
	if r.Insisted {
		text.Zh, text.En = text.Zh+"（坚持降级）", text.En+" (downgrade, by a person's insistence)"
	}
	return text
}

func (a *App) refuseUpdate(r update.Record, err error, actor string) {
	a.log("%v", err)
	a.noteUpdate(event.UpdateRefused, r, actor, refusedText(err))
}

func refusedText(err error) point.Words {
	why := refusalOf(err).Whole()
	return point.Words{Zh: "升级被拒绝：" + why.Zh, En: "Update refused: " + why.En}
}

// refusalOf is the refusal in an error; of any other error it is that something
// went wrong.
func refusalOf(err error) *update.Refusal {
	var refusal *update.Refusal
	if !errors.As(err, &refusal) {
		refusal = &update.Refusal{Why: point.Words{Zh: "出错", En: err.Error()}, Cause: err}
	}
	return refusal
}

// SwitchUpdate starts the box again into the staged slot, on trial. insist and
// reason are for an alarm situation. When it returns nil the box goes down within
// seconds. Blocks for the read-back of the slot.
func (a *App) SwitchUpdate(ctx context.Context, insist bool, reason, actor string) error {
	if a.options.Updates == nil {
		return errWithoutSlots
	}
	v := a.View()
	obstacles := update.Obstacles(v.Alarms, v.Panel, a.soundingNow(), v.Simulations)
	r, err := a.options.Updates.Switch(ctx, a.senses(ctx, worked), obstacles, insist, reason, actor)
	if err != nil {
		a.refuseUpdate(r, err, actor)
		return err
	}
	text := point.Words{Zh: fmt.Sprintf("切换到新固件 %s，试运行", r.Manifest.Version), En: fmt.Sprintf("Switches to firmware %s, on trial", r.Manifest.Version)}
	if len(obstacles) > 0 {
		text.Zh, text.En = text.Zh+"（坚持："+reason+"）", text.En+" (insisted: "+reason+")"
	}
	a.noteUpdate(event.UpdateTrying, r, actor, text)
	go a.restart(context.Background(), "new firmware "+r.Manifest.Version.String())
	return nil
}

// ForgetUpdate puts aside what was staged, or how the last update ended.
func (a *App) ForgetUpdate(actor string) error {
	if a.options.Updates == nil {
		return errWithoutSlots
	}
	if err := a.options.Updates.Forget(); err != nil {
		return err
	}
	a.troubles.set(troubleUpdate, nil)
	return nil
}
