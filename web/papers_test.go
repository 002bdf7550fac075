package web

import (
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func TestPapersOfTheImage(t *testing.T) {
	for name, c := range map[string]struct {
		options Options
		status  int
		says    string
	}{
		"in an image": {Options{Papers: fstest.MapFS{"bom.json": {Data: []byte(`{"bomFormat":"CycloneDX"}`)}}}, 200, "CycloneDX"},
		"no image":    {Options{}, 404, "no-image"},
		"no file":     {Options{Papers: fstest.MapFS{}}, 404, "no-image"},
	} {
		w := httptest.NewRecorder()
		paper("bom.json", "application/json")(&call{Server: &Server{options: c.options}, w: w})
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}
