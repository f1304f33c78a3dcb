package openapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// A Document is an OpenAPI document. It does not change: its methods may be called
// concurrently.
type Document struct {
	root *object
}

// JSON returns the document as indented JSON. The same document gives the same octets.
func (d *Document) JSON() []byte {
	return append(d.root.appendJSON(nil, 0), '\n')
}

// YAML returns the document as YAML, from which YAML 1.2 reads the values that JSON
// has. The same document gives the same octets.
func (d *Document) YAML() []byte {
	b := d.root.appendYAML(nil, 0)
	return append(bytes.TrimLeft(b, " \n"), '\n')
}

// Parse reads a document as JSON has it. Members keep their order. It is an error if
// the JSON is wrong, nests deeper than 200 values, names a member twice, or is not an
// object that says to be of OpenAPI 3.
func Parse(data []byte) (*Document, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	v, err := parseValue(dec, maxDepth)
	if err != nil {
		return nil, fmt.Errorf("reading an OpenAPI document: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("reading an OpenAPI document: something follows it")
	}
	root, ok := v.(*object)
	if !ok {
		return nil, errors.New("reading an OpenAPI document: it is not a JSON object")
	}
	if version, _ := root.get("openapi").(text); len(version) < 2 || version[:2] != "3." {
		return nil, errors.New("reading an OpenAPI document: its member openapi is not of version 3")
	}
	return &Document{root}, nil
}

// maxDepth bounds how deep values nest.
const maxDepth = 200

func parseValue(dec *json.Decoder, depth int) (node, error) {
	if depth == 0 {
		return nil, errors.New("values nest too deeply")
	}
	token, err := dec.Token()
	if err != nil {
		return nil, unexpected(err)
	}
	switch t := token.(type) {
	case string:
		return text(t), nil
	case json.Number:
		return number(t), nil
	case bool:
		return boolean(t), nil
	case json.Delim:
		if t == '[' {
			return parseArray(dec, depth)
		}
		return parseObject(dec, depth)
	}
	return null{}, nil
}

func parseArray(dec *json.Decoder, depth int) (node, error) {
	a := array{}
	for dec.More() {
		v, err := parseValue(dec, depth-1)
		if err != nil {
			return nil, err
		}
		a = append(a, v)
	}
	_, err := dec.Token()
	return a, unexpected(err)
}

func parseObject(dec *json.Decoder, depth int) (node, error) {
	o, seen := new(object), make(map[string]bool)
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, unexpected(err)
		}
		name, _ := token.(string)
		if seen[name] {
			return nil, fmt.Errorf("the member %q is there twice", name)
		}
		seen[name] = true
		v, err := parseValue(dec, depth-1)
		if err != nil {
			return nil, err
		}
		o.members = append(o.members, member{name, v})
	}
	_, err := dec.Token()
	return o, unexpected(err)
}

// unexpected returns err, but not io.EOF in the midst of a value.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
