package app

import (
	"context"

	"watchbox/firmware/config"
	"watchbox/firmware/dialout"
	"watchbox/firmware/forward"
	"watchbox/firmware/person"
	"watchbox/firmware/point"
)

// channelQueue bounds the messages on their way to one channel; the desk holds
// back what would be more.
const channelQueue = 32

// startChannels begins dial-out.
func (a *App) startChannels(down *stack, f Fittings) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	a.desk.wire(ctx, f.Channels)
	go func() { defer close(done); a.desk.run(ctx) }()
	down.push("channels", func() { stop(); <-done; a.channels.Wait() })
}

// startUpstream begins forwarding.
func (a *App) startUpstream(down *stack) {
	ctx, stop := context.WithCancel(context.Background())
	a.upstream.Load().start(ctx)
	down.push("upstream", func() { stop(); a.upstream.Load().finish() })
}

// wire starts one runner per channel.
func (d *desk) wire(ctx context.Context, channels map[string]dialout.Channel) {
	d.context = ctx
	ctx, d.unwire = context.WithCancel(ctx)
	d.queues = map[string]chan dialout.Message{}
	for name, ch := range channels {
		q := make(chan dialout.Message, channelQueue)
		d.queues[name] = q
		d.app.channels.Go(func() { dialout.Run(ctx, name, ch, q, d.result) })
	}
}

// rewire replaces the channels; a message under way on an old one is tried again.
func (d *desk) rewire(channels map[string]dialout.Channel) {
	d.tell(func(point.Instant) {
		d.unwire()
		d.wire(d.context, channels)
	})
}

// result hears what became of one attempt.
func (d *desk) result(m dialout.Message, r dialout.Receipt, retry bool, err error) {
	d.app.troubles.set(channelKey(m.Channel), err)
	d.tell(func(now point.Instant) {
		if err != nil {
			d.pure.Failed(now, m.ID, err.Error(), retry)
			return
		}
		d.pure.Sent(now, m.ID, r)
	})
}

// deskParts makes what the desk needs of the site file.
func (a *App) deskParts(site *config.Site, kinds map[string]string) (dialout.Plan, []dialout.Contact, map[string]string, dialout.Site) {
	var plan dialout.Plan
	if site.DialOut != nil {
		plan = *site.DialOut
	}
	return plan, site.Reachable(), kinds, dialout.Site{ID: site.ID, Label: site.Label, Rooms: roomLabels(site), Zone: site.Zone(), Brief: a.brief}
}

func roomLabels(site *config.Site) map[string]point.Words {
	rooms := map[string]point.Words{}
	for _, r := range site.Rooms {
		rooms[r.ID] = words(r.Label, r.ID)
	}
	return rooms
}

// openPersons lets people log in. Only now is it known whether there are any.
func (a *App) openPersons(p *person.People) {
	a.persons.Store(p)
	if code := p.SetupCode(); code != "" && a.options.SetupCode != nil {
		a.options.SetupCode(code)
	}
}

// outbox is the store's; it is empty until the store is open.
type outbox struct{ app *App }

func (o outbox) Pending(ctx context.Context, path string, most int) ([]forward.Item, error) {
	if s := o.app.store.Load(); s != nil {
		return s.Pending(ctx, path, most)
	}
	return nil, nil
}

func (o outbox) Taken(ctx context.Context, path string, rows []int64) error {
	if s := o.app.store.Load(); s != nil {
		return s.Taken(ctx, path, rows)
	}
	return nil
}
