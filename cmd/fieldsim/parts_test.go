package main

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/cmd/fieldsim/room"
)

func TestDiaryTellsActivitiesNotBeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said []string
		l := &lines{room: room.New(), tell: func(_, en string) { said = append(said, en) }, coil: &coil{wake: make(chan struct{}, 1)},
			outputs: map[string]*output{"siren": {}, "beacon": {}, "relay": {}, "strike": {}}}
		for range 10 { // a cadence
			l.driven("DO1", true)
			time.Sleep(time.Second)
			l.driven("DO1", false)
			time.Sleep(time.Second)
		}
		if on, active := l.driving(); on["siren"] || !active["siren"] {
			t.Errorf("between two beats: on %v, active %v", on, active)
		}
		l.driven("DO9", true) // nothing hangs there
		time.Sleep(2 * beat)
		synctest.Wait()
		if _, active := l.driving(); active["siren"] || strings.Join(said, ", ") != "siren on, siren off" {
			t.Errorf("said %q, active %v", said, active)
		}
	})
}

func TestDiaryIsBounded(t *testing.T) {
	var d diary
	for i := range 3 * diaryLines {
		d.tell("", fmt.Sprint(i))
	}
	if list := d.lines(); len(list) != diaryLines || list[diaryLines-1].En != fmt.Sprint(3*diaryLines-1) {
		t.Errorf("%d lines, the last is %q", len(list), list[len(list)-1].En)
	}
}

func TestSocketWithTooLongANameIsExplained(t *testing.T) {
	_, err := newLines("/tmp/"+strings.Repeat("x", 120)+"/gpio.sock", room.New(), nil)
	if err == nil || !strings.Contains(err.Error(), "shorter name") {
		t.Errorf("got %v", err)
	}
}

func TestHalvesOfANumberFit(t *testing.T) {
	r := room.New()
	g := &glance{room: r}
	set := func(x float64) { r.Change(func(s *room.State) { s.Energy = x }) }
	set(1)
	if g.at(72).Energy != 1 {
		t.Fatal("the first register is not fresh")
	}
	set(2)
	if got := g.at(73).Energy; got != 1 {
		t.Errorf("the second half is of another moment: %v", got)
	}
	if got := g.at(72).Energy; got != 2 {
		t.Errorf("the next request sees the past: %v", got)
	}
}

func TestEmptyBatteryAsRegisters(t *testing.T) {
	r := room.New()
	r.Change(func(s *room.State) { s.Mains = false; s.UPS[0].Stored = 0; s.UPS[1].Stored = 0.5; s.UPS[2].Load = 20 })
	r.Step(time.Second)
	s := r.Look()
	for n, want := range []map[uint16]uint16{
		{11000: 0, 11008: 0, 11024: 0, 12003: 0, 11043: 1 << 6, 41185: 1 << 1},
		{11024: 3, 12002: 5, 11043: 1 << 6, 41188: 1 << 3, 11014: 500},
		{11024: 3, 41197: 1 << 3, 11043: 0},
		{11024: 3, 41197: 0, 11015: 28, 19009: 200},
	} {
		b := upsBank(n)
		for address, v := range want {
			if got := b[address](&s); got != v {
				t.Errorf("ups%d register %d is %d, want %d", n+1, address, got, v)
			}
		}
	}
}

// talk says lines to the mail host and gives what it answers.
func talk(t *testing.T, h *mailHost, said string) string {
	t.Helper()
	c, err := net.Dial("tcp", h.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	go io.WriteString(c, said)
	answer, _ := io.ReadAll(c) // an end by reset is an end too
	return string(answer)
}

func TestMailHostBoundsStrangers(t *testing.T) {
	h, err := newMailHost("127.0.0.1:0", func(string, string) {})
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	head := "HELO a\r\nMAIL FROM:<a@b>\r\n"
	for _, c := range []struct{ said, want string }{
		{head + "DATA\r\nx\r\n.\r\nQUIT\r\n", "503 to whom?"},
		{head + "RCPT TO:<a@b>\r\nDATA\r\n" + strings.Repeat(strings.Repeat("x", 70)+"\r\n", largestMail/70) + ".\r\nQUIT\r\n", "552 too long"},
		{"EXPN a\r\nQUIT\r\n", "502 not here"},
		{head + strings.Repeat("RCPT TO:<a@b>\r\n", 50) + "DATA\r\nSubject: =?utf-8?q?=E7=81=AB?=\r\n\r\nx\r\n.\r\nQUIT\r\n", "221 bye"},
	} {
		if got := talk(t, h, c.said); !strings.Contains(got, c.want) {
			t.Errorf("%.60q…: %q, want %q", c.said, got, c.want)
		}
	}
	mails := h.received()
	if len(mails) != 1 || mails[0].Text != "火" || len(mails[0].To) > 100 {
		t.Errorf("kept %+v", mails)
	}
}

func FuzzStory(f *testing.F) {
	f.Add("after 5s mains off\n# x\npress panic\n")
	f.Add("sms from +861 a b")
	table := (&field{}).everything()
	f.Fuzz(func(t *testing.T, text string) {
		scenes, err := readStory(strings.NewReader(text), table.knows)
		for _, s := range scenes {
			if err == nil && (s.after < 0 || !table.knows(s.words)) {
				t.Errorf("accepted %+v", s)
			}
		}
		subjectOf([]byte(text))
	})
}
