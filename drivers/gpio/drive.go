package gpio

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
	"periph.io/x/conn/v3/gpio"

	"watchbox/firmware/driver"
)

// hold takes an output without moving it: the inherited descriptor first.
func (p *Pin) hold() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = p.take(p.line.Rest)
	return p.fault
}

func (p *Pin) drive(level bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.take(level); err != nil {
		return err
	}
	return p.set(level)
}

// take requests the line at level unless it is held. Under mu.
func (p *Pin) take(level bool) error {
	if p.file != nil {
		return nil
	}
	if p.inherited != nil {
		f, err := duplicate(p.inherited)
		p.file = f
		return err
	}
	chip, err := openChip(p.cdev.folder, p.line.Chip)
	if err != nil {
		return err
	}
	defer chip.Close()
	offset, err := offsetOf(chip, p.line)
	if err != nil {
		return err
	}
	f, err := requestLines(chip, []uint32{offset}, outputConfig(p.line, level), false)
	if errors.Is(err, unix.EBUSY) {
		err = fmt.Errorf("%w: held by %q", err, consumers(chip, []uint32{offset}))
	}
	if err != nil {
		return kernelError("take output "+p.line.Terminal, err)
	}
	p.file = f
	return nil
}

// set drives the held line; a line that vanished is let go. Under mu.
func (p *Pin) set(level bool) error {
	if err := setLevel(p.file, level); err != nil {
		return p.judge(kernelError("drive output "+p.line.Terminal, err))
	}
	return nil
}

// judge lets a line go that vanished. Under mu.
func (p *Pin) judge(err error) error {
	if errors.Is(err, driver.ErrDisconnect) {
		p.inherited, p.fault = nil, err // the line that the holder had is gone
		p.drop()
	}
	return err
}

func (p *Pin) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop()
}

// drop closes the request. Under mu.
func (p *Pin) drop() {
	if p.file != nil {
		p.file.Close()
		p.file = nil
	}
	p.edge = gpio.NoEdge
}
