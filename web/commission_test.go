package web

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"watchbox/firmware/commission"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

func TestSimulatingOverTheAPI(t *testing.T) {
	b := newBench(t)
	const path = "points/th1%2Ftemperature/simulation"
	b.want(403, "operator", "POST", path, `{"value":41,"seconds":600}`, nil)
	for _, body := range []string{`{"seconds":600}`, `{"value":41,"seconds":-1}`, `{"value":41,"seconds":99999}`, `{"value":41,"seconds":600,"reason":"` + strings.Repeat("x", 501) + `"}`} {
		b.want(400, "engineer", "POST", path, body, nil)
	}
	b.want(409, "engineer", "POST", path, `{"value":41,"seconds":1}`, nil)
	b.want(409, "engineer", "POST", path, `{"value":"hot","seconds":60}`, nil)
	b.want(404, "engineer", "POST", "points/none%2Fx/simulation", `{"value":41,"seconds":600}`, nil)
	b.want(204, "engineer", "POST", path, `{"value":41,"seconds":600,"reason":"handover"}`, nil)
	b.box.Set("th1/temperature", point.OfReal(22.5))
	var list Simulations
	b.want(200, "viewer", "GET", "simulations", "", &list)
	if len(list.Simulations) != 1 || list.Simulations[0].Read.En != "22.5 °C" || list.Simulations[0].Shown.En != "41.0 °C" || !list.Simulations[0].Good {
		t.Errorf("%+v", list)
	}
	var p PointView
	b.want(200, "viewer", "GET", "points/th1%2Ftemperature", "", &p)
	if p.Quality != "uncertain" || p.Reason != "simulated" {
		t.Errorf("%+v", p)
	}
	var o Overview
	b.want(200, "viewer", "GET", "overview", "", &o)
	if len(o.Simulated) != 1 {
		t.Errorf("%+v", o.Simulated)
	}
	if text := b.ask(b.box.People().Session("viewer"), "GET", "/plain", "").Body.String(); !strings.Contains(text, "【模拟】") {
		t.Error("the plain page does not tell")
	}
	b.want(403, "viewer", "DELETE", path, "", nil)
	b.want(204, "operator", "DELETE", path, "", nil)
	b.want(200, "viewer", "GET", "simulations", "", &list)
	if b.want(200, "viewer", "GET", "points/th1%2Ftemperature", "", &p); len(list.Simulations) != 0 || p.Quality != "good" {
		t.Errorf("%+v %+v", list, p)
	}
}

func TestTheChecklistOverTheAPI(t *testing.T) {
	b := newBench(t)
	var list Checklist
	find := func(key string) *commission.ItemView {
		b.want(200, "engineer", "GET", "commission", "", &list)
		for _, i := range list.Items {
			if i.Key == key {
				return i
			}
		}
		t.Fatalf("no item %s", key)
		return &commission.ItemView{}
	}
	const item = "commission/point%2Fdoor1%2Fcontact"
	b.want(403, "operator", "GET", "commission", "", nil)
	b.want(409, "engineer", "POST", item+"/photo", "", nil) // not signed
	b.want(204, "engineer", "POST", item+"/test", "", nil)
	b.box.Set("door1/contact", point.OfBool(true))
	if i := find("point/door1/contact"); i.Test == nil || len(i.Test.Saw) != 1 {
		t.Fatalf("%+v", i)
	}
	b.want(204, "engineer", "POST", item+"/sign", `{"passed":true,"remark":"=1+1"}`, nil)
	b.want(409, "engineer", "POST", "commission/point%2Foc%2Fsmoke/sign", `{"passed":true}`, nil)
	if i := find("point/door1/contact"); i.Entry == nil || !i.Entry.Passed || i.Entry.How != commission.Real || i.Entry.By != "engineer" || list.Passed != 1 {
		t.Fatalf("%+v", i)
	}
	r := httptest.NewRequest("POST", base+item+"/photo", bytes.NewReader([]byte("picture")))
	r.Header.Set("X-Watchbox", "page")
	r.AddCookie(&http.Cookie{Name: "watchbox", Value: b.box.People().Session("engineer")})
	if w := b.send(r); w.Code != 204 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	photo := find("point/door1/contact").Entry.Photo
	session := b.box.People().Session("engineer")
	if w := b.ask(session, "GET", base+"commission-photos/"+photo, ""); w.Code != 200 || w.Body.String() != "picture" || w.Header().Get("Content-Type") != "image/jpeg" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := b.ask(session, "GET", base+"commission-photos/..%2F..%2Fetc%2Fpasswd", ""); w.Code != 404 {
		t.Errorf("%d", w.Code)
	}
	for language, words := range map[string]string{"zh": "调试报告", "en": "Commissioning report"} {
		w := b.ask(session, "GET", fmt.Sprintf("%scommission.html?lang=%s", base, language), "")
		for _, want := range []string{words, "=1&#43;1", photo, "point/oc/smoke"} {
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s: no %q in\n%s", language, want, w.Body)
			}
		}
	}
	table := b.ask(session, "GET", base+"commission.csv", "").Body.String()
	if !strings.HasPrefix(table, "\ufeff项目") || !strings.Contains(table, ",'=1+1,") || strings.Count(table, "\n") != len(list.Items)+1 {
		t.Error(table)
	}
}

func TestReplacingASensorOverTheAPI(t *testing.T) {
	b := newBench(t)
	b.want(403, "operator", "POST", "sensors/inlet/replace", `{"address":"28-0316a2795f2c"}`, nil)
	b.want(204, "engineer", "POST", "sensors/inlet%2Fambient.temperature/replace", `{"address":" 28-0316A2795F2C"}`, nil)
	if got := b.box.Sensors; len(got) != 1 || got[0] != [3]string{"inlet", "28-0316a2795f2c", "engineer"} {
		t.Errorf("%v", got)
	}
	b.box.AskConsent()
	b.want(403, "engineer", "POST", "sensors/inlet/replace", `{"address":"28-0316a2795f2c"}`, nil)
}

// A blind session learns from no answer that the checklist has a silent button.
func TestTheChecklistKeepsASilentButton(t *testing.T) {
	b := withCodes(t)
	site := b.box.Site()
	site.Zones = append(site.Zones, zone.Zone{ID: "hush", Type: "panic", Input: "oc/smoke", Silent: true})
	const kept, item = "point/oc/smoke", "commission/point%2Foc%2Fsmoke"
	b.want(204, "engineer", "POST", item+"/test", "", nil)
	b.want(204, "engineer", "DELETE", item+"/test", "", nil)
	session := b.box.People().Session("engineer")
	b.code(session, "net/disarm", "operator", duressCode) // from now on that session is blind
	for _, what := range []string{"POST /test", "DELETE /test", "POST /sign", "POST /photo"} {
		method, path, _ := strings.Cut(what, " ")
		body := ""
		if path == "/sign" {
			body = `{"passed":true,"remark":"x"}`
		}
		there, not := b.ask(session, method, base+item+path, body), b.ask(session, method, base+"commission/point%2Fnone"+path, body)
		if there.Code != 409 || not.Code != 409 || strings.ReplaceAll(there.Body.String(), kept, "point/none") != not.Body.String() {
			t.Errorf("%s: %s for one that is kept, %s for one that is not there", what, there.Body, not.Body)
		}
	}
}
