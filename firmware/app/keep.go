package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"watchbox/firmware/config"
	"watchbox/firmware/point"
)

// siteKeeper hands each accepted site file to the machine, for the day when the data
// partition is lost. Its medium may hang: then its goroutine is left behind, and nobody
// waits for it.
type siteKeeper struct {
	newest chan acceptedSite // one: a newer one takes its place
	write  func(site []byte, at time.Time) error
	told   func(error) // what became of the last one
}

type acceptedSite struct {
	text []byte
	at   time.Time
}

func newSiteKeeper(write func([]byte, time.Time) error, told func(error)) *siteKeeper {
	return &siteKeeper{newest: make(chan acceptedSite, 1), write: write, told: told}
}

// keep never blocks; whoever calls it holds App.accepting.
func (k *siteKeeper) keep(text []byte, at time.Time) {
	select {
	case <-k.newest:
	default:
	}
	k.newest <- acceptedSite{text, at}
}

// run begins when the box guards: a site file with which it does not come so far is
// never kept.
func (k *siteKeeper) run(ctx context.Context) {
	for k.write != nil {
		select {
		case <-ctx.Done():
			return
		case s := <-k.newest:
			k.told(k.write(s.text, s.at))
		}
	}
}

// lostData is why data is not used, and what that means for the site.
type lostData struct {
	error
	words point.Words
}

func (l lostData) Unwrap() error { return l.error }

// secretsTold is how many names of secrets are told.
const secretsTold = 5

// tellLost tells of the lost data, or anew when another site is in force. Whoever calls
// it holds the reload token, or is the start.
func (a *App) tellLost() {
	a.troubles.set(troubleData, a.options.Machine.lost(a.site.Load(), a.kept, a.onTrial.Load() != nil))
}

// lost tells by which site file the box guards without its data, accepted at kept or by
// nobody, and which secrets of it are gone; nil when data is there.
func (m Machine) lost(site *config.Site, kept *time.Time, trial bool) error {
	if m.Lost == nil {
		return nil
	}
	w := point.Words{Zh: "按出厂配置值守", En: "guards by the factory site file"}
	switch {
	case trial:
		w = point.Words{Zh: "按试行的站点配置值守", En: "guards by the site file on trial"}
	case kept == nil:
	case kept.IsZero():
		w = point.Words{Zh: "按最后生效的站点配置值守", En: "guards by the site file accepted last"}
	default:
		at := kept.In(site.Zone()).Format("2006-01-02 15:04")
		w = point.Words{Zh: "按 " + at + " 生效的站点配置值守", En: "guards by the site file accepted " + at}
	}
	if names := site.Lacking(); len(names) > 0 {
		list, more := strings.Join(names[:min(len(names), secretsTold)], ", "), ""
		if len(names) > secretsTold {
			more = " …"
		}
		w.Zh += fmt.Sprintf("；缺密码：%s%s，要用它的设备、通知和上传不能工作", list, more)
		w.En += fmt.Sprintf("; secrets are missing: %s%s, so that what needs them does not work", list, more)
	}
	return lostData{m.Lost, w}
}
