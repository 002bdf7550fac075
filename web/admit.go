package web

import (
	"errors"
	"mime"
	"net/http"
	"slices"
	"strings"

	"watchbox/firmware/person"
)

var ranks = []person.Role{person.Viewer, person.Operator, person.Engineer, person.Administrator}

// may tells whether the role has is enough where need is asked.
func may(has, need person.Role) bool {
	i, j := slices.Index(ranks, has), slices.Index(ranks, need)
	return i >= 0 && j >= 0 && i >= j
}

// cookieName of the session. Over TLS the prefix keeps other hosts from setting it.
func (s *Server) cookieName() string {
	if s.options.Secure {
		return "__Host-watchbox"
	}
	return "watchbox"
}

func (s *Server) setCookie(w http.ResponseWriter, session string) {
	c := &http.Cookie{Name: s.cookieName(), Value: session, Path: "/", HttpOnly: true,
		SameSite: http.SameSiteStrictMode, Secure: s.options.Secure}
	if session == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// credential finds the session or token of the request. A bearer token wins: no
// browser sends one by itself, so it needs no forgery check.
func (s *Server) credential(r *http.Request) (secret string, bearer bool) {
	if kind, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(kind, "Bearer") {
		return strings.TrimSpace(token), true
	}
	if c, err := r.Cookie(s.cookieName()); err == nil {
		return c.Value, false
	}
	return "", false
}

// admit checks log-in, role and forgery for the route and fills in the user.
func (c *call) admit(rt route) error {
	secret, bearer := c.credential(c.r)
	if len(secret) > 512 {
		return errNoLogin
	}
	if !bearer && changes(c.r.Method) && !meant(c.r) {
		return errForgery
	}
	if rt.role == "" {
		return nil
	}
	if secret == "" {
		return errNoLogin
	}
	u, err := c.box.Persons().Who(c.r.Context(), secret)
	switch {
	case errors.Is(err, person.ErrOpening):
		return err
	case err != nil && c.r.Context().Err() != nil:
		return errTimeout
	case err != nil:
		return errNoLogin
	}
	c.user, c.session = u, secret
	if !may(u.Role, rt.role) {
		return errRole
	}
	return nil
}

func changes(method string) bool {
	return method != http.MethodGet && method != http.MethodHead && method != http.MethodOptions
}

// meant is true when a script of our own page sent the request: another site's
// form can set neither this header nor this content type.
func meant(r *http.Request) bool {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return r.Header.Get("X-Watchbox") != "" || kind == "application/json"
}
