package main

import (
	"context"
	"log"
	"os"
	"time"

	"watchbox/drivers/gpio"
	"watchbox/drivers/system"
)

// glance is how often the button is looked at.
const glance = 50 * time.Millisecond

// factoryReset erases the data when the board's button is held now, long enough,
// and let go. Without a held button it takes no time.
func (b *box) factoryReset() {
	if b.root == nil || b.notes.Lost != nil {
		return
	}
	if b.profile.Reset != nil && b.buttonHeld() {
		log.Print("the button orders a factory reset")
		onData(b, "factory reset", diskPatience, done(system.BeginErase))
	}
	b.erased = onData(b, "factory reset", erasePatience, func(data *os.Root) (bool, error) { return system.Erase(data, b.forgetSite, crashFolder) })
}

// forgetSite removes the site file that is kept beside the boot state.
func (b *box) forgetSite() {
	if b.state != nil {
		tell(system.InTime(diskPatience, system.KeptSite{Path: b.state.node}.Forget))
	}
}

// buttonHeld looks until the button has come to something.
func (b *box) buttonHeld() bool {
	r := b.profile.Reset
	in, ok := b.profile.Input(r.Terminal)
	if !ok {
		return false
	}
	bias, _ := gpio.BiasOf(in.Bias)
	line := gpio.NewCdev([]gpio.Line{{Terminal: in.Terminal, Chip: in.Chip, Offset: in.Offset, Kernel: in.Kernel, ActiveLow: in.ActiveLow, Bias: bias}}, nil)
	defer line.Close()
	ctx := context.Background()
	if err := line.Inputs(ctx, []gpio.Claim{{Terminal: in.Terminal}}); err != nil {
		log.Printf("button for the factory reset: %v", err)
		return false
	}
	lit := false
	for began := time.Now(); ; time.Sleep(glance) {
		now, err := line.Read(ctx, []string{in.Terminal})
		if err == nil {
			err = now[0].Fault
		}
		if err != nil {
			log.Printf("button for the factory reset: %v", err)
			return false
		}
		verdict, lamp := system.Button(time.Since(began), now[0].Level)
		if verdict == system.Undecided && lamp != lit || verdict != system.Undecided && lit {
			lit = lamp
			b.lamp(lit)
		}
		if verdict != system.Undecided {
			return verdict == system.Ordered
		}
	}
}

// lamp shows what the box understood, where the board has a lamp for it.
func (b *box) lamp(on bool) {
	if t := b.profile.Reset.Lamp; t != "" {
		tell(b.lines.Set(context.Background(), t, on))
	}
}
