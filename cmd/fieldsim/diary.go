package main

import (
	"slices"
	"sync"
	"time"
)

// diaryLines bounds the diary; the oldest line goes first.
const diaryLines = 60

// happening is one line of the diary.
type happening struct {
	At time.Time `json:"at"`
	Zh string    `json:"zh"`
	En string    `json:"en"`
}

// diary keeps what happened at the site, for whoever looks at the page.
type diary struct {
	mutex sync.Mutex
	list  []happening
}

func (d *diary) tell(zh, en string) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.list = append(d.list, happening{time.Now(), zh, en})
	d.list = d.list[max(0, len(d.list)-diaryLines):]
}

func (d *diary) lines() []happening {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return slices.Clone(d.list)
}
