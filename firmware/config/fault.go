package config

import (
	"errors"
	"fmt"
	"strings"

	"watchbox/firmware/alarm"
	"watchbox/firmware/point"
)

// Fault is what making the machines of a site found wrong with it, which no reading of
// the file alone can see: a rule that matches no point of the devices as they are now, a
// state that a point does not have. At its place, and in both languages.
func (s *Site) Fault(err error) Problem {
	path := ""
	if rule := (*alarm.RuleError)(nil); errors.As(err, &rule) {
		path, err = s.rule(rule.Rule), rule.Err
	}
	for i, d := range s.Derived {
		if strings.HasPrefix(err.Error(), "derived point "+string(d.Point)+":") {
			path = fmt.Sprintf("derived[%d]", i)
		}
	}
	return s.problem(path, Invalid, Heard(err), point.Words{})
}

// rule is the path of an alarm rule by its id, or by that of one of its limits.
func (s *Site) rule(id string) string {
	for i, r := range s.Alarms {
		if r.ID == id || r.Limits != nil && strings.HasPrefix(id, r.ID+".") {
			return fmt.Sprintf("alarms[%d]", i)
		}
	}
	return "alarms"
}

// Faults are all of them as one error; nil for none.
func (s *Site) Faults(errs []error) error {
	if len(errs) == 0 {
		return nil
	}
	list := make(Problems, 0, len(errs))
	for _, err := range errs {
		list = append(list, s.Fault(err))
	}
	return Problems(sorted(list))
}
