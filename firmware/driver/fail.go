package driver

import (
	"errors"
	"fmt"

	"watchbox/firmware/point"
)

// Fault is a failure in its own words, with its class for errors.Is.
type Fault struct {
	text  string
	class error
	said  point.Words
}

func (f *Fault) Error() string { return f.text }
func (f *Fault) Unwrap() error { return f.class }

// Fail makes an error of a class that is told in its own words alone.
func Fail(class error, format string, a ...any) error {
	return &Fault{text: fmt.Sprintf(format, a...), class: class}
}

// Answer makes an error of what the device itself answered: a code of its protocol,
// which whoever gave the order reads in his language.
func Answer(class error, said point.Words) error {
	return &Fault{text: said.En, class: class, said: said}
}

// Said is what the device answered; empty when err tells of no answer.
func Said(err error) point.Words {
	var f *Fault
	if errors.As(err, &f) {
		return f.said
	}
	return point.Words{}
}
