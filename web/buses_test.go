package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/firmware/bus"
)

func (b *bench) follow(user, path string) (t *tape, ended <-chan struct{}) {
	t = &tape{header: http.Header{}}
	r := httptest.NewRequest("GET", base+path, nil)
	r.Header.Set("Authorization", "Bearer "+b.box.People().Session(user))
	done := make(chan struct{})
	go func() { defer close(done); b.server.api.ServeHTTP(t, r) }()
	return t, done
}

func TestTraceTellsFramesAndEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		d := b.document()
		live, ended := b.follow("engineer", "buses/rs485-1/trace?seconds=40")
		file, also := b.follow("engineer", "buses/rs485-1/trace.pcapng?seconds=40")
		time.Sleep(time.Second)
		b.box.Wire().Tell(bus.Frame{At: time.Now(), Kind: bus.Sent, Slave: bus.Slave{Protocol: bus.ModbusRTU, Unit: 1}, Data: []byte{1, 3, 0, 0}})
		b.box.Wire().Tell(bus.Frame{At: time.Now(), Kind: bus.Silence, Wait: 200 * time.Millisecond})
		began := time.Now()
		<-ended
		<-also
		if took := time.Since(began); took < 30*time.Second || took > 41*time.Second {
			t.Errorf("ended after %v", took)
		}
		frames := live.named("frame")
		if len(frames) != 2 || !strings.Contains(frames[0].data, `"kind":"sent","protocol":"modbus-rtu","unit":1,"check":"good"`) || !strings.Contains(frames[0].data, `"data":"01030000"`) {
			t.Errorf("%+v", frames)
		}
		if len(live.named("heartbeat")) < 2 {
			t.Errorf("heard %+v", live.heard())
		}
		for _, f := range frames {
			var v any
			json.Unmarshal([]byte(f.data), &v)
			if err := validate(d, dig(d, "components", "schemas", "TraceLine"), v, "frame"); err != nil {
				t.Error(err)
			}
		}
		if text := file.text.String(); !strings.HasPrefix(text, "\n\r\r\n") || !bytes.Contains([]byte(text), []byte{1, 3, 0, 0}) || file.header.Get("Content-Disposition") == "" {
			t.Errorf("%q", text)
		}
		if b.box.Wire().Listening() {
			t.Error("still listening")
		}
	})
}

func TestWhoMaySeeFrames(t *testing.T) {
	b := newBench(t)
	b.want(403, "operator", "GET", "buses/rs485-1/trace", "", nil)
	b.want(403, "operator", "POST", "buses/rs485-1/search", "{}", nil)
	b.want(409, "engineer", "GET", "buses/none/trace", "", nil)
	b.want(400, "engineer", "GET", "buses/rs485-1/trace?seconds=9999", "", nil)
	b.want(200, "viewer", "GET", "buses", "", nil)
}

// A blind session hears no bus, and no answer depends on what hangs on it; a trace that
// runs ends with the code.
func TestABlindSessionHearsNoBus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := withCodes(t)
		live, ended := b.follow("engineer", "buses/rs485-1/trace")
		busy := bus.Frame{Kind: bus.Sent, Slave: bus.Slave{Protocol: bus.ModbusRTU, Unit: 1}, Data: []byte{1}}
		for range 2 * int(heartbeat/time.Second) { // a wire that is never quiet
			time.Sleep(time.Second)
			b.box.Wire().Tell(busy)
		}
		synctest.Wait()
		if len(live.named("frame")) != 30 || len(live.named("heartbeat")) < 2 {
			t.Errorf("heard %+v", live.heard())
		}
		session := b.box.People().Session("engineer")
		b.code(session, "net/disarm", "operator", duressCode)
		b.box.Wire().Tell(busy)
		<-ended
		if n := len(live.named("frame")); n != 30 {
			t.Errorf("%d frames, one after the code", n)
		}
		for _, what := range []string{"GET /trace", "GET /trace.pcapng", "POST /search", "GET /search"} {
			method, path, _ := strings.Cut(what, " ")
			there, not := b.ask(session, method, base+"buses/rs485-1"+path, "{}"), b.ask(session, method, base+"buses/none"+path, "{}")
			if there.Code != 403 || there.Body.String() != not.Body.String() || there.Header().Get("Content-Disposition") != "" {
				t.Errorf("%s: %d %s, %s where there is no bus", what, there.Code, there.Body, not.Body)
			}
		}
	})
}

func TestSearchIsOrderedAndStopped(t *testing.T) {
	b := newBench(t)
	b.want(409, "engineer", "GET", "buses/rs485-1/search", "", nil)
	b.want(204, "engineer", "POST", "buses/rs485-1/search", `{"protocols":["modbus-rtu"],"to":32}`, nil)
	var p bus.Progress
	b.want(200, "engineer", "GET", "buses/rs485-1/search", "", &p)
	if p.By != "engineer" || !p.Running || p.Findings[0].Proposals[0].Map != "huawei/ups2000" {
		t.Errorf("%+v", p)
	}
	b.want(400, "engineer", "POST", "buses/rs485-1/search", `{"speed":1}`, nil)
	b.want(204, "engineer", "DELETE", "buses/rs485-1/search", "", nil)
	b.want(409, "engineer", "DELETE", "buses/rs485-1/search", "", nil)
}

func TestMetricsOfBuses(t *testing.T) {
	b := newBench(t)
	text := b.ask(b.box.People().Session("viewer"), "GET", "/metrics", "").Body.String()
	for _, line := range []string{`watchbox_bus_score{bus="rs485-1"} 14`, `watchbox_bus_recent{bus="rs485-1",kind="silent"} 40`, `watchbox_bus_turnaround_seconds{bus="rs485-1",protocol="modbus-rtu",unit="1"} 0.012`} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("no %s", line)
		}
	}
}
