package openapi

import (
	"google.golang.org/protobuf/reflect/protoreflect"
)

// connectRoutes adds the operations by which the Connect protocol calls a method:
// https://connectrpc.com/docs/protocol.
func (b *builder) connectRoutes(md protoreflect.MethodDescriptor) error {
	path := connectPath(md)
	e := b.entry(route{path: path, shape: path})
	suffix := ""
	if b.rest[md.FullName()] {
		suffix = "connect"
	}
	b.connect = true
	owner := path + " of the Connect protocol"
	if md.IsStreamingClient() || md.IsStreamingServer() {
		return e.add("POST", owner, b.connectStream(md, suffix))
	}
	if err := e.add("POST", owner, b.connectUnary(md, suffix)); err != nil {
		return err
	}
	if hasConnectGet(md) {
		return e.add("GET", owner, b.connectGet(md))
	}
	return nil
}

func connectPath(md protoreflect.MethodDescriptor) string {
	return "/" + string(md.Parent().FullName()) + "/" + string(md.Name())
}

// hasConnectGet reports whether a method can be called by GET.
func hasConnectGet(md protoreflect.MethodDescriptor) bool {
	return hasNoSideEffects(md) && !md.IsStreamingClient() && !md.IsStreamingServer()
}

func (b *builder) connectUnary(md protoreflect.MethodDescriptor, suffix string) *object {
	o := b.operation(md, b.id(md, suffix))
	o.set("parameters", connectHeaders())
	o.set("requestBody", obj(
		member{"content", b.messageContent(md.Input(), "application/json", "application/proto")},
		member{"required", boolean(true)},
	))
	o.set("responses", b.connectResponses(b.messageContent(md.Output(), "application/json", "application/proto"), responseText))
	return o
}

// messageContent returns the media types of a message: JSON, and protobuf binary, which
// no schema describes.
func (b *builder) messageContent(md protoreflect.MessageDescriptor, asJSON, asProto string) *object {
	return obj(
		member{asJSON, obj(member{"schema", b.schemas.message(md)})},
		member{asProto, obj(member{"x-protobuf-message", text(md.FullName())})},
	)
}

const responseText = "The response."

func (b *builder) connectResponses(content *object, description string) *object {
	return obj(
		member{"200", obj(member{"description", text(description)}, member{"content", content})},
		member{"default", obj(member{"$ref", text("#/components/responses/" + connectError)})},
	)
}

// connectGet describes the way that caches understand.
func (b *builder) connectGet(md protoreflect.MethodDescriptor) *object {
	o := b.operation(md, b.id(md, "get"))
	query := func(name, description string, required bool, rest ...member) *object {
		return obj(append([]member{
			{"name", text(name)}, {"in", text("query")},
			{"description", textOrNil(description)}, {"required", trueOrNil(required)},
		}, rest...)...)
	}
	one := func(value string) member {
		return member{"schema", obj(member{"type", text("string")}, member{"const", text(value)})}
	}
	o.set("parameters", array{
		query("message", "The request. If `encoding` is `proto`, it is protobuf binary as base64 for URLs, and `base64` is `1`.", true,
			member{"content", obj(member{"application/json", obj(member{"schema", b.schemas.message(md.Input())})})}),
		query("encoding", "What the request is written in, and the response.", true,
			member{"schema", obj(member{"type", text("string")}, member{"enum", texts("json", "proto")})}),
		query("connect", "The version of the protocol.", false, one("v1")),
		query("base64", "The request is in base64 for URLs.", false, one("1")),
		query("compression", "How the request is compressed, before base64.", false,
			member{"schema", obj(member{"type", text("string")}, member{"examples", texts("gzip")})}),
		obj(member{"$ref", text("#/components/parameters/" + timeoutHeader)}),
	})
	o.set("responses", b.connectResponses(b.messageContent(md.Output(), "application/json", "application/proto"), responseText))
	return o
}

const envelopes = "each in an envelope: an octet of flags (1: compressed, 2: the end of the stream), the length in four octets, big-endian, and the data."

// connectStream describes the calls whose messages are in envelopes. The HTTP status is
// 200 whatever happens.
func (b *builder) connectStream(md protoreflect.MethodDescriptor, suffix string) *object {
	var note string
	switch {
	case md.IsStreamingClient() && md.IsStreamingServer():
		note = "Both sides send any number of messages. They can do so at the same time over HTTP/2 and HTTP/3."
	case md.IsStreamingClient():
		note = "The client sends any number of messages, and the server one."
	default:
		note = "The client sends one message, and the server any number."
	}
	o := b.operation(md, b.id(md, suffix), note)
	o.set("parameters", connectHeaders())
	o.set("requestBody", obj(
		member{"description", text("The messages, " + envelopes)},
		member{"content", b.envelopeContent(md.Input())},
		member{"required", boolean(true)},
	))
	o.set("responses", obj(member{"200", obj(
		member{"description", text("The messages, " + envelopes + " The last envelope is the end of the stream. " +
			"It holds JSON, with `metadata` and, if the call failed, `error`, which is a `connect.error`.")},
		member{"content", b.envelopeContent(md.Output())},
	)}, member{"default", obj(member{"$ref", text("#/components/responses/" + connectError)})}))
	return o
}

func (b *builder) envelopeContent(md protoreflect.MessageDescriptor) *object {
	return obj(
		member{"application/connect+json", obj(member{itemSchema, b.schemas.message(md)})},
		member{"application/connect+proto", obj(member{"x-protobuf-message", text(md.FullName())})},
	)
}

// The names of parameters that all operations of the protocol share.
const (
	versionHeader = "ConnectProtocolVersion"
	timeoutHeader = "ConnectTimeoutMs"
)

func connectHeaders() array {
	return array{
		obj(member{"$ref", text("#/components/parameters/" + versionHeader)}),
		obj(member{"$ref", text("#/components/parameters/" + timeoutHeader)}),
	}
}

func connectParameters() *object {
	return obj(
		member{versionHeader, obj(
			member{"name", text("Connect-Protocol-Version")},
			member{"in", text("header")},
			member{"description", text("The version of the protocol. Clients that are made for it send it; it may be left out.")},
			member{"schema", obj(member{"type", text("string")}, member{"const", text("1")})},
		)},
		member{timeoutHeader, obj(
			member{"name", text("Connect-Timeout-Ms")},
			member{"in", text("header")},
			member{"description", text("How long the call may take, in milliseconds. Without it, the client sets no limit.")},
			member{"schema", obj(member{"type", text("integer")}, member{"minimum", number("0")}, member{"maximum", number("9999999999")})},
		)},
	)
}
