package apidoc

import (
	"strings"

	"github.com/curlew-rpc/curlew/internal/openapi"
)

// schema writes what is said of a schema, and its properties.
func (w *writer) schema(v openapi.Value) {
	w.markdown(v.Get("description"))
	if v.Get("properties").IsZero() {
		w.raw("<p>")
		w.kind(v)
		w.raw("</p>")
		w.constraints(v)
		return
	}
	required := make(map[string]bool)
	for name := range v.Get("required").Items() {
		required[name.Text()] = true
	}
	w.raw("<table>")
	for name, p := range v.Get("properties").Members() {
		w.raw("<tr><th><code>")
		w.text(name)
		w.raw("</code>")
		w.marks(p, required[name])
		w.raw("</th><td>")
		w.kind(p)
		w.raw("</td><td>")
		w.markdown(p.Get("description"))
		w.constraints(p)
		w.raw("</td></tr>")
	}
	w.raw("</table>")
}

// marks writes what holds for a property or parameter in a word.
func (w *writer) marks(v openapi.Value, required bool) {
	for _, m := range []struct {
		set  bool
		word string
	}{
		{required, "required"},
		{v.Get("readOnly").IsTrue(), "output only"},
		{v.Get("writeOnly").IsTrue(), "input only"},
		{v.Get("deprecated").IsTrue(), "deprecated"},
	} {
		if m.set {
			w.raw(" <i>", m.word, "</i>")
		}
	}
}

// kind writes what values a schema is for, in a few words.
func (w *writer) kind(v openapi.Value) {
	if name := refName(v); name != "" {
		short := name[strings.LastIndexByte(name, '.')+1:]
		w.raw("<a href=\"#")
		w.text("schema-" + name)
		w.raw("\" title=\"")
		w.text(name)
		w.raw("\">")
		w.text(short)
		w.raw("</a>")
		return
	}
	if w.choice(v.Get("anyOf")) || w.choice(v.Get("oneOf")) || w.choice(v.Get("type")) {
		return
	}
	switch t := v.Get("type").Text(); {
	case t == "array":
		w.raw("array of ")
		w.kind(v.Get("items"))
	case t == "object" && !v.Get("additionalProperties").Get("type").IsZero(),
		t == "object" && refName(v.Get("additionalProperties")) != "",
		t == "object" && !v.Get("additionalProperties").Get("anyOf").IsZero():
		w.raw("map of ")
		w.kind(v.Get("additionalProperties"))
	case t != "":
		w.text(t)
		if f := v.Get("format").Text(); f != "" {
			w.text(" (" + f + ")")
		}
		if e := v.Get("contentEncoding").Text(); e != "" {
			w.text(" (" + e + ")")
		}
	case v.Get("enum").IsZero() && v.Get("const").IsZero():
		w.raw("any")
	}
}

// choice writes alternatives, and reports whether there are any.
func (w *writer) choice(all openapi.Value) bool {
	n := 0
	for v := range all.Items() {
		if n > 0 {
			w.raw(" or ")
		}
		if t := v.Text(); t != "" {
			w.text(t)
		} else {
			w.kind(v)
		}
		n++
	}
	return n > 0
}

// constraints writes what narrows the values.
func (w *writer) constraints(v openapi.Value) {
	var words []string
	for item := range v.Get("enum").Items() {
		words = append(words, "<code>"+inline(or(item.Text(), item.JSON()))+"</code>")
	}
	if len(words) > 0 {
		w.raw("<p class=\"limits\">", strings.Join(words, " "), "</p>")
	}
	for _, name := range []string{"const", "pattern", "minimum", "maximum", "default"} {
		limit := v.Get(name)
		if limit.IsZero() {
			continue
		}
		w.raw("<p class=\"limits\">", name, " <code>")
		w.text(or(limit.Text(), limit.JSON()))
		w.raw("</code></p>")
	}
}

// refName returns the name of the schema that v refers to, or "".
func refName(v openapi.Value) string {
	name, ok := strings.CutPrefix(v.Get("$ref").Text(), "#/components/schemas/")
	if !ok {
		return ""
	}
	return name
}
