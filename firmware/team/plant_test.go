package team

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/point"
)

// plant is a room of air-conditioners with a team over it. Time passes in
// seconds; every two of them each unit is read.
type plant struct {
	*Machine
	t       *testing.T
	now     point.Instant
	begin   time.Duration
	units   []*machine
	mains   bool // away
	degrees float64
	log     []string
	alarms  map[string]bool
	kept    map[string][]byte
	orders  int
}

// machine is one real air-conditioner.
type machine struct {
	on      bool
	deaf    bool // obeys nothing
	mute    bool // cannot be read
	ill     bool
	restart bool          // goes on by itself when the mains come back
	moved   time.Duration // truly
	since   time.Duration // mute or not
	was     bool          // before the mains went
}

var monday = time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC)

func cooling(n, duty int) Team {
	d := Team{ID: "cooling", Duty: duty, Mains: "mr/mains", Temperature: "mr/temperature", AssistAbove: 27, AssistBelow: 25, AssistAfter: time.Minute,
		Gap: 30 * time.Second, MinimumOn: 5 * time.Minute, MinimumOff: 3 * time.Minute, Takeover: 30 * time.Second, Confirm: time.Minute, Attempts: 2, Return: 10 * time.Minute, Lost: 5 * time.Minute}
	for i := range n {
		id := fmt.Sprintf("ac%d", i+1)
		d.Members = append(d.Members, Member{ID: id, Run: point.Join(id, "on"), Failed: []string{id + "/alarm"}})
	}
	return d
}

func newPlant(t *testing.T, d Team, on ...int) *plant {
	t.Helper()
	p := &plant{t: t, now: point.Instant{Boot: "b", Mono: time.Hour, Wall: monday, Clock: point.ClockSynchronised}, begin: time.Hour, degrees: 22,
		alarms: map[string]bool{}, kept: map[string][]byte{}}
	for range d.Members {
		p.units = append(p.units, &machine{moved: -time.Hour})
	}
	for _, i := range on {
		p.units[i-1].on = true
	}
	p.start(d)
	return p
}

func (p *plant) start(d Team) {
	m, errs := New([]Team{d}, time.UTC)
	for _, err := range errs {
		p.t.Fatal(err)
	}
	p.Machine = m
	p.Restore(p.now, p.kept)
}

// restart is a power cut of the box alone.
func (p *plant) restart(d Team) {
	p.now.Boot, p.now.Mono = p.now.Boot+"b", time.Hour
	p.start(d)
}

func (p *plant) pass(d time.Duration) {
	p.t.Helper()
	for end := p.now.Mono + d; p.now.Mono < end; {
		p.now = p.now.Add(time.Second)
		if int(p.now.Mono/time.Second)%2 == 0 {
			p.read()
		}
		p.Tick(p.now)
		p.settle()
		if next := p.Next(); next <= p.now.Mono {
			p.t.Fatalf("the deadline %v is not in the future", next)
		}
	}
}

func (p *plant) read() {
	give := func(name string, v point.Value, bad bool) {
		s := point.Sample{Point: point.Name(name), Value: v, At: p.now}
		if bad {
			s.Quality = point.BadBecause(point.Timeout)
		}
		p.Sample(p.now, s)
	}
	give("mr/mains", point.OfBool(p.mains), false)
	give("mr/temperature", point.OfReal(p.degrees), false)
	for i, u := range p.units {
		give(fmt.Sprintf("ac%d/alarm", i+1), point.OfBool(u.ill), u.mute)
		give(fmt.Sprintf("ac%d/on", i+1), point.OfBool(u.on), u.mute)
	}
}

func (p *plant) settle() {
	orders, records, signals := p.Take()
	for _, r := range records {
		if r.Text.Zh == "" || r.Text.En == "" || r.Actor == "" {
			p.t.Errorf("%+v", r)
		}
	}
	for _, s := range signals {
		p.alarms[s.Key] = s.Active
	}
	for _, o := range orders {
		p.obey(o)
	}
	for _, k := range p.Retained() {
		if p.kept[k.Key] = k.Value; k.Value == nil {
			delete(p.kept, k.Key)
		}
	}
}

func (p *plant) obey(o Order) {
	var n int
	fmt.Sscanf(string(o.Point), "ac%d/on", &n)
	sign := map[bool]string{true: "+", false: "-"}[o.On]
	p.log = append(p.log, fmt.Sprintf("%s%d@%v", sign, n, (p.now.Mono-p.begin)))
	p.orders++
	if u := p.units[n-1]; !u.deaf && !p.mains {
		p.move(u, o.On)
	}
}

func (p *plant) move(u *machine, on bool) {
	if u.on != on {
		u.on, u.moved = on, p.now.Mono
	}
}

// power takes the mains away or brings them back; the units go with them.
func (p *plant) power(away bool) {
	if p.mains = away; away {
		for _, u := range p.units {
			u.was = u.on
			p.move(u, false)
		}
		return
	}
	for _, u := range p.units {
		if u.restart && u.was {
			p.move(u, true)
		}
	}
}

// running is the units that are truly on, "1 3".
func (p *plant) running() string {
	var list []string
	for i, u := range p.units {
		if u.on {
			list = append(list, fmt.Sprint(i+1))
		}
	}
	return strings.Join(list, " ")
}

// said is the orders since the last call.
func (p *plant) said() string {
	s := strings.Join(p.log, " ")
	p.log, p.begin = nil, p.now.Mono
	return s
}
