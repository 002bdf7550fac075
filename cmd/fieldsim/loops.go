package main

import (
	"errors"
	"fmt"
	"strconv"

	"watchbox/drivers/analog/analogtest"
)

// The end-of-line resistors of the simulated loops, in Ω; site.yaml says the same.
const (
	endOfLine = 2200.0
	inAlarm   = 4700.0
	cutLoop   = -1.0
)

// loops are the two supervised loops on the analogue terminals, each a contact
// with a resistor beside it and one at its end.
type loops struct {
	chip analogtest.Chip
	tell func(zh, en string)
}

func newLoops(dir string, tell func(zh, en string)) (*loops, error) {
	chip, err := analogtest.New(dir)
	if err != nil {
		return nil, fmt.Errorf("loops: %w", err)
	}
	l := &loops{chip, tell}
	for channel := range 2 {
		err = errors.Join(err, chip.Hang(channel, endOfLine))
	}
	if err = errors.Join(err, l.drive(quiet)); err != nil {
		return nil, fmt.Errorf("loops: %w", err)
	}
	return l, nil
}

// The transmitter on the third terminal: its resistor in Ω, and what it says at rest, mA.
const (
	shunt       = 150.0
	transmitter = 2
	quiet       = 12.0
)

func (l *loops) drive(milliamperes float64) error {
	return l.chip.Drive(transmitter, milliamperes/1000*shunt)
}

// current is the deed: what the transmitter says now.
func (f *field) current(a []string) error {
	mA, named := map[string]float64{"broken": 0, "short": 24}[a[0]]
	var err error
	if !named {
		mA, err = strconv.ParseFloat(a[0], 64)
	}
	if err != nil || !(mA >= 0 && mA <= 30) {
		return fmt.Errorf("current %q: allowed broken, short, or 0 to 30 mA", a[0])
	}
	f.loops.tell("变送器："+a[0], "transmitter: "+a[0])
	return f.loops.drive(mA)
}

// loop is the deed: what hangs on analogue terminal n now.
func (f *field) loop(a []string) error {
	n, err := strconv.Atoi(a[0])
	if err != nil || n < 1 || n > 2 {
		return fmt.Errorf("loop %q: allowed 1 and 2", a[0])
	}
	ohms, named := map[string]float64{"rest": endOfLine, "alarm": endOfLine + inAlarm, "open": cutLoop, "short": 0}[a[1]]
	if !named {
		ohms, err = strconv.ParseFloat(a[1], 64)
	}
	if err != nil || !(ohms >= cutLoop && ohms <= 1e6) {
		return fmt.Errorf("loop %q: allowed rest, alarm, open, short, or 0 to 1000000 Ω", a[1])
	}
	f.loops.tell(fmt.Sprintf("回路 %d：%s", n, a[1]), fmt.Sprintf("loop %d: %s", n, a[1]))
	return f.loops.chip.Hang(n-1, ohms)
}
