package jsonpb

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// An Error says what is wrong with a message or its JSON, and where.
type Error struct {
	// Path is where in the message, as in orders[2].customer.name or labels["key"].
	// It is empty for the message itself.
	Path string

	// Text says what is wrong.
	Text string

	// Line and Column, which count characters, are where in the JSON, from 1 on. They
	// are 0 when encoding.
	Line, Column int

	offset int
}

// Error returns path, text and position.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Path != "" {
		b.WriteString(e.Path)
		b.WriteString(": ")
	}
	b.WriteString(e.Text)
	if e.Line > 0 {
		fmt.Fprintf(&b, " (line %d:%d)", e.Line, e.Column)
	}
	return b.String()
}

func errorf(format string, args ...any) *Error {
	return &Error{Text: fmt.Sprintf(format, args...)}
}

// maxPath bounds the paths of errors, in bytes: names come from a peer.
const maxPath = 1000

// within returns err as that of what is at path: an Error's own path comes after it. Nil stays nil.
func within(err error, path string) error {
	if err == nil {
		return nil
	}
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{Text: err.Error()}
	}
	switch {
	case len(e.Path)+len(path) > maxPath:
	case e.Path == "" || e.Path[0] == '[':
		e.Path = path + e.Path
	default:
		e.Path = path + "." + e.Path
	}
	return e
}

func withinItem(err error, i int) error { return within(err, "["+strconv.Itoa(i)+"]") }

func withinKey(err error, key string) error {
	return within(err, "["+strconv.Quote(clip(key))+"]")
}

// clip returns what is shown of s in errors.
func clip(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// show is clip for what is not a string yet.
func show(b []byte) string { return clip(string(b[:min(len(b), 100)])) }

// located returns err with line and column of where in src it is.
func located(err error, src []byte) error {
	var e *Error
	if errors.As(err, &e) {
		before := src[:min(e.offset, len(src))]
		e.Line = bytes.Count(before, []byte("\n")) + 1
		e.Column = utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	}
	return err
}
