package web

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"watchbox/firmware/config"
	"watchbox/firmware/point"
	"watchbox/firmware/update"
	"watchbox/web/webtest"
)

// document reads the OpenAPI document as it is served.
func (b *bench) document() (d map[string]any) {
	b.Helper()
	w := b.ask("", "GET", base+"openapi.json", "")
	if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil {
		b.Fatal(err)
	}
	return d
}

// dig goes down the keys of nested objects.
func dig(v any, keys ...string) any {
	for _, k := range keys {
		m, _ := v.(map[string]any)
		v = m[k]
	}
	return v
}

// validate holds a JSON value against a schema of the document: type, enum,
// required, unknown properties, items, references.
func validate(d map[string]any, schema, v any, at string) error {
	s, _ := schema.(map[string]any)
	if ref, ok := s["$ref"].(string); ok {
		s, _ = dig(d, "components", "schemas", strings.TrimPrefix(ref, "#/components/schemas/")).(map[string]any)
		if s == nil {
			return fmt.Errorf("%s: %s is not in the document", at, ref)
		}
	}
	if want := s["type"]; want != nil && !isType(want, v) {
		return fmt.Errorf("%s: %v is not of type %v", at, v, want)
	}
	if enum, ok := s["enum"].([]any); ok && !slices.Contains(enum, v) {
		return fmt.Errorf("%s: %v is none of %v", at, v, enum)
	}
	switch v := v.(type) {
	case []any:
		for i, e := range v {
			if err := validate(d, s["items"], e, fmt.Sprintf("%s[%d]", at, i)); err != nil {
				return err
			}
		}
	case map[string]any:
		return validateObject(d, s, v, at)
	}
	return nil
}

func validateObject(d map[string]any, s, v map[string]any, at string) error {
	required, _ := s["required"].([]any)
	for _, name := range required {
		if _, ok := v[name.(string)]; !ok {
			return fmt.Errorf("%s: %v is missing", at, name)
		}
	}
	for name, e := range v {
		property := dig(s, "properties", name)
		if property == nil && s["type"] == "object" {
			more := s["additionalProperties"]
			if more == false {
				return fmt.Errorf("%s: %s is not in the document", at, name)
			}
			property = more
		}
		if err := validate(d, property, e, at+"."+name); err != nil {
			return err
		}
	}
	return nil
}

func isType(want, v any) bool {
	if list, ok := want.([]any); ok {
		return slices.ContainsFunc(list, func(w any) bool { return isType(w, v) })
	}
	f, number := v.(float64)
	switch want {
	case "null":
		return v == nil
	case "boolean":
		return reflect.TypeOf(v) == reflect.TypeFor[bool]()
	case "integer":
		return number && f == float64(int64(f))
	case "number":
		return number
	case "string":
		return reflect.TypeOf(v) == reflect.TypeFor[string]()
	case "array":
		return reflect.TypeOf(v) == reflect.TypeFor[[]any]()
	case "object":
		return reflect.TypeOf(v) == reflect.TypeFor[map[string]any]()
	}
	return false
}

func TestEveryRouteIsDocumentedAndViceVersa(t *testing.T) {
	b := newBench(t)
	paths, _ := b.document()["paths"].(map[string]any)
	documented := 0
	for _, item := range paths {
		documented += len(item.(map[string]any))
	}
	if documented != len(b.server.routes) {
		t.Errorf("%d operations documented, %d routes", documented, len(b.server.routes))
	}
	for _, r := range b.server.routes {
		o := dig(paths, r.path, strings.ToLower(r.method))
		if o == nil || r.zh == "" || r.en == "" {
			t.Errorf("%s %s is not documented", r.method, r.path)
		}
		for _, m := range pathParameter.FindAllStringSubmatch(r.path, -1) {
			if !strings.Contains(fmt.Sprint(dig(o, "parameters")), "name:"+m[1]) {
				t.Errorf("%s %s: parameter %s is not documented", r.method, r.path, m[1])
			}
		}
		request := httptest.NewRequest(r.method, strings.NewReplacer("{", "", "}", "").Replace(r.path), nil)
		if _, pattern := b.server.api.Handler(request); pattern != r.method+" "+r.path {
			t.Errorf("%s %s is documented but %q answers", r.method, r.path, pattern)
		}
	}
}

// probes say how each route with a body in its answer is asked so that it answers with one.
var probes = map[string]struct{ path, body, user string }{
	"POST setup":                 {"setup", `{"code":"` + webtest.SetupCode + `","name":"chief","password":"long enough"}`, ""},
	"POST session":               {"session", `{"name":"viewer","password":"` + webtest.Password + `"}`, ""},
	"GET points/{name}":          {path: "points/oc%2Fpanic"},
	"GET points/{name}/history":  {path: "points/th1%2Ftemperature/history?most=20"},
	"POST contacts/test":         {"contacts/test", `{"channel":"sms","contact":"zhang"}`, ""},
	"GET why":                    {path: "why?key=zone%2Fpanic&at=2026-11-24T03:12:00Z"},
	"POST backtest":              {"backtest", `{"days":1,"rules":"alarms: [{id: hot, label: {en: hot}, points: [th1/temperature], when: {above: 30}, priority: 2}]"}`, ""},
	"POST outputs/{name}/select": {"outputs/oc%2Ffan/select", `{"value":true,"reason":"test"}`, ""},
	"POST tokens":                {"tokens", `{"label":"x"}`, ""},
	"GET site/history/{number}":  {path: "site/history/7"},
	"GET buses/{id}/search":      {path: "buses/rs485-1/search"},
}

func TestAnswersKeepToTheDocument(t *testing.T) {
	b := newBench(t)
	d := b.document()
	b.box.Raise("zone/panic", "")
	b.box.Raise("rule/leak/cz/leak", "")
	b.box.Clear("rule/leak/cz/leak")
	b.box.Fail("ups2", point.Timeout, "no answer")
	b.box.SetReady("main", point.Words{Zh: "门开着"})
	withSlots(b)
	b.box.SiteFiles = []config.Accepted{{Number: 7}}
	admin := b.box.People().Session("admin")
	b.want(204, "admin", "POST", "buses/rs485-1/search", `{"to":20}`, nil)
	b.want(200, "admin", "POST", "contacts/test", `{"channel":"sms","contact":"zhang"}`, nil)
	b.want(204, "operator", "POST", "partitions/main/force-arm", "", nil)
	for _, r := range b.server.routes {
		if r.out == nil {
			continue
		}
		name := strings.TrimPrefix(r.path, base)
		p := probes[r.method+" "+name]
		if p.path == "" {
			p.path = name
		}
		if name == "setup" && r.method == "POST" {
			continue // its answer is that of POST session; see TestFirstSetUp
		}
		if r.body != "" {
			p.body = string(bundleFor(t, "sim", update.Version{Major: 2}, 1000))
		}
		w := b.ask(admin, r.method, base+p.path, p.body)
		var v any
		if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil || w.Code != 200 {
			t.Errorf("%s %s: %d %s", r.method, p.path, w.Code, w.Body)
			continue
		}
		schema := dig(d, "paths", r.path, strings.ToLower(r.method), "responses", "200", "content", "application/json", "schema")
		if err := validate(d, schema, v, r.method+" "+p.path); err != nil {
			t.Error(err)
		}
	}
	var v any
	b.want(409, "operator", "POST", "partitions/main/arm", "", &v)
	if err := validate(d, dig(d, "components", "schemas", "FailureBody"), v, "failure"); err != nil {
		t.Error(err)
	}
}

func TestTheValidatorSeesDifferences(t *testing.T) {
	schema := map[string]any{"type": "object", "properties": map[string]any{"n": map[string]any{"type": "integer"}},
		"required": []any{"n"}, "additionalProperties": false}
	for text, good := range map[string]bool{`{"n":1}`: true, `{"n":1.5}`: false, `{}`: false, `{"n":1,"m":2}`: false, `[]`: false, `{"n":"1"}`: false} {
		var v any
		json.Unmarshal([]byte(text), &v)
		if err := validate(nil, schema, v, "x"); (err == nil) != good {
			t.Errorf("%s: %v", text, err)
		}
	}
}
