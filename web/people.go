package web

import (
	"net/http"
	"slices"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/person"
	"watchbox/firmware/point"
)

// Users is the answer of GET /users.
type Users struct {
	Users []person.User `json:"users"`
}

// UserOrder makes a user.
type UserOrder struct {
	Name     string      `json:"name"`
	Role     person.Role `json:"role" allowed:"viewer|operator|engineer|administrator"`
	Password string      `json:"password"`
	Until    time.Time   `json:"until,omitzero" doc:"the account expires then"`
}

// NewPassword replaces a user's password.
type NewPassword struct {
	Password string `json:"password"`
}

// TokenOrder asks for a token for a program.
type TokenOrder struct {
	User  string `json:"user,omitempty" doc:"whose rights it has; the caller's own when empty"`
	Label string `json:"label" doc:"which program it is for"`
}

// Token is shown once.
type Token struct {
	Token string `json:"token" doc:"send as Authorization: Bearer …; it is never shown again"`
}

func listUsers(c *call) (any, error) {
	u, err := c.box.Persons().Users(c.r.Context())
	if u == nil {
		u = []person.User{}
	}
	return Users{u}, err
}

func addUser(c *call) (any, error) {
	in, err := read[UserOrder](c)
	if err != nil {
		return nil, err
	}
	if in.Name == "" || len(in.Name) > 64 || !slices.Contains(ranks, in.Role) || len(in.Password) > 256 {
		return nil, badRequest("name (at most 64 bytes), a role and a password are required")
	}
	u := person.User{Name: in.Name, Role: in.Role, Until: in.Until, Created: c.options.Now().Wall}
	if err := c.box.Persons().Add(c.r.Context(), u, in.Password); err != nil {
		return nil, err
	}
	return nil, c.userChanged(in.Name, "新建用户 "+in.Name+"（"+string(in.Role)+"）", "Made user "+in.Name+" ("+string(in.Role)+")")
}

func removeUser(c *call) (any, error) {
	name := c.r.PathValue("name")
	if name == c.user.Name {
		return nil, failure(http.StatusConflict, "own-account", "不能删除自己的账号", "You cannot remove your own account")
	}
	if err := c.box.Persons().Remove(c.r.Context(), name); err != nil {
		return nil, err
	}
	return nil, c.userChanged(name, "删除用户 "+name, "Removed user "+name)
}

func setPassword(c *call) (any, error) {
	in, err := read[NewPassword](c)
	if err != nil {
		return nil, err
	}
	name := c.r.PathValue("name")
	if err := c.box.Persons().SetPassword(c.r.Context(), name, in.Password); err != nil {
		return nil, err
	}
	return nil, c.userChanged(name, "重设密码 "+name, "Set the password of "+name)
}

func newToken(c *call) (any, error) {
	in, err := read[TokenOrder](c)
	if err != nil {
		return nil, err
	}
	if in.User == "" {
		in.User = c.user.Name
	}
	if in.Label == "" || len(in.Label) > 64 {
		return nil, badRequest("label is required, at most 64 bytes")
	}
	token, err := c.box.Persons().NewToken(c.r.Context(), in.User, in.Label)
	if err != nil {
		return nil, err
	}
	return Token{token}, c.userChanged(in.User, "新建令牌 "+in.Label, "Made token "+in.Label)
}

func (c *call) userChanged(subject, zh, en string) error {
	c.journalPerson(event.UserChanged, subject, c.user.Name, c.r, point.Words{Zh: zh, En: en})
	return nil
}
