package driver

import "fmt"

// Fault is a failure in its own words, with its class for errors.Is.
type Fault struct {
	text  string
	class error
}

func (f *Fault) Error() string { return f.text }
func (f *Fault) Unwrap() error { return f.class }

// Fail makes an error of a class that is told in its own words alone.
func Fail(class error, format string, a ...any) error {
	return &Fault{fmt.Sprintf(format, a...), class}
}
