package call

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/curlew-rpc/curlew/cmd/curlew/internal/msgjson"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/suggest"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

// An inputError is a mistake in the requests.
type inputError struct {
	n    int // which request, from 1
	err  error
	hint string
}

func (e *inputError) Error() string {
	s := fmt.Sprintf("request %d: %v", e.n, e.err)
	if e.hint != "" {
		s += "\n" + e.hint
	}
	return s
}

func (e *inputError) Unwrap() error { return e.err }

// requests reads messages in JSON, one after the other.
type requests struct {
	dec      *json.Decoder
	md       protoreflect.MessageDescriptor
	resolver msgjson.Resolver
	n        int // read so far
}

func newRequests(r io.Reader, md protoreflect.MessageDescriptor, resolver msgjson.Resolver) *requests {
	return &requests{dec: json.NewDecoder(r), md: md, resolver: resolver}
}

// next returns the next message, or io.EOF.
func (r *requests) next() (proto.Message, error) {
	var raw json.RawMessage
	if err := r.dec.Decode(&raw); err == io.EOF {
		return nil, io.EOF
	} else if err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = errors.New("the JSON ends in the middle")
		}
		return nil, &inputError{n: r.n + 1, err: err}
	}
	r.n++
	m := dynamicpb.NewMessage(r.md)
	if err := (protojson.UnmarshalOptions{Resolver: r.resolver}).Unmarshal(raw, m); err != nil {
		return nil, &inputError{n: r.n, err: plain(err), hint: fieldHint(r.md, raw)}
	}
	return m, nil
}

// plain takes off what protojson begins its errors with; the space behind it is
// sometimes another one.
func plain(err error) error {
	s := strings.TrimPrefix(err.Error(), "proto:")
	return errors.New(strings.TrimLeft(s, " \u00a0"))
}

// fieldHint says which field may have been meant by the first name in the JSON that
// is no field of its message. It is empty if all are.
func fieldHint(md protoreflect.MessageDescriptor, raw []byte) string {
	if md.FullName().Parent() == "google.protobuf" {
		return "" // types with a JSON form of their own
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return ""
	}
	for dec.More() {
		t, err := dec.Token()
		name, ok := t.(string)
		var value json.RawMessage
		if err != nil || !ok || dec.Decode(&value) != nil {
			return ""
		}
		if strings.HasPrefix(name, "[") { // an extension
			continue
		}
		fd := md.Fields().ByJSONName(name)
		if fd == nil {
			fd = md.Fields().ByTextName(name)
		}
		if fd == nil {
			return unknownField(md, name)
		}
		if hint := valueHint(fd, value); hint != "" {
			return hint
		}
	}
	return ""
}

// valueHint is fieldHint for the messages in a field, and the names of enums.
func valueHint(fd protoreflect.FieldDescriptor, value json.RawMessage) string {
	switch {
	case fd.IsMap():
		var entries map[string]json.RawMessage
		if json.Unmarshal(value, &entries) != nil {
			return ""
		}
		for _, v := range entries {
			if hint := valueHint(fd.MapValue(), v); hint != "" {
				return hint
			}
		}
	case fd.IsList():
		var elements []json.RawMessage
		if json.Unmarshal(value, &elements) != nil {
			return ""
		}
		for _, v := range elements {
			if hint := singleHint(fd, v); hint != "" {
				return hint
			}
		}
	default:
		return singleHint(fd, value)
	}
	return ""
}

func singleHint(fd protoreflect.FieldDescriptor, value json.RawMessage) string {
	switch {
	case fd.Message() != nil:
		return fieldHint(fd.Message(), value)
	case fd.Enum() != nil:
		var name string
		if json.Unmarshal(value, &name) != nil || fd.Enum().Values().ByName(protoreflect.Name(name)) != nil {
			return ""
		}
		var names []string
		values := fd.Enum().Values()
		for i := range values.Len() {
			names = append(names, string(values.Get(i).Name()))
		}
		return suggest.For(name, "values of "+string(fd.Enum().FullName()), names)
	}
	return ""
}

func unknownField(md protoreflect.MessageDescriptor, name string) string {
	var names []string
	fields := md.Fields()
	for i := range fields.Len() {
		names = append(names, fields.Get(i).JSONName())
	}
	hint := suggest.For(name, "fields of "+string(md.FullName()), names)
	if hint == "" {
		return string(md.FullName()) + " has no fields"
	}
	return hint
}
