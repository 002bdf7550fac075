package words

import "testing"

func TestNamed(t *testing.T) {
	for _, x := range []struct{ lang, family, name, want string }{
		{"zh", "reason", "timeout", "超时无应答"},
		{"en", "reason", "timeout", "No answer in time"},
		{"zh", "reason", "unheard-of", "unheard-of"},
	} {
		if got := Named(x.lang, x.family, x.name); got != x.want {
			t.Errorf("Named(%s, %s, %s) = %q, want %q", x.lang, x.family, x.name, got, x.want)
		}
	}
}
