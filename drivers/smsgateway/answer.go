package smsgateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"watchbox/firmware/dialout"
	"watchbox/firmware/driver"
)

// answerLimit bounds what is read of an answer, in bytes.
const answerLimit = 64 << 10

// condition is "path=value", or "path" alone for any value but nothing.
type condition struct{ path, value string }

// read looks for the sign of success in the answer.
func (c *Channel) read(m dialout.Message, text []byte) (dialout.Receipt, bool, error) {
	var answer any
	notJSON := json.Unmarshal(text, &answer)
	if c.success.path != "" {
		got, there := look(answer, c.success.path)
		switch {
		case notJSON != nil:
			return dialout.Receipt{}, true, fmt.Errorf("sms gateway %s: send %s: %w: %s", c.name, m.ID, driver.ErrGarbage, c.shown(text))
		case !there || c.success.value != "" && got != c.success.value:
			return dialout.Receipt{}, true, fmt.Errorf("sms gateway %s: send %s: %w: %s", c.name, m.ID, driver.ErrRefused, c.shown(text))
		}
	}
	if left, ok := look(answer, c.balance); ok {
		c.mutex.Lock()
		c.left, c.asOf = left, time.Now()
		c.mutex.Unlock()
	}
	reference, _ := look(answer, c.reference)
	return dialout.Receipt{Reference: reference}, false, nil
}

// look finds a dotted path in a JSON value and gives it as text.
func look(v any, path string) (text string, ok bool) {
	if path == "" {
		return "", false
	}
	for part := range strings.SplitSeq(path, ".") {
		object, isObject := v.(map[string]any)
		if !isObject {
			return "", false
		}
		if v, ok = object[part]; !ok {
			return "", false
		}
	}
	switch v := v.(type) {
	case nil:
		return "", false
	case string:
		return v, true
	}
	b, err := json.Marshal(v)
	return string(b), err == nil
}

// shown is the beginning of an answer, without the secret, for an error.
func (c *Channel) shown(text []byte) string {
	s := strings.ToValidUTF8(string(text), "?")
	if c.secret != "" {
		s = strings.ReplaceAll(s, c.secret, "***")
	}
	if r := []rune(s); len(r) > 120 {
		s = string(r[:120])
	}
	return fmt.Sprintf("%q", s)
}

// classed adds the error class; the URL, which may hold a secret, is left out.
func classed(ctx context.Context, err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %v", driver.ErrTimeout, err)
	}
	return fmt.Errorf("%w: %v", driver.ErrDisconnect, err)
}
