package system

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Data belongs to the daemon; init writes there through an os.Root, so that no
// link that the daemon makes leads init elsewhere.

// SiteFile is the name of the site file on data.
const SiteFile = "site.yaml"

// FirstSite copies the board's own site file to data when there is none. made is
// true when it did.
func FirstSite(data *os.Root, standard string, uid int) (made bool, err error) {
	if _, err := data.Lstat(SiteFile); !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	text, err := os.ReadFile(standard)
	if err == nil {
		err = PutSite(data, text, uid)
	}
	if err != nil {
		return false, fmt.Errorf("first site file: %w", err)
	}
	return true, nil
}

// PutSite makes a text the daemon's site file.
func PutSite(data *os.Root, text []byte, uid int) error {
	err := writeWhole(data, SiteFile, text, 0o600)
	if err == nil {
		err = data.Chown(SiteFile, uid, uid)
	}
	return err
}

// The copy of the box id on data: a destroyed boot state gets it back from there.
const boxFile = "box-id"

// KeptBox reads the copy; "" is none.
func KeptBox(data *os.Root) string {
	text, err := data.ReadFile(boxFile)
	if err != nil || len(text) != 16 {
		return ""
	}
	for _, c := range text {
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f') {
			return ""
		}
	}
	return string(text)
}

// KeepBox writes the copy where it differs.
func KeepBox(data *os.Root, box string) error {
	if KeptBox(data) == box {
		return nil
	}
	return writeWhole(data, boxFile, []byte(box), 0o644)
}
