package backup

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
	"time"

	"watchbox/firmware/config"
	"watchbox/firmware/person"
)

func content() Content {
	return Content{Box: "b7", Board: "sim", Firmware: "1.0.0", At: time.Unix(1, 0).UTC(), By: "li", Site: "version: 1\n",
		Former:  []Former{{config.Accepted{Number: 3, By: "wang", Digest: config.Digest([]byte("x"))}, "x"}},
		Secrets: map[string]string{"hook": "a secret that must not be read"}, Retained: map[string][]byte{"partition:main": {1, 0, 2}},
		Accounts: []person.Account{{}}}
}

func TestABackupComesBackWithItsPassphraseOnly(t *testing.T) {
	file, err := Seal(content(), "长一点的口令才安全啊！")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(file, []byte("a secret")) || bytes.Contains(file, []byte("version")) {
		t.Error("the file can be read")
	}
	c, err := Open(file, "长一点的口令才安全啊！")
	if err != nil || !reflect.DeepEqual(c, content()) {
		t.Errorf("%+v %v", c, err)
	}
	if _, err := Open(file, "another passphrase"); !errors.Is(err, ErrPassphrase) {
		t.Errorf("another passphrase: %v", err)
	}
	for _, at := range []int{len(magic), len(magic) + saltSize, len(file) - 1, len(file) / 2} {
		broken := bytes.Clone(file)
		broken[at] ^= 1
		if _, err := Open(broken, "长一点的口令才安全啊！"); !errors.Is(err, ErrPassphrase) {
			t.Errorf("a bit at %d: %v", at, err)
		}
	}
	for _, short := range [][]byte{nil, file[:10], file[:len(magic)], file[:len(magic)+saltSize+5]} {
		if _, err := Open(short, "x"); !errors.Is(err, ErrNoBackup) {
			t.Errorf("%d bytes: %v", len(short), err)
		}
	}
	if again, _ := Seal(content(), "长一点的口令才安全啊！"); bytes.Equal(again, file) {
		t.Error("two backups are equal: salt or nonce is used twice")
	}
}

func TestAWeakPassphraseIsRefused(t *testing.T) {
	for _, p := range []string{"", "123456789", "九个字也是不够长的"} {
		if _, err := Seal(content(), p); !errors.Is(err, ErrWeak) {
			t.Errorf("%q: %v", p, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("\x1f\x8b\x08"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := parse(data); err != nil && !reflect.DeepEqual(c, Content{}) {
			t.Errorf("%v, and %+v", err, c)
		}
	})
}
