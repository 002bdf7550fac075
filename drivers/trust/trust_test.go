package trust

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"watchbox/firmware/driver"
)

// served is a TLS server with its certificate as text, as a file and as the pin.
func served(t *testing.T) (s *httptest.Server, text, file, pin string) {
	t.Helper()
	s = httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(s.Close)
	der := s.Certificate().Raw
	text = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	file = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(der)
	return s, text, file, hex.EncodeToString(sum[:])
}

func TestSettings(t *testing.T) {
	server, _, file, pin := served(t)
	for name, c := range map[string]struct {
		options map[string]string
		ok      bool
	}{
		"ca":                   {map[string]string{"ca": file}, true},
		"ca and another name":  {map[string]string{"ca": file, "server-name": "elsewhere.test"}, false},
		"pin and another name": {map[string]string{"pin": pin, "server-name": "elsewhere.test"}, true},
		"other pin":            {map[string]string{"pin": strings.Repeat("00", sha256.Size)}, false},
		"nothing":              {nil, false},
	} {
		settings, err := Settings("", c.options)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		client := http.Client{Transport: &http.Transport{TLSClientConfig: settings, DisableKeepAlives: true}}
		r, err := client.Get(server.URL)
		if err == nil {
			r.Body.Close()
		}
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRefusedOptions(t *testing.T) {
	for _, options := range []map[string]string{{"ca": "/does/not/exist"}, {"pin": "abc"}, {"cert": "/does/not/exist"}, {"key": "/does/not/exist"}} {
		if _, err := Settings("host", options); !errors.Is(err, driver.ErrUnsupported) {
			t.Errorf("%v: %v", options, err)
		}
	}
}

func TestAuthority(t *testing.T) {
	_, text, file, _ := served(t)
	for _, value := range []string{text, file} {
		if pool, err := Authority(value); err != nil || pool == nil {
			t.Errorf("%.30q: %v", value, err)
		}
	}
	for _, value := range []string{"/does/not/exist", "-----BEGIN nothing", ""} {
		_, err := Authority(value)
		if !errors.Is(err, driver.ErrUnsupported) || value != "" && strings.Contains(err.Error(), value) {
			t.Errorf("%q: %v", value, err)
		}
	}
}
