package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"watchbox/firmware/config"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// A site file on trial is in force, and is not the accepted one: unless somebody
// confirms it in time the accepted one comes back by itself. A mark on the disk,
// made before it comes into force, carries that over a restart and a crash: a
// start finds that nobody has confirmed the file, and does not take it. The file
// stays as the person left it, with a trouble, until it is reloaded by hand.

// siteTrial is the trial that runs.
type siteTrial struct {
	text  []byte
	by    string
	until point.Instant
	timer *time.Timer
}

// The times in which a site file may be confirmed.
const (
	trialLeast = time.Minute
	trialMost  = 24 * time.Hour
)

var errUnconfirmed = errors.New("nobody confirmed the site file in time: the last accepted one is in force; reload takes the file again")

// ReloadOnTrial is Reload of a file that has to be confirmed within the time,
// 1 min to 24 h.
func (a *App) ReloadOnTrial(ctx context.Context, actor string, confirm time.Duration) error {
	if confirm < trialLeast || confirm > trialMost {
		return errConfirm
	}
	return a.alone(ctx, func() error { return a.reloadFile(actor, confirm) })
}

// ConfirmSite makes the site file on trial the accepted one.
func (a *App) ConfirmSite(ctx context.Context, actor string) error {
	return a.alone(ctx, func() error {
		t := a.onTrial.Load()
		if t == nil {
			return errNoTrial
		}
		a.accept(t.text, actor)
		a.endTrial()
		a.tellLost()
		a.Journal(event.Record{Type: event.ConfigApplied, Actor: actor,
			Text: point.Words{Zh: "试行的站点配置已确认", En: "The site file on trial is confirmed"}})
		return nil
	})
}

// SiteTrial tells who put a site file on trial and how long it may still be
// confirmed; ok is false when none is. Never blocks.
func (a *App) SiteTrial() (by string, left time.Duration, ok bool) {
	t := a.onTrial.Load()
	if t == nil {
		return "", 0, false
	}
	return t.by, max(0, t.until.Since(a.clock())), true
}

// mark writes down that this text is on trial, before it comes into force. There
// must be something to come back to.
func (a *App) mark(text []byte, actor string, confirm time.Duration) error {
	if confirm == 0 {
		return nil
	}
	if _, err := config.LoadAccepted(a.options.DataDir); err != nil {
		return fmt.Errorf("put on trial: nothing to come back to: %w", err)
	}
	return a.writeMark(text, actor)
}

func (a *App) writeMark(text []byte, actor string) error {
	now := a.clock()
	return config.Mark{Digest: config.Digest(text), By: actor, At: now.Wall, Boot: now.Boot}.Save(a.options.DataDir)
}

// remark puts the mark back to what runs, after a file that was refused.
func (a *App) remark(former config.Mark, marked bool) {
	if !marked {
		a.unmark()
		return
	}
	if err := former.Save(a.options.DataDir); err != nil {
		a.log("%v", err)
	}
}

func (a *App) unmark() {
	if err := config.RemoveMark(a.options.DataDir); err != nil {
		a.log("%v", err)
	}
}

// endMark says on the disk that the trial is over and the file not in force.
func (a *App) endMark() {
	if m, marked := config.LoadMark(a.options.DataDir); marked && !m.Over {
		m.Over = true
		if err := m.Save(a.options.DataDir); err != nil {
			a.log("%v", err)
		}
	}
}

// unconfirmed tells at a start whether this file was on trial and never
// accepted: a start ends the trial. The mark of another file is of no interest
// any more.
func (a *App) unconfirmed(text []byte) bool {
	m, marked := config.LoadMark(a.options.DataDir)
	if !marked || m.Digest != config.Digest(text) {
		a.unmark()
		return false
	}
	if !config.Unconfirmed(a.options.DataDir, text, "") {
		return false
	}
	a.endMark()
	return true
}

// siteChanged tells the machine under the daemon that another site is in force.
// Never blocks.
func (a *App) siteChanged() {
	if a.options.Machine.Accepted != nil {
		a.options.Machine.Accepted()
	}
}

func (a *App) beginTrial(text []byte, actor string, confirm time.Duration) {
	if old := a.onTrial.Load(); old != nil {
		old.timer.Stop()
	}
	t := &siteTrial{text: text, by: actor, until: a.clock().Add(confirm)}
	t.timer = time.AfterFunc(confirm, func() { a.takeBack(t) })
	a.onTrial.Store(t)
	a.Journal(event.Record{Type: event.ConfigTrying, Actor: actor, Text: point.Words{
		Zh: fmt.Sprintf("新的站点配置试行，%v 内不确认则自动退回", confirm), En: fmt.Sprintf("New site file is on trial: it goes back unless confirmed within %v", confirm)}})
}

// endTrial forgets the trial: the text in force is the accepted one.
func (a *App) endTrial() {
	a.holdTrial()
	a.onTrial.Store(nil)
	a.unmark()
}

// holdTrial stops the clock of a box that stops; the mark stays.
func (a *App) holdTrial() {
	if t := a.onTrial.Load(); t != nil {
		t.timer.Stop()
	}
}

// takeBackAgain is the pause after an attempt that did not succeed.
const takeBackAgain = time.Minute

// takeBack puts the accepted site back in force, without what needs a map that was lost
// meanwhile; the mark stays, so that a start
// does not take the file again. Runs in a goroutine of its own.
func (a *App) takeBack(t *siteTrial) {
	ctx, stop := context.WithTimeout(context.Background(), takeBackAgain)
	defer stop()
	err := a.alone(ctx, func() error {
		if a.onTrial.Load() != t {
			return nil // confirmed, or replaced, in this moment
		}
		site, _, err := a.accepted()
		if err != nil {
			return err
		}
		if a.safe {
			site = safeSite(site)
		}
		if err := a.swap(site, whatWorks); err != nil {
			return err
		}
		a.onTrial.Store(nil)
		a.endMark()
		a.siteChanged()
		a.tellLost()
		a.troubles.set(troubleConfig, errUnconfirmed)
		a.Journal(event.Record{Type: event.ConfigTakenBack, Actor: "box", Text: point.Words{
			Zh: "试行的站点配置无人确认，已退回上一次有效配置", En: "Nobody confirmed the site file on trial: the last accepted one is in force again"}})
		return nil
	})
	if err != nil && ctx.Err() == nil {
		a.log("take the site file back: %v: again in %v", err, takeBackAgain)
		t.timer.Reset(takeBackAgain)
	}
}
