package web

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"watchbox/firmware/point"
)

type object = map[string]any

func openAPI(c *call) {
	c.w.Header().Set("Content-Type", "application/json; charset=utf-8")
	c.w.Header().Set("Cache-Control", "no-cache")
	c.w.Write(c.document)
}

// describe makes the OpenAPI 3.1 document from the routes and the Go types.
func (s *Server) describe() []byte {
	d := &document{object{}, map[string]reflect.Type{}}
	paths := object{}
	for _, r := range s.routes {
		item, _ := paths[r.path].(object)
		if item == nil {
			item = object{}
			paths[r.path] = item
		}
		item[strings.ToLower(r.method)] = d.operation(r)
	}
	d.schema(reflect.TypeFor[FailureBody]())
	d.schema(reflect.TypeFor[TraceLine]())
	messages := object{}
	for name, v := range streamMessages {
		messages[name] = d.schema(reflect.TypeOf(v))
	}
	b, err := json.MarshalIndent(object{
		"openapi": "3.1.0",
		"info": object{"title": "Watchbox 值守", "version": s.options.Version,
			"description": "Cookie session or Bearer token. Requests that change something need the header X-Watchbox or a JSON content type unless a Bearer token is sent. A path parameter that holds a slash is written with %2F."},
		"paths":             paths,
		"x-stream-messages": messages,
		"components": object{"schemas": d.schemas, "securitySchemes": object{
			"session": object{"type": "apiKey", "in": "cookie", "name": s.cookieName()},
			"token":   object{"type": "http", "scheme": "bearer"}}},
	}, "", " ")
	if err != nil {
		panic(err) // the types are constants of the program: a test would have seen it
	}
	return b
}

// document gathers the named schemas, and which type has which name: two types
// of one name would describe each other's fields.
type document struct {
	schemas object
	types   map[string]reflect.Type
}

var pathParameter = regexp.MustCompile(`\{(\w+)\}`)

func (d *document) operation(r route) object {
	parameters := []object{}
	for _, m := range pathParameter.FindAllStringSubmatch(r.path, -1) {
		parameters = append(parameters, object{"name": m[1], "in": "path", "required": true, "schema": object{"type": "string"}})
	}
	for _, q := range r.query {
		parameters = append(parameters, object{"name": q.name, "in": "query", "description": q.doc, "schema": object{"type": q.kind}})
	}
	o := object{"operationId": operationID(r), "tags": []string{r.tag}, "summary": r.zh + " · " + r.en,
		"parameters": parameters, "responses": d.responses(r), "security": []object{}}
	if r.role != "" {
		o["x-role"] = string(r.role)
		o["security"] = []object{{"session": []string{}}, {"token": []string{}}}
	}
	if r.in != nil {
		o["requestBody"] = object{"content": object{"application/json": object{"schema": d.schema(reflect.TypeOf(r.in))}}}
	}
	if r.body != "" {
		o["requestBody"] = object{"required": true, "content": object{r.body: object{"schema": object{"type": "string", "format": "binary"}}}}
	}
	return o
}

func operationID(r route) string {
	name := strings.NewReplacer("/", "-", "{", "", "}", "", ".", "-").Replace(strings.TrimPrefix(strings.TrimPrefix(r.path, base), "/"))
	return strings.ToLower(r.method) + "-" + name
}

func (d *document) responses(r route) object {
	failed := object{"description": "Failure", "content": object{"application/json": object{"schema": d.schema(reflect.TypeFor[FailureBody]())}}}
	out := object{"default": failed}
	switch {
	case r.raw != nil:
		out["200"] = object{"description": r.en, "content": object{r.media: object{"schema": object{}}}}
	case r.out == nil:
		out["204"] = object{"description": "Done"}
	default:
		out["200"] = object{"description": "Done", "content": object{"application/json": object{"schema": d.schema(reflect.TypeOf(r.out))}}}
	}
	return out
}

var (
	textType  = reflect.TypeFor[encoding.TextMarshaler]()
	timeType  = reflect.TypeFor[time.Time]()
	valueType = reflect.TypeFor[point.Value]()
	rawType   = reflect.TypeFor[json.RawMessage]()
)

// schema describes a type as encoding/json writes it. Named structs go into the
// components.
func (d *document) schema(t reflect.Type) object {
	switch {
	case t == timeType:
		return object{"type": "string", "format": "date-time"}
	case t == valueType:
		return object{"type": []string{"null", "boolean", "number", "string"}}
	case t == rawType:
		return object{}
	case t.Implements(textType):
		return object{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return d.schema(t.Elem())
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.String:
		return object{"type": "string"}
	case reflect.Float64, reflect.Float32:
		return object{"type": "number"}
	case reflect.Slice:
		return object{"type": "array", "items": d.schema(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": d.schema(t.Elem())}
	case reflect.Struct:
		return d.structure(t)
	}
	if t.Kind() >= reflect.Int && t.Kind() <= reflect.Uint64 {
		return object{"type": "integer"}
	}
	panic(fmt.Sprintf("web: no schema for %s", t))
}

func (d *document) structure(t reflect.Type) object {
	if t.Name() == "" {
		return d.fields(t)
	}
	if other, known := d.types[t.Name()]; known && other != t {
		panic(fmt.Sprintf("web: two types named %s in the API: %s and %s", t.Name(), t.PkgPath(), other.PkgPath()))
	}
	if _, known := d.schemas[t.Name()]; !known {
		d.types[t.Name()] = t
		d.schemas[t.Name()] = object{} // against recursion
		d.schemas[t.Name()] = d.fields(t)
	}
	return object{"$ref": "#/components/schemas/" + t.Name()}
}

func (d *document) fields(t reflect.Type) object {
	properties, required := object{}, []string{}
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" || !f.IsExported() || f.Anonymous || name == "" {
			continue
		}
		s := d.schema(f.Type)
		if doc := f.Tag.Get("doc"); doc != "" {
			s["description"] = doc
		}
		if allowed := f.Tag.Get("allowed"); allowed != "" {
			s["enum"] = strings.Split(allowed, "|")
		}
		properties[name] = s
		if !strings.Contains(options, "omit") {
			required = append(required, name)
		}
	}
	return object{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

// quoteETag makes an entity tag of a version or a hash.
func quoteETag(s string) string { return strconv.Quote(s) }
