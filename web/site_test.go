package web

import (
	"strings"
	"testing"
)

// TestANumberThatIsLostIsNotShownAsOne: without its secrets a site has references where
// the numbers were.
func TestANumberThatIsLostIsNotShownAsOne(t *testing.T) {
	b := newBench(t)
	lost := &b.box.Site().Contacts[0]
	lost.Phone, lost.Mail = "secret:chief", "secret:chief@home"
	var site SiteView
	b.want(200, "engineer", "GET", "site", "", &site)
	if c := site.Contacts[0]; c.Phone != "" || c.Mail != "" || c.ID != "zhang" {
		t.Errorf("%+v", c)
	}
	if c := site.Contacts[1]; !strings.HasSuffix(c.Phone, "0002") {
		t.Errorf("%+v", c)
	}
}
