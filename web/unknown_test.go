package web

import (
	"strings"
	"testing"

	"watchbox/firmware/alarm"
	"watchbox/firmware/engine"
)

// TestAnUnknownNameIsRepeated: the answer says which name there is not, which one
// was probably meant, and where the names stand; in both languages.
func TestAnUnknownNameIsRepeated(t *testing.T) {
	b := newBench(t)
	shelf := `{"comment":"换电池","minutes":30}`
	for _, x := range []struct{ path, body, name, meant, list string }{
		{"alarms/panic/acknowledge", "", "panic", "zone/panic", "watchbox alarms"},
		{"alarms/zone%2Fpanik/silence", "", "zone/panik", "zone/panic", "watchbox alarms"},
		{"alarms/devise%2Fups2/reset", "", "devise/ups2", "device/ups2", "watchbox alarms"},
		{"alarms/zone%2Flek/shelve", shelf, "zone/lek", "zone/leak", "watchbox alarms"},
		{"alarms/nothing%2Flike%2Fit/shelve", shelf, "nothing/like/it", "", "watchbox alarms"},
		{"alarms/door1/unshelve", "", "door1", "door/door1/forced", "watchbox alarms"},
		{"alarms/zone%2Fpanik/out-of-service", shelf, "zone/panik", "zone/panic", "watchbox alarms"},
		{"alarms/zone%2Fpanik/in-service", "", "zone/panik", "zone/panic", "watchbox alarms"},
		{"partitions/mian/arm", "", "mian", "main", "watchbox panel"},
		{"zones/dor/bypass", "", "dor", "door", "watchbox panel"},
		{"teams/ac7/units/ac9/auto", "", "ac7/ac9", "", "watchbox team"},
		{"outputs/oc%2Fsirene/select", `{"value":true,"reason":"test"}`, "oc/sirene", "oc/siren", "watchbox points"},
		{"alarms/" + strings.Repeat("x", 500) + "/reset", "", strings.Repeat("x", longestName) + "…", "", "watchbox alarms"},
	} {
		var f FailureBody
		b.want(404, "engineer", "POST", x.path, x.body, &f)
		for language, text := range map[string]string{"zh": f.Error.Zh, "en": f.Error.En} {
			quoted := map[string]string{"zh": "「" + x.name + "」", "en": "“" + x.name + "”"}[language]
			if !strings.Contains(text, quoted) || !strings.Contains(text, x.list) || !strings.Contains(text, x.meant) || f.Error.Code != "not-found" {
				t.Errorf("%s in %s: %s (%s)", x.path, language, text, f.Error.Code)
			}
			if asks := strings.ContainsAny(text, "？?"); asks != (x.meant != "") {
				t.Errorf("%s in %s guesses: %s", x.path, language, text)
			}
		}
	}
}

// TestALevelIsNamedBack although none of the rule's alarms stands.
func TestALevelIsNamedBack(t *testing.T) {
	b, limit := newBench(t), 30.0
	site := b.box.Site()
	site.Alarms = append(site.Alarms, alarm.Rule{ID: "hot", Priority: 2, Points: []string{"*/temperature"}, Limits: &alarm.Limits{High: &limit}})
	var f FailureBody
	b.want(404, "engineer", "POST", "alarms/hot.hihg%2Fth1%2Ftemperature/reset", "", &f)
	if !strings.Contains(f.Error.Zh, "是不是「hot.high/th1/temperature」") {
		t.Errorf("%+v", f.Error)
	}
}

// TestAnAlarmThatDoesNotStandMayBeShelved before somebody works on it; panic never.
func TestAnAlarmThatDoesNotStandMayBeShelved(t *testing.T) {
	b := newBench(t)
	shelf := `{"comment":"换电池","minutes":30}`
	b.want(204, "operator", "POST", "alarms/rule%2Fleak%2Fcz%2Fleak/shelve", shelf, nil)
	if c := b.box.Commands; len(c) != 1 || c[0].Verb != engine.Shelve || c[0].Target != "rule/leak/cz/leak" {
		t.Errorf("the engine was told %+v", c)
	}
	var f FailureBody
	b.want(409, "operator", "POST", "alarms/zone%2Fpanic/shelve", shelf, &f)
	if f.Error.Code != "guarded" {
		t.Errorf("%+v", f.Error)
	}
}

// TestAKeptAlarmIsAnsweredLikeOneThatIsNot: a blind session learns from no answer
// that a silent alarm exists.
func TestAKeptAlarmIsAnsweredLikeOneThatIsNot(t *testing.T) {
	b := withCodes(t)
	desk := b.box.People().Session("operator")
	b.code(desk, "net/disarm", "operator", duressCode)
	ask := func(method, path, key string) string {
		body := ""
		if strings.HasSuffix(path, "/shelve") {
			body = `{"comment":"x","minutes":5}`
		}
		w := b.ask(desk, method, base+strings.Replace(path, "KEY", strings.ReplaceAll(key, "/", "%2F"), 1), body)
		return strings.ReplaceAll(w.Body.String(), key, "KEY")
	}
	for path, method := range map[string]string{"alarms/KEY/acknowledge": "POST", "alarms/KEY/shelve": "POST", "alarms/KEY/unshelve": "POST", "why?key=KEY": "GET"} {
		kept, none := ask(method, path, "partition/net/duress"), ask(method, path, "partition/net/dures1")
		if kept != none || !strings.Contains(kept, "not-found") {
			t.Errorf("%s:\n%s\n%s", path, kept, none)
		}
	}
}
