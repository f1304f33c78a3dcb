// Package page is the demonstration's page for browsers, made from examples/browser.
// Nothing that it shows comes from elsewhere.
package page

import (
	"embed"
	"io/fs"
	"net/http"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/web"
)

// What "npm run build" in examples/browser writes.
//
//go:embed dist
var files embed.FS

// Enable returns what has a server serve the page at "/", the files that it needs below
// "/assets/", and the API's description at "/docs/". The page calls the server that it
// comes from.
func Enable() curlew.ServerOption { return web.Enable(handlers()...) }

// handlers have no pattern for everything: it is for the services to say that there is
// no such method.
func handlers() []web.Option {
	h := handler()
	return []web.Option{
		web.WithHandler("GET /{$}", h),
		web.WithHandler("GET /assets/", h),
		web.WithOpenAPI(web.OpenAPI{Title: "Curlew's demonstration", Page: "/docs/"}),
	}
}

func handler() http.Handler {
	dist, err := fs.Sub(files, "dist")
	if err != nil {
		panic(err) // the name is not a path, which it is
	}
	next := http.FileServerFS(dist)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		// 'self' allows calls by WebSocket too.
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "+
			"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-cache") // the names stay the same when the files change
		next.ServeHTTP(w, r)
	})
}
