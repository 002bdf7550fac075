package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/bus"
	"watchbox/web"
	"watchbox/web/webtest"
)

// boxOf is a box that answers the command line, with its one wire.
func boxOf(t *testing.T, lang string) (*cli, *webtest.Box, *bytes.Buffer) {
	t.Helper()
	box := webtest.New()
	s := web.New(box, web.Options{Now: webtest.Now})
	server := httptest.NewServer(s.Handler())
	t.Cleanup(func() { s.Close(); server.Close() })
	out := &bytes.Buffer{}
	return &cli{server: server.URL, token: box.People().Session("engineer"), lang: lang, out: out}, box, out
}

func TestTraceIsShownAndSaved(t *testing.T) {
	for lang, words := range map[string][]string{"zh": {"→ 发送", "校验对", "报文", "[01 03 00 00]", "· 无应答"}, "en": {"→ sent", "sum ok", "a frame", "[01 03 00 00]", "· silence"}} {
		c, box, out := boxOf(t, lang)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for !box.Wire().Listening() {
				time.Sleep(time.Millisecond)
			}
			box.Wire().Tell(bus.Frame{At: time.Now(), Kind: bus.Sent, Slave: bus.Slave{Protocol: bus.ModbusRTU, Unit: 1}, Data: []byte{1, 3, 0, 0}})
			box.Wire().Tell(bus.Frame{At: time.Now(), Kind: bus.Silence, Wait: 200 * time.Millisecond})
		}()
		path := filepath.Join(t.TempDir(), "x.pcapng")
		if err := buses(c, []string{"trace", "rs485-1", "--seconds", "2", "--save", path}); err != nil {
			t.Fatal(err)
		}
		<-ended
		for _, w := range words {
			if !strings.Contains(out.String(), w) {
				t.Errorf("%q is not in\n%s", w, out)
			}
		}
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := bus.ReadCapture(file)
		file.Close()
		if err != nil || len(lines) != 2 || lines[0].Kind != bus.Sent || !bytes.Equal(lines[0].Data, []byte{1, 3, 0, 0}) {
			t.Errorf("saved %+v, %v", lines, err)
		}
	}
}

func TestTraceForPrograms(t *testing.T) {
	var out bytes.Buffer
	l := bus.Line{Frame: bus.Frame{Kind: bus.Silence, Wait: 200 * time.Millisecond}}
	(&cli{json: true, out: &out}).traceLine(l)
	var told web.TraceLine
	if err := json.Unmarshal(out.Bytes(), &told); err != nil || !reflect.DeepEqual(told, web.LineOf(l)) {
		t.Errorf("%s: %v", out.String(), err)
	}
}

func TestBusShowsHealthAndSearch(t *testing.T) {
	c, box, out := boxOf(t, "zh")
	if err := buses(c, nil); err != nil || !strings.Contains(out.String(), "得分 14 %") || !strings.Contains(out.String(), "! 地址 2 问了 40 次，从未应答") {
		t.Errorf("%v\n%s", err, out)
	}
	if err := buses(c, []string{"none"}); err == nil {
		t.Error("showed a bus that there is not")
	}
	out.Reset()
	go func() { // the search is over when somebody ends it
		for box.EndSearch("rs485-1", "") != nil {
			time.Sleep(10 * time.Millisecond)
		}
	}()
	if err := buses(c, []string{"scan", "rs485-1", "--units", "1-20"}); err != nil || !strings.Contains(out.String(), "已识别  huawei/ups2000  20 点中 18 点合理；14 个量中 12 个不为零") {
		t.Errorf("%v\n%s", err, out)
	}
	if err := buses(c, []string{"scan", "rs485-1", "--units", "x"}); err == nil {
		t.Error("took units that are none")
	}
}

func TestFramesOfABrokenStream(t *testing.T) {
	for text, fails := range map[string]bool{"event: frame\ndata: {\n\n": true, "event: frame\ndata: {\"kind\":\"sent\",\"data\":\"zz\"}\n\n": true, "event: other\ndata: {\n\n": false} {
		box := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(text)) }))
		c := &cli{server: box.URL, out: &bytes.Buffer{}}
		if err := buses(c, []string{"trace", "x"}); (err != nil) != fails {
			t.Errorf("%q: %v", text, err)
		}
		box.Close()
	}
}
