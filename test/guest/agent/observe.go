package main

import (
	"fmt"
	"strings"
	"sync"
	"time"
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
			q.answer = func() string { return word(folder + "/value") }
		case "used":
			q.answer = func() string { return orError(used(line)) }
		default:
			return nil, fmt.Errorf("observe: no such question: %s", w[0])
		}
		list = append(list, q)
	}
	return list, nil
}

func orError(answer string, err error) string {
	if err != nil {
		return "error"
	}
	return answer
}

func (o *observation) run(list []*question) {
	defer close(o.ended)
	for {
		for _, q := range list {
			if now := q.answer(); now != q.last {
				o.note(q.name, now)
				q.last = now
			}
		}
		o.mutex.Lock()
		o.looks++
		o.mutex.Unlock()
		select {
		case <-o.end:
			return
		case <-time.After(time.Millisecond):
		}
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
