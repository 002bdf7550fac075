package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
)

// embedded is the built page. Vite puts it there; before that there is only
// the placeholder, and the server points to the plain page.
//
//go:embed all:page
var embedded embed.FS

// pageFile is one file of the page, as it is sent.
type pageFile struct {
	plain, packed []byte
	kind, tag     string
}

// pageFiles reads each file once and keeps it, with its compressed form.
type pageFiles struct {
	files fs.FS
	mutex sync.Mutex
	ready map[string]*pageFile // bounded by the number of embedded files
}

func newPageFiles(files fs.FS) *pageFiles {
	return &pageFiles{files: files, ready: map[string]*pageFile{}}
}

func (p *pageFiles) get(name string) *pageFile {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if f := p.ready[name]; f != nil {
		return f
	}
	b, err := fs.ReadFile(p.files, path.Join("page", name))
	if err != nil || strings.HasPrefix(path.Base(name), ".") {
		return nil
	}
	sum := sha256.Sum256(b)
	f := &pageFile{plain: b, kind: mime.TypeByExtension(path.Ext(name)), tag: quoteETag(hex.EncodeToString(sum[:8]))}
	if f.kind == "" {
		f.kind = "application/octet-stream"
	}
	var packed bytes.Buffer
	z, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	z.Write(b)
	z.Close()
	if packed.Len() < len(b) {
		f.packed = packed.Bytes()
	}
	p.ready[name] = f
	return f
}

func (s *Server) servePage(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { s.sendPage(w, r, "index.html") })
	mux.HandleFunc("GET /assets/", func(w http.ResponseWriter, r *http.Request) {
		s.sendPage(w, r, strings.TrimPrefix(path.Clean(r.URL.Path), "/"))
	})
	for _, name := range []string{"favicon.svg", "manifest.webmanifest"} {
		mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, r *http.Request) { s.sendPage(w, r, name) })
	}
}

// sendPage sends one file of the page. Files under assets carry a hash in
// their name and may be kept for ever.
func (s *Server) sendPage(w http.ResponseWriter, r *http.Request, name string) {
	f := s.site.get(name)
	switch {
	case f == nil && name == "index.html":
		s.noPage(w)
		return
	case f == nil:
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("ETag", f.tag)
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "no-cache")
	if strings.HasPrefix(name, "assets/") {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if r.Header.Get("If-None-Match") == f.tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.plain
	if f.packed != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = f.packed
	}
	w.Write(body)
}

func (s *Server) noPage(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	io.WriteString(w, `<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>值守 Watchbox</title>`+
		`<p>此固件未包含完整页面，请使用<a href="/plain">简洁页面</a>。</p>`+
		`<p>This build holds no full page. Use the <a href="/plain">plain page</a>.</p>`)
}
