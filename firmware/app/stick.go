package app

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/update"
)

// A USB stick with a bundle is an update for whoever stands before the box
// without a computer. It goes the way of an upload, with less freedom: no person is
// behind it who could insist. So it brings newer firmware only, and what it may do is
// the site file's word (usb-stick), by default to be written into the other slot,
// which changes nothing of what runs; the start stays with a person on the page. With
// "switch" the box starts it by itself, and whoever gets at the socket with a newer
// bundle of the maker's can have the box restart into it: not while a partition is
// armed away, an alarm is unacknowledged or a siren sounds, and not without a user's
// consent where the site asks for one.
//
// Plugging in is the person's act. A stick that is in when the box starts is not
// read: one that was forgotten in the box updates nothing, whatever it holds. Nor does
// it when the kernel loses it and finds it again, in a worn socket or by a disturbance:
// it must have been out for longer than that takes.

// Sticks are the USB sticks of the box.
type Sticks interface {
	// Plugged names those that are in and can be read; a name is of one plugging
	// in. Does not wait for a stick.
	Plugged() []string
	// Body names the stick itself and its socket: the same when the kernel lost it and
	// found it again. "" when nothing tells. Does not wait for a stick.
	Body(stick string) string
	// Bundle opens the bundle for the board on a stick. Blocks on the stick, as
	// reading does. An *update.Refusal where a person can do something about it.
	Bundle(stick, board string) (name string, bundle io.ReadCloser, err error)
}

const (
	stickActor  = "USB stick"      // as the journal has it; no user can have this name
	stickEvery  = 2 * time.Second  // a look at what is plugged in
	stickSettle = 30 * time.Second // of the machine's life: what shows up until then was in at its start
	stickLimit  = 20 * time.Minute // for the whole bundle: 64 MiB over USB 1.1 take two
	stickAway   = 10 * time.Second // out for so long: a person pulled it out
	stickAgain  = 10 * time.Minute // the same word about a stick stands in the journal once in this time
)

// startSticks watches for sticks, on a box that can be updated.
func (a *App) startSticks(down *stack) {
	a.troubles.set(troubleStick, nil)
	if a.options.Updates == nil || a.options.Sticks == nil {
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		(&sticks{app: a, left: map[string]time.Duration{}, said: map[point.Words]time.Duration{}}).watch(ctx)
	}()
	down.push("sticks", func() { stop(); <-done })
}

// sticks is one goroutine's.
type sticks struct {
	app  *App
	seen []string                      // dealt with, and still in
	left map[string]time.Duration      // bodies of those that nobody plugged in: when they were last in
	said map[point.Words]time.Duration // when
}

func (s *sticks) watch(ctx context.Context) {
	tick := time.NewTicker(stickEvery)
	defer tick.Stop()
	for left := true; ; {
		s.turn(ctx, left)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			left = s.app.clock().Mono < stickSettle
		}
	}
}

// turn deals with each stick that was not there before. left says that nobody
// plugged it in just now.
func (s *sticks) turn(ctx context.Context, left bool) {
	plugged := s.app.options.Sticks.Plugged()
	s.seen = slices.DeleteFunc(s.seen, func(name string) bool { return !slices.Contains(plugged, name) })
	if len(s.seen) == 0 {
		s.app.troubles.set(troubleStick, nil)
	}
	for _, name := range plugged {
		was := s.remains(name, left)
		if slices.Contains(s.seen, name) {
			continue
		}
		s.seen = append(s.seen, name)
		if was {
			s.none(update.LeftStick())
		} else if err := s.take(ctx, name); err != nil && ctx.Err() == nil {
			s.app.troubles.set(troubleStick, err)
		}
	}
}

// remains tells whether a stick that is in is one that nobody plugged in: it is there
// because of left, or was a moment ago.
func (s *sticks) remains(name string, left bool) bool {
	body, now := s.app.options.Sticks.Body(name), s.app.clock().Mono
	last, known := s.left[body]
	if body == "" || !left && (!known || now-last >= stickAway) {
		delete(s.left, body)
		return left
	}
	s.left[body] = now
	return true
}

// take brings the update of a stick as far as the site lets it. The error says
// why there is none, and has been told.
func (s *sticks) take(ctx context.Context, stick string) error {
	a := s.app
	if err := a.admitStick(); err != nil {
		return s.none(err)
	}
	ctx, cancel := context.WithTimeout(ctx, stickLimit)
	defer cancel()
	bundle, err := s.open(ctx, stick)
	if err != nil {
		return s.none(err)
	}
	defer bundle.Close()
	if err := s.stage(ctx, bundle); err != nil || a.Site().USBStick != "switch" {
		return err
	}
	if err := a.admitStick(); err != nil { // minutes have passed: the consent may be over
		return s.none(err)
	}
	err = a.SwitchUpdate(ctx, false, "", stickActor)
	if err != nil {
		s.show(refusalOf(err).Whole())
	}
	return err
}

// admitStick is nil when a stick may bring an update now.
func (a *App) admitStick() error {
	if a.Site().USBStick == "ignore" {
		return update.SticksOff()
	}
	if v := a.View(); v == nil || v.Panel.Consent.Required && v.Panel.Consent.By == "" {
		return update.NeedsConsent()
	}
	return nil
}

func (s *sticks) open(ctx context.Context, stick string) (*patient, error) {
	type found struct {
		name string
		file io.ReadCloser
	}
	f, err := answered(ctx, func() (found, error) {
		name, file, err := s.app.options.Sticks.Bundle(stick, s.app.options.Updates.Board())
		return found{name, file}, err
	})
	var known *update.Refusal
	if err != nil && !errors.As(err, &known) {
		err = update.LostStick(err)
	}
	if err != nil {
		return nil, err
	}
	w := point.Words{Zh: "U盘已插入，正在读取升级包 " + f.name, En: "USB stick plugged in: reads the bundle " + f.name}
	s.tell(event.UpdateStick, update.Record{}, w)
	return &patient{ctx: ctx, file: f.file, buffer: make([]byte, 32<<10)}, nil
}

// stage writes the bundle into the other slot.
func (s *sticks) stage(ctx context.Context, bundle *patient) error {
	k := s.app.options.Updates
	r, err := k.StageStick(ctx, io.LimitReader(bundle, k.Status().Room+update.Head), stickActor)
	if err != nil && bundle.lost() {
		err = update.LostStick(bundle.err)
	}
	if err != nil {
		s.app.log("%v", err)
		s.tell(event.UpdateRefused, r, refusedText(err))
		return err
	}
	s.app.troubles.set(troubleUpdate, nil)
	s.tell(event.UpdateStaged, r, stagedText(r))
	return nil
}

// none says why a stick brings nothing.
func (s *sticks) none(err error) error {
	s.app.log("%v", err)
	why := refusalOf(err).Whole()
	s.tell(event.UpdateStick, update.Record{}, point.Words{Zh: "U盘没有用于升级：" + why.Zh, En: "USB stick, no update from it: " + why.En})
	return err
}

// tell keeps one word in the journal, unless it stands there since a moment ago: a
// stick in a worn socket must not fill it.
func (s *sticks) tell(kind event.Type, r update.Record, text point.Words) {
	s.show(text)
	now := s.app.clock().Mono
	maps.DeleteFunc(s.said, func(_ point.Words, at time.Duration) bool { return now-at >= stickAgain })
	if _, fresh := s.said[text]; fresh {
		return
	}
	s.said[text] = now
	s.app.noteUpdate(kind, r, stickActor, text)
}

// show is for the page.
func (s *sticks) show(text point.Words) { s.app.stick.Store(&text) }
