package modem

import (
	"strings"
	"time"
)

// Bounds of messages that come in parts: an unfinished one is told as far as it came
// never; it is forgotten.
const (
	joinsLimit = 16
	joinParts  = 8
	joinTime   = 10 * time.Minute
)

type joinKey struct {
	from          string
	reference, of int
}

type joining struct {
	began time.Time
	parts []string
	have  int
}

// joins collects the parts of joined messages; used by the watching goroutine.
type joins map[joinKey]*joining

// add takes one part and returns the whole text when it was the last one.
func (j joins) add(in incoming, now time.Time) (text string, whole bool) {
	if in.of == 1 {
		return in.text, true
	}
	if in.of > joinParts {
		return "", false
	}
	key := joinKey{in.from, in.reference, in.of}
	c := j[key]
	if c == nil || now.Sub(c.began) > joinTime {
		j.makeRoom(now)
		c = &joining{began: now, parts: make([]string, in.of)}
		j[key] = c
	}
	if c.parts[in.part-1] == "" {
		c.have++
	}
	c.parts[in.part-1] = in.text + "\x00" // an empty part counts too
	if c.have < in.of {
		return "", false
	}
	delete(j, key)
	return strings.ReplaceAll(strings.Join(c.parts, ""), "\x00", ""), true
}

// makeRoom forgets what is too old, and the oldest when all places are taken.
func (j joins) makeRoom(now time.Time) {
	var oldest joinKey
	var began time.Time
	for k, c := range j {
		if now.Sub(c.began) > joinTime {
			delete(j, k)
		} else if began.IsZero() || c.began.Before(began) {
			oldest, began = k, c.began
		}
	}
	if len(j) >= joinsLimit {
		delete(j, oldest)
	}
}
