package snmp

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"watchbox/firmware/driver"
)

// Bounds of a walk: rows per answer, and rows in all.
const (
	rowsPerAnswer = 25
	mostRows      = 4096
)

// row is one line of the interface table.
type row struct {
	index uint32
	name  string
}

// find searches the interfaces' numbers when that is due.
func (d *Device) find(ctx context.Context) error {
	p := d.ports
	if p.known && (!p.incomplete() || time.Since(p.search) < searchAgain) {
		return nil
	}
	rows, err := d.walk(ctx)
	if err != nil {
		return fmt.Errorf("search interfaces: %w", err)
	}
	p.assign(rows)
	p.known, p.search = true, time.Now()
	return nil
}

func (p *ports) incomplete() bool {
	for _, one := range p.all {
		if one.row == 0 {
			return true
		}
	}
	return false
}

// assign gives each port its row. An automatic slot that has a name keeps it as
// long as the agent does, so that a renumbering moves no history.
func (p *ports) assign(rows []row) {
	byName := make(map[string]uint32, len(rows))
	for _, r := range rows {
		if _, twice := byName[r.name]; !twice && r.name != "" {
			byName[r.name] = r.index
		}
	}
	taken := map[string]bool{}
	for _, one := range p.all {
		one.row = byName[one.name]
		taken[one.name] = one.row != 0
	}
	if !p.auto {
		return
	}
	for _, one := range p.all {
		for len(rows) > 0 && one.row == 0 {
			if r := rows[0]; r.name != "" && r.name != "lo" && !taken[r.name] {
				one.name, one.row = r.name, r.index
				taken[r.name] = true
			}
			rows = rows[1:]
		}
	}
}

// walk reads the column of names with GETBULK. An agent that does not go
// forward, or never ends, is stopped.
func (d *Device) walk(ctx context.Context) ([]row, error) {
	var rows []row
	from := uint32(0)
	for len(rows) < mostRows {
		at := ifName
		if len(rows) > 0 {
			at += "." + strconv.FormatUint(uint64(from), 10)
		}
		got, err := d.wire.ask(ctx, &request{oids: []string{at}, repeat: rowsPerAnswer})
		if err != nil {
			return nil, err
		}
		if len(got) == 0 {
			return rows, nil
		}
		for _, g := range got {
			tail, inside := strings.CutPrefix(g.Name, ifName+".")
			if !inside || absent(g.Type) {
				return rows, nil
			}
			index, err := strconv.ParseUint(tail, 10, 32)
			if err != nil || index == 0 || len(rows) > 0 && uint32(index) <= from {
				return nil, fmt.Errorf("the agent's table does not go forward: %s after row %d: %w", g.Name, from, driver.ErrGarbage)
			}
			from = uint32(index)
			rows = append(rows, row{from, portName(g)})
		}
	}
	return rows, nil
}
