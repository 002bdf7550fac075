package person

import "context"

// Unopened is the Directory of a box that does not know yet who its people are:
// nobody is let in, and nobody can claim the box. Never blocks.
type Unopened struct{}

var _ Directory = Unopened{}

func (Unopened) NeedsSetup(context.Context) (bool, error) { return false, ErrOpening }
func (Unopened) SetUp(context.Context, string, string, string) (User, error) {
	return User{}, ErrOpening
}
func (Unopened) LogIn(context.Context, string, string) (string, User, error) {
	return "", User{}, ErrOpening
}
func (Unopened) LogOut(context.Context, string) error                     { return ErrOpening }
func (Unopened) Who(context.Context, string) (User, error)                { return User{}, ErrOpening }
func (Unopened) Users(context.Context) ([]User, error)                    { return nil, ErrOpening }
func (Unopened) Add(context.Context, User, string) error                  { return ErrOpening }
func (Unopened) Remove(context.Context, string) error                     { return ErrOpening }
func (Unopened) SetPassword(context.Context, string, string) error        { return ErrOpening }
func (Unopened) SetCodes(context.Context, string, string, string) error   { return ErrOpening }
func (Unopened) NewToken(context.Context, string, string) (string, error) { return "", ErrOpening }
func (Unopened) CheckCode(context.Context, string, string, string) (User, bool, error) {
	return User{}, false, ErrOpening
}
func (Unopened) Holders() []string { return nil }
func (Unopened) Blind(string) bool { return true }
