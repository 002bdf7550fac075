package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"watchbox/web"
)

// maxAnswer bounds what is read from the box, in bytes.
const maxAnswer = 32 << 20

// call asks the API; in and out may be nil. With -o json the answer is also
// printed as it came.
func (c *cli) call(method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	return c.send(method, path, body, "application/json", 30*time.Second, out)
}

// send is call with a body of any kind and a time of its own.
func (c *cli) send(method, path string, body io.Reader, kind string, patience time.Duration, out any) error {
	r, err := c.request(method, path, body, kind)
	if err != nil {
		return err
	}
	answer, err := c.do(r, patience)
	if err != nil {
		return err
	}
	if c.json && len(answer) > 0 && out != nil {
		c.out.Write(append(bytes.TrimSpace(answer), '\n'))
	}
	if out != nil {
		return json.Unmarshal(answer, out)
	}
	return nil
}

func (c *cli) request(method, path string, body io.Reader, kind string) (*http.Request, error) {
	r, err := http.NewRequest(method, strings.TrimSuffix(c.server, "/")+"/api/v1/"+path, body)
	if err != nil {
		return nil, fmt.Errorf("address %s: %w", c.server, err)
	}
	r.Header.Set("Content-Type", kind)
	if t := c.credential(); t != "" {
		r.Header.Set("Authorization", "Bearer "+t)
	}
	return r, nil
}

// do asks the box; what is no success is an error in its words.
func (c *cli) do(r *http.Request, patience time.Duration) ([]byte, error) {
	a, err := (&http.Client{Timeout: patience}).Do(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.text("%s 没有值守应答", "no box answers at %s", c.server), err)
	}
	defer a.Body.Close()
	name := a.Header.Get("Watchbox-Time-Zone")
	if zone, err := time.LoadLocation(name); err == nil && name != "" {
		atSite = zone // times are told as at the site, as in its messages
	}
	answer, err := io.ReadAll(io.LimitReader(a.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if a.StatusCode/100 != 2 {
		return nil, c.refusal(a.StatusCode, answer)
	}
	return answer, nil
}

func (c *cli) refusal(status int, answer []byte) error {
	var f web.FailureBody
	if json.Unmarshal(answer, &f) != nil || f.Error.Code == "" {
		return errors.New(c.text("值守答复 %d", "the box answered %d", status))
	}
	text := f.Error.In(c.lang)
	for _, r := range f.Error.Reasons {
		text += "\n  · " + r.In(c.lang)
	}
	if status == http.StatusUnauthorized {
		text += " (watchbox login NAME)"
	}
	return errors.New(text)
}

// sessionFile keeps the session of `watchbox login`, readable by its owner only.
func sessionFile() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "watchbox", "session")
}

func (c *cli) credential() string {
	if c.token != "" {
		return c.token
	}
	if t := os.Getenv("WATCHBOX_TOKEN"); t != "" {
		return t
	}
	b, _ := os.ReadFile(sessionFile())
	return strings.TrimSpace(string(b))
}

func keepSession(s string) error {
	if err := os.MkdirAll(filepath.Dir(sessionFile()), 0o700); err != nil {
		return err
	}
	return os.WriteFile(sessionFile(), []byte(s+"\n"), 0o600)
}
