package web

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/web/webtest"
)

// tape is a browser that reads all; stuck makes it read nothing more.
type tape struct {
	mutex  sync.Mutex
	text   strings.Builder
	header http.Header
	status int
	stuck  chan struct{}
}

func (t *tape) Header() http.Header { return t.header }
func (t *tape) WriteHeader(s int)   { t.status = s }
func (t *tape) FlushError() error   { return nil }
func (t *tape) Write(b []byte) (int, error) {
	if t.stuck != nil {
		<-t.stuck
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return t.text.Write(b)
}

// heard is one message of a stream.
type heard struct{ id, name, data string }

func (t *tape) heard() (all []heard) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	var m heard
	for s := bufio.NewScanner(strings.NewReader(t.text.String())); s.Scan(); {
		key, value, _ := strings.Cut(s.Text(), ": ")
		switch key {
		case "id":
			m.id = value
		case "event":
			m.name = value
		case "data":
			m.data = value
		case "":
			all, m = append(all, m), heard{}
		}
	}
	return all
}

func (t *tape) named(name string) (all []heard) {
	for _, m := range t.heard() {
		if m.name == name {
			all = append(all, m)
		}
	}
	return all
}

// listen opens a stream; leave closes it and waits.
func (b *bench) listen(lastID string) (t *tape, leave func()) {
	return b.listenAs(b.box.People().Session("viewer"), lastID)
}

func (b *bench) listenAs(session, lastID string) (t *tape, leave func()) {
	ctx, cancel := context.WithCancel(context.Background())
	r := httptest.NewRequest("GET", base+"stream", nil).WithContext(ctx)
	r.Header.Set("Authorization", "Bearer "+session)
	r.Header.Set("Last-Event-ID", lastID)
	t = &tape{header: http.Header{}, status: 200}
	done := make(chan struct{})
	go func() {
		b.server.api.ServeHTTP(t, r)
		close(done)
	}()
	return t, func() { cancel(); <-done }
}

func TestStreamBeginsWithTheWholeStateAndKeepsToTheDocument(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		d := b.document()
		screen, leave := b.listen("")
		defer leave()
		time.Sleep(time.Second)
		b.box.Set("th1/temperature", point.OfReal(23.9))
		b.box.Raise("zone/panic", "")
		b.box.Fail("ups2", point.Timeout, "no answer")
		b.box.Reload(t.Context(), "x")
		b.box.SetReady("main", point.Words{Zh: "门开着"})
		time.Sleep(20 * time.Second)
		seen := map[string]int{}
		for _, m := range screen.heard() {
			seen[m.name]++
			var v any
			if err := json.Unmarshal([]byte(m.data), &v); err != nil {
				t.Fatal(err)
			}
			if err := validate(d, dig(d, "x-stream-messages", m.name), v, m.name); err != nil {
				t.Error(err)
			}
		}
		for name := range streamMessages {
			if name != "resync" && seen[name] == 0 {
				t.Errorf("no %s in the stream: %v", name, seen)
			}
		}
		alarms := screen.named("alarms")
		if !strings.Contains(alarms[len(alarms)-1].data, `"key":"zone/panic"`) {
			t.Error(alarms)
		}
	})
}

func TestChangesAreGatheredToFourASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		screen, leave := b.listen("")
		defer leave()
		time.Sleep(time.Second)
		before := len(screen.named("points"))
		for i := range 1000 {
			b.box.Set("th1/temperature", point.OfReal(float64(i)))
			time.Sleep(2 * time.Millisecond)
		}
		time.Sleep(time.Second)
		points := screen.named("points")
		if n := len(points) - before; n < 7 || n > 10 {
			t.Errorf("%d messages in two seconds", n)
		}
		if last := points[len(points)-1].data; !strings.Contains(last, `"value":999`) || strings.Contains(last, "humidity") {
			t.Error(last)
		}
	})
}

func TestRecordsAreMadeUpForAfterLastEventID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		for range 1200 {
			b.box.Journal(event.Record{Type: event.DoorGranted})
		}
		box, epoch := b.box.Identity()
		screen, leave := b.listen(fmt.Sprintf("%s/%s/3", box, epoch))
		defer leave()
		for range 40 {
			b.box.Journal(event.Record{Type: event.DoorExit})
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(5 * time.Second)
		records := screen.named("record")
		for i, r := range records {
			if want := fmt.Sprintf("%s/%s/%d", box, epoch, i+4); r.id != want {
				t.Fatalf("record %d is %s, want %s", i, r.id, want)
			}
		}
		if len(records) != 1202+40-3 {
			t.Errorf("%d records", len(records))
		}
		b.box.NewEpoch("f00d")
		b.box.Journal(event.Record{Type: event.DoorExit})
		time.Sleep(time.Second)
		records = screen.named("record")
		if last := records[len(records)-1].id; last != box+"/f00d/2" {
			t.Errorf("after a new epoch: %s", last)
		}
		other, leaveOther := b.listen(box + "/" + epoch + "/5")
		defer leaveOther()
		time.Sleep(time.Second)
		if r := other.named("resync"); len(r) != 1 || !strings.Contains(r[0].data, `"f00d"`) {
			t.Errorf("a foreign epoch: %v", r)
		}
	})
}

func TestASlowBrowserIsDroppedAndHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		l, _, _, err := b.server.hub.join(func() bool { return false }) // joins and never reads
		if err != nil {
			t.Fatal(err)
		}
		screen, leave := b.listen("")
		defer leave()
		for i := range 100 {
			b.box.Set("th1/temperature", point.OfReal(float64(i)))
			time.Sleep(300 * time.Millisecond)
		}
		select {
		case <-l.gone:
		default:
			t.Error("the slow one is still there")
		}
		if n := len(screen.named("points")); n < 90 {
			t.Errorf("the quick one got %d", n)
		}
	})
}

func TestAHangingJournalDoesNotHoldUpAlarms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.box.JournalError = fmt.Errorf("disk hangs")
		screen, leave := b.listen("b7f3a2/e19c04/1")
		defer leave()
		time.Sleep(6 * time.Second)
		b.box.Raise("zone/panic", "")
		time.Sleep(time.Second)
		if n := len(screen.named("alarms")); n != 2 {
			t.Errorf("%d alarm messages", n)
		}
		if n := len(screen.named("resync")); n != 1 {
			t.Errorf("%d resync messages", n)
		}
	})
}

func TestStreamsAreBoundedAndEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		var leaves []func()
		for range mostStreams {
			_, leave := b.listen("")
			leaves = append(leaves, leave)
		}
		synctest.Wait()
		b.want(503, "viewer", "GET", "stream", "", nil)
		for _, leave := range leaves {
			leave()
		}
		if n := b.server.hub.count(); n != 0 {
			t.Errorf("%d streams left", n)
		}
		screen, leave := b.listen("")
		defer leave()
		synctest.Wait()
		b.server.Close()
		synctest.Wait()
		if len(screen.named("hello")) != 1 || b.server.hub.count() != 0 {
			t.Error("Close leaves a stream open")
		}
		b.want(503, "viewer", "GET", "stream", "", nil)
	})
}

func TestLogOutEndsTheStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		_, leave := b.listen("")
		defer leave()
		synctest.Wait()
		b.box.People().Remove(t.Context(), "viewer")
		time.Sleep(16 * time.Second)
		if n := b.server.hub.count(); n != 0 {
			t.Errorf("%d streams after the user was removed", n)
		}
	})
}

var _ Box = (*webtest.Box)(nil)
