package app

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// A dead sensor is replaced by a person's word: the point goes on, the change is on
// record, the site file says the new number and nothing else new.
func TestASensorIsReplacedByAPersonsWord(t *testing.T) {
	site := strings.Replace(siteFile, "devices:\n  - {id: meter, driver: self, room: oc}\n", "buses:\n  - {id: chain, terminal: W1-1}\ndevices: # on the chain\n  - {id: inlet, label: {zh: 进风口, en: Inlet}, driver: onewire, bus: chain, address: 28-0316a2795f2c, room: oc} # by the door\n", 1)
	from, to := strings.Index(site, "alarms:"), strings.Index(site, "annunciators:")
	site = site[:from] + site[to:]
	inHouse(t, func(h *house) {
		h.write(site)
		h.start()
		defer h.end()
		h.pass(time.Second)
		ctx := context.Background()
		var r *Refusal
		for name, c := range map[string][2]string{"no sensor": {"none", "28-000000000001"}, "no number": {"inlet", "1"}} {
			if err := h.ReplaceSensor(ctx, c[0], c[1], "gong"); !errors.As(err, &r) {
				t.Errorf("%s: %v", name, err)
			}
		}
		built := h.meters
		if err := h.ReplaceSensor(ctx, "inlet", "28-000000000001", "gong"); err != nil {
			t.Fatal(err)
		}
		h.pass(time.Second)
		text, err := os.ReadFile(h.site)
		if want := strings.Replace(site, "28-0316a2795f2c", `"28-000000000001"`, 1); err != nil || string(text) != want {
			t.Errorf("%v\n%s", err, text)
		}
		if h.meters != built+1 || h.specOf("inlet").Address != "28-000000000001" {
			t.Errorf("%d devices were made anew", h.meters-built)
		}
		if rec := h.record(event.SensorReplaced, "device/inlet"); rec.Actor != "gong" || !strings.Contains(rec.Text.En, "28-0316a2795f2c → 28-000000000001") || rec.Room != "oc" {
			t.Errorf("%+v", rec)
		}
		if list, err := h.SiteHistory(); err != nil || len(list) < 2 {
			t.Errorf("%v, %v", list, err)
		}
		// Somebody works on the file: it is not written over.
		h.write(site + "# to do\n")
		if err := h.ReplaceSensor(ctx, "inlet", "28-000000000002", "gong"); !errors.As(err, &r) || r.Code != "site-file-changed" {
			t.Error(err)
		}
		if _, known := h.View().Points.Get(point.Name("meter/temperature")); !known {
			t.Error("a point is gone")
		}
	})
}
