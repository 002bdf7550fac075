package web

import (
	"crypto/hmac"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/engine"
	"watchbox/firmware/live"
	"watchbox/firmware/person"
	"watchbox/firmware/point"
	"watchbox/firmware/team"
)

//go:embed plain.html
var plainText string

//go:embed plain.css
var plainStyle []byte

var plainTemplate = template.Must(template.New("plain").Parse(plainText))

// plainPage is what the template shows.
type plainPage struct {
	Words    func(zh, en string) string
	Language string
	Other    string // the other language
	Token    string // proves that our own page sent the form
	User     person.User
	MayAct   bool
	Note     string
	Overview Overview
	Alarms   []plainAlarm
	Rooms    []plainRoom
	Panel    Panel
	Teams    []team.TeamView
	Devices  []engine.DeviceView
	Clock    string
}

type plainAlarm struct {
	AlarmView
	Since string
}

type plainRoom struct {
	Label point.Words
	Rows  []plainRow
}

type plainRow struct {
	Label          point.Words
	Value, Quality string
	Age            string
	Good           bool
}

func (s *Server) servePlain(mux *http.ServeMux) {
	mux.HandleFunc("GET /plain", s.plain)
	mux.HandleFunc("POST /plain/login", s.plainLogIn)
	mux.HandleFunc("POST /plain/logout", s.plainForm(person.Viewer, s.plainLogOut))
	mux.HandleFunc("POST /plain/alarm", s.plainForm(person.Operator, s.plainAlarm))
	mux.HandleFunc("GET /plain.css", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		w.Write(plainStyle)
	})
}

// plainUser is who has logged in, without the CSRF rule of the API: forms carry a token.
func (s *Server) plainUser(r *http.Request) (person.User, string, bool) {
	session, _ := s.credential(r)
	if session == "" || len(session) > 512 {
		return person.User{}, "", false
	}
	u, err := s.box.Persons().Who(r.Context(), session)
	return u, session, err == nil
}

// formToken binds a form to the session.
func (s *Server) formToken(session string) string {
	m := hmac.New(sha256.New, s.formKey[:])
	m.Write([]byte(session))
	return hex.EncodeToString(m.Sum(nil))
}

func (s *Server) plain(w http.ResponseWriter, r *http.Request) {
	s.writePlain(w, r, s.newPlainPage(w, r), http.StatusOK)
}

// refusePlain shows the page with why the order was refused.
func (s *Server) refusePlain(w http.ResponseWriter, r *http.Request, f *Failure) {
	p := s.newPlainPage(w, r)
	p.Note = f.In(p.Language)
	s.writePlain(w, r, p, f.status)
}

func (s *Server) writePlain(w http.ResponseWriter, r *http.Request, p *plainPage, status int) {
	u, session, in := s.plainUser(r)
	if in {
		v := s.seen(s.box.View(), s.blind(session))
		if v == nil {
			writeFailure(w, errNotStarted)
			return
		}
		p.User, p.MayAct, p.Token = u, may(u.Role, person.Operator), s.formToken(session)
		s.fillPlain(p, v)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := plainTemplate.Execute(w, p); err != nil {
		s.options.Log("web: plain page: %v", err)
	}
}

func (s *Server) newPlainPage(w http.ResponseWriter, r *http.Request) *plainPage {
	language := s.options.Language
	if c, err := r.Cookie("watchbox-language"); err == nil {
		language = c.Value
	}
	if l := r.URL.Query().Get("lang"); l != "" {
		language = l
		http.SetCookie(w, &http.Cookie{Name: "watchbox-language", Value: chosen(l), Path: "/plain", MaxAge: 1 << 25,
			HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: s.options.Secure})
	}
	language = chosen(language)
	p := &plainPage{Language: language, Other: map[string]string{"zh": "en", "en": "zh"}[language], Note: plainNote(r, language)}
	p.Words = func(zh, en string) string { return point.Words{Zh: zh, En: en}.In(language) }
	return p
}

func chosen(language string) string {
	if language == "en" {
		return "en"
	}
	return "zh"
}

// plainNotes are the only texts that an address can put on the page.
var plainNotes = map[string]point.Words{
	"login":     {Zh: "用户名或密码不对，或尝试过多", En: "Wrong name or password, or too many attempts"},
	"opening":   {Zh: "正在打开数据库，暂时不能登录；设备照常警戒。请稍候重试", En: "The store is still opening, nobody can log in yet; the box guards. Try again shortly"},
	"done":      {Zh: "已执行", En: "Done"},
	"forbidden": {Zh: "您的角色没有此权限", En: "Your role does not allow this"},
	"again":     {Zh: "登录已过期，请重新登录后再试", En: "The log-in has expired; log in and try again"},
}

func plainNote(r *http.Request, language string) string {
	return plainNotes[r.URL.Query().Get("note")].In(language)
}

func backToPlain(w http.ResponseWriter, r *http.Request, note string) {
	http.Redirect(w, r, "/plain?"+url.Values{"note": {note}}.Encode(), http.StatusSeeOther)
}

func (s *Server) fillPlain(p *plainPage, v *engine.View) {
	now := s.options.Now()
	p.Overview, p.Panel, p.Teams, p.Devices = s.overview(v), panelView(v, now), v.Teams, v.Devices
	p.Clock = s.local(now.Wall)
	for _, a := range v.Alarms {
		p.Alarms = append(p.Alarms, plainAlarm{alarmView(a, now), s.local(a.Raised.Wall)})
	}
	for _, room := range p.Overview.Rooms {
		r := plainRoom{Label: room.Label}
		for _, name := range room.Keys {
			if e, ok := v.Points.Get(name); ok {
				r.Rows = append(r.Rows, plainRowOf(e, now, p.Language))
			}
		}
		p.Rooms = append(p.Rooms, r)
	}
}

// local writes a time in the site's time zone.
func (s *Server) local(t time.Time) string {
	return t.In(s.zone()).Format("2006-01-02 15:04:05")
}

func plainRowOf(e live.Entry, now point.Instant, language string) plainRow {
	r := readingOf(e, now)
	row := plainRow{Label: e.Point.Title(), Value: shown(e, language), Quality: qualityWords(r).In(language), Good: r.Quality == "good", Age: "—"}
	if r.Age >= 0 {
		row.Age = lasting(r.Age).In(language)
	}
	return row
}

// lasting is a span as a person says it, to the minute once it is one: "3 d 4 h 5 min".
func lasting(seconds float64) point.Words {
	if seconds < 60 {
		n := strconv.Itoa(int(seconds))
		return point.Words{Zh: n + " 秒", En: n + " s"}
	}
	minutes := int64(min(seconds, 1e12)) / 60
	var zh, en []string
	for _, part := range []struct {
		n      int64
		zh, en string
	}{{minutes / (24 * 60), "天", "d"}, {minutes / 60 % 24, "小时", "h"}, {minutes % 60, "分", "min"}} {
		if part.n > 0 {
			n := strconv.FormatInt(part.n, 10)
			zh, en = append(zh, n+" "+part.zh), append(en, n+" "+part.en)
		}
	}
	return point.Words{Zh: strings.Join(zh, " "), En: strings.Join(en, " ")}
}

// shown is a value as a person reads it, with its unit.
func shown(e live.Entry, language string) string {
	v := e.Last.Value
	f, isNumber := v.Float()
	switch {
	case v.IsNone():
		return "—"
	case isNumber && v.Kind() != point.Real && !e.Point.States[int64(f)].IsZero():
		return e.Point.States[int64(f)].In(language)
	case isNumber && e.Point.Unit == "s" && f >= 120:
		return lasting(f).In(language) // how long the box runs, or the battery lasts
	case v.Kind() == point.Real:
		return strconv.FormatFloat(f, 'f', e.Point.Decimals, 64) + " " + string(e.Point.Unit)
	}
	return v.String() + " " + string(e.Point.Unit)
}

var reasonWords = map[string]point.Words{
	"":             {Zh: "不可信", En: "uncertain"},
	"not-present":  {Zh: "无此项", En: "not present"},
	"device-fault": {Zh: "设备自报故障", En: "device fault"},
	"comm-failure": {Zh: "通信失败", En: "communication failure"},
	"timeout":      {Zh: "超时无应答", En: "no answer in time"},
	"stale":        {Zh: "数据过期", En: "stale"},
	"out-of-range": {Zh: "超出量程", En: "out of range"},
	"overflow":     {Zh: "丢失过边沿", En: "edges were lost"},
	"substituted":  {Zh: "人工置数", En: "substituted"},
	"blocked":      {Zh: "已停止读取", En: "reading is off"},
	"simulated":    {Zh: "模拟值", En: "simulated"},
	"clock-unset":  {Zh: "时钟未设", En: "clock unset"},
}

func qualityWords(r PointReading) point.Words {
	switch r.Quality {
	case "good":
		return point.Words{Zh: "正常", En: "good"}
	case "unknown":
		return point.Words{Zh: "尚未读到", En: "not read yet"}
	}
	return reasonWords[r.Reason]
}

func (s *Server) plainLogIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4096)
	_, _, err := s.logIn(w, r, r.PostFormValue("name"), r.PostFormValue("password"))
	switch {
	case errors.Is(err, person.ErrOpening):
		backToPlain(w, r, "opening")
		return
	case err != nil:
		backToPlain(w, r, "login")
		return
	}
	http.Redirect(w, r, "/plain", http.StatusSeeOther)
}

// plainForm admits a form of our own page from a user of at least the role.
func (s *Server) plainForm(role person.Role, next func(http.ResponseWriter, *http.Request, person.User, string)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 4096)
		u, session, in := s.plainUser(r)
		if !in || !hmac.Equal([]byte(r.PostFormValue("token")), []byte(s.formToken(session))) {
			backToPlain(w, r, "again")
			return
		}
		if !may(u.Role, role) {
			backToPlain(w, r, "forbidden")
			return
		}
		next(w, r, u, session)
	}
}

func (s *Server) plainLogOut(w http.ResponseWriter, r *http.Request, _ person.User, session string) {
	s.box.Persons().LogOut(r.Context(), session)
	s.setCookie(w, "")
	http.Redirect(w, r, "/plain", http.StatusSeeOther)
}

func (s *Server) plainAlarm(w http.ResponseWriter, r *http.Request, u person.User, session string) {
	verb := engine.Verb(r.PostFormValue("verb"))
	comment := r.PostFormValue("comment")
	if !slices.Contains([]engine.Verb{engine.Acknowledge, engine.Silence, engine.Reset}, verb) {
		s.refusePlain(w, r, badRequest("verb"))
		return
	}
	if len(comment) > maxComment {
		s.refusePlain(w, r, errLongComment)
		return
	}
	c := &call{Server: s, w: w, r: r, user: u, session: session}
	key, err := r.PostFormValue("key"), error(alarm.ErrUnknown)
	if !c.keeps(key) {
		err = c.command(engine.Command{Verb: verb, Target: key, Comment: comment})
	}
	switch {
	case errors.Is(err, alarm.ErrUnknown):
		s.refusePlain(w, r, c.noAlarm(key))
	case err != nil:
		s.refusePlain(w, r, asFailure(err))
	default:
		backToPlain(w, r, "done")
	}
}
