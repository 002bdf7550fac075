package megatec

import (
	"slices"
	"strconv"
	"strings"

	"watchbox/firmware/point"
)

// reader makes a value of the text of a field. The zero Value is an item that the
// unit does not have; ok is false when the text is none of the field's.
type reader func(text string) (v point.Value, ok bool)

// fill are the characters that stand for what a unit does not support.
const fill = "@-#"

// number reads a decimal number: digits and at most one point, with blanks around.
func number(text string) (point.Value, bool) {
	f, ok := decimal(text)
	if f < 0 {
		return point.Value{}, ok
	}
	return point.OfReal(f), ok
}

// minutes reads a whole time in minutes; the point is in seconds.
func minutes(text string) (point.Value, bool) {
	f, ok := decimal(text)
	if f < 0 {
		return point.Value{}, ok
	}
	return point.OfReal(60 * f), ok
}

// decimal is negative for nothing: no field of the family has a sign.
func decimal(text string) (float64, bool) {
	text = strings.Trim(text, " ")
	if text == "" || strings.ContainsAny(text, fill) {
		return -1, true
	}
	if strings.Trim(text, "0123456789.") != "" {
		return -1, false
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return -1, false
	}
	return f, true
}

// flag is one bit, 1 is true.
func flag(text string) (point.Value, bool) {
	switch text {
	case "0", "1":
		return point.OfBool(text == "1"), true
	}
	return point.Value{}, filled(text)
}

// unflag is one bit, 0 is true.
func unflag(text string) (point.Value, bool) {
	v, ok := flag(text)
	if v.IsNone() {
		return v, ok
	}
	return point.OfBool(!v.Truth()), ok
}

// filled is true for a text of nothing but fill characters and blanks.
func filled(text string) bool { return strings.Trim(text, fill+" ") == "" }

// anyFlag is true when one of the bits is. Bits that are not supported are not set.
func anyFlag(text string) (point.Value, bool) {
	if filled(text) {
		return point.Value{}, true
	}
	return point.OfBool(strings.Contains(text, "1")), strings.Trim(text, "01"+fill) == ""
}

// listFlags are the numbers of the bits that are set, from 1 as the maker's
// table counts them; "-" is none.
func listFlags(text string) (point.Value, bool) {
	if filled(text) {
		return point.Value{}, true
	}
	var set []string
	for i := range len(text) {
		if text[i] == '1' {
			set = append(set, strconv.Itoa(i+1))
		}
	}
	if set == nil {
		set = []string{"-"}
	}
	return point.OfText(strings.Join(set, ", ")), strings.Trim(text, "01"+fill) == ""
}

// The numbers of ups.type.
const (
	offline = iota
	interactive
	online
	offlineOrInteractive // Q1 does not tell the two apart
)

// standby is the type bit of Q1.
func standby(text string) (point.Value, bool) {
	v, ok := flag(text)
	switch {
	case v.IsNone():
		return v, ok
	case v.Truth():
		return point.OfInt(offlineOrInteractive), true
	}
	return point.OfInt(online), true
}

// kind are the two type bits of QGS.
func kind(text string) (point.Value, bool) {
	if i := slices.Index([]string{"00", "01", "10"}, text); i >= 0 {
		return point.OfInt(int64(i)), true
	}
	return point.Value{}, filled(text)
}

// letter is the mode of QMOD; its number is the letter's.
func letter(text string) (point.Value, bool) {
	if len(text) == 1 && 'A' <= text[0] && text[0] <= 'Z' {
		return point.OfInt(int64(text[0])), true
	}
	return point.Value{}, filled(text)
}

// protocol turns PI01 into P01, as NUT and the maker's papers name it.
func protocol(text string) (point.Value, bool) {
	number, ok := strings.CutPrefix(text, "PI")
	if !ok || strings.Trim(number, "0123456789") != "" {
		return point.Value{}, false
	}
	return point.OfText("P" + number), true
}

// word is a text with blanks or fill around it; bytes that no printer has are none.
func word(text string) (point.Value, bool) {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return point.Value{}, false
		}
	}
	if text = strings.Trim(text, fill+" "); text == "" {
		return point.Value{}, true
	}
	return point.OfText(text), true
}
