package web

import (
	"io"
	"net/http"
	"strings"
	"time"

	"watchbox/firmware/update"
)

// SwitchOrder starts the box again into the staged firmware.
type SwitchOrder struct {
	Insist bool   `json:"insist,omitempty" doc:"although an alarm situation speaks against it"`
	Reason string `json:"reason,omitempty" doc:"why; required with insist when something speaks against it"`
}

const (
	bundleWait = 30 * time.Second // for the next bytes of a bundle
	reasonMost = 200              // characters
)

func showUpdate(c *call) (any, error) { return c.box.Update(), nil }

// stageUpdate reads the request's body as a bundle. The server's own limit for a
// request is far too short for one, so each read gets a time of its own.
func stageUpdate(c *call) (any, error) {
	s := c.box.Update()
	in := &slow{http.MaxBytesReader(c.w, c.r.Body, s.Room+update.Head), http.NewResponseController(c.w)}
	err := c.box.StageUpdate(c.r.Context(), in, c.r.URL.Query().Get("insist") == "true", c.user.Name)
	if err != nil {
		return nil, err
	}
	return c.box.Update(), nil
}

// slow gives every read its time.
type slow struct {
	body    io.Reader
	control *http.ResponseController
}

func (s *slow) Read(b []byte) (int, error) {
	_ = s.control.SetReadDeadline(time.Now().Add(bundleWait)) // a test's recorder has none
	return s.body.Read(b)
}

func switchUpdate(c *call) (any, error) {
	in, err := read[SwitchOrder](c)
	if err != nil {
		return nil, err
	}
	in.Reason = strings.TrimSpace(in.Reason)
	if len([]rune(in.Reason)) > reasonMost {
		return nil, badRequest("reason: at most 200 characters")
	}
	return nil, c.box.SwitchUpdate(c.r.Context(), in.Insist, in.Reason, c.user.Name)
}

func forgetUpdate(c *call) (any, error) { return nil, c.box.ForgetUpdate(c.user.Name) }

// updateFailure keeps the box's own words and its code.
func updateFailure(r *update.Refusal) *Failure {
	status := http.StatusConflict
	switch r.Code {
	case update.Damaged, update.Format, update.NoReason:
		status = http.StatusBadRequest
	case update.TooLarge:
		status = http.StatusRequestEntityTooLarge
	}
	return &Failure{Words: r.Why, Code: string(r.Code), Reasons: r.Reasons, status: status}
}
