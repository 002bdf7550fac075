package conformance

import (
	"fmt"
	"path"
	"strconv"
	"time"

	"watchbox/firmware/dialout"
	"watchbox/firmware/point"
)

// set-all PATTERN NUMBER LENGTH: every point that fits gets the reading, evenly
// within the time.
func (p *player) setAll(a []string) error {
	if len(a) != 3 {
		return errWords
	}
	f, err := strconv.ParseFloat(a[1], 64)
	if err != nil {
		return err
	}
	var names []point.Name
	for v, i := p.View().Points, 0; i < v.Len(); i++ {
		if n := v.At(i).Point.Name; fits(a[0], string(n)) {
			names = append(names, n)
		}
	}
	return p.spread(a[2], len(names), func(i int) { p.read(point.Sample{Point: names[i], Value: point.OfReal(f)}) })
}

// bounce POINT COUNT LENGTH: a contact that changes so often, evenly within the
// time; it begins by closing.
func (p *player) bounce(a []string) error {
	if len(a) != 3 {
		return errWords
	}
	n, err := strconv.Atoi(a[1])
	if err != nil {
		return err
	}
	return p.spread(a[2], n, func(i int) { p.read(point.Sample{Point: point.Name(a[0]), Value: point.OfBool(i%2 == 0)}) })
}

func (p *player) spread(length string, n int, act func(i int)) error {
	d, err := time.ParseDuration(length)
	if err != nil || n < 1 {
		return fmt.Errorf("%d readings within %s", n, length)
	}
	for i := range n {
		act(i)
		p.pass(d / time.Duration(n))
	}
	return nil
}

func fits(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return err == nil && ok
}

// expect alarms PATTERN COUNT · first KEY · messages CHANNEL at-most|at-least COUNT
func (p *player) expectMany(a []string) error {
	n, err := strconv.Atoi(a[len(a)-1])
	list := p.View().Alarms
	switch {
	case a[0] == "first" && len(a) == 2:
		if len(list) == 0 || list[0].Key != a[1] {
			return fmt.Errorf("the first of %d is another", len(list))
		}
		return nil
	case a[0] == "alarms" && len(a) == 3 && err == nil:
		stand := 0
		for _, x := range list {
			if x.Standing() && (fits(a[1], x.Key) || fits(a[1]+"/*", x.Key)) {
				stand++
			}
		}
		if stand != n {
			return fmt.Errorf("%d stand", stand)
		}
		return nil
	case a[0] == "messages" && len(a) == 4 && err == nil:
		if sent := p.people.sent[a[1]]; a[2] == "at-most" && sent > n || a[2] == "at-least" && sent < n {
			return fmt.Errorf("%d were sent", sent)
		}
		return nil
	}
	return errWords
}

// people are those whom the box tells: its dial-out, and channels that take each
// message after four seconds.
type people struct {
	desk    *dialout.Desk
	onWay   []dialout.Message
	landing []time.Duration
	sent    map[string]int // by channel
}

// airTime is how long a message is on its way.
const airTime = 4 * time.Second

// turn lets dial-out work.
func (p *people) turn(now point.Instant) {
	if p.desk == nil {
		return
	}
	for len(p.onWay) > 0 && p.landing[0] <= now.Mono {
		m := p.onWay[0]
		p.onWay, p.landing = p.onWay[1:], p.landing[1:]
		p.sent[m.Channel]++
		p.desk.Sent(now, m.ID, dialout.Receipt{Reference: m.ID})
	}
	p.desk.Tick(now)
	for _, m := range p.desk.Take().Messages {
		p.onWay, p.landing = append(p.onWay, m), append(p.landing, now.Mono+airTime)
	}
}
