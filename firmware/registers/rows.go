package registers

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"watchbox/firmware/config"
	"watchbox/firmware/engine"
	"watchbox/firmware/point"
)

// Row is one line of the printed table: one register, or one bit.
type Row struct {
	Bit     bool
	Address int // as it goes over the wire, from 0
	Type    string
	Scale   float64 // the register holds the value times this; 0 has none
	Unit    point.Unit
	Number  int // of the point or the partition; 0 is the box itself
	Name    string
	Label   point.Words
	Values  point.Words // what its numbers mean
}

// The types of a row.
const (
	typeBit   = "bit"
	typeWord  = "uint16"
	typeShort = "int16"
	typeFloat = "float32"
)

// Rows are the whole table with what the view knows of its points.
func Rows(site *config.Site, v *engine.View) (rows []Row) {
	rows = slices.Clone(boxRows)
	for _, p := range slices.SortedFunc(slices.Values(site.ModbusServer.Partitions), func(a, b config.NumberedPartition) int { return a.Number - b.Number }) {
		rows = append(rows, Row{Address: atPartition + p.Number, Type: typeWord, Number: p.Number, Name: "partition/" + p.Partition,
			Label: labelOf(site, p.Partition), Values: partitionValues})
	}
	for _, p := range slices.SortedFunc(slices.Values(site.ModbusServer.Points), func(a, b config.NumberedPoint) int { return a.Number - b.Number }) {
		rows = append(rows, pointRows(p, v)...)
	}
	return rows
}

func labelOf(site *config.Site, partition string) point.Words {
	for _, p := range site.Partitions {
		if p.ID == partition && !p.Label.IsZero() {
			return p.Label
		}
	}
	return point.Words{Zh: partition, En: partition}
}

// pointRows are the registers and bits of one point that are of use: a contact
// needs no float, a temperature is never just true.
func pointRows(p config.NumberedPoint, v *engine.View) (rows []Row) {
	row := Row{Number: p.Number, Name: string(p.Point), Label: point.Words{Zh: string(p.Point), En: string(p.Point)}}
	bits, kind := point.YesNo, point.None
	if e, known := v.Points.Get(p.Point); known {
		kind = e.Point.Kind
		row.Label, row.Unit, row.Values = e.Point.Title(), e.Point.Unit, states(e.Point.States)
		if e.Point.Kind == point.Bool && len(e.Point.States) > 0 {
			bits = e.Point.States
		}
	}
	with := func(address int, form string, scale float64, also point.Words) Row {
		r := row
		r.Address, r.Type, r.Scale, r.Bit = address, form, scale, form == typeBit
		r.Label = point.Words{Zh: r.Label.Zh + also.Zh, En: r.Label.En + also.En}
		if r.Bit || also != (point.Words{}) {
			r.Unit, r.Values = "", states(bits)
		}
		return r
	}
	quality := with(statusAt+p.Number, typeWord, 0, point.Words{Zh: "：质量", En: ": quality"})
	quality.Values = qualityValues
	usable := with(usableAt+p.Number, typeBit, 0, point.Words{Zh: "：数值可用", En: ": value may be used"})
	usable.Values = states(point.YesNo)
	if kind != point.Bool {
		rows = append(rows, with(floatAt+2*p.Number, typeFloat, 1, point.Words{}))
	}
	rows = append(rows, with(scaledAt+p.Number, typeShort, p.Scale, point.Words{}), quality)
	if kind != point.Real && kind != point.Count {
		rows = append(rows, with(truthAt+p.Number, typeBit, 0, point.Words{}))
	}
	return append(rows, usable)
}

// states lists what numbers mean: "0=closed; 1=open".
func states(of map[int64]point.Words) (w point.Words) {
	var zh, en []string
	for _, n := range slices.Sorted(maps.Keys(of)) {
		zh, en = append(zh, fmt.Sprintf("%d=%s", n, of[n].In("zh"))), append(en, fmt.Sprintf("%d=%s", n, of[n].In("en")))
	}
	return point.Words{Zh: strings.Join(zh, "；"), En: strings.Join(en, "; ")}
}

// mark is the byte-order mark by which a spreadsheet knows UTF-8.
const mark = "\ufeff"

// WriteCSV writes the table for a spreadsheet, in both languages.
func WriteCSV(w io.Writer, rows []Row) error {
	if _, err := io.WriteString(w, mark); err != nil {
		return err
	}
	c := csv.NewWriter(w)
	c.UseCRLF = true
	c.Write([]string{"功能码 Functions", "地址 Address", "参考号 Reference", "类型 Type", "倍率 Scale", "单位 Unit", "编号 Number", "点 Point",
		"名称", "Name", "取值", "Values"})
	for _, r := range rows {
		c.Write(r.cells())
	}
	c.Flush()
	return c.Error()
}

func (r Row) cells() []string {
	functions, first := "03 04", 400001
	if r.Bit {
		functions, first = "01 02", 100001
	}
	return []string{functions, strconv.Itoa(r.Address), strconv.Itoa(first + r.Address), r.Type, number(r.Scale), string(r.Unit), number(float64(r.Number)),
		r.Name, r.Label.Zh, r.Label.En, r.Values.Zh, r.Values.En}
}

// number is empty for 0: there is none.
func number(f float64) string {
	if f == 0 {
		return ""
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}
