package smsgateway

import (
	"context"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/dialout"
	"watchbox/firmware/driver"
)

// receiver is a gateway that keeps what came and answers as told.
type receiver struct {
	status int
	answer string
	header http.Header
	body   []byte
	calls  int
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	r.calls++
	r.header = q.Header.Clone()
	r.body, _ = io.ReadAll(q.Body)
	w.Header().Set("Location", "/elsewhere")
	w.WriteHeader(r.status)
	fmt.Fprint(w, r.answer)
}

func serve(t *testing.T, r *receiver) (url, ca string) {
	t.Helper()
	s := httptest.NewTLSServer(r)
	t.Cleanup(s.Close)
	return s.URL + "/sms", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
}

var message = dialout.Message{ID: "abc-1", To: "+8613800000001", Text: "【财务机房】报警\",\"to\":\"x {secret}\n\\ <&> 😀"}

func send(t *testing.T, r *receiver, options map[string]string) (*Channel, dialout.Receipt, bool, error) {
	t.Helper()
	url, ca := serve(t, r)
	options["ca"] = ca
	c, err := New("cloud", url, options)
	if err != nil {
		t.Fatal(err)
	}
	receipt, retry, err := c.Send(t.Context(), message)
	return c, receipt, retry, err
}

func TestSendFillsTheTemplateIn(t *testing.T) {
	r := &receiver{status: 200, answer: `{"code":0,"data":{"id":"r-77","left":1234.5}}`}
	c, receipt, _, err := send(t, r, map[string]string{
		"body":   `{"to":["{mobile}"],"n":1,"content":{"text":"{text}","id":"{id}"}}`,
		"secret": "hush", "header": "Authorization: Bearer", "success": "code=0", "reference": "data.id", "balance": "data.left",
	})
	if err != nil {
		t.Fatal(err)
	}
	var got any
	if err := json.Unmarshal(r.body, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"to": []any{"13800000001"}, "n": 1.0, "content": map[string]any{"text": message.Text, "id": "abc-1"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %s", r.body)
	}
	if r.header.Get("Authorization") != "Bearer hush" || receipt.Reference != "r-77" {
		t.Errorf("header %q, receipt %+v", r.header.Get("Authorization"), receipt)
	}
	if left, asOf := c.Balance(); left != "1234.5" || asOf.IsZero() {
		t.Errorf("balance %q as of %v", left, asOf)
	}
}

func TestBase64WithMAC(t *testing.T) {
	r := &receiver{status: 200, answer: `{"success":true,"msgGroup":"g1","rspcod":"success"}`}
	_, receipt, _, err := send(t, r, map[string]string{
		"body":   `{"ecName":"行","apId":"box","secretKey":"{secret}","mobiles":"{mobile}","content":"{text}","sign":"S","addSerial":"","mac":"{mac}"}`,
		"mac":    "行box{secret}{mobile}{text}S",
		"secret": "hush", "encoding": "base64", "success": "success=true", "reference": "msgGroup",
	})
	if err != nil || receipt.Reference != "g1" {
		t.Fatalf("receipt %+v, error %v", receipt, err)
	}
	body, err := base64.StdEncoding.DecodeString(string(r.body))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]string
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	sum := md5.Sum([]byte("行boxhush13800000001" + message.Text + "S"))
	if got["mac"] != hex.EncodeToString(sum[:]) || got["content"] != message.Text || got["secretKey"] != "hush" {
		t.Errorf("got %v", got)
	}
}

func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		status int
		answer string
		retry  bool
		class  error
	}{
		"wrong secret":      {401, "hush is wrong", false, driver.ErrRefused},
		"too many":          {429, "", true, driver.ErrRefused},
		"server is ill":     {503, "", true, driver.ErrRefused},
		"redirect":          {302, "", false, driver.ErrRefused},
		"no success":        {200, `{"code":7,"why":"balance"}`, true, driver.ErrRefused},
		"not JSON":          {200, "<html>", true, driver.ErrGarbage},
		"path is not there": {200, `[1]`, true, driver.ErrRefused},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			r := &receiver{status: c.status, answer: c.answer}
			_, _, retry, err := send(t, r, map[string]string{"body": `{"t":"{text}"}`, "secret": "hush", "success": "code=0"})
			if err == nil || retry != c.retry || !errors.Is(err, c.class) {
				t.Errorf("retry %v, error %v", retry, err)
			}
			if err != nil && (strings.Contains(err.Error(), "hush") || !strings.HasPrefix(err.Error(), "sms gateway cloud: send abc-1: ")) {
				t.Errorf("error %v", err)
			}
			if r.calls != 1 {
				t.Errorf("%d calls in one attempt", r.calls)
			}
		})
	}
}

func TestDeadline(t *testing.T) {
	stop := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-stop }))
	defer s.Close()
	defer close(stop)
	c, err := New("cloud", s.URL, map[string]string{"body": "{}", "security": "none"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, retry, err := c.Send(ctx, message); !retry || !errors.Is(err, driver.ErrTimeout) {
		t.Errorf("retry %v, error %v", retry, err)
	}
}

func TestHostsWithoutATrustedCertificateGetNothing(t *testing.T) {
	r := &receiver{status: 200}
	url, _ := serve(t, r)
	c, err := New("cloud", url, map[string]string{"body": "{}"})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Send(t.Context(), message); err == nil || r.calls != 0 {
		t.Errorf("%d calls, error %v", r.calls, err)
	}
}

func TestOptions(t *testing.T) {
	for name, c := range map[string]struct {
		address string
		options map[string]string
	}{
		"plain http":   {"http://gateway/sms", map[string]string{"body": "{}"}},
		"no URL":       {"gateway", map[string]string{"body": "{}"}},
		"no body":      {"https://gateway/sms", nil},
		"broken body":  {"https://gateway/sms", map[string]string{"body": "{"}},
		"bad key":      {"https://gateway/sms", map[string]string{"body": "{}", "sekret": "hush"}},
		"bad header":   {"https://gateway/sms", map[string]string{"body": "{}", "header": "A\r\nB"}},
		"bad encoding": {"https://gateway/sms", map[string]string{"body": "{}", "encoding": "xml"}},
		"bad ca":       {"https://gateway/sms", map[string]string{"body": "{}", "ca": "/does/not/exist"}},
	} {
		if _, err := New("cloud", c.address, c.options); !errors.Is(err, driver.ErrUnsupported) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
