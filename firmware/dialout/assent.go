package dialout

import (
	"strconv"
	"strings"
	"unicode"
)

// assents are the words that a reply may consist of beside codes.
var assents = []string{"回复", "全部", "确认", "收到", "已", "好的", "acknowledged", "acknowledge", "ack", "reply", "confirm", "okay", "ok", "yes", "all"}

// readReply finds the codes in a reply, and whether it says yes. A reply that
// holds anything else than codes and words of assent means nothing: an
// automatic "back in 10 minutes" must not acknowledge alarm 10.
func readReply(text string) (codes []string, assent bool) {
	rest := strings.ToLower(halfWidth(clip(text, 200)))
	for _, word := range assents {
		if strings.Contains(rest, word) {
			rest, assent = strings.ReplaceAll(rest, word, " "), true
		}
	}
	for _, f := range strings.FieldsFunc(rest, separates) {
		if _, err := strconv.ParseUint(f, 10, 16); err != nil || len(f) > 3 || len(codes) == 8 {
			return nil, false
		}
		codes = append(codes, strings.TrimLeft(f, "0"))
	}
	return codes, assent
}

func separates(r rune) bool { return unicode.IsSpace(r) || unicode.IsPunct(r) || unicode.IsSymbol(r) }

// halfWidth turns the full-width digits and letters of Chinese keyboards into ASCII.
func halfWidth(s string) string {
	return strings.Map(func(r rune) rune {
		if 0xff01 <= r && r <= 0xff5e {
			return r - 0xfee0
		}
		return r
	}, s)
}
