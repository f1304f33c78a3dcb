package rest

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// A Rule says which requests call a method: one google.api.HttpRule.
type Rule struct {
	Method       string // the HTTP verb, as in GET, or "*" for any
	Template     string // of the path, see [ParseTemplate]
	Body         string // the request's field that is the body, "*" for all of it, "" for no body
	ResponseBody string // the response's field that is the body, "" for all of it
	Additional   []Rule // further ways to call the method; they have none of their own
}

// The fields of google.api.HttpRule and, for the last two, CustomHttpPattern.
const (
	ruleGet          = 2
	rulePut          = 3
	rulePost         = 4
	ruleDelete       = 5
	rulePatch        = 6
	ruleBody         = 7
	ruleCustom       = 8
	ruleAdditional   = 11
	ruleResponseBody = 12
	customKind       = 1
	customPath       = 2
)

var ruleVerbs = [...]string{ruleGet: "GET", rulePut: "PUT", rulePost: "POST", ruleDelete: "DELETE", rulePatch: "PATCH"}

// ParseRule reads a google.api.HttpRule in protobuf binary, as it stands in the
// options of a method. The selector does not count: the rule is of the method that
// has it. Templates and names of fields are not looked at. An error says what in the
// rule is wrong.
//
// It is written by hand so that this package brings no second copy of the type into
// a program that has one.
func ParseRule(b []byte) (Rule, error) {
	r, err := parseRule(b, true)
	if err != nil {
		return Rule{}, fmt.Errorf("google.api.http: %w", err)
	}
	return r, nil
}

var errNotARule = errors.New("not a google.api.HttpRule in protobuf binary")

func parseRule(b []byte, top bool) (r Rule, err error) {
	for len(b) > 0 {
		var id uint64
		var text []byte
		if id, text, b = nextText(b); b == nil {
			return Rule{}, errNotARule
		}
		if text == nil {
			continue
		}
		switch id {
		case ruleGet, rulePut, rulePost, ruleDelete, rulePatch:
			// Of a oneof the last member stands.
			r.Method, r.Template = ruleVerbs[id], string(text)
		case ruleCustom:
			r.Method, r.Template, err = parseCustom(text)
		case ruleBody:
			r.Body = string(text)
		case ruleResponseBody:
			r.ResponseBody = string(text)
		case ruleAdditional:
			if !top {
				return Rule{}, errors.New("additional_bindings within additional_bindings: one level is all that there is")
			}
			var more Rule
			if more, err = parseRule(text, false); err != nil {
				err = fmt.Errorf("additional_bindings[%d]: %w", len(r.Additional), err)
			}
			r.Additional = append(r.Additional, more)
		}
		if err != nil {
			return Rule{}, err
		}
	}
	if r.Method == "" {
		return Rule{}, errors.New("no verb: one of get, put, post, delete, patch and custom must be set")
	}
	return r, nil
}

// parseCustom reads a google.api.CustomHttpPattern.
func parseCustom(b []byte) (verb, template string, err error) {
	for len(b) > 0 {
		var id uint64
		var text []byte
		if id, text, b = nextText(b); b == nil {
			return "", "", errNotARule
		}
		switch {
		case text == nil:
		case id == customKind:
			verb = string(text)
		case id == customPath:
			template = string(text)
		}
	}
	if !ValidVerb(verb) {
		return "", "", fmt.Errorf("custom: kind %q is no verb of HTTP", verb)
	}
	return verb, template, nil
}

// ValidVerb reports whether s can be the verb of a rule: a token of RFC 9110 §5.6.2,
// which "*" is too.
func ValidVerb(s string) bool {
	for i := range len(s) {
		if !tokenChars.has(s[i]) {
			return false
		}
	}
	return s != ""
}

// nextText reads the first field of b and returns what follows it, or a nil rest if b
// does not begin with a field. text is nil for a field that is not length-delimited;
// HttpRule has none, so groups are none of ours either.
func nextText(b []byte) (id uint64, text, rest []byte) {
	tag, n := binary.Uvarint(b)
	// Field numbers have 29 bits and begin at 1.
	if n <= 0 || tag>>32 != 0 || tag>>3 == 0 {
		return 0, nil, nil
	}
	b = b[n:]
	size := uint64(0)
	switch tag & 7 {
	case 0: // varint
		if _, n = binary.Uvarint(b); n <= 0 {
			return 0, nil, nil
		}
		return tag >> 3, nil, b[n:]
	case 1: // 64 bits
		size = 8
	case 5: // 32 bits
		size = 4
	case 2: // length-delimited
		if size, n = binary.Uvarint(b); n <= 0 {
			return 0, nil, nil
		}
		b = b[n:]
	default:
		return 0, nil, nil
	}
	if size > uint64(len(b)) {
		return 0, nil, nil
	}
	if tag&7 == 2 {
		text = b[:size:size]
	}
	return tag >> 3, text, b[size:]
}
