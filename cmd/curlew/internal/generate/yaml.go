package generate

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/curlew-rpc/curlew/cmd/curlew/internal/compile"
	"go.yaml.in/yaml/v3"
)

// document reads a YAML file and collects what is wrong with it.
type document struct {
	file   string
	errors compile.Diagnostics
}

// fields say how to read the value of each key that a mapping may have.
type fields map[string]func(*yaml.Node)

var yamlLine = regexp.MustCompile(`^yaml: line (\d+): `)

// parse returns the document's root, or nil if it is empty.
func (d *document) parse(data []byte) *yaml.Node {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var root, second yaml.Node
	err := decoder.Decode(&root)
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		d.syntaxError(err)
		return nil
	}
	if decoder.Decode(&second) == nil {
		d.errorf(&second, "a second document: there can be one")
	}
	return root.Content[0]
}

// syntaxError reports an error of the YAML parser, whose text tells the line.
func (d *document) syntaxError(err error) {
	text, line := err.Error(), 1
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[1])
		text = text[len(m[0]):]
	}
	d.errors = append(d.errors, compile.Diagnostic{
		File: d.file, Line: line, Column: 1, Message: strings.TrimPrefix(text, "yaml: "),
	})
}

func (d *document) errorf(n *yaml.Node, format string, args ...any) {
	d.errors = append(d.errors, compile.Diagnostic{
		File: d.file, Line: n.Line, Column: n.Column, Message: fmt.Sprintf(format, args...),
	})
}

// mapping reads a mapping. Keys that known does not have are errors.
func (d *document) mapping(n *yaml.Node, known fields) {
	d.pairs(n, func(key, value *yaml.Node) {
		read := known[key.Value]
		if read == nil {
			d.errorf(key, "unknown key %q: there are %s", key.Value, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
			return
		}
		read(value)
	})
}

// pairs calls f for each pair of a mapping. A key that stands there twice is an error.
func (d *document) pairs(n *yaml.Node, f func(key, value *yaml.Node)) {
	n = resolve(n)
	if isNull(n) {
		return
	}
	if n.Kind != yaml.MappingNode {
		d.errorf(n, "want keys and values here, not %s", describe(n))
		return
	}
	seen := make(map[string]bool)
	for i := 0; i < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if seen[key.Value] {
			d.errorf(key, "key %q stands here twice", key.Value)
			continue
		}
		seen[key.Value] = true
		f(key, value)
	}
}

// items calls f for each item of a list.
func (d *document) items(n *yaml.Node, f func(*yaml.Node)) {
	n = resolve(n)
	if isNull(n) {
		return
	}
	if n.Kind != yaml.SequenceNode {
		d.errorf(n, "want a list here, not %s", describe(n))
		return
	}
	for _, item := range n.Content {
		f(item)
	}
}

// text returns a function that reads a scalar into p.
func (d *document) text(p *string) func(*yaml.Node) {
	return func(n *yaml.Node) { *p = d.scalar(n) }
}

func (d *document) scalar(n *yaml.Node) string {
	n = resolve(n)
	if n.Kind != yaml.ScalarNode || isNull(n) {
		d.errorf(n, "want a text here, not %s", describe(n))
		return ""
	}
	return n.Value
}

// texts returns a function that reads a scalar, or a list of them, into p.
func (d *document) texts(p *[]string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if resolve(n).Kind == yaml.ScalarNode {
			*p = append(*p, d.scalar(n))
			return
		}
		d.items(n, func(item *yaml.Node) { *p = append(*p, d.scalar(item)) })
	}
}

// truth returns a function that reads true or false into p.
func (d *document) truth(p *bool) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if v := resolve(n); v.Kind != yaml.ScalarNode || v.Decode(p) != nil {
			d.errorf(v, "want true or false here, not %s", describe(v))
		}
	}
}

// refuse returns a function for a key that is known but has no effect here, which is
// an error that says why.
func (d *document) refuse(format string, args ...any) func(*yaml.Node) {
	return func(n *yaml.Node) { d.errorf(n, format, args...) }
}

// ignore reads nothing.
func ignore(*yaml.Node) {}

func resolve(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

func describe(n *yaml.Node) string {
	switch {
	case isNull(n):
		return "nothing"
	case n.Kind == yaml.MappingNode:
		return "keys and values"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	}
	return strconv.Quote(n.Value)
}
