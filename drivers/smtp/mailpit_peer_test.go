//go:build peer

package smtp

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// mailpit starts a mail host that insists on STARTTLS and a password, and
// returns its SMTP and HTTP addresses.
func mailpit(t *testing.T) (address, api, ca string) {
	t.Helper()
	home, _ := os.UserHomeDir()
	program := filepath.Join(home, ".cache/watchbox/bin/mailpit")
	if _, err := os.Stat(program); err != nil {
		if program, err = exec.LookPath("mailpit"); err != nil {
			t.Fatal("mailpit is missing: GOBIN=~/.cache/watchbox/bin go install github.com/axllent/mailpit@v1.27.11")
		}
	}
	_, certPEM, keyPEM := certificate(t)
	dir := t.TempDir()
	for name, text := range map[string]string{"cert.pem": certPEM, "key.pem": keyPEM, "users": "box:sécret\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	address, api = free(t), free(t)
	ctx, cancel := context.WithCancel(context.Background())
	command := exec.CommandContext(ctx, program, "--smtp", address, "--listen", api, "--database", filepath.Join(dir, "mail.db"),
		"--smtp-auth-file", filepath.Join(dir, "users"), "--smtp-tls-cert", filepath.Join(dir, "cert.pem"),
		"--smtp-tls-key", filepath.Join(dir, "key.pem"), "--smtp-require-starttls", "--smtp-disable-rdns", "--disable-version-check")
	var output strings.Builder
	command.Stdout, command.Stderr = &output, &output
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		command.Wait()
		if t.Failed() {
			t.Log(output.String())
		}
	})
	return address, "http://" + api, certPEM
}

func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func fetch(t *testing.T, url string, into any) error {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK {
		return fmt.Errorf("%s", r.Status)
	}
	return json.NewDecoder(r.Body).Decode(into)
}

func TestMailpitReceivesChineseOverTLS(t *testing.T) {
	address, api, ca := mailpit(t)
	var list struct {
		Messages []struct{ ID, MessageID, Subject string }
	}
	for deadline := time.Now().Add(60 * time.Second); fetch(t, api+"/api/v1/messages", &list) != nil; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("mailpit does not answer")
		}
	}
	options := map[string]string{"from": "值守 <box@example.com>", "ca": ca, "user": "box", "password": "sécret"}
	r, _, err := send(t, address, options, message)
	if err != nil {
		t.Fatal(err)
	}
	if err := fetch(t, api+"/api/v1/messages", &list); err != nil || len(list.Messages) != 1 {
		t.Fatalf("%v, %d messages", err, len(list.Messages))
	}
	var got struct {
		MessageID, Subject, Text string
		From                     struct{ Name, Address string }
		To                       []struct{ Address string }
	}
	if err := fetch(t, api+"/api/v1/message/"+list.Messages[0].ID, &got); err != nil {
		t.Fatal(err)
	}
	if got.Subject != "‼ "+message.Subject || strings.TrimSpace(strings.ReplaceAll(got.Text, "\r", "")) != strings.TrimSpace(message.Text) ||
		got.From.Name != "值守" || len(got.To) != 1 || got.To[0].Address != message.To || "<"+got.MessageID+">" != r.Reference {
		t.Errorf("mailpit has %+v", got)
	}
	options["password"] = "wrong"
	if _, retry, err := send(t, address, options, message); err == nil || retry {
		t.Errorf("wrong password: retry %v, error %v", retry, err)
	}
}
