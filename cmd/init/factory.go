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

// hearButton notes whether the board's button is held now, long enough, and let go: that
// is a factory reset. Without a held button it takes no time. What is kept beside the
// boot state is forgotten before data is looked for: the box must not guard by it when
// there is none, or when data hangs.
func (b *box) hearButton() {
	if b.ordered = b.profile.Reset != nil && b.buttonHeld(); b.ordered {
		log.Print("the button orders a factory reset")
		b.forgetSite()
	}
}

// forgetSite removes the site file that is kept beside the boot state.
func (b *box) forgetSite() {
	if b.state == nil {
		return
	}
	err := system.InTime(diskPatience, system.KeptSite{Path: b.state.node}.Forget)
	tell(err)
	if err == nil {
		log.Print("factory reset: the site file that is kept outside of data is forgotten")
	}
}

// eraseData erases data when that is ordered, or was at a start that a power cut ended.
func (b *box) eraseData() {
	if b.notes.Lost == nil {
		if b.ordered {
			onData(b, "factory reset", diskPatience, done(system.BeginErase))
		}
		erased := onData(b, "factory reset", erasePatience, func(data *os.Root) (bool, error) { return system.Erase(data, crashFolder) })
		b.erased = erased && b.notes.Lost == nil // memory in its place is nothing
	}
	switch {
	case b.erased:
		log.Print("factory reset: data is erased")
	case b.unerased() && b.notes.Lost != nil:
		log.Printf("factory reset: the data partition is NOT erased, for it cannot be used: %s", b.notes.Lost.Why)
	case b.unerased():
		log.Print("factory reset: the data partition is NOT erased, or not all of it, for it cannot be written")
	}
}

// unerased tells that a factory reset was ordered, and something is left on the
// partition: it cannot be used, or takes no write, as a card at its end. People are told,
// for it has secrets. What was begun goes on at the next start.
func (b *box) unerased() bool { return b.ordered && !b.erased }

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
