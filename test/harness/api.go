package harness

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"watchbox/web"
)

// API is the box as a program sees it.
type API struct {
	server  string
	session string
	client  *http.Client // nil: the default one, and 20 s for each answer
}

// At is the API of a box that somebody else started. The client's own limit bounds
// each answer.
func At(server string, client *http.Client) *API { return &API{server: server, client: client} }

// Begin makes the first administrator with the code that the box printed.
func (a *API) Begin(code string) error {
	var s web.Session
	err := a.Call("POST", "setup", web.SetupOrder{Code: code, Name: "admin", Password: Password}, &s)
	a.session = s.Session
	return err
}

// LogIn begins another session of that administrator.
func (a *API) LogIn() error {
	var s web.Session
	err := a.Call("POST", "session", web.LogIn{Name: "admin", Password: Password}, &s)
	a.session = s.Session
	return err
}

// Refusal is an answer other than 2xx.
type Refusal struct {
	Status int
	Code   string
	Text   string
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("the box answered %d %s: %s", r.Status, r.Code, r.Text)
}

// Call asks the API; in and out may be nil.
func (a *API) Call(method, path string, in, out any) error {
	return a.call(context.Background(), method, path, in, out)
}

func (a *API) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	return a.Send(ctx, method, path, "application/json", body, out)
}

// Send is Call with a body of any kind.
func (a *API) Send(ctx context.Context, method, path, kind string, body io.Reader, out any) error {
	client := a.client
	if client == nil {
		limited, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		ctx, client = limited, http.DefaultClient
	}
	r, err := http.NewRequestWithContext(ctx, method, a.server+"/api/v1/"+path, body)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Authorization", "Bearer "+a.session)
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode/100 != 2 {
		return refusal(answer.StatusCode, text)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(text, out)
}

func refusal(status int, text []byte) error {
	var f web.FailureBody
	if json.Unmarshal(text, &f) != nil {
		return &Refusal{Status: status, Text: string(text)}
	}
	lines := []string{f.Error.En}
	for _, r := range f.Error.Reasons {
		lines = append(lines, r.En)
	}
	return &Refusal{status, f.Error.Code, strings.Join(lines, "\n")}
}
