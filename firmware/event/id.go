package event

import (
	"fmt"
	"strconv"
	"strings"
)

// ID names one record for ever, everywhere: box/epoch/sequence. Box is random
// at first boot, Epoch random whenever a journal begins, Sequence counts from 1
// without gaps within an epoch, so that a receiver can ask for what is missing.
type ID struct {
	Box      string
	Epoch    string
	Sequence uint64
}

// String is "box/epoch/sequence"; empty for the zero ID.
func (i ID) String() string {
	if i == (ID{}) {
		return ""
	}
	return i.Box + "/" + i.Epoch + "/" + strconv.FormatUint(i.Sequence, 10)
}

// MarshalText writes String.
func (i ID) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText reads what MarshalText wrote; empty is the zero ID.
func (i *ID) UnmarshalText(b []byte) (err error) {
	*i = ID{}
	if len(b) > 0 {
		*i, err = ParseID(string(b))
	}
	return err
}

// ParseID reads box/epoch/sequence.
func ParseID(s string) (ID, error) {
	p := strings.Split(s, "/")
	if len(p) != 3 || p[0] == "" || p[1] == "" {
		return ID{}, fmt.Errorf("event id %q: want box/epoch/sequence", s)
	}
	n, err := strconv.ParseUint(p[2], 10, 63)
	if err != nil {
		return ID{}, fmt.Errorf("event id %q: sequence is not a number", s)
	}
	return ID{p[0], p[1], n}, nil
}
