package web

import (
	"encoding/json"
	"errors"
	"net/http"

	"watchbox/firmware/event"
	"watchbox/firmware/person"
	"watchbox/firmware/point"
)

// LogIn is the body of POST /session.
type LogIn struct {
	Name     string `json:"name"`
	Password string `json:"password"`
}

// Me is who is logged in.
type Me struct {
	Name     string      `json:"name"`
	Role     person.Role `json:"role" allowed:"viewer|operator|engineer|administrator"`
	Language string      `json:"language" allowed:"zh|en" doc:"the box's default"`
	Version  string      `json:"version" doc:"of the firmware"`
}

// Session is Me with the session itself, for programs that keep no cookies.
type Session struct {
	Me
	Session string `json:"session" doc:"send as Authorization: Bearer …"`
}

// SetupState tells whether the first administrator is missing.
type SetupState struct {
	Needed   bool   `json:"needed"`
	Language string `json:"language" allowed:"zh|en"`
	Version  string `json:"version"`
}

// SetupOrder makes the first administrator.
type SetupOrder struct {
	Code     string `json:"code" doc:"the one-time code that the box printed at start"`
	Name     string `json:"name"`
	Password string `json:"password"`
}

// PasswordOrder changes the caller's own password.
type PasswordOrder struct {
	Old string `json:"old"`
	New string `json:"new"`
}

func (c *call) me(u person.User) Me {
	return Me{u.Name, u.Role, c.options.Language, c.options.Version}
}

func whoAmI(c *call) (any, error) { return c.me(c.user), nil }

func logIn(c *call) (any, error) {
	in, err := read[LogIn](c)
	if err != nil {
		return nil, err
	}
	session, u, err := c.logIn(c.w, c.r, in.Name, in.Password)
	if err != nil {
		return nil, err
	}
	return Session{c.me(u), session}, nil
}

// logIn opens a session, sets the cookie and journals it; also for the plain page.
func (s *Server) logIn(w http.ResponseWriter, r *http.Request, name, password string) (string, person.User, error) {
	if name == "" || len(name) > 64 || len(password) > 256 {
		return "", person.User{}, errRefused
	}
	leave, ok := s.throttle.enter(r, address(r))
	if !ok {
		return "", person.User{}, errThrottled
	}
	defer leave()
	session, u, err := s.box.Persons().LogIn(r.Context(), name, password)
	if errors.Is(err, person.ErrBusy) || errors.Is(err, person.ErrOpening) {
		return "", person.User{}, err
	}
	if err != nil {
		s.journalPerson(event.UserLoginFailed, name, name, r, point.Words{Zh: "登录失败：" + name, En: "Log-in failed: " + name})
		return "", person.User{}, errRefused
	}
	s.journalPerson(event.UserLogin, u.Name, u.Name, r, point.Words{Zh: "登录：" + u.Name, En: "Logged in: " + u.Name})
	s.setCookie(w, session)
	return session, u, nil
}

func logOut(c *call) (any, error) {
	c.setCookie(c.w, "")
	return nil, c.box.Persons().LogOut(c.r.Context(), c.session)
}

func setupState(c *call) (any, error) {
	needed, err := c.box.Persons().NeedsSetup(c.r.Context())
	return SetupState{needed, c.options.Language, c.options.Version}, err
}

func setUp(c *call) (any, error) {
	in, err := read[SetupOrder](c)
	if err != nil {
		return nil, err
	}
	leave, ok := c.throttle.enter(c.r, address(c.r))
	if !ok {
		return nil, errThrottled
	}
	u, err := c.box.Persons().SetUp(c.r.Context(), in.Code, in.Name, in.Password)
	leave()
	if err != nil {
		return nil, err
	}
	c.journalPerson(event.UserChanged, u.Name, u.Name, c.r,
		point.Words{Zh: "首次设置，建立管理员 " + u.Name, En: "First set-up, administrator " + u.Name + " made"})
	session, u, err := c.logIn(c.w, c.r, in.Name, in.Password)
	if err != nil {
		return nil, err
	}
	return Session{c.me(u), session}, nil
}

func changePassword(c *call) (any, error) {
	in, err := read[PasswordOrder](c)
	if err != nil {
		return nil, err
	}
	if err := c.prove(in.Old); err != nil {
		return nil, err
	}
	if err := c.box.Persons().SetPassword(c.r.Context(), c.user.Name, in.New); err != nil {
		return nil, err
	}
	c.setCookie(c.w, "")
	c.journalPerson(event.UserChanged, c.user.Name, c.user.Name, c.r,
		point.Words{Zh: "修改了自己的密码", En: "Changed the own password"})
	return nil, nil
}

// prove holds the caller's password against his account once more.
func (c *call) prove(password string) error {
	leave, ok := c.throttle.enter(c.r, address(c.r))
	if !ok {
		return errThrottled
	}
	defer leave()
	persons := c.box.Persons()
	proof, _, err := persons.LogIn(c.r.Context(), c.user.Name, password)
	if err != nil {
		return failure(403, "wrong-password", "原密码不对", "The old password is wrong")
	}
	return persons.LogOut(c.r.Context(), proof)
}

// journalPerson writes one record about a person, with the address it came from.
func (s *Server) journalPerson(t event.Type, subject, actor string, r *http.Request, text point.Words) {
	detail, _ := json.Marshal(map[string]string{"from": address(r)})
	s.box.Journal(event.Record{At: s.options.Now(), Type: t, Subject: subject, Actor: actor, Text: text, Detail: detail, Journaled: true})
}
