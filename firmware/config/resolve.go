package config

import (
	"maps"
	"reflect"
	"strconv"
	"strings"

	"watchbox/firmware/dialout"
	"watchbox/firmware/point"
)

// secretFields are the keys, beside options, in which secret:NAME may stand.
var secretFields = map[reflect.Type][]string{
	reflect.TypeFor[Card]():            {"number"},
	reflect.TypeFor[Channel]():         {"address"},
	reflect.TypeFor[Upstream]():        {"address"},
	reflect.TypeFor[dialout.Contact](): {"phone", "mail"},
}

// Resolve returns a copy of the site with its secrets filled in, and a problem
// for each that nobody knows, that stands where it would be shown, or that is
// written in clear; then the copy is nil, but for a modem's PIN: that is a warning. The copy is for the drivers: it is
// never shown, exported or stored. May block on the disk through secrets.
func (s *Site) Resolve(secrets Secrets) (*Site, []Problem) {
	if secrets == nil {
		secrets = func(string) (string, bool) { return "", false }
	}
	r := resolver{site: s, secrets: secrets}
	c := &Site{}
	r.copy(reflect.ValueOf(c).Elem(), reflect.ValueOf(s).Elem(), "", false)
	c.places = s.places
	if Refused(r.problems) {
		return nil, r.problems
	}
	return c, r.problems
}

type resolver struct {
	site     *Site
	secrets  Secrets
	problems []Problem
	driver   string // whose options are next
}

func (r *resolver) refuse(path string, read, allowed point.Words) {
	r.problems = append(r.problems, r.site.Problem(path, read, allowed))
}

// warn is for what is accepted all the same. A PIN is: boxes in the field have some in
// clear, and the pin of other drivers is the digest of a certificate, no secret.
func (r *resolver) warn(path string, read, allowed point.Words) {
	r.refuse(path, read, allowed)
	r.problems[len(r.problems)-1].Warning = true
}

// copy makes to a deep copy of from; may tells whether a secret may stand here.
func (r *resolver) copy(to, from reflect.Value, path string, may bool) {
	switch {
	case isScalarType(from.Type()):
		to.Set(from)
		if from.Kind() == reflect.String {
			to.SetString(r.text(from.String(), path, may))
		}
	case from.Kind() == reflect.Pointer && !from.IsNil():
		to.Set(reflect.New(from.Type().Elem()))
		r.copy(to.Elem(), from.Elem(), path, may)
	case from.Kind() == reflect.Slice && !from.IsNil():
		to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
		for i := range from.Len() {
			r.copy(to.Index(i), from.Index(i), path+"["+strconv.Itoa(i)+"]", may)
		}
	case from.Kind() == reflect.Map && !from.IsNil():
		to.Set(reflect.ValueOf(r.options(from.Interface().(map[string]string), path)))
	case from.Kind() == reflect.Struct:
		if driver := from.FieldByName("Driver"); driver.IsValid() {
			r.driver = driver.String()
		}
		for _, f := range fields(from.Type()) {
			may := false
			for _, name := range secretFields[from.Type()] {
				may = may || name == f.name
			}
			r.copy(to.Field(f.index), from.Field(f.index), join(path, f.name), may)
		}
	}
}

func (r *resolver) options(from map[string]string, path string) map[string]string {
	to := maps.Clone(from)
	for key, value := range from {
		at := join(path, key)
		if confidential(key) && value != "" && !strings.HasPrefix(value, secretPrefix) {
			r.refuse(at, say("a secret in clear"), say("secret:NAME"))
			continue
		}
		if r.driver == "modem" && key == "pin" && value != "" && !strings.HasPrefix(value, secretPrefix) {
			r.warn(at, say("a PIN in clear"), say("secret:NAME: the site file is also kept outside of the data partition, with what stands in it"))
		}
		to[key] = r.text(value, at, true)
	}
	return to
}

func (r *resolver) text(s, path string, may bool) string {
	name, ok := strings.CutPrefix(s, secretPrefix)
	if !ok {
		return s
	}
	if !may {
		r.refuse(path, quoted(s), say("no secret here: this text is shown"))
		return s
	}
	value, known := r.secrets(name)
	if !secretName(name) || !known {
		r.refuse(path, quoted(s), say("the name of a stored secret: no secret of this name is stored, or others may read it (mode 0600)"))
	}
	return value
}

// confidential tells by its name that an option must be a reference.
func confidential(key string) bool {
	for _, word := range []string{"password", "passphrase", "token", "hmac"} {
		if strings.Contains(key, word) && !strings.HasSuffix(key, "-file") {
			return true
		}
	}
	return key == "secret" || strings.HasSuffix(key, "-secret")
}
