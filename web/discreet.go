package web

import (
	"slices"

	"watchbox/firmware/alarm"
	"watchbox/firmware/discreet"
	"watchbox/firmware/engine"
	"watchbox/firmware/event"
)

// A silent alarm (an order under duress, a silent hold-up) must not betray on
// the page who raised it: whoever threatens him looks over his shoulder. So it
// is kept from sessions that person.Directory calls blind: every viewer's, whose
// screen hangs in the room, and for four hours those of an account in whose
// session or name a panel code was given, be it the ordinary one. It is kept
// whole: alarm, counts, records, messages, why, the silent zone and its contact
// with its edges, and the relay that carries it out of the room. Dial-out, the ways upstream,
// programs with a token and everybody else's session have it. A blind session
// can neither acknowledge nor reset it, by its key or by "all". Nor does it hear what
// goes over any bus: the frames of one could be a silent contact's, and which one that
// is must not be told by a refusal.

// seen is the view for whoever has the session; nil while the box starts.
func (s *Server) seen(v *engine.View, blind bool) *engine.View {
	if v == nil || !blind {
		return v
	}
	return discreet.View(v, s.box.Site().Kept())
}

// blind tells whether the session must not be told of silent alarms.
func (s *Server) blind(session string) bool { return s.box.Persons().Blind(session) }

// keeps tells whether the key is of an alarm that is kept from the caller.
func (c *call) keeps(key string) bool {
	return c.blind(c.session) && c.box.Site().Kept().Alarms[key]
}

// errUnheard is the same for every bus, be there a silent contact or none.
var errUnheard = failure(403, "frames-kept", "此账号 4 小时内用过操作密码，不能查看总线报文、搜索或旁听；请换一个账号，或用程序令牌",
	"A panel code was used with this account within four hours: it cannot see the frames of a bus, search or learn. Use another account, or a program's token")

// mayHear refuses a blind session what goes over the wires.
func (c *call) mayHear() error {
	if c.blind(c.session) {
		return errUnheard
	}
	return nil
}

// alarmKey is the key in the path.
func (c *call) alarmKey() (string, error) {
	key := c.r.PathValue("key")
	if key == alarm.EveryAudible || c.keeps(key) { // the engine's own word for * of whom silent alarms are kept from
		return "", c.noAlarm(key)
	}
	return key, nil
}

// audible leaves out the records that are kept from a blind session.
func audible(records []event.Record, blind bool) []event.Record {
	if !blind {
		return records
	}
	return slices.DeleteFunc(slices.Clone(records), func(r event.Record) bool { return r.Silent })
}
