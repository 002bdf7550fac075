package alarm

import "testing"

func TestLike(t *testing.T) {
	for _, row := range []struct {
		pattern, key string
		want         bool
	}{
		{"a", "a", true}, {"a", "ab", false}, {"*", "", true}, {"*", "a/b", true}, {"a*", "a", true}, {"*b", "a/b", true},
		{"a*b", "ab", true}, {"a*b", "a", false}, {"a*a", "a", false}, {"*mains*", "x/mains-fail", true}, {"a*b*c", "a1b2c", true}, {"a*b*c", "acb", false},
	} {
		if Like(row.pattern, row.key) != row.want {
			t.Errorf("%q like %q: want %v", row.key, row.pattern, row.want)
		}
	}
}
