package driver

import (
	"fmt"
	"strconv"
	"strings"

	"watchbox/firmware/point"
)

// Unfit is what a driver cannot take of its entry in the site file, in both
// languages: which key, what stands there, what may stand there. It is of the class
// ErrUnsupported.
type Unfit struct {
	Key           string // within the entry: "options.count", "address"
	Read, Allowed point.Words
}

func (u *Unfit) Error() string { return u.Key + ": read " + u.Read.En + ", allowed " + u.Allowed.En }
func (u *Unfit) Unwrap() error { return ErrUnsupported }

// Words say it to who wrote the entry.
func (u *Unfit) Words() point.Words {
	return point.Words{Zh: u.Key + "：写的是 " + u.Read.Zh + "；应为 " + u.Allowed.Zh, En: u.Error()}
}

// Hidden is shown in the place of a secret, and of what may hold one.
func Hidden(secret string) string {
	if secret == "" {
		return ""
	}
	return "***"
}

// Bad is a key of the entry that the driver cannot take as it stands there.
func Bad(key, read string, allowed point.Words) error { return &Unfit{key, shown(read), allowed} }

// BadOption is the same for an option.
func BadOption(key, read string, allowed point.Words) error {
	return Bad("options."+key, read, allowed)
}

// UnknownOption is one that the driver would not heed; known are those that it does.
func UnknownOption(key string, known ...string) error {
	allowed := point.Words{Zh: "没有选项", En: "no options"}
	if len(known) > 0 {
		allowed = OneOf(known...)
	}
	return &Unfit{"options." + key, point.Words{Zh: "不认识的选项", En: "an unknown option"}, allowed}
}

// OneOf is a choice of words of the site file.
func OneOf(words ...string) point.Words {
	return point.Words{Zh: strings.Join(words, "、") + " 之一", En: "one of " + strings.Join(words, ", ")}
}

// Between is a range of numbers or durations, both ends in it.
func Between(low, high any) point.Words {
	from, to := plain(low), plain(high)
	return point.Words{Zh: from + " 至 " + to, En: from + " to " + to}
}

// plain writes a number without an exponent.
func plain(v any) string {
	if f, real := v.(float64); real {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

// shown is what stands in the file, bounded and on one line.
func shown(read string) point.Words {
	if read == "" {
		return point.Words{Zh: "空", En: "nothing"}
	}
	if r := []rune(read); len(r) > 60 {
		read = string(r[:60]) + "…"
	}
	if strings.ContainsFunc(read, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		read = fmt.Sprintf("%q", read)
	}
	return point.Words{Zh: read, En: read}
}
