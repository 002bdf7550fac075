package modbus

import (
	"cmp"
	"fmt"
	"slices"

	"watchbox/drivers/maps"
)

// block is one request and the points that its answer feeds.
type block struct {
	table   maps.Table
	address uint16
	count   int
	rank    maps.Rank
	points  []int // indexes into the map's points, by address
}

// name is how errors and logs call the block: "input 0x2af8+24".
func (b block) name() string { return fmt.Sprintf("%s 0x%04x+%d", b.table, b.address, b.count) }

// plan joins the points of a map to as few requests as the product allows: of one
// rank and table, at most the product's maximum long, reading over at most Gap
// unused addresses; each for itself where the product wants that. A point is
// never split. The most urgent rank comes first.
func plan(m *maps.Map) []block {
	order := make([]int, len(m.Points))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		a, b := &m.Points[i], &m.Points[j]
		return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.Table, b.Table), cmp.Compare(a.Address, b.Address))
	})
	var blocks []block
	for _, i := range order {
		p := &m.Points[i]
		if n := len(blocks); n > 0 && blocks[n-1].takes(m, p) {
			blocks[n-1].add(i, p)
			continue
		}
		blocks = append(blocks, block{p.Table, p.Address, p.Width(), p.Rank, []int{i}})
	}
	return blocks
}

// takes is true when p may join the block.
func (b *block) takes(m *maps.Map, p *maps.Point) bool {
	most, gap := m.Registers, m.Gap
	if p.Table.Bits() {
		most = m.Bits
	}
	if m.Single && (p.Address != b.address || p.Width() != b.count) {
		return false
	}
	return p.Rank == b.rank && p.Table == b.table &&
		int(p.Address) <= int(b.address)+b.count+gap &&
		int(p.Address)+p.Width()-int(b.address) <= most
}

func (b *block) add(i int, p *maps.Point) {
	b.count = max(b.count, int(p.Address)+p.Width()-int(b.address))
	b.points = append(b.points, i)
}
