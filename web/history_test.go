package web

import (
	"errors"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/config"
)

func TestASiteFileOnTrialIsConfirmedOverTheAPI(t *testing.T) {
	b := newBench(t)
	var site SiteView
	b.want(204, "engineer", "POST", "site/reload", `{"confirm":"10m"}`, nil)
	if b.want(200, "engineer", "GET", "site", "", &site); site.Trial == nil || site.Trial.By != "engineer" || site.Trial.Left != 600 {
		t.Errorf("%+v", site.Trial)
	}
	b.want(204, "engineer", "POST", "site/confirm", "", nil)
	site = SiteView{}
	if b.want(200, "engineer", "GET", "site", "", &site); site.Trial != nil {
		t.Errorf("%+v", site.Trial)
	}
	var f FailureBody
	b.want(409, "engineer", "POST", "site/confirm", "", &f)
	if f.Error.Code != "no-trial" || f.Error.Zh != "没有正在试用的站点文件" || f.Error.En != "No site file is on trial" {
		t.Errorf("%+v", f)
	}
	for _, bad := range []string{"10", "10s", "25h", "-1m", "soon"} {
		b.want(400, "engineer", "POST", "site/reload", `{"confirm":"`+bad+`"}`, nil)
	}
	b.want(204, "engineer", "POST", "site/reload", "", nil)
}

func TestEarlierSiteFilesAreListedComparedAndRestored(t *testing.T) {
	b := newBench(t)
	b.box.SiteFiles = []config.Accepted{{Number: 7, At: time.Unix(1, 0), By: "li", Digest: "ab", Firmware: "1.0.0"}}
	var list SiteHistory
	if b.want(200, "engineer", "GET", "site/history", "", &list); len(list.Files) != 1 || list.Files[0].By != "li" {
		t.Errorf("%+v", list)
	}
	var diff SiteDiff
	if b.want(200, "admin", "GET", "site/history/7", "", &diff); len(diff.Lines) != 2 || diff.Lines[0].Kind != "gone" {
		t.Errorf("%+v", diff)
	}
	b.want(403, "engineer", "GET", "site/history/7", "", nil) // it may hold phone numbers
	b.want(404, "admin", "GET", "site/history/8", "", nil)
	b.want(400, "admin", "GET", "site/history/x", "", nil)
	b.want(204, "admin", "POST", "site/history/7/restore", "", nil)
	b.want(404, "admin", "POST", "site/history/8/restore", "", nil)
	b.box.ReloadError = errors.New("site file not accepted:\nsite.yaml:3:1: rooms")
	if w := b.ask(b.box.People().Session("admin"), "POST", base+"site/history/7/restore", ""); w.Code != 409 || !strings.Contains(w.Body.String(), "rooms") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestASiteFileIsUploadedAndDownloaded(t *testing.T) {
	b := newBench(t)
	admin := b.box.People().Session("admin")
	if w := b.ask(admin, "POST", base+"site/file?confirm=10m", "version: 1\n"); w.Code != 204 || b.box.Trial == nil {
		t.Errorf("upload: %d %s", w.Code, w.Body)
	}
	if w := b.ask(admin, "GET", base+"site/file", ""); w.Code != 200 || w.Body.String() != "version: 1\n" {
		t.Errorf("download: %d %s", w.Code, w.Body)
	}
	b.want(400, "admin", "POST", "site/file?confirm=never", "version: 1\n", nil)
	b.want(413, "admin", "POST", "site/file", strings.Repeat("#", 1<<20+1), nil)
	b.want(403, "engineer", "GET", "site/file", "", nil)
	b.box.ReloadError = errors.New("site file not accepted:\nsite.yaml:3:1: rooms")
	if w := b.ask(admin, "POST", base+"site/file", "rooms: 1"); w.Code != 409 || !strings.Contains(w.Body.String(), "rooms") {
		t.Errorf("a bad one: %d %s", w.Code, w.Body)
	}
}
