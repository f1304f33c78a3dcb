// Package apidoc makes what a server shows of its API: an OpenAPI document as JSON and
// YAML, and a page to browse it, which needs nothing from elsewhere.
package apidoc

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"

	"github.com/curlew-rpc/curlew/internal/openapi"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// A File is the body of a response that is the same for everybody.
type File struct {
	Body []byte
	Type string // the media type
	ETag string // a strong one, with its quotes
}

// Docs are the three ways in which a document is shown. They do not change.
type Docs struct {
	JSON, YAML File
	// HTML is the page. It links to "openapi.json" and "openapi.yaml" beside it.
	HTML File
	// CSP is the Content-Security-Policy that the page is to be served with. It allows
	// the page's own style and script, by their hashes, and nothing else.
	CSP string
}

// FromServices describes the services by what the program knows of them. Go's generated
// code knows no comments: to have them, use what "curlew openapi" writes with FromFile.
// An error names methods that have the same verb and path, or a rule that is wrong.
func FromServices(services []protoreflect.ServiceDescriptor, cfg openapi.Config) (*Docs, error) {
	d, err := openapi.Build(services, cfg)
	if err != nil {
		return nil, err
	}
	return show(d), nil
}

// FromFile shows an OpenAPI document of version 3, which is JSON. It is an error if it
// cannot be read.
func FromFile(document []byte) (*Docs, error) {
	d, err := openapi.Parse(document)
	if err != nil {
		return nil, err
	}
	return show(d), nil
}

func show(d *openapi.Document) *Docs {
	return &Docs{
		JSON: file(d.JSON(), "application/json"),
		YAML: file(d.YAML(), "application/yaml"), // RFC 9512
		HTML: file(page(d.Root()), "text/html; charset=utf-8"),
		CSP: "default-src 'none'; style-src " + hash(style) + "; script-src " + hash(script) +
			"; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
	}
}

func file(body []byte, mediaType string) File {
	sum := sha256.Sum256(body)
	return File{body, mediaType, `"` + hex.EncodeToString(sum[:16]) + `"`}
}

// hash returns the source expression of an inline element (CSP 3 §2.3.1).
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
