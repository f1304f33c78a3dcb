package openapi

import (
	"fmt"
	"strings"

	"github.com/curlew-rpc/curlew/internal/wire/rest"
)

// The names of the responses that stand for errors.
const (
	restError    = "Error"
	connectError = "ConnectError"
)

// codes are the names of gRPC's codes, from 1 on.
var codes = [...]string{
	"canceled", "unknown", "invalid_argument", "deadline_exceeded", "not_found", "already_exists",
	"permission_denied", "resource_exhausted", "failed_precondition", "aborted", "out_of_range",
	"unimplemented", "internal", "unavailable", "data_loss", "unauthenticated",
}

// examples are errors that users meet, by their codes.
var examples = []struct {
	code    int
	message string
}{
	{3, "quantity is not positive"},
	{5, "there is no order 7"},
	{16, "no token"},
	{14, "the server is shutting down"},
}

// statusTable says in Markdown which HTTP statuses the codes have.
func statusTable(row func(code int, name string) string) string {
	lines := []string{"| code | HTTP status |", "| --- | --- |"}
	for i, name := range codes {
		lines = append(lines, fmt.Sprintf("| %s | %d |", row(i+1, name), rest.HTTPStatus(uint32(i+1))))
	}
	return strings.Join(lines, "\n")
}

func (b *builder) restErrorResponse() *object {
	shown := new(object)
	for _, e := range examples {
		shown.set(codes[e.code-1], obj(
			member{"summary", text(exampleSummary(e.code))},
			member{"value", obj(member{"code", number(fmt.Sprint(e.code))}, member{"message", text(e.message)})},
		))
	}
	return obj(
		member{"description", text("The call failed. The HTTP status follows from the code:\n\n" +
			statusTable(func(code int, name string) string {
				return fmt.Sprintf("%d %s", code, strings.ToUpper(statusName(name)))
			}))},
		member{"content", obj(member{"application/json", obj(
			member{"schema", b.schemas.ref("google.rpc.Status", b.schemas.fillStatus)},
			member{"examples", shown},
		)})},
	)
}

// statusName returns the name that google.rpc.Code has for a code of Connect.
func statusName(name string) string {
	if name == "canceled" {
		return "cancelled"
	}
	return name
}

func (b *builder) connectErrorResponse() *object {
	shown := new(object)
	for _, e := range examples {
		shown.set(codes[e.code-1], obj(
			member{"summary", text(exampleSummary(e.code))},
			member{"value", obj(member{"code", text(codes[e.code-1])}, member{"message", text(e.message)})},
		))
	}
	return obj(
		member{"description", text("The call failed. The HTTP status follows from the code:\n\n" +
			statusTable(func(_ int, name string) string { return name }))},
		member{"content", obj(member{"application/json", obj(
			member{"schema", b.schemas.ref("connect.error", fillConnectError)},
			member{"examples", shown},
		)})},
	)
}

func exampleSummary(code int) string {
	return fmt.Sprintf("HTTP status %d", rest.HTTPStatus(uint32(code)))
}

// fillConnectError describes the errors of the Connect protocol.
func fillConnectError(into *object) {
	into.set("title", text("Error"))
	into.set("description", text("An error of the Connect protocol."))
	into.set("type", text("object"))
	into.set("properties", obj(
		member{"code", obj(member{"type", text("string")}, member{"enum", texts(codes[:]...)})},
		member{"message", obj(member{"description", text("What went wrong, in English, for developers.")}, member{"type", text("string")})},
		member{"details", obj(member{"type", text("array")}, member{"items", obj(
			member{"type", text("object")},
			member{"properties", obj(
				member{"type", obj(member{"description", text("The full name of the detail's message.")}, member{"type", text("string")})},
				member{"value", obj(member{"description", text("The message in protobuf binary, as base64 without padding.")},
					member{"type", text("string")}, member{"contentEncoding", text("base64")})},
				member{"debug", obj(member{"description", text("The message as JSON, to be read by people.")})},
			)},
			member{"required", texts("type", "value")},
		)})},
	))
	into.set("required", texts("code"))
}
