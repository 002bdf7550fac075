package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"watchbox/firmware/alarm"
	"watchbox/firmware/engine"
	"watchbox/firmware/person"
)

// plainUser is who has logged in, without the CSRF rule of the API: forms carry a token.
func (s *Server) plainUser(r *http.Request) (person.User, string, bool) {
	session, _ := s.credential(r)
	if session == "" || len(session) > 512 {
		return person.User{}, "", false
	}
	u, err := s.box.Persons().Who(r.Context(), session)
	return u, session, err == nil
}

// formToken binds a form to the session.
func (s *Server) formToken(session string) string {
	m := hmac.New(sha256.New, s.formKey[:])
	m.Write([]byte(session))
	return hex.EncodeToString(m.Sum(nil))
}

// plainForm admits a form of our own page from a user of at least the role.
func (s *Server) plainForm(role person.Role, next func(http.ResponseWriter, *http.Request, person.User, string)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 4096)
		u, session, in := s.plainUser(r)
		if !in || !hmac.Equal([]byte(r.PostFormValue("token")), []byte(s.formToken(session))) {
			backToPlain(w, r, "again")
			return
		}
		if !may(u.Role, role) {
			backToPlain(w, r, "forbidden")
			return
		}
		next(w, r, u, session)
	}
}

func (s *Server) plainLogIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4096)
	_, _, err := s.logIn(w, r, r.PostFormValue("name"), r.PostFormValue("password"))
	switch {
	case errors.Is(err, person.ErrOpening):
		backToPlain(w, r, "opening")
		return
	case err != nil:
		backToPlain(w, r, "login")
		return
	}
	http.Redirect(w, r, "/plain", http.StatusSeeOther)
}

func (s *Server) plainLogOut(w http.ResponseWriter, r *http.Request, _ person.User, session string) {
	s.box.Persons().LogOut(r.Context(), session)
	s.setCookie(w, "")
	http.Redirect(w, r, "/plain", http.StatusSeeOther)
}

func (s *Server) plainAlarm(w http.ResponseWriter, r *http.Request, u person.User, session string) {
	verb := engine.Verb(r.PostFormValue("verb"))
	comment := r.PostFormValue("comment")
	if !slices.Contains([]engine.Verb{engine.Acknowledge, engine.Silence, engine.Reset}, verb) {
		s.refusePlain(w, r, badRequest("verb"))
		return
	}
	if len(comment) > maxComment {
		s.refusePlain(w, r, errLongComment)
		return
	}
	c := &call{Server: s, w: w, r: r, user: u, session: session}
	key, err := r.PostFormValue("key"), error(alarm.ErrUnknown)
	if !c.keeps(key) {
		err = c.command(engine.Command{Verb: verb, Target: key, Comment: comment})
	}
	switch {
	case errors.Is(err, alarm.ErrUnknown):
		s.refusePlain(w, r, c.noAlarm(key))
	case err != nil:
		s.refusePlain(w, r, asFailure(err))
	default:
		backToPlain(w, r, "done")
	}
}

func backToPlain(w http.ResponseWriter, r *http.Request, note string) {
	http.Redirect(w, r, "/plain?"+url.Values{"note": {note}}.Encode(), http.StatusSeeOther)
}
