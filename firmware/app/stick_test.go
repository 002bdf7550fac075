package app

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"watchbox/firmware/engine"
	"watchbox/firmware/event"
	"watchbox/firmware/store"
	"watchbox/firmware/update"
)

// socket is the USB socket of a flat: Sticks.
type socket struct {
	mutex  sync.Mutex
	stick  string
	number int
	bundle io.Reader
	err    error
	body   string
	opened int
	closed int
}

func (s *socket) Plugged() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.stick == "" {
		return nil
	}
	return []string{s.stick}
}

func (s *socket) Body(string) string { s.mutex.Lock(); defer s.mutex.Unlock(); return s.body }

func (s *socket) Bundle(stick, board string) (string, io.ReadCloser, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.opened++
	if s.err != nil || stick != s.stick || board != "sim" {
		return "", nil, s.err
	}
	return "watchbox-sim.bundle", &onStick{s.bundle, s}, nil
}

type onStick struct {
	io.Reader
	socket *socket
}

func (o *onStick) Close() error {
	o.socket.mutex.Lock()
	defer o.socket.mutex.Unlock()
	o.socket.closed++
	return nil
}

// plug puts a stick in; an empty one when neither bundle nor error is given.
func (s *socket) plug(bundle io.Reader, err error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.number++
	s.stick, s.bundle, s.err = string(rune('a'+s.number)), bundle, err
}

func (s *socket) pull() { s.mutex.Lock(); defer s.mutex.Unlock(); s.stick = "" }

// inFlatWith is a flat with a socket, its site file with a line more.
func inFlatWith(t *testing.T, line string, f func(*flat, *socket)) {
	inFlat(t, func(fl *flat) {
		fl.end()
		before, in := fl.extra, &socket{}
		fl.extra = func(o *Options) { before(o); o.Sticks = in }
		fl.write(siteFile + line + "\n")
		fl.start()
		fl.pass(3 * time.Second)
		f(fl, in)
	})
}

// plug puts a stick in and waits for what comes of it.
func (f *flat) plug(s *socket, bundle io.Reader, err error) {
	s.pull()
	f.pass(5 * time.Second)
	s.plug(bundle, err)
	f.pass(10 * time.Second)
}

func (f *flat) count(kind event.Type) (n int) {
	list, err := f.Events(context.Background(), store.EventQuery{Limit: 500})
	if err != nil {
		f.t.Fatal(err)
	}
	for _, r := range list {
		if r.Type == kind {
			n++
		}
	}
	return n
}

var newer = update.Version{Major: 1, Minor: 1}

// TestAStickIsWrittenAndAPersonStartsIt is what a box does that was told nothing.
func TestAStickIsWrittenAndAPersonStartsIt(t *testing.T) {
	inFlatWith(t, "", func(f *flat, s *socket) {
		f.plug(s, f.bundle(newer), nil)
		if u := f.Update(); u.Phase != update.Staged || u.By != stickActor || len(f.restarts) != 0 || !strings.Contains(u.Stick.Zh, "已写入") {
			t.Fatalf("%+v, restarts %v", u, f.restarts)
		}
		if r := f.record(event.UpdateStaged, "firmware"); r.Actor != stickActor {
			t.Errorf("%+v", r)
		}
		if r := f.record(event.UpdateStick, "firmware"); !strings.Contains(r.Text.En, "watchbox-sim.bundle") || !strings.Contains(r.Text.Zh, "U盘") {
			t.Errorf("%+v", r)
		}
		f.want(troubleStick, false)
		f.plug(s, f.bundle(newer), nil) // again: it stands there already, and nothing new is to be said
		if n := f.count(event.UpdateStaged); n != 1 || s.opened != 2 || s.closed != 2 {
			t.Errorf("written %d times, opened %d, closed %d", n, s.opened, s.closed)
		}
	})
}

// TestAStickStartsWhereTheSiteSaysSo shows that the box goes on trial by itself, and
// that the stick that stays in does nothing more, whatever becomes of the trial.
func TestAStickStartsWhereTheSiteSaysSo(t *testing.T) {
	inFlatWith(t, "usb-stick: switch", func(f *flat, s *socket) {
		f.plug(s, f.bundle(newer), nil)
		if r := f.record(event.UpdateTrying, "firmware"); r.Actor != stickActor || len(f.restarts) != 1 {
			t.Fatalf("%+v, restarts %v", r, f.restarts)
		}
		f.reboot("A") // it did not start
		f.pass(time.Minute)
		if r := f.record(event.UpdateStick, "firmware"); s.opened != 1 || !strings.Contains(r.Text.En, "was in when the box started") {
			t.Errorf("opened %d times: %+v", s.opened, r)
		}
		f.plug(s, f.bundle(newer), nil) // a person tries again, without having looked
		if r := f.record(event.UpdateRefused, "firmware"); !strings.Contains(r.Text.En, "did not prove itself") || len(f.restarts) != 0 {
			t.Errorf("%+v, restarts %v", r, f.restarts)
		}
		f.want(troubleStick, true)
		if err := f.ForgetUpdate("li"); err != nil {
			t.Fatal(err)
		}
		f.plug(s, f.bundle(newer), nil)
		if len(f.restarts) != 1 {
			t.Errorf("seen and tried again: restarts %v", f.restarts)
		}
	})
}

// A forgotten stick that the kernel loses and finds again is still one that nobody
// plugged in; out for longer, or another one, is a person's act.
func TestAForgottenStickThatComesBackByItself(t *testing.T) {
	inFlatWith(t, "", func(f *flat, s *socket) {
		s.body = "one"
		f.reboot("A")
		s.plug(f.bundle(newer), nil)
		f.pass(time.Hour)
		for range 3 {
			s.pull()
			f.pass(stickAway / 2)
			s.plug(f.bundle(newer), nil)
			f.pass(time.Minute)
		}
		if s.opened != 0 {
			t.Fatalf("it was read %d times", s.opened)
		}
		s.pull()
		f.pass(stickAway + stickEvery)
		s.plug(f.bundle(newer), nil)
		f.pass(time.Minute)
		if s.opened != 1 || f.count(event.UpdateStaged) != 1 {
			t.Errorf("pulled out and plugged in: read %d times", s.opened)
		}
		f.reboot("A")
		f.pass(time.Minute)
		s.mutex.Lock()
		s.body = "other"
		s.mutex.Unlock()
		f.plug(s, f.bundle(newer), nil)
		if s.opened != 2 {
			t.Errorf("another one in its place: read %d times", s.opened)
		}
	})
}

// TestALateStickWasInAtTheStart is a slow one: the box starts, and it shows up after.
func TestALateStickWasInAtTheStart(t *testing.T) {
	inFlatWith(t, "usb-stick: switch", func(f *flat, s *socket) {
		f.reboot("A")
		s.plug(f.bundle(newer), nil)
		f.pass(time.Minute)
		if s.opened != 0 {
			t.Errorf("opened %d times", s.opened)
		}
	})
}

// TestSticksAreRefusedByTheirReason: each is told in the journal and on the wall
// until it is pulled out, and the box runs on.
func TestSticksAreRefusedByTheirReason(t *testing.T) {
	inFlatWith(t, "usb-stick: switch", func(f *flat, s *socket) {
		_, stranger, _ := ed25519.GenerateKey(nil)
		var foreign bytes.Buffer
		if err := update.Pack(&foreign, update.Manifest{Board: "sim", Version: newer}, stranger, strings.NewReader("other")); err != nil {
			t.Fatal(err)
		}
		torn, _ := io.ReadAll(f.bundle(newer))
		gone := errors.New("input/output error")
		for _, c := range []struct {
			bundle io.Reader
			err    error
			kind   event.Type
			says   string
		}{
			{&foreign, nil, event.UpdateRefused, "signature"},
			{f.bundle(update.Version{Minor: 9}), nil, event.UpdateRefused, "older"},
			{f.bundle(update.Version{Major: 1}), nil, event.UpdateRefused, "not newer"},
			{bytes.NewReader(torn[:len(torn)-1530]), nil, event.UpdateRefused, "damaged"},
			{io.MultiReader(bytes.NewReader(torn[:2000]), &dead{gone}), nil, event.UpdateRefused, "pulled out"},
			{nil, update.NoBundle("sim"), event.UpdateStick, "watchbox-sim-x.y.z.bundle"},
			{nil, update.NotFAT("exFAT"), event.UpdateStick, "exFAT"},
			{nil, gone, event.UpdateStick, "pulled out"},
		} {
			f.plug(s, c.bundle, c.err)
			if r := f.record(c.kind, "firmware"); r.Actor != stickActor || !strings.Contains(r.Text.En, c.says) {
				t.Errorf("want %q: %+v", c.says, r)
			}
			if u := f.Update(); u.Phase != update.Idle || !strings.Contains(u.Stick.En, c.says) {
				t.Errorf("want %q: %+v", c.says, u)
			}
			f.want(troubleStick, true)
		}
		s.pull()
		f.pass(15 * time.Minute) // so many in a row are a chattering alarm
		f.want(troubleStick, false)
		if len(f.restarts) != 0 {
			t.Errorf("restarts %v", f.restarts)
		}
	})
}

type dead struct{ err error }

func (d *dead) Read([]byte) (int, error) { return 0, d.err }

// TestAnAlarmRefusesTheStick: nobody stands behind a stick who could insist.
func TestAnAlarmRefusesTheStick(t *testing.T) {
	inFlatWith(t, "usb-stick: switch", func(f *flat, s *socket) {
		f.terminal.edges <- true
		f.pass(3 * time.Second)
		f.plug(s, f.bundle(newer), nil)
		if r := f.record(event.UpdateRefused, "firmware"); r.Actor != stickActor || !strings.Contains(r.Text.En, "siren sounds") || f.Update().Phase != update.Staged {
			t.Errorf("%+v", r)
		}
		f.want(troubleStick, true)
		for _, verb := range []engine.Verb{engine.Acknowledge, engine.Silence} {
			if err := f.Do(context.Background(), engine.Command{Verb: verb, Target: "zone/panic", Actor: "li"}); err != nil {
				t.Fatal(err)
			}
		}
		f.pass(30 * time.Second)
		f.plug(s, f.bundle(newer), nil)
		if len(f.restarts) != 1 {
			t.Errorf("acknowledged, and plugged in again: restarts %v", f.restarts)
		}
	})
}

// TestWhereNoStickIsWantedNoneIsRead: by the site file, or until a user lets the installer in.
func TestWhereNoStickIsWantedNoneIsRead(t *testing.T) {
	inFlatWith(t, "usb-stick: ignore", func(f *flat, s *socket) {
		f.plug(s, f.bundle(newer), nil)
		if r := f.record(event.UpdateStick, "firmware"); s.opened != 0 || !strings.Contains(r.Text.En, "usb-stick: ignore") {
			t.Errorf("opened %d times, %+v", s.opened, r)
		}
	})
	inFlatWith(t, "usb-stick: switch\nconsent: required", func(f *flat, s *socket) {
		f.plug(s, f.bundle(newer), nil)
		if r := f.record(event.UpdateStick, "firmware"); s.opened != 0 || !strings.Contains(r.Text.En, "let the installer in") {
			t.Errorf("opened %d times, %+v", s.opened, r)
		}
		if err := f.Do(context.Background(), engine.Command{Verb: engine.Consent, Actor: "li", For: time.Hour}); err != nil {
			t.Fatal(err)
		}
		f.plug(s, f.bundle(newer), nil)
		if len(f.restarts) != 1 {
			t.Errorf("with consent: restarts %v", f.restarts)
		}
	})
}

// TestAMuteStickHoldsUpNobody is one that hangs in a read, and one that hangs before.
func TestAMuteStickHoldsUpNobody(t *testing.T) {
	inFlatWith(t, "", func(f *flat, s *socket) {
		hang := make(chan struct{})
		defer close(hang)
		f.plug(s, mute{hang}, nil)
		f.pass(time.Minute)
		if r := f.record(event.UpdateRefused, "firmware"); !strings.Contains(r.Text.En, "cannot be read") {
			t.Errorf("%+v", r)
		}
		if err := f.StageUpdate(context.Background(), f.bundle(newer), false, "li"); err != nil {
			t.Errorf("an upload after it: %v", err)
		}
	})
}

type mute struct{ until chan struct{} }

func (m mute) Read([]byte) (int, error) { <-m.until; return 0, io.EOF }
