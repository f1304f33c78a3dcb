package apidoc

import (
	"strings"

	"github.com/curlew-rpc/curlew/internal/openapi"
)

// operation writes an operation: a line, which opens.
func (w *writer) operation(o operation) {
	v := o.value
	w.raw("<details class=\"item")
	if v.Get("deprecated").IsTrue() {
		w.raw(" deprecated")
	}
	w.raw("\" id=\"")
	w.text("operation-" + v.Get("operationId").Text())
	w.raw("\"><summary><b class=\"verb ")
	w.text(strings.ToLower(o.verb))
	w.raw("\">")
	w.text(o.verb)
	w.raw("</b> <code>")
	w.text(o.path)
	w.raw("</code> <span>")
	w.text(v.Get("summary").Text())
	w.raw("</span></summary>\n<div>")
	if v.Get("deprecated").IsTrue() {
		w.raw("<p><em>Deprecated.</em></p>")
	}
	w.markdown(v.Get("description"))
	w.parameters(o.shared, v.Get("parameters"))
	if body := v.Get("requestBody"); !body.IsZero() {
		w.raw("<h3>Request</h3>")
		body = w.follow(body)
		w.markdown(body.Get("description"))
		w.content(body.Get("content"))
	}
	for status, r := range v.Get("responses").Members() {
		w.response(status, r)
	}
	w.raw("</div></details>\n")
}

func (w *writer) parameters(lists ...openapi.Value) {
	first := true
	for _, list := range lists {
		for p := range list.Items() {
			if first {
				w.raw("<h3>Parameters</h3><table>")
				first = false
			}
			w.parameter(w.follow(p))
		}
	}
	if !first {
		w.raw("</table>")
	}
}

func (w *writer) parameter(p openapi.Value) {
	w.raw("<tr><th><code>")
	w.text(p.Get("name").Text())
	w.raw("</code> <small>")
	w.text(p.Get("in").Text())
	w.raw("</small>")
	w.marks(p, p.Get("required").IsTrue())
	w.raw("</th><td>")
	schema := p.Get("schema")
	for _, media := range p.Get("content").Members() {
		schema = media.Get("schema")
		w.raw("JSON of ")
	}
	w.kind(schema)
	w.raw("</td><td>")
	w.markdown(p.Get("description"))
	w.constraints(schema)
	w.raw("</td></tr>")
}

func (w *writer) response(status string, r openapi.Value) {
	w.raw("<h3>Response <code>")
	w.text(status)
	w.raw("</code></h3>")
	if name, ok := strings.CutPrefix(r.Get("$ref").Text(), "#/components/responses/"); ok {
		w.raw("<p><a href=\"#")
		w.text("response-" + name)
		w.raw("\">")
		w.text(name)
		w.raw("</a></p>")
		return
	}
	w.markdown(r.Get("description"))
	w.content(r.Get("content"))
}

// content writes media types. One whose schema the one before it had is named alone.
func (w *writer) content(content openapi.Value) {
	for name, media := range content.Members() {
		w.raw("<div class=\"media\"><code>")
		w.text(name)
		w.raw("</code> ")
		schema := media.Get("schema")
		if item := media.Get("x-oai-itemSchema"); !item.IsZero() {
			w.raw("each ")
			schema = item
		}
		if message := media.Get("x-protobuf-message").Text(); message != "" {
			w.text(message)
		}
		w.body(schema)
		w.raw("</div>")
		for name, example := range media.Get("examples").Members() {
			w.raw("<details><summary>")
			w.text(or(example.Get("summary").Text(), name))
			w.raw("</summary><pre>")
			w.text(example.Get("value").JSON())
			w.raw("</pre></details>")
		}
	}
}

// body writes a schema, with its properties at hand if it refers to them.
func (w *writer) body(schema openapi.Value) {
	if schema.IsZero() {
		return
	}
	target := w.follow(schema)
	if target.Get("properties").IsZero() {
		w.kind(schema)
		return
	}
	w.raw("<details><summary>")
	w.text(or(refName(schema), target.Get("title").Text()))
	w.raw("</summary>")
	w.schema(target)
	w.raw("</details>")
}

// follow returns what a reference leads to, or v itself if it is none.
func (w *writer) follow(v openapi.Value) openapi.Value {
	path, ok := strings.CutPrefix(v.Get("$ref").Text(), "#/")
	if !ok {
		return v
	}
	target := w.root
	for name := range strings.SplitSeq(path, "/") {
		target = target.Get(unescape.Replace(name))
	}
	return target
}

// unescape reads a name of a JSON pointer (RFC 6901 §4). Replacing goes by the text, so
// that "~01" becomes "~1".
var unescape = strings.NewReplacer("~1", "/", "~0", "~")

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
