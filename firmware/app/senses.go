package app

import (
	"context"
	"time"

	"watchbox/firmware/config"
	"watchbox/firmware/dialout"
	"watchbox/firmware/forward"
	"watchbox/firmware/point"
	"watchbox/firmware/update"
)

// pagePatience is how long the page may take for a sign of life.
const pagePatience = 3 * time.Second

// senses is what the box can do now. path tells how a way upstream is judged:
// before a switch by whether it works, after it by what it has taken. Blocks for
// the page's answer, at most 3 s; never called by the engine.
func (a *App) senses(ctx context.Context, path func(forward.State) bool) update.Senses {
	s := update.Senses{Inputs: map[string]bool{}, Devices: map[string]bool{}, Network: map[string]bool{}, Sounders: map[string]update.Proof{},
		Modems: map[string]bool{}, Paths: map[string]bool{}, Labels: map[string]point.Words{}}
	site := a.site.Load()
	for _, in := range site.Inputs {
		s.Inputs[string(in.Point)] = a.reads(in.Point)
		label(&s, string(in.Point), in.Label)
	}
	a.senseDevices(&s)
	for _, n := range site.Annunciators {
		if n.Kind == "sounder" {
			s.Sounders[string(n.Output)] = a.proof(n.Output, n.Feedback, "annunciator/"+n.ID+"/contradicts")
			label(&s, string(n.Output), n.Label)
		}
	}
	for _, c := range site.Channels {
		if c.Driver == dialout.Modem {
			s.Modems[c.ID] = a.registered(c)
		}
	}
	for name, state := range a.upstream.Load().states() {
		s.Paths[name] = path(state)
	}
	s.Store = a.store.Load() != nil && a.View().Health.JournalOK
	s.Page = a.options.Page != nil && within(ctx, pagePatience, a.options.Page) == nil
	return s
}

func label(s *update.Senses, key string, w point.Words) {
	if !w.IsZero() {
		s.Labels[key] = words(w, key)
	}
}

// worked judges a way upstream before a switch, took after it.
func worked(s forward.State) bool { return s.OK && !s.LastSuccess.IsZero() }
func took(s forward.State) bool   { return s.Sent > 0 }

func (a *App) reads(p point.Name) bool {
	e, known := a.View().Points.Get(p)
	return known && e.Seen && e.Last.Quality.Usable() && !e.Last.Value.IsNone()
}

func (a *App) registered(c config.Channel) bool {
	p := point.Name(c.ID + "/registered")
	e, _ := a.View().Points.Get(p)
	return a.reads(p) && e.Last.Value.Truth()
}

// senseDevices leaves the box's own terminals out: their inputs are looked at one by one.
func (a *App) senseDevices(s *update.Senses) {
	fitted := *a.fitted.Load()
	for _, d := range a.scan.States() {
		f := fitted[d.ID]
		switch {
		case f.First:
		case f.Pooled:
			s.Network[d.ID] = d.OK
		default:
			s.Devices[d.ID] = d.OK
		}
		label(s, d.ID, f.Spec.Label)
	}
}

// proof is what is known of a sounder: that its output takes what it is told,
// and what is read back from it.
func (a *App) proof(output, feedback point.Name, contradicts string) update.Proof {
	if told, well := a.troubles.state(outputKey(output)); !told || !well {
		return update.Undriven
	}
	switch {
	case feedback == "":
		return update.Blind
	case !a.reads(feedback):
		return update.Unread
	}
	for _, x := range a.View().Alarms {
		if x.Key == contradicts && x.Active {
			return update.Contradicts
		}
	}
	return update.Agrees
}

// soundingNow are the sounders that ring.
func (a *App) soundingNow() (list []point.Words) {
	for _, n := range a.site.Load().Annunciators {
		if n.Kind == "sounder" && a.outputs.sounding(n.Output) {
			list = append(list, words(n.Label, n.ID))
		}
	}
	return list
}

// states tells how each way upstream does.
func (u *upstream) states() map[string]forward.State {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	all := map[string]forward.State{}
	for name, r := range u.runners {
		all[name] = r.State()
	}
	return all
}
