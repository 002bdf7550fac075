package registers

import (
	"time"

	"watchbox/firmware/engine"
	"watchbox/firmware/zone"
)

// The registers of the box itself. What is not named holds 0.
const (
	atVersion     = 0
	atHeartbeat   = 1 // the seconds while the box decides, 65535 → 0; views are a second apart at most
	atSiren       = 2
	atJournal     = 3
	atDevices     = 4
	atSilent      = 5  // devices that do not answer
	atClock       = 6  // unknown, kept by the RTC, synchronised
	atStanding    = 10 // and 11–14 of priority 1–4
	atUnacked     = 15 // and 16–19
	atShelved     = 20
	atPartition   = 30 // partition n at 30+n
	bitStanding   = 0
	bitUnacked    = 1
	bitSiren      = 2
	bitJournal    = 3
	bitSilent     = 4
	noPartition   = 0xffff
	armedPlusAs   = 256 // the register of a partition is 256 × how it is armed + its mode
	heartbeatTick = time.Second
)

var modes = map[zone.Mode]uint16{zone.Disarmed: 0, zone.Exiting: 1, zone.Armed: 2, zone.Entering: 3}

var ways = map[string]uint16{"": 0, zone.Away: 1, zone.Stay: 2, zone.Night: 3}

// box is what the view tells of the box itself.
type box struct {
	words [boxEnd]uint16
	bits  [boxEnd]bool
}

func boxOf(v *engine.View) (b box) {
	b.words[atVersion] = Version
	b.words[atHeartbeat] = uint16(v.At.Mono / heartbeatTick)
	b.words[atClock] = uint16(v.At.Clock)
	b.alarms(v)
	for _, l := range v.Outputs {
		b.bits[bitSiren] = b.bits[bitSiren] || l.Sounds
	}
	b.bits[bitJournal] = !v.Health.JournalOK
	for _, d := range v.Devices {
		b.words[atDevices]++
		if !d.OK {
			b.words[atSilent]++
		}
	}
	b.bits[bitSilent] = b.words[atSilent] > 0
	b.words[atSiren], b.words[atJournal] = one(b.bits[bitSiren]), one(b.bits[bitJournal])
	return b
}

// alarms counts as the page does: what is shelved stands aside.
func (b *box) alarms(v *engine.View) {
	for _, a := range v.Alarms {
		if !a.Shelved.IsZero() {
			b.words[atShelved]++
			continue
		}
		if !a.Standing() {
			continue
		}
		p := min(max(a.Priority, 1), 4)
		b.words[atStanding]++
		b.words[atStanding+p]++
		if !a.Acknowledged {
			b.words[atUnacked]++
			b.words[atUnacked+p]++
		}
	}
	b.bits[bitStanding], b.bits[bitUnacked] = b.words[atStanding] > 0, b.words[atUnacked] > 0
}

func (i *Image) boxRegister(a int) uint16 {
	if n := a - atPartition; n > 0 && n < partitions {
		return i.partition(i.table.partitions[n])
	}
	return i.box.words[a]
}

// partition is how it stands; noPartition where nobody gave the number.
func (i *Image) partition(id string) uint16 {
	for _, p := range i.view.Panel.Partitions {
		if p.ID == id && id != "" {
			return ways[p.As]*armedPlusAs + modes[p.Mode]
		}
	}
	return noPartition
}

func one(b bool) uint16 {
	if b {
		return 1
	}
	return 0
}
