package update

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Version is a release, x.y.z, each 0–65535. The zero Version is a build
// without one: everything is newer.
type Version struct{ Major, Minor, Patch uint16 }

// ParseVersion reads x.y.z.
func ParseVersion(text string) (v Version, err error) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return v, fmt.Errorf("version %q: want x.y.z", text)
	}
	var n [3]uint64
	for i, p := range parts {
		if n[i], err = strconv.ParseUint(p, 10, 16); err != nil || p != strconv.FormatUint(n[i], 10) {
			return v, fmt.Errorf("version %q: want three numbers from 0 to 65535", text)
		}
	}
	return Version{uint16(n[0]), uint16(n[1]), uint16(n[2])}, nil
}

func (v Version) String() string { return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch) }

// Before is true when v is an older release than u.
func (v Version) Before(u Version) bool {
	return cmp.Or(cmp.Compare(v.Major, u.Major), cmp.Compare(v.Minor, u.Minor), cmp.Compare(v.Patch, u.Patch)) < 0
}

// MarshalText writes String.
func (v Version) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (v *Version) UnmarshalText(b []byte) (err error) {
	*v, err = ParseVersion(string(b))
	return err
}
