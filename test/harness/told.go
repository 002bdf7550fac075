package harness

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/forward"
)

// Told is one event as a receiver upstream got it.
type Told struct {
	event.Record
	At    time.Time // when it came
	Raw   string    // the CloudEvent
	Fault string    // why the receiver does not trust it: a bad signature, a body that is no event
}

// book is what one receiver got, in order: a file that another program writes,
// one event on a line, read as it grows.
type book struct {
	path string

	mutex sync.Mutex
	read  int64
	told  []Told
}

// receipt is one line of the file.
type receipt struct {
	Signature string          `json:"signature"` // "ok", or what is wrong; empty where there is none
	Event     json.RawMessage `json:"event"`
}

// all reads what is new and gives everything.
func (b *book) all() ([]Told, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	f, err := os.Open(b.path)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if _, err := f.Seek(b.read, io.SeekStart); err != nil {
		return nil, err
	}
	r := bufio.NewReader(f)
	for {
		line, err := r.ReadBytes('\n')
		if err != nil {
			return b.told, nil // half a line comes whole the next time
		}
		b.read += int64(len(line))
		if told, ok := parse(bytes.TrimSpace(line)); ok {
			b.told = append(b.told, told)
		}
	}
}

// parse reads one line; a heartbeat and the status are no events.
func parse(line []byte) (t Told, ok bool) {
	t.At = time.Now()
	var r receipt
	if err := json.Unmarshal(line, &r); err != nil {
		t.Fault, t.Raw = fmt.Sprintf("line of the receiver: %v", err), string(line)
		return t, true
	}
	t.Raw = string(r.Event)
	if r.Signature != "" && r.Signature != "ok" {
		t.Fault = "signature: " + r.Signature
	}
	var kind struct {
		Type string `json:"type"`
	}
	if json.Unmarshal(r.Event, &kind) != nil || kind.Type == "" || strings.Contains(kind.Type, "heartbeat") {
		return t, t.Fault != ""
	}
	record, err := forward.Decode(r.Event)
	if err != nil {
		t.Fault = err.Error()
	}
	t.Record = record
	return t, true
}
