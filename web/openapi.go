package web

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/internal/openapi"
	"github.com/curlew-rpc/curlew/web/internal/apidoc"
)

// OpenAPI says what a server shows of its API.
type OpenAPI struct {
	// Document is an OpenAPI document of version 3 in JSON, such as "curlew openapi"
	// writes with the comments of the .proto files. Without it the server describes the
	// services that it has, which have no comments in Go.
	Document []byte
	// Title, Version and Description are those of a document that the server makes. The
	// defaults are the name of the service or package, the version in the package's name,
	// and none.
	Title, Version, Description string
	// Servers are the URLs below which a document that the server makes has its routes.
	// The default is where the document comes from.
	Servers []string
	// Bearer has a document that the server makes say that calls carry a token.
	Bearer bool
	// Page is the path of a page to browse the document, for instance "/docs/"; "" is
	// none. It needs nothing from elsewhere.
	Page string
}

// WithOpenAPI serves the description of the API: GET /openapi.json and /openapi.yaml, and
// a page to browse it if o has a path for that.
func WithOpenAPI(o OpenAPI) Option {
	return option(func(cfg *config) error {
		if o.Page != "" && (!strings.HasPrefix(o.Page, "/") || strings.ContainsAny(o.Page, "{} ?#")) {
			return fmt.Errorf("web: WithOpenAPI: the page's path %q is none", o.Page)
		}
		d := &description{settings: o}
		if o.Document != nil {
			var err error
			if d.docs, err = apidoc.FromFile(o.Document); err != nil {
				return fmt.Errorf("web: WithOpenAPI: the document: %w", err)
			}
		}
		cfg.description = d
		serve := func(path string, pick func(*apidoc.Docs) apidoc.File) error {
			return WithHandler("GET "+path, d.handler(pick)).apply(cfg)
		}
		json := func(d *apidoc.Docs) apidoc.File { return d.JSON }
		yaml := func(d *apidoc.Docs) apidoc.File { return d.YAML }
		errs := []error{serve("/openapi.json", json), serve("/openapi.yaml", yaml)}
		if o.Page != "" {
			pattern := o.Page
			if strings.HasSuffix(pattern, "/") {
				pattern += "{$}"
			}
			errs = append(errs, serve(pattern, func(d *apidoc.Docs) apidoc.File { return d.HTML }))
		}
		// The page links to the files beside it.
		if beside := o.Page[:strings.LastIndexByte(o.Page, '/')+1]; len(beside) > 1 {
			errs = append(errs, serve(beside+"openapi.json", json), serve(beside+"openapi.yaml", yaml))
		}
		return errors.Join(errs...)
	})
}

// A description is what a server shows, made when it is first asked for, and again when
// there are more services.
type description struct {
	settings OpenAPI
	srv      *curlew.Server

	mu       sync.Mutex
	docs     *apidoc.Docs
	services int // that docs describes
}

// current returns what there is to show.
func (d *description) current() (*apidoc.Docs, error) {
	if d.settings.Document != nil {
		return d.docs, nil
	}
	var all []protoreflect.ServiceDescriptor
	for svc := range d.srv.Services() {
		found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(svc.Name))
		if sd, ok := found.(protoreflect.ServiceDescriptor); err == nil && ok && !openapi.Infrastructure(sd.FullName()) {
			all = append(all, sd)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.docs != nil && d.services == len(all) {
		return d.docs, nil
	}
	s := d.settings
	docs, err := apidoc.FromServices(all, openapi.Config{
		Title: s.Title, Version: s.Version, Description: s.Description, Servers: s.Servers, Bearer: s.Bearer,
	})
	if err != nil {
		return nil, err
	}
	d.docs, d.services = docs, len(all)
	return docs, nil
}

// handler answers with one of the forms of the document.
func (d *description) handler(pick func(*apidoc.Docs) apidoc.File) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		docs, err := d.current()
		if err != nil {
			d.srv.Logger().Error("the API cannot be described", "err", err)
			say(w, http.StatusInternalServerError, "the API cannot be described: see the server's log")
			return
		}
		f := pick(docs)
		header := w.Header()
		header.Set("Content-Type", f.Type)
		header.Set("ETag", f.ETag)
		header.Set("Cache-Control", "no-cache")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Content-Security-Policy", docs.CSP)
		for tag := range strings.SplitSeq(r.Header.Get("If-None-Match"), ",") {
			if strings.TrimPrefix(strings.TrimSpace(tag), "W/") == f.ETag {
				w.WriteHeader(http.StatusNotModified)
				return
			}
		}
		w.Write(f.Body) // an error means that nobody listens any more
	})
}
