package web

import (
	_ "embed"
	"html/template"
	"net/http"
	"time"

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
