package web

import (
	_ "embed"
	"encoding/csv"
	"html/template"
	"io"
	"strings"
	"time"

	"watchbox/firmware/commission"
	"watchbox/firmware/point"
)

//go:embed report.html
var reportText string

var reportTemplate = template.Must(template.New("report").Parse(reportText))

// reportPage is what the template of the handover report shows.
type reportPage struct {
	Words     func(zh, en string) string
	Time      func(time.Time) string
	Means     func(commission.How) string
	Language  string
	Site      point.Words
	At        time.Time
	By        string
	Version   string
	Box       string
	Checklist Checklist
}

// commissionReport is the checklist as a page to print or to keep as PDF.
func commissionReport(c *call) {
	v, err := c.view()
	if err != nil {
		writeFailure(c.w, err)
		return
	}
	language := chosen(c.r.URL.Query().Get("lang"))
	p := reportPage{Language: language, At: c.options.Now().Wall, By: c.user.Name, Version: c.options.Version, Checklist: checklist(v), Time: c.local,
		Words: func(zh, en string) string { return point.Words{Zh: zh, En: en}.In(language) },
		Means: func(h commission.How) string { return commission.Means[h].In(language) }}
	if site := c.box.Site(); site != nil {
		p.Site = site.Label
	}
	p.Box, _ = c.box.Identity()
	c.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	c.w.Header().Set("Cache-Control", "no-store")
	if err := reportTemplate.Execute(c.w, p); err != nil {
		c.options.Log("web: report: %v", err)
	}
}

// commissionCSV is the checklist for a spreadsheet, in both languages.
func commissionCSV(c *call) {
	v, err := c.view()
	if err != nil {
		writeFailure(c.w, err)
		return
	}
	c.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	c.w.Header().Set("Content-Disposition", `attachment; filename="commissioning.csv"`)
	c.w.Header().Set("Cache-Control", "no-store")
	io.WriteString(c.w, "\ufeff") // a spreadsheet takes it for UTF-8
	w := csv.NewWriter(c.w)
	w.Write([]string{"项目 item", "名称", "label", "房间 room", "结果 result", "方式 means", "测试人 by", "时间 at", "设备所见", "seen by the box", "备注 remark", "照片 picture"})
	for _, i := range v.Checklist {
		w.Write(c.reportRow(i))
	}
	w.Flush()
}

func (c *call) reportRow(i *commission.ItemView) []string {
	row := []string{i.Key, i.Label.In("zh"), i.Label.In("en"), i.Room, "未测 open", "", "", "", "", "", "", ""}
	if e := i.Entry; e != nil {
		row[4] = map[bool]string{true: "合格 passed", false: "不合格 failed"}[e.Passed]
		m := commission.Means[e.How]
		row[5], row[6], row[7], row[10], row[11] = m.Zh+" "+m.En, e.By, c.local(e.At), e.Remark, e.Photo
		row[8], row[9] = c.sights(e.Saw, "zh"), c.sights(e.Saw, "en")
	}
	for n := range row {
		row[n] = inert(row[n])
	}
	return row
}

func (c *call) sights(saw []commission.Seen, language string) string {
	var list []string
	for _, s := range saw {
		text := s.Text.In(language)
		if s.Simulated {
			text = point.SimulationMark.In(language) + text
		}
		list = append(list, c.local(s.At)+" "+text)
	}
	return strings.Join(list, "; ")
}

// inert keeps a spreadsheet from taking what a person wrote for a formula.
func inert(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
