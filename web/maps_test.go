package web

import (
	"fmt"
	"strings"
	"testing"

	"watchbox/firmware/config"
	"watchbox/firmware/point"
)

// TestOwnMapsOverTheAPI: listed with their users, read, kept and removed by an
// engineer, and each change told with who.
func TestOwnMapsOverTheAPI(t *testing.T) {
	b := newBench(t)
	engineer := b.box.People().Session("engineer")
	b.want(403, "operator", "GET", "maps", "", nil)
	b.want(403, "operator", "POST", "maps/own%2Facme", "version: 1\n", nil)
	if w := b.ask(engineer, "POST", base+"maps/own%2Facme", "version: 1\n"); w.Code != 204 {
		t.Fatalf("put: %d %s", w.Code, w.Body)
	}
	var list MapList
	b.want(200, "engineer", "GET", "maps", "", &list)
	if len(list.Maps) != 2 || list.Maps[0].Name != "own/acme" || !list.Maps[0].Own || len(list.Maps[0].Devices) != 0 || strings.Join(list.Maps[1].Devices, ",") != "ups1,ups2" {
		t.Errorf("%+v", list)
	}
	if w := b.ask(engineer, "GET", base+"maps/own%2Facme", ""); w.Code != 200 || w.Body.String() != "version: 1\n" {
		t.Errorf("show: %d %s", w.Code, w.Body)
	}
	if w := b.ask(engineer, "GET", base+"maps/huawei%2Fups2000", ""); w.Code != 200 || !strings.HasPrefix(w.Body.String(), "version: 1\n") {
		t.Errorf("show a built-in one: %d %s", w.Code, w.Body)
	}
	var f FailureBody
	if b.want(404, "engineer", "GET", "maps/own%2Facm", "", &f); !strings.Contains(f.Error.En, "was “own/acme” meant") || !strings.Contains(f.Error.Zh, "没有名为「own/acm」的设备点表") {
		t.Errorf("%+v", f)
	}
	b.want(204, "engineer", "DELETE", "maps/own%2Facme", "", nil)
	b.want(404, "engineer", "DELETE", "maps/own%2Facme", "", nil)
	b.ask(engineer, "POST", base+"maps/own%2Fused", "version: 1\n")
	if b.want(409, "engineer", "DELETE", "maps/own%2Fused", "", &f); f.Error.Code != "map-in-use" || !strings.Contains(f.Error.Zh, "th9") {
		t.Errorf("%+v", f)
	}
	b.want(413, "engineer", "POST", "maps/own%2Facme", strings.Repeat("#", config.OwnMapMost+2), nil)
}

// TestAMapThatIsNotKeptSaysWhy: of itself, and of the site that would not pass with it.
func TestAMapThatIsNotKeptSaysWhy(t *testing.T) {
	b := newBench(t)
	fault := config.Problems{config.NewProblem("own/acme.yaml", 7, 13, "points[0].unit", point.Words{Zh: "°F", En: "°F"}, point.Words{Zh: "℃ 等", En: "°C, …"})}
	for _, c := range []struct {
		err      error
		code, zh string
	}{
		{fmt.Errorf("%w:\n%w", config.ErrMap, fault), "map-refused", "own/acme.yaml 第 7 行第 13 列：points[0].unit：写的是 °F；应为 ℃ 等"},
		{fmt.Errorf("not accepted:\n%w", fault), "site-refused", "第 7 行"},
	} {
		b.box.MapError = c.err
		var f FailureBody
		b.want(409, "engineer", "POST", "maps/own%2Facme", "version: 1\n", &f)
		if f.Error.Code != c.code || len(f.Error.Reasons) != 1 || !strings.Contains(f.Error.Reasons[0].Zh, c.zh) {
			t.Errorf("%+v", f)
		}
	}
}
