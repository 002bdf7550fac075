package harness

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

func (h *House) startField(air time.Duration) {
	h.t.Helper()
	if air == 0 {
		air = 200 * time.Millisecond
	}
	h.field = Launch(h.t, h.fieldLog, h.Dir, nil, filepath.Join(h.programs, "fieldsim"),
		"-dir", h.sim(), "-secrets", h.secrets(), "-free-ports", "-air", air.String())
	ready := filepath.Join(h.sim(), "ready")
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if b, err := os.ReadFile(ready); err == nil {
			var a struct{ Page string }
			if err := json.Unmarshal(b, &a); err != nil {
				h.t.Fatalf("read %s: %v", ready, err)
			}
			h.fieldAt = a.Page
			return
		}
		if !h.field.Alive() || time.Now().After(deadline) {
			h.t.Fatalf("fieldsim is not ready\n%s", h.fieldLog)
		}
	}
}

// Do has something done at the site, in fieldsim's words.
func (h *House) Do(words string) error {
	r, err := http.NewRequest(http.MethodPost, "http://"+h.fieldAt+"/do", strings.NewReader(words))
	if err != nil {
		return err
	}
	r.Header.Set("X-Fieldsim", "1")
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("fieldsim: %w", err)
	}
	defer a.Body.Close()
	if text, _ := io.ReadAll(a.Body); a.StatusCode/100 != 2 {
		return fmt.Errorf("fieldsim: %s", strings.TrimSpace(string(text)))
	}
	return nil
}

// Field is what can be seen at the site.
type Field struct {
	Outputs  map[string]bool `json:"outputs"`
	DoorFree bool            `json:"doorFree"`
	Wall     []string        `json:"wall"` // CSS colours, room after room
	WallRows int             `json:"wallRows"`
	Pixels   int             `json:"wallPixels"` // of one row of a room
	SMS      []Message       `json:"sms"`
	Mail     []Message       `json:"mail"`
}

// Message is one short message or mail that reached the far end.
type Message struct {
	At       time.Time `json:"at"`
	To       string    `json:"to"`
	Text     string    `json:"text"`
	Complete bool      `json:"complete"` // all of its parts came
}

// Look is the site now.
func (h *House) Look() (f Field, err error) {
	r, err := http.Get("http://" + h.fieldAt + "/state")
	if err != nil {
		return f, fmt.Errorf("fieldsim: %w", err)
	}
	defer r.Body.Close()
	return f, json.NewDecoder(r.Body).Decode(&f)
}
