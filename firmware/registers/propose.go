package registers

import (
	"fmt"
	"io"
	"math"
	"strings"

	"watchbox/firmware/config"
	"watchbox/firmware/engine"
	"watchbox/firmware/point"
)

// Propose numbers every point that registers can hold and everybody may know: the
// entries of the site file as they are, then the others in the order of their
// names, after the highest number. left counts those for which no number is left.
// The site need not have the section.
func Propose(site *config.Site, v *engine.View) (list []config.NumberedPoint, left int) {
	taken, next := map[point.Name]bool{}, 1
	if m := site.ModbusServer; m != nil {
		for _, p := range m.Points {
			list, taken[p.Point], next = append(list, p), true, max(next, p.Number+1)
		}
	}
	kept := site.Kept()
	for i := range v.Points.Len() {
		p := v.Points.At(i).Point
		switch {
		case taken[p.Name] || kept.Points[p.Name] || p.Kind == point.Text:
		case next >= numbers:
			left++
		default:
			list = append(list, config.NumberedPoint{Number: next, Point: p.Name, Scale: math.Pow10(min(max(p.Decimals, 0), 3))})
			next++
		}
	}
	return list, left
}

// WriteProposal writes the section of a site file with these points, to be pasted
// by a person who has looked at it.
func WriteProposal(w io.Writer, site *config.Site, v *engine.View) error {
	list, left := Propose(site, v)
	m := config.ModbusServer{Interface: "eth0", From: []string{"192.0.2.7/32"}, Port: 502, Unit: 1}
	if site.ModbusServer != nil {
		m = *site.ModbusServer
	}
	var b strings.Builder
	b.WriteString("# 粘贴到站点文件；编号一经给出不再改动。 Paste into the site file; a number stays once it is given.\nmodbus-server:\n")
	fmt.Fprintf(&b, "  interface: %s # 网口 network socket\n  from: [%s] # 允许的主站 masters that may ask\n  port: %d\n  unit: %d\n  points:\n", m.Interface, strings.Join(m.From, ", "), m.Port, m.Unit)
	for _, p := range list {
		label := point.Words{}
		if e, known := v.Points.Get(p.Point); known {
			label = e.Point.Title()
		}
		fmt.Fprintf(&b, "    - {number: %d, point: %s, scale: %s} # %s %s\n", p.Number, p.Point, number(p.Scale), plain(label.Zh), plain(label.En))
	}
	if left > 0 {
		fmt.Fprintf(&b, "# 另有 %d 个点没有编号可用。 No number is left for %d more points.\n", left, left)
	}
	if len(m.Partitions) > 0 {
		b.WriteString("  partitions:\n")
	}
	for _, p := range m.Partitions {
		fmt.Fprintf(&b, "    - {number: %d, partition: %s}\n", p.Number, p.Partition)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// plain is a label that ends no comment.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, s)
}
