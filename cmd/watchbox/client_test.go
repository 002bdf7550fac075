package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// Times are told as at the site; of a box that does not name its zone, as they were.
func TestTheSitesTimeZone(t *testing.T) {
	mine := time.FixedZone("mine", 5*3600)
	defer func(former *time.Location) { atSite = former }(atSite)
	for header, want := range map[string]string{"": "mine", "Nowhere/None": "mine", "Asia/Shanghai": "Asia/Shanghai"} {
		box := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if header != "" {
				w.Header().Set("Watchbox-Time-Zone", header)
			}
			w.Write([]byte("{}"))
		}))
		atSite = mine
		c := &cli{server: box.URL, out: &bytes.Buffer{}}
		if err := c.call("GET", "overview", nil, nil); err != nil {
			t.Error(err)
		}
		box.Close()
		if got := atSite.String(); got != want {
			t.Errorf("%q: the zone is %s, want %s", header, got, want)
		}
	}
}
