package main

import (
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"watchbox/firmware/app"
	"watchbox/web"
)

// serve opens the page and tells where. A port that is taken does not stop the guard.
func serve(box *app.App, page *http.Server, o options, at func(url string)) {
	server := web.New(box, web.Options{Language: "zh", Version: version, Log: log.Printf, Now: newClock(), Secure: o.tls != "",
		Papers: os.DirFS(filepath.Dir(o.trust))})
	*page = *server.HTTP()
	page.ErrorLog = log.New(io.Discard, "", 0) // a stranger's broken handshakes must not fill a slow console
	if o.tls == "" {
		open(o.listen, "http", page.Serve, at)
		return
	}
	go func() {
		page.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{awaitPair(o.tls)}}
		open(o.listen, "https", func(l net.Listener) error { return page.ServeTLS(l, "", "") }, at)
	}()
}

func open(listen, scheme string, serve func(net.Listener) error, at func(url string)) {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		log.Printf("page: %v: the box guards on without it", err)
		return
	}
	log.Printf("page: %s://%s/", scheme, l.Addr())
	at(scheme + "://" + l.Addr().String())
	go func() {
		if err := serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
			log.Printf("page: %v", err)
		}
	}()
}

// awaitPair waits for the certificate: at the first boot init makes it while the
// box guards already.
func awaitPair(folder string) tls.Certificate {
	for tries := 0; ; tries++ {
		pair, err := tls.LoadX509KeyPair(filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem"))
		if err == nil {
			return pair
		}
		if tries == 0 || tries == 100 {
			log.Printf("page: it waits for its certificate: %v", err)
		}
		time.Sleep(300 * time.Millisecond)
	}
}
