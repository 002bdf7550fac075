package harness

import (
	"regexp"

	"watchbox/firmware/person"
	"watchbox/web"
)

// Password is the administrator's.
const Password = "correct horse battery"

var setupCode = regexp.MustCompile(`set-up code: (\S+)`)

// SetUp makes the first administrator with the code that the box printed.
func (h *House) SetUp() {
	h.t.Helper()
	if err := h.boxLog.Wait("set-up code: ", patience); err != nil {
		h.t.Fatal(err)
	}
	if err := h.Answers(patience); err != nil { // the code is told before the page is there
		h.t.Fatal(err)
	}
	code := setupCode.FindStringSubmatch(h.boxLog.String())[1]
	var s web.Session
	if err := h.Call("POST", "setup", web.SetupOrder{Code: code, Name: "admin", Password: Password}, &s); err != nil {
		h.t.Fatalf("set up: %v", err)
	}
	h.session = s.Session
}

// Person makes a user and gives the API in a session of his.
func (h *House) Person(name string, role person.Role) (*API, error) {
	if err := h.Call("POST", "users", web.UserOrder{Name: name, Role: role, Password: Password}, nil); err != nil {
		return nil, err
	}
	a := &API{server: h.server}
	var s web.Session
	if err := a.Call("POST", "session", web.LogIn{Name: name, Password: Password}, &s); err != nil {
		return nil, err
	}
	a.session = s.Session
	return a, nil
}
