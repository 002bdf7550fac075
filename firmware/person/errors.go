package person

import "errors"

// What the Directory answers, for errors.Is.
var (
	ErrWrong     = errors.New("name or password is wrong")
	ErrLocked    = errors.New("account is locked for a while after too many failures")
	ErrExpired   = errors.New("account has expired")
	ErrNoSession = errors.New("not logged in")
	ErrSetUp     = errors.New("set-up is done already")
	ErrCode      = errors.New("set-up code is wrong")
	ErrCodeSpent = errors.New("too many wrong set-up codes; a restart of the box makes a new one")
	ErrName      = errors.New("name must be 1–32 letters, digits, '.', '-' or '_'")
	ErrPassword  = errors.New("password must have 8–128 characters and not be the name")
	ErrRole      = errors.New("no such role")
	ErrExists    = errors.New("user exists already")
	ErrUnknown   = errors.New("no such user")
	ErrLast      = errors.New("the last administrator cannot be removed")
	ErrTooMany   = errors.New("too many users or tokens")
	ErrOpening   = errors.New("the store is not open yet: nobody knows who may log in")
	ErrBusy      = errors.New("too many log-ins at once; try again")

	ErrDigits     = errors.New("panel code must have 6–8 digits")
	ErrTrivial    = errors.New("panel code is too easy to guess: no 111111, 123456, 121212, 112233")
	ErrSameCode   = errors.New("duress code must differ from the panel code")
	ErrWrongCode  = errors.New("user or panel code is wrong")
	ErrCodeLocked = errors.New("panel codes are locked after too many wrong ones")
)
