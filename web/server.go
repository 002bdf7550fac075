package web

import (
	"crypto/rand"
	"io/fs"
	"net/http"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// Options are what the box decides about its web server.
type Options struct {
	Language string               // what a new visitor reads: "zh" (also when empty) or "en"
	Secure   bool                 // served over TLS: cookies go over TLS only
	Version  string               // of the firmware, shown on the page
	Log      driver.Log           // for engineers; may be nil
	Now      func() point.Instant // the box's one clock; nil reads the wall clock
	Papers   fs.FS                // bom.json and licences.txt of the image; nil outside one
}

// Server answers the LAN. Its handlers may be called from any goroutine; they
// read the newest view and never wait for the engine except for its answer to a command.
type Server struct {
	box      Box
	options  Options
	routes   []route
	api      *http.ServeMux
	hub      *hub
	throttle *throttle
	codes    *throttle // of panel codes: apart, so that neither uses up the other
	site     *pageFiles
	formKey  [32]byte // signs the plain page's forms; new at each start
	document []byte   // the OpenAPI document
}

// New makes a server for the box. It starts nothing: the stream's goroutines
// run while somebody listens.
func New(box Box, options Options) *Server {
	if options.Language != "en" {
		options.Language = "zh"
	}
	if options.Log == nil {
		options.Log = func(string, ...any) {}
	}
	if options.Now == nil {
		options.Now = wallClock
	}
	s := &Server{box: box, options: options, api: http.NewServeMux(), throttle: newThrottle(), codes: newThrottle(), site: newPageFiles(embedded)}
	s.hub = newHub(s)
	rand.Read(s.formKey[:])
	s.routes = allRoutes()
	s.document = s.describe()
	for _, r := range s.routes {
		s.api.HandleFunc(r.method+" "+r.path, s.handle(r))
	}
	s.api.HandleFunc("/api/", s.unknownRoute)
	s.servePlain(s.api)
	s.servePage(s.api)
	return s
}

// wallClock is for a server that was given no clock: no boot id, so that ages
// are computed by wall time.
func wallClock() point.Instant { return point.Instant{Boot: "wall only", Wall: time.Now()} }

// Handler is everything this server answers.
func (s *Server) Handler() http.Handler {
	return s.recovering(securityHeaders(http.NewCrossOriginProtection().Handler(s.api)))
}

// HTTP makes the http.Server with the limits that a small box needs. Shutdown of
// it ends the streams first.
func (s *Server) HTTP() *http.Server {
	h := &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
	h.RegisterOnShutdown(s.Close)
	return h
}

// Close ends all event streams; further ones are refused.
func (s *Server) Close() { s.hub.close() }

// securityHeaders go with every answer: nothing is loaded from anywhere else,
// nobody frames the page, nothing is sniffed.
func securityHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data:; object-src 'none'; "+
			"base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		next.ServeHTTP(w, r)
	})
}

// recovering turns a panic in a handler into one answer 500: the page may fail,
// the box may not.
func (s *Server) recovering(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler {
					panic(p)
				}
				s.options.Log("web: %s %s: panic: %v", r.Method, r.URL.Path, p)
				writeFailure(w, errInternal)
			}
		}()
		next.ServeHTTP(w, r)
	})
}
