package resolve

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// jsonError says in words of the text, not of Go, what is wrong with it. at is the
// field whose value it is, empty of a whole text.
func jsonError(at string, text []byte, err error) error {
	var syntax *json.SyntaxError
	var typ *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("%s: %w", position(text, syntax.Offset), err)
	case errors.As(err, &typ):
		if at = fieldOf(at, typ.Field); at == "" {
			at = position(text, typ.Offset)
		}
		return fmt.Errorf("%s: it is %s; %s is needed", at, article(typ.Value), wanted(typ.Type.String()))
	}
	return err
}

// fieldOf names a field of the object at.
func fieldOf(at, field string) string {
	if at == "" || field == "" {
		return at + field
	}
	return at + "." + field
}

// position turns an offset into what editors show.
func position(text []byte, offset int64) string {
	before := text[:min(max(offset, 0), int64(len(text)))]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := len(before) - bytes.LastIndexByte(before, '\n') - 1
	return fmt.Sprintf("line %d, column %d", line, max(column, 1))
}

func article(what string) string {
	if strings.HasPrefix(what, "number ") {
		return "the " + what
	}
	if what != "" && strings.Contains("aeiou", what[:1]) {
		return "an " + what
	}
	return "a " + what
}

// wanted names a Go type as JSON has it.
func wanted(goType string) string {
	switch {
	case goType == "string":
		return "a string"
	case goType == "uint32":
		return "a whole number from 1 to 4294967295"
	case goType == "int":
		return "a whole number"
	case strings.HasPrefix(goType, "[]"):
		return "a list"
	}
	return "an object"
}
