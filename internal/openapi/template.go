package openapi

import (
	"strconv"
	"strings"

	"github.com/curlew-rpc/curlew/internal/wire/rest"
)

// A route is the path of a template as OpenAPI has it, with a parameter for each
// wildcard.
type route struct {
	path   string // as /v1/shelves/{shelvesId}
	shape  string // the path with all parameters named alike: OpenAPI takes such paths for the same
	params []pathParam
}

// A pathParam is one wildcard of a template.
type pathParam struct {
	name    string
	field   string // the path of the field that it is part of, or "" if of none
	pattern string // of the variable that it is part of, or "" if it is all of it
	deep    bool   // ** and not *
}

// newRoute returns the route of a template. A variable whose segments have text, as
// {name=shelves/*}, is no parameter: a client would have to escape its slashes, and the
// same path with other text would be the same to OpenAPI. Its wildcards are parameters,
// with the names that Google's discovery documents give them: that of the segment before
// it, and Id.
func newRoute(t *rest.Template) route {
	r := &routeWriter{left: t.String()}
	for r.left != "" && r.left[0] == '/' {
		r.left = r.left[1:]
		r.write("/")
		if strings.HasPrefix(r.left, "{") {
			end := strings.IndexByte(r.left, '}')
			r.variable(r.left[1:end])
			r.left = r.left[end+1:]
			continue
		}
		end := strings.IndexAny(r.left, "/{")
		if end < 0 {
			end = len(r.left)
		}
		segment := r.left[:end]
		if strings.HasPrefix(segment, "*") {
			segment = segment[:strings.LastIndexByte(segment, '*')+1]
		}
		r.segment(segment, "", "")
		r.left = r.left[len(segment):]
	}
	r.write(r.left) // the verb
	return r.route
}

// A routeWriter makes a route from the front of a template, which is a valid one.
type routeWriter struct {
	route
	left   string
	before string // the last segment, if it was text
}

func (r *routeWriter) write(s string) {
	r.path += s
	r.shape += s
}

// variable writes what stands within braces.
func (r *routeWriter) variable(s string) {
	field, pattern, ok := strings.Cut(s, "=")
	if !ok || pattern == "*" || pattern == "**" {
		r.param(pathParam{name: field, field: field, deep: pattern == "**"})
		return
	}
	for i, segment := range strings.Split(pattern, "/") {
		if i > 0 {
			r.write("/")
		}
		r.segment(segment, field, pattern)
	}
}

// segment writes a segment, within a variable or outside of one.
func (r *routeWriter) segment(s, field, pattern string) {
	if s != "*" && s != "**" {
		r.write(s)
		r.before = s
		return
	}
	name := camel(r.before)
	if name == "" {
		name = camel(field)
	}
	r.param(pathParam{name: name + "Id", field: field, pattern: pattern, deep: s == "**"})
}

func (r *routeWriter) param(p pathParam) {
	base := p.name
	for n := 2; r.has(p.name); n++ {
		p.name = base + strconv.Itoa(n)
	}
	r.params = append(r.params, p)
	r.path += "{" + p.name + "}"
	r.shape += "{}"
	r.before = ""
}

func (r *routeWriter) has(name string) bool {
	for _, p := range r.params {
		if p.name == name {
			return true
		}
	}
	return false
}

// camel returns the letters and digits of s, and letters that follow other characters
// in upper case.
func camel(s string) string {
	var b strings.Builder
	upper := false
	for _, c := range []byte(s) {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		switch {
		case !letter && (c < '0' || c > '9'):
			upper = b.Len() > 0
			continue
		case upper && letter:
			c &^= 0x20
		}
		b.WriteByte(c)
		upper = false
	}
	return b.String()
}
