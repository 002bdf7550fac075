package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"watchbox/firmware/engine"
	"watchbox/firmware/person"
)

// maxBody is the largest request that is read, in bytes.
const maxBody = 64 << 10

// route is one line of the API: what is served, to whom, and how the OpenAPI
// document describes it.
type route struct {
	method, path string
	role         person.Role // least role; empty: everybody, without log-in
	tag          string
	zh, en       string // summary
	query        []parameter
	in           any    // zero value of the request's body, or nil
	body         string // media type of a body that is not JSON and is read as a stream
	out          any    // zero value of the answer's body; nil answers 204
	media        string
	serve        func(*call) (any, error)
	raw          func(*call) // writes its own answer; then serve is nil
}

// parameter is one query parameter.
type parameter struct{ name, kind, doc string }

// call is one request being answered.
type call struct {
	*Server
	w       http.ResponseWriter
	r       *http.Request
	user    person.User
	session string // cookie or token that proved the user
}

// view is the box now, as the caller may see it.
func (c *call) view() (*engine.View, error) {
	if v := c.box.View(); v != nil {
		return c.seen(v, c.blind(c.session)), nil
	}
	return nil, errNotStarted
}

// read decodes the request's JSON body into T, strictly.
func read[T any](c *call) (in T, err error) {
	kind, _, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	d := json.NewDecoder(http.MaxBytesReader(c.w, c.r.Body, maxBody))
	d.DisallowUnknownFields()
	err = d.Decode(&in)
	switch {
	case errors.Is(err, io.EOF): // no body: all fields at their zero
		return in, nil
	case kind != "application/json":
		return in, badRequest("content type must be application/json")
	case err != nil:
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return in, errTooLarge
		}
		return in, badRequest(strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err = d.Token(); !errors.Is(err, io.EOF) {
		return in, badRequest("more than one JSON value")
	}
	return in, nil
}

// handle wraps a route with log-in, role, forgery check and error answers.
func (s *Server) handle(rt route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := &call{Server: s, w: w, r: r}
		if site := s.box.Site(); site != nil {
			w.Header().Set(zoneHeader, site.TimeZone)
		}
		if err := c.admit(rt); err != nil {
			writeFailure(w, err)
			return
		}
		if rt.raw != nil {
			rt.raw(c)
			return
		}
		out, err := rt.serve(c)
		switch {
		case err != nil:
			writeFailure(w, err)
		case rt.out == nil:
			writeJSON(w, http.StatusNoContent, nil)
		default:
			writeJSON(w, http.StatusOK, out)
		}
	}
}

// unknownRoute answers what no route took: 405 when another method would do.
func (s *Server) unknownRoute(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, m := range []string{"GET", "POST", "DELETE"} {
		other := &http.Request{Method: m, URL: r.URL, Host: r.Host}
		if _, pattern := s.api.Handler(other); pattern != "/api/" && pattern != "" {
			allowed = append(allowed, m)
		}
	}
	if len(allowed) > 0 && !slices.Contains(allowed, r.Method) {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		writeFailure(w, errMethod)
		return
	}
	writeFailure(w, errNotFound)
}

// command hands an order to the engine in the caller's name.
func (c *call) command(o engine.Command) error {
	o.Actor, o.Blind = c.user.Name, c.blind(c.session)
	if err := c.box.Do(c.r.Context(), o); err != nil {
		return fmt.Errorf("%w", err)
	}
	return nil
}
