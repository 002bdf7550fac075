package annunciate

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/zone"
)

// What a planner sums up change by change is what one asks that adds up the
// whole list: with alarms that come, go, are taken and re-sound in any order,
// in lists that share what did not change.
func TestChangesSumUpToTheWhole(t *testing.T) {
	all := []Annunciator{sounder(), {ID: "b", Kind: "beacon", Output: "oc/beacon", Stealth: true, Class: []string{"alarm", "trouble"}},
		{ID: "r", Kind: "relay", Output: "oc/fan", Alarms: []string{"k1*"}}}
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 1))
		p, alarms := plan(t, nil, all...), map[string]*alarm.Alarm{}
		for d := time.Duration(0); d < 300*time.Second; d += time.Second {
			for range random.IntN(4) {
				change(random, alarms, d)
			}
			list := slices.SortedFunc(maps.Values(alarms), func(a, b *alarm.Alarm) int { return int(b.Raised.Mono - a.Raised.Mono) })
			panel := zone.View{Partitions: []zone.PartitionView{{Mode: zone.Armed, As: []string{zone.Away, zone.Night}[random.IntN(2)]}}}
			p.Update(at(d), list, panel)
			if random.IntN(50) == 0 {
				if err := p.Reload(all, nil); err != nil {
					t.Fatal(err)
				}
				p.Update(at(d), list, panel)
			}
			for _, o := range p.outputs {
				whole := &output{Annunciator: o.Annunciator, hidden: o.hidden, asks: asks{of: map[*alarm.Alarm]ask{}}}
				whole.take(at(d), p.began, nil, list, p.first)
				if !maps.Equal(o.of, whole.of) || o.until != whole.until || o.newest != whole.newest || o.asks.raise != whole.asks.raise || o.lit != whole.lit || o.unseen != whole.unseen {
					t.Fatalf("seed %d at %v: %s sums up to %+v, the whole list to %+v", seed, d, o.ID, o.asks, whole.asks)
				}
			}
			if len(p.first) != len(list) {
				t.Fatalf("seed %d at %v: %d noises are known of %d alarms", seed, d, len(p.first), len(list))
			}
		}
	}
}

// change lets one alarm of twenty come, go, or become another.
func change(random *rand.Rand, alarms map[string]*alarm.Alarm, d time.Duration) {
	key := fmt.Sprintf("k%d", random.IntN(20))
	a := standing(key, 1+random.IntN(4), []alarm.Class{alarm.ClassAlarm, alarm.ClassSupervisory, alarm.ClassTrouble}[random.IntN(3)], d)
	if old := alarms[key]; old != nil {
		a = *old
	}
	switch random.IntN(8) {
	case 0:
		delete(alarms, key)
		return
	case 1:
		a.Acknowledged = !a.Acknowledged
	case 2:
		a.Silenced = !a.Silenced
	case 3:
		a.Active, a.Latched = false, random.IntN(2) == 0
	case 4:
		a.Sounded = at(d)
	case 5:
		a.Quiet = !a.Quiet
	case 6:
		a.Kind = alarm.KindFire
	}
	alarms[key] = &a
}
