package web

import (
	"fmt"
	"time"

	"watchbox/firmware/engine"
	"watchbox/firmware/person"
)

// ArmOrder says how to arm, and who does: without a user it is the session's
// own; with one it is he whose panel code is given, in any session.
type ArmOrder struct {
	Mode string `json:"mode,omitempty" allowed:"|away|stay|night" doc:"arming only; empty is away"`
	User string `json:"user,omitempty" doc:"whose code it is; the session's own when empty"`
	Code string `json:"code,omitempty" doc:"his panel code; needed in a viewer's session, and to disarm a partition with code: true"`
}

// Keypad is who may move the panel by code.
type Keypad struct {
	Users []string `json:"users" doc:"by name"`
}

// CodesOrder replaces a user's panel codes; both empty takes them away.
type CodesOrder struct {
	Code   string `json:"code" doc:"6–8 digits"`
	Duress string `json:"duress,omitempty" doc:"6–8 other digits: obeyed in the same way, and a silent alarm"`
}

// OwnCodes is the same for the caller's own, who proves himself by his password.
type OwnCodes struct {
	Password string `json:"password"`
	CodesOrder
}

// ConsentOrder lets the installer in.
type ConsentOrder struct {
	Hours int `json:"hours" doc:"1–24"`
}

var errCodeNeeded = failure(403, "code-required", "请选择用户并输入操作密码", "Choose a user and enter his panel code")

func showKeypad(c *call) (any, error) { return Keypad{c.box.Persons().Holders()}, nil }

// moved carries out an order to the panel, by the session or by a code.
func (c *call) moved(o engine.Command, how ArmOrder) error {
	switch {
	case len(how.User) > 64 || len(how.Code) > 64:
		return badRequest("user and code are at most 64 bytes")
	case how.User == "" && how.Code == "" && may(c.user.Role, person.Operator):
		return c.command(o)
	case how.Code == "":
		return errCodeNeeded
	case how.User == "":
		how.User = c.user.Name
	}
	leave, ok := c.codes.enter(c.r, c.user.Name)
	if !ok {
		return errThrottled
	}
	defer leave()
	return c.box.ByCode(c.r.Context(), c.user.Name, how.User, how.Code, o)
}

func setCodes(c *call) (any, error) {
	in, err := read[CodesOrder](c)
	if err != nil {
		return nil, err
	}
	name := c.r.PathValue("name")
	if err := c.box.Persons().SetCodes(c.r.Context(), name, in.Code, in.Duress); err != nil {
		return nil, err
	}
	return nil, c.userChanged(name, "设置操作密码："+name, "Set the panel code of "+name)
}

func setOwnCodes(c *call) (any, error) {
	in, err := read[OwnCodes](c)
	if err != nil {
		return nil, err
	}
	if err := c.prove(in.Password); err != nil {
		return nil, err
	}
	if err := c.box.Persons().SetCodes(c.r.Context(), c.user.Name, in.Code, in.Duress); err != nil {
		return nil, err
	}
	return nil, c.userChanged(c.user.Name, "设置了自己的操作密码", "Set the own panel code")
}

// giveConsent lets the installer in. He cannot do it himself: an engineer's role
// may not, and the engine lets nobody work on his own consent, unless there is
// no other user at all who could give one.
func giveConsent(c *call) (any, error) {
	in, err := read[ConsentOrder](c)
	if err != nil {
		return nil, err
	}
	if in.Hours < 1 || in.Hours > 24 {
		return nil, badRequest("hours must be 1 to 24")
	}
	if c.user.Role == person.Engineer {
		return nil, failure(403, "consent-refused", "维护授权须由操作员或管理员给出", "An operator or an administrator has to give the consent")
	}
	alone, err := c.alone()
	if err != nil {
		return nil, err
	}
	return nil, c.command(engine.Command{Verb: engine.Consent, For: time.Duration(in.Hours) * time.Hour, Alone: alone})
}

// alone is true when nobody but the caller could give a consent.
func (c *call) alone() (bool, error) {
	users, err := c.box.Persons().Users(c.r.Context())
	now := c.options.Now().Wall
	for _, u := range users {
		expired := !u.Until.IsZero() && !now.Before(u.Until)
		if u.Name != c.user.Name && (u.Role == person.Operator || u.Role == person.Administrator) && !expired {
			return false, nil
		}
	}
	return err == nil, err
}

func endConsent(c *call) (any, error) { return nil, c.command(engine.Command{Verb: engine.EndConsent}) }

// lockFailure says how long codes are locked yet.
func lockFailure(l *person.CodeLock) *Failure {
	n := int(l.Wait.Seconds() + 0.999)
	return failure(429, "code-locked", fmt.Sprintf("密码错误次数过多，已锁定，请 %d 秒后再试", n), fmt.Sprintf("Too many wrong codes: locked, try again in %d s", n))
}
