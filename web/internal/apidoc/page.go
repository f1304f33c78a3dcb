package apidoc

import (
	_ "embed"
	"html"
	"strings"

	"github.com/curlew-rpc/curlew/internal/openapi"
)

var (
	//go:embed page.css
	style string
	//go:embed page.js
	script string
)

// A writer writes the page of a document.
type writer struct {
	strings.Builder
	root openapi.Value
}

// page returns the page. All of it is there without the script, which only searches and
// opens what a link leads to.
func page(root openapi.Value) []byte {
	w := &writer{root: root}
	info := root.Get("info")
	w.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>")
	w.text(info.Get("title").Text())
	w.raw("</title>\n<style>", style, "</style>\n</head>\n<body>\n<header>\n<h1>")
	w.text(info.Get("title").Text())
	w.raw(" <small>")
	w.text(info.Get("version").Text())
	w.raw("</small></h1>\n")
	w.markdown(info.Get("description"))
	w.servers()
	w.raw("<p class=\"files\"><a href=\"openapi.json\">openapi.json</a> <a href=\"openapi.yaml\">openapi.yaml</a></p>\n")
	w.raw("</header>\n<main>\n")
	groups := w.groups()
	for _, g := range groups {
		w.group(g)
	}
	w.shared()
	w.raw("</main>\n<script>", script, "</script>\n</body>\n</html>\n")
	return []byte(w.String())
}

// raw writes HTML.
func (w *writer) raw(all ...string) {
	for _, s := range all {
		w.WriteString(s)
	}
}

// text writes what is no HTML.
func (w *writer) text(s string) { w.WriteString(html.EscapeString(s)) }

func (w *writer) markdown(v openapi.Value) { markdown(&w.Builder, v.Text()) }

func (w *writer) servers() {
	for s := range w.root.Get("servers").Items() {
		w.raw("<p class=\"server\"><code>")
		w.text(s.Get("url").Text())
		w.raw("</code> ")
		w.text(s.Get("description").Text())
		w.raw("</p>\n")
	}
}

// A group is a tag and its operations.
type group struct {
	name, shown string
	description openapi.Value
	operations  []operation
}

type operation struct {
	verb, path string
	value      openapi.Value
	shared     openapi.Value // the parameters of the path
}

// groups returns the operations by their first tags: those that the document describes,
// in its order, and then others.
func (w *writer) groups() []*group {
	var all []*group
	byName := make(map[string]*group)
	add := func(name string) *group {
		g := byName[name]
		if g == nil {
			g = &group{name: name, shown: name}
			byName[name] = g
			all = append(all, g)
		}
		return g
	}
	for tag := range w.root.Get("tags").Items() {
		g := add(tag.Get("name").Text())
		g.description = tag.Get("description")
		if s := tag.Get("x-displayName").Text(); s != "" {
			g.shown = s
		}
	}
	for path, item := range w.root.Get("paths").Members() {
		for verb, o := range item.Members() {
			switch verb {
			case "get", "put", "post", "delete", "options", "head", "patch", "trace":
				g := add(firstTag(o))
				g.operations = append(g.operations, operation{strings.ToUpper(verb), path, o, item.Get("parameters")})
			case "x-oai-additionalOperations":
				for verb, o := range o.Members() {
					g := add(firstTag(o))
					g.operations = append(g.operations, operation{verb, path, o, item.Get("parameters")})
				}
			}
		}
	}
	return all
}

func firstTag(o openapi.Value) string {
	for tag := range o.Get("tags").Items() {
		return tag.Text()
	}
	return "Operations"
}

func (w *writer) group(g *group) {
	w.raw("<section>\n<h2>")
	w.text(g.shown)
	if g.shown != g.name {
		w.raw(" <small>")
		w.text(g.name)
		w.raw("</small>")
	}
	w.raw("</h2>\n")
	w.markdown(g.description)
	for _, o := range g.operations {
		w.operation(o)
	}
	w.raw("</section>\n")
}

// shared writes what operations refer to.
func (w *writer) shared() {
	components := w.root.Get("components")
	w.components("Responses", "response-", components.Get("responses"), func(v openapi.Value) {
		w.markdown(v.Get("description"))
		w.content(v.Get("content"))
	})
	w.components("Schemas", "schema-", components.Get("schemas"), w.schema)
}

func (w *writer) components(title, prefix string, all openapi.Value, write func(openapi.Value)) {
	first := true
	for name, v := range all.Members() {
		if first {
			w.raw("<section>\n<h2>", title, "</h2>\n")
			first = false
		}
		w.raw("<details class=\"item\" id=\"")
		w.text(prefix + name)
		w.raw("\"><summary><code>")
		w.text(name)
		w.raw("</code></summary>\n<div>")
		write(v)
		w.raw("</div></details>\n")
	}
	if !first {
		w.raw("</section>\n")
	}
}
