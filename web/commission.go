package web

import (
	"encoding/csv"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"strings"
	"time"

	_ "embed"

	"watchbox/firmware/commission"
	"watchbox/firmware/engine"
	"watchbox/firmware/point"
)

// Checklist is what a handover has to test, and how far it is.
type Checklist struct {
	Items  []commission.ItemView `json:"items" doc:"zones, doors, outputs, points"`
	Passed int                   `json:"passed"`
	Failed int                   `json:"failed"`
	Open   int                   `json:"open" doc:"not tested yet"`
}

// SignOrder is a person's word about an item.
type SignOrder struct {
	Passed bool   `json:"passed"`
	Remark string `json:"remark,omitempty" doc:"wanted when the box saw nothing"`
}

func checklist(v *engine.View) Checklist {
	out := Checklist{Items: v.Checklist}
	if out.Items == nil {
		out.Items = []commission.ItemView{}
	}
	for _, i := range out.Items {
		switch {
		case i.Entry == nil:
			out.Open++
		case i.Entry.Passed:
			out.Passed++
		default:
			out.Failed++
		}
	}
	return out
}

func showChecklist(c *call) (any, error) {
	v, err := c.view()
	if err != nil {
		return nil, err
	}
	return checklist(v), nil
}

func testItem(verb engine.Verb) func(*call) (any, error) {
	return func(c *call) (any, error) {
		return nil, c.command(engine.Command{Verb: verb, Target: c.r.PathValue("item")})
	}
}

func signItem(c *call) (any, error) {
	in, err := read[SignOrder](c)
	if err != nil {
		return nil, err
	}
	if len(in.Remark) > commission.MostRemark {
		return nil, badRequest(fmt.Sprintf("remark: at most %d bytes", commission.MostRemark))
	}
	verb := engine.FailItem
	if in.Passed {
		verb = engine.PassItem
	}
	return nil, c.command(engine.Command{Verb: verb, Target: c.r.PathValue("item"), Comment: in.Remark})
}

// mostPhoto bounds what is read of a picture; the box refuses less.
const mostPhoto = 1 << 20

func attachPhoto(c *call) (any, error) {
	in := &slow{http.MaxBytesReader(c.w, c.r.Body, mostPhoto), http.NewResponseController(c.w)}
	picture, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	return nil, c.box.AttachPhoto(c.r.Context(), c.r.PathValue("item"), picture, c.user.Name)
}

func showPhoto(c *call) {
	b, err := c.box.Photo(c.r.PathValue("name"))
	if err != nil {
		writeFailure(c.w, failure(404, "not-found", "没有这张照片", "There is no such picture"))
		return
	}
	c.w.Header().Set("Content-Type", "image/jpeg")
	c.w.Header().Set("Cache-Control", "private, max-age=86400")
	c.w.Write(b)
}

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

func (c *call) reportRow(i commission.ItemView) []string {
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
