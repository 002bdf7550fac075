package app

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/backtest"
	"watchbox/firmware/event"
	"watchbox/firmware/zone"
)

// keptDoor is a door with a card reader and an alarm about refused cards.
var keptDoor = strings.Replace(siteFile, "alarms:\n",
	"doors:\n  - {id: front, label: {zh: 前门, en: Front}, room: oc, contact: oc/panic, egress-by-wire: true, reader: meter/card, wrong-cards: 3}\nalarms:\n", 1)

// Of refused cards the journal alone tells: once its beginning was let go, nobody
// knows how many there were in a row.
func TestTheRowOfRefusedCardsIsNotGuessed(t *testing.T) {
	inHouse(t, func(h *house) {
		ctx := context.Background()
		h.write(keptDoor)
		h.start()
		h.pass(7 * time.Hour)
		for range 2 {
			h.Journal(event.Record{Type: event.DoorDenied, Subject: "door/front", Detail: []byte(`{"card":"7","reason":"unknown card"}`)})
			h.pass(time.Minute)
		}
		then := time.Now()
		h.pass(time.Minute)
		if d, err := h.Explain(ctx, "door/front/wrong-cards", then); err != nil || !strings.Contains(d.Text.Zh, "连续被拒 2 次") || strings.Contains(d.Text.Zh, "注意") {
			t.Errorf("with the whole journal: %v %+v", err, d.Text)
		}
		h.end()
		h.forget()
		h.start()
		defer h.end()
		var refusal *backtest.NotKept
		if d, err := h.Explain(ctx, "door/front/wrong-cards", then); !errors.As(err, &refusal) || !strings.Contains(refusal.Zh, "刷卡放行") {
			t.Errorf("with its beginning gone: %v %+v", err, d.Text)
		}
		d, err := h.Explain(ctx, "door/front/trouble", then)
		if err != nil || d.Verdict != alarm.VerdictQuiet || strings.Contains(d.Text.Zh, "刷卡") {
			t.Errorf("what the contact alone tells: %v %+v", err, d.Text)
		}
		if d, err := h.Explain(ctx, "door/front/forced", then); err != nil || !strings.Contains(d.Text.Zh, "注意：日志没有上溯到") {
			t.Errorf("who was let through is not known: %v %+v", err, d.Text)
		}
	})
}

// forget lets go the first record of the journal, as the sweep of an old one does.
func (h *house) forget() {
	h.t.Helper()
	db, err := sql.Open("sqlite3", filepath.Join(h.data, "guard.db"))
	if err == nil {
		_, err = db.Exec("delete from journal where sequence = 1")
		err = errors.Join(err, db.Close())
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

// No reading explains an alarm about codes: what was decided was kept, and the
// journal tells who tried.
func TestWhyWithoutReadings(t *testing.T) {
	inHouse(t, func(h *house) {
		ctx := context.Background()
		h.write(guardedSite)
		h.start()
		defer h.end()
		h.pass(time.Hour)
		before := time.Now()
		var refusal *backtest.NotKept
		h.pass(time.Minute)
		if d, err := h.Explain(ctx, zone.CodesKey, before); !errors.As(err, &refusal) {
			t.Errorf("before the first decision: %v %+v", err, d)
		}
		if d, err := h.Explain(ctx, zone.CodesKey, time.Time{}); err != nil || !strings.Contains(d.Text.Zh, "没有输错操作密码的记录") {
			t.Errorf("nobody tried: %v %+v", err, d)
		}
		h.Journal(event.Record{Type: event.CodeRefused, Subject: "wang", Actor: "desk"})
		h.engine.Signal(alarm.Signal{Key: zone.CodesKey, Active: true})
		h.engine.Signal(alarm.Signal{Key: zone.CodesKey})
		h.pass(time.Hour)
		then := time.Now()
		h.pass(time.Second)
		h.Journal(event.Record{Type: event.CodeRefused, Subject: "li", Actor: "desk"})
		h.pass(time.Minute)
		d, err := h.Explain(ctx, zone.CodesKey, then)
		if err != nil || !d.At.Wall.Equal(then) || !strings.Contains(d.Text.Zh, "wang @ desk") || strings.Contains(d.Text.Zh, "li @") || !strings.Contains(d.Text.Zh, "没有变化的记录") {
			t.Errorf("an hour after: %v %+v", err, d)
		}
		if now, err := h.Explain(ctx, zone.CodesKey, time.Time{}); err != nil || now.Verdict != d.Verdict || !strings.Contains(now.Text.En, "li @ desk") || !strings.Contains(now.Text.Zh, "等人确认并复位") {
			t.Errorf("now: %v %+v, then %+v", err, now, d)
		}
		if _, err := h.Explain(ctx, "panel/nothing", then); !errors.Is(err, ErrNoAlarm) {
			t.Errorf("an unknown one: %v", err)
		}
	})
}
