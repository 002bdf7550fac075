package main

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// mostNotes bounds what one observation keeps; what comes after is not kept.
const mostNotes = 1000

// observation asks some questions again and again and notes each new answer.
type observation struct {
	mutex sync.Mutex
	began time.Time
	looks int
	notes []string
	end   chan struct{}
	ended chan struct{}
}

// watching is the one observation that runs, or the last one.
var watching observation

// question is asked by observe; an error is an answer too.
type question struct {
	name   string
	answer func() string
	seldom bool // dear to ask
	last   string
}

func observe(w []string) (string, error) {
	list, err := questions(w)
	if err != nil {
		return "", err
	}
	if watching.end != nil {
		return "", fmt.Errorf("something is observed already")
	}
	o := &watching
	o.mutex.Lock()
	o.began, o.looks, o.notes = time.Now(), 0, nil
	o.end, o.ended = make(chan struct{}), make(chan struct{})
	o.mutex.Unlock()
	go o.run(list)
	return "ok", nil
}

// questions reads triples: value or used, and a line.
func questions(w []string) (list []*question, err error) {
	if len(w) == 0 || len(w)%3 != 0 {
		return nil, fmt.Errorf("observe: want value or used, a label and a line, for each question")
	}
	for ; len(w) > 0; w = w[3:] {
		q := &question{name: strings.Join(w[:3], "-")}
		line := w[1:3]
		switch w[0] {
		case "value":
			folder, _, err := place(line[0], line[1])
			if err != nil {
				return nil, err
			}
			fd, err := unix.Open(folder+"/value", unix.O_RDONLY|unix.O_CLOEXEC, 0) // for the agent's life
			if err != nil {
				return nil, err
			}
			q.answer = func() string { return levelAt(fd) }
		case "used":
			q.answer, q.seldom = func() string { return orError(used(line)) }, true
		default:
			return nil, fmt.Errorf("observe: no such question: %s", w[0])
		}
		list = append(list, q)
	}
	return list, nil
}

// levelAt reads an open value of sysfs anew.
func levelAt(fd int) string {
	var b [1]byte
	if n, _ := unix.Pread(fd, b[:], 0); n != 1 {
		return "error"
	}
	return string(b[:])
}

func orError(answer string, err error) string {
	if err != nil {
		return "error"
	}
	return answer
}

func (o *observation) run(list []*question) {
	defer close(o.ended)
	for over, n := false, 0; !over; n++ {
		select {
		case <-o.end:
			over = true // after a last look
		case <-time.After(time.Millisecond):
		}
		for _, q := range list {
			if q.seldom && n%8 != 0 {
				continue
			}
			if now := q.answer(); now != q.last {
				o.note(q.name, now)
				q.last = now
			}
		}
		o.mutex.Lock()
		o.looks++
		o.mutex.Unlock()
	}
}

// note keeps one answer with its time; without an observation it does nothing.
func (o *observation) note(name, answer string) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if !o.began.IsZero() && len(o.notes) < mostNotes {
		o.notes = append(o.notes, fmt.Sprintf("%s=%s@%d", name, answer, time.Since(o.began).Microseconds()))
	}
}

func observed([]string) (string, error) {
	o := &watching
	if o.end == nil {
		return "", fmt.Errorf("nothing is observed")
	}
	close(o.end)
	<-o.ended
	o.end = nil
	return fmt.Sprint(o.looks, " ", strings.Join(o.notes, " ")), nil
}
