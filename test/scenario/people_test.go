//go:build scenario

package scenario

import (
	"fmt"
	"strings"

	"watchbox/firmware/person"
	"watchbox/test/harness"
	"watchbox/web"
)

func newPerson(s *story, a []string) error {
	who, err := s.Person(a[0], person.Role(a[1]))
	if s.people == nil {
		s.people = map[string]*harness.API{}
	}
	s.people[a[0]] = who
	return err
}

func setCodes(s *story, a []string) error {
	return s.Call("POST", "users/"+a[0]+"/codes", web.CodesOrder{Code: a[1], Duress: a[2]}, nil)
}

func (s *story) who(name string) (*harness.API, error) {
	if who := s.people[name]; who != nil {
		return who, nil
	}
	return nil, fmt.Errorf("nobody is called %s: say person %s operator", name, name)
}

func commandAt(s *story, a []string) error {
	who, err := s.who(a[0])
	if err != nil {
		return err
	}
	command, lines, _ := strings.Cut(a[1], ":")
	s.said, err = s.CommandAs(who.Session(), strings.Join(strings.Fields(lines), "\n")+"\n", strings.Fields(command)...)
	return err
}

func refusedAt(s *story, a []string) error {
	if _, err := s.who(a[0]); err != nil {
		return err
	}
	if err := commandAt(s, a); err == nil {
		return fmt.Errorf("it was carried out: %s", s.said)
	}
	return nil
}

// silentKey is the name of the silent alarm: whoever asks by it has it named back.
const silentKey = "partition/main/duress"

// sight is what a session can be shown: the texts of every page it has.
var sight = []string{"/api/v1/overview", "/api/v1/alarms", "/api/v1/panel", "/api/v1/outputs", "/api/v1/points", "/api/v1/events?limit=1000",
	"/api/v1/messages", "/api/v1/why?key=" + silentKey, "/metrics"}

func (s *story) where(name, text string) (string, error) {
	who, err := s.who(name)
	if err != nil {
		return "", err
	}
	for _, path := range sight {
		shown, err := who.Raw(path)
		if err != nil {
			return "", err
		}
		if strings.Contains(path, silentKey) {
			shown = strings.ReplaceAll(shown, silentKey, "")
		}
		if strings.Contains(shown, text) {
			return path, nil
		}
	}
	return "", nil
}

func sees(s *story, a []string) error {
	path, err := s.where(a[0], a[1])
	if err == nil && path == "" {
		return fmt.Errorf("nowhere")
	}
	return err
}

func seesNot(s *story, a []string) error {
	path, err := s.where(a[0], a[1])
	if err == nil && path != "" {
		return fmt.Errorf("in %s", path)
	}
	return err
}
