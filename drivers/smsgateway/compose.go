package smsgateway

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"

	"watchbox/firmware/dialout"
)

// compose fills the template in.
func (c *Channel) compose(m dialout.Message) []byte {
	words := []string{"{to}", m.To, "{mobile}", mobile(m.To), "{text}", strings.ToValidUTF8(m.Text, "?"), "{id}", m.ID, "{secret}", c.secret}
	sum := md5.Sum([]byte(strings.NewReplacer(words...).Replace(c.mac)))
	filler := strings.NewReplacer(append(words, "{mac}", hex.EncodeToString(sum[:]))...)
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(fill(c.body, filler)); err != nil {
		return nil // the template came from JSON: it goes back
	}
	body := bytes.TrimSpace(b.Bytes())
	if c.base64 {
		return []byte(base64.StdEncoding.EncodeToString(body))
	}
	return body
}

// fill replaces words in every string of a JSON value.
func fill(v any, filler *strings.Replacer) any {
	switch v := v.(type) {
	case string:
		return filler.Replace(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = fill(v[i], filler)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k := range v {
			out[k] = fill(v[k], filler)
		}
		return out
	}
	return v
}

// mobile is the number as Chinese gateways want it: 11 digits.
func mobile(number string) string {
	n := strings.TrimPrefix(strings.TrimPrefix(number, "+"), "00")
	if len(n) == 13 && strings.HasPrefix(n, "861") {
		return n[2:]
	}
	return n
}
