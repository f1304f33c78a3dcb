// Package rpcerror tells people and programs how an RPC failed.
package rpcerror

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/exit"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/msgjson"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/term"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoregistry"

	// The details that services commonly send.
	_ "google.golang.org/genproto/googleapis/rpc/errdetails"
)

// statusBase is the process's status for the code OK, which never ends one.
const statusBase = 64

// Status returns the process's status when an RPC has failed with a code: 64 and the
// code, which no shell takes for a signal.
func Status(code curlew.Code) int {
	if code == curlew.OK {
		return 0
	}
	return statusBase + int(min(code, curlew.Unauthenticated))
}

// Format says how an error is written.
type Format struct {
	// JSON writes one line for programs.
	JSON bool
	// Resolver finds the types of details, before those linked.
	Resolver msgjson.Resolver
}

// Write writes err, the error of an RPC, and returns the error to end the process
// with.
func (f Format) Write(w io.Writer, err error) error {
	code := curlew.CodeOf(err)
	message := err.Error()
	var e *curlew.Error
	if errors.As(err, &e) {
		message = e.Message()
	}
	if f.JSON {
		return f.WriteJSON(w, code, message, err)
	}
	style := term.StyleFor(w)
	fmt.Fprintf(w, "%s: %s\n", style.Red(code.String()), message)
	for url, value := range curlew.RawDetails(err) {
		fmt.Fprintf(w, "  %s\n", f.detail(url, value))
	}
	return exit.Silent(Status(code))
}

func (f Format) detail(url string, value []byte) string {
	name := url[strings.LastIndexByte(url, '/')+1:]
	msg := f.decode(url, value)
	if msg == nil {
		return fmt.Sprintf("%s, of unknown type: %s (base64)", name, base64.StdEncoding.EncodeToString(value))
	}
	return name + " " + msgjson.Format{Resolver: f.resolver()}.Line(msg)
}

// decode returns nil for what it cannot.
func (f Format) decode(url string, value []byte) proto.Message {
	t, err := f.resolver().FindMessageByURL(url)
	if err != nil {
		return nil
	}
	msg := t.New().Interface()
	if proto.Unmarshal(value, msg) != nil {
		return nil
	}
	return msg
}

func (f Format) resolver() msgjson.Resolver {
	if f.Resolver != nil {
		return f.Resolver
	}
	return protoregistry.GlobalTypes
}

// WriteJSON writes an error for programs, with err's details, and returns the error to
// end the process with. Details are as protobuf's JSON of google.protobuf.Any does, or those
// of unknown types with their bytes as "value".
func (f Format) WriteJSON(w io.Writer, code curlew.Code, message string, err error) error {
	out := struct {
		Code    string            `json:"code"`
		Number  uint32            `json:"number"`
		Message string            `json:"message"`
		Details []json.RawMessage `json:"details,omitempty"`
	}{Code: code.String(), Number: uint32(code), Message: message}
	for url, value := range curlew.RawDetails(err) {
		out.Details = append(out.Details, f.detailJSON(url, value))
	}
	text, jerr := json.Marshal(out)
	if jerr != nil {
		return jerr
	}
	fmt.Fprintf(w, "%s\n", text)
	return exit.Silent(Status(code))
}

func (f Format) detailJSON(url string, value []byte) json.RawMessage {
	body := []byte("null")
	if msg := f.decode(url, value); msg != nil {
		body, _ = msgjson.Format{Resolver: f.resolver()}.Append(nil, msg)
	} else if text, err := json.Marshal(value); err == nil {
		body = text
	}
	name, _ := json.Marshal(url) // a string always can be
	out := append([]byte(`{"@type":`), name...)
	switch {
	case len(body) == 0 || string(body) == "{}":
		return append(out, '}')
	case body[0] == '{':
		return append(append(out, ','), body[1:]...)
	}
	// A well-known type that is no object, or a type that is not known.
	return append(append(append(out, `,"value":`...), body...), '}')
}
