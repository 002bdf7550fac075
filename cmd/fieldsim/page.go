package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"watchbox/cmd/fieldsim/room"
)

//go:embed page.html
var pageFile []byte

//go:embed site.yaml
var siteFile string

// mostWords bounds the body of /do in bytes.
const mostWords = 1024

// guard is the header that /do wants: a page of another origin cannot send it.
const guard = "X-Fieldsim"

// page is the site's own page and control API, on loopback.
//
//	GET  /       the page
//	GET  /state  everything about the site as JSON
//	POST /do     the words of one deed as body, header X-Fieldsim: 1
type page struct {
	field    *field
	listener net.Listener
	server   *http.Server
	done     sync.WaitGroup
}

func newPage(f *field) (*page, error) {
	host, _, err := net.SplitHostPort(f.at.Page)
	if a, wrong := netip.ParseAddr(host); err != nil || wrong != nil || !a.IsLoopback() {
		return nil, fmt.Errorf("page: listen on %q: want a loopback address such as 127.0.0.1:8081: whoever reaches it can do everything", f.at.Page)
	}
	l, err := net.Listen("tcp", f.at.Page)
	if err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	p := &page{field: f, listener: l}
	p.server = &http.Server{Handler: p.routes(), ReadTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		BaseContext: func(net.Listener) context.Context { return f }}
	return p, nil
}

// open lets people in.
func (p *page) open() {
	p.done.Go(func() { _ = p.server.Serve(p.listener) }) // ends when close shuts it
}

func (p *page) address() string { return p.listener.Addr().String() }

func (p *page) close() error {
	err := p.server.Close()
	if again := p.listener.Close(); !errors.Is(again, net.ErrClosed) {
		err = errors.Join(err, again)
	}
	p.done.Wait()
	return err
}

func (p *page) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(pageFile)
	})
	mux.HandleFunc("GET /state", p.state)
	mux.HandleFunc("POST /do", p.do)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !here(r.Host) {
			http.Error(w, "this page answers on loopback only", http.StatusMisdirectedRequest)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("X-Frame-Options", "DENY")
		mux.ServeHTTP(w, r)
	})
}

// here is true for a host that no name server can point elsewhere.
func here(hostPort string) bool {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		host = hostPort
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || err == nil && a.IsLoopback()
}

// do does what the body says: 204, or 422 with the reason.
func (p *page) do(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get(guard) == "" {
		http.Error(w, "header "+guard+" is missing", http.StatusForbidden)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostWords))
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		http.Error(w, fmt.Sprintf("words: at most %d bytes", mostWords), http.StatusRequestEntityTooLarge)
		return
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := p.field.do(strings.TrimSpace(string(body))); err != nil {
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// state is what /state tells.
type state struct {
	Room     room.State        `json:"room"`
	Cold     [2]float64        `json:"coldAisle"` // °C, %
	Hot      [2]float64        `json:"hotAisle"`
	Speed    float64           `json:"speed"`
	Story    string            `json:"story"` // the one that plays
	Stories  []tale            `json:"stories"`
	Outputs  map[string]bool   `json:"outputs"`  // on at this moment
	Active   map[string]bool   `json:"active"`   // on, or in a pause of its cadence
	DoorFree bool              `json:"doorFree"` // the lock is released
	Bus      bool              `json:"bus"`      // the adapter is plugged in
	Faults   map[string]string `json:"faults"`   // of Modbus units that misbehave
	Wall     []string          `json:"wall"`     // CSS colours in the order of the chain; empty while it is dark
	Matrix   matrix            `json:"matrix"`   // the wall's text
	WallRows int               `json:"wallRows"`
	Pixels   int               `json:"wallPixels"` // per row of a room
	SMS      []message         `json:"sms"`
	Mail     []message         `json:"mail"`
	Diary    []happening       `json:"diary"`
	Deeds    []string          `json:"deeds"`
	Help     []help            `json:"help"`
	At       addresses         `json:"addresses"`
}

// help is one deed with its meaning.
type help struct {
	Words string `json:"words"`
	Zh    string `json:"zh"`
	En    string `json:"en"`
}

func (t deeds) help() (list []help) {
	for _, d := range t {
		list = append(list, help{d.words, d.help.Zh, d.help.En})
	}
	return list
}

func (p *page) state(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(p.field.look()) // the caller may have left
}

func (f *field) look() state {
	s := state{Room: f.room.Look(), Speed: f.tempo(), Story: f.stories.playing(), Stories: storyNames(),
		DoorFree: f.lines.free(), Bus: f.bus.joined(), Faults: f.faults(), Wall: f.wall.colours(), Matrix: f.wall.text(), WallRows: wallRows, Pixels: wallPixels,
		SMS: f.phone.sent(), Mail: f.mail.received(), Diary: f.diary.lines(), Deeds: f.deeds.words(), Help: f.deeds.help(), At: f.at}
	s.Outputs, s.Active = f.lines.driving()
	s.Cold[0], s.Cold[1] = s.Room.ColdAisle()
	s.Hot[0], s.Hot[1] = s.Room.HotAisle()
	return s
}

// faults tells which units on a bus misbehave, and how.
func (f *field) faults() map[string]string {
	all := map[string]string{}
	for name, u := range f.bus.units {
		if w := u.fault(); w != "" {
			all[name] = w
		}
	}
	if w := f.meter.fault(); w != "" {
		all["meter1"] = w
	}
	return all
}
