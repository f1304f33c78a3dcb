package site

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/curlew-rpc/curlew/internal/transport"
	"github.com/curlew-rpc/curlew/internal/wire/connect"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
	"github.com/curlew-rpc/curlew/internal/wire/websocket"
)

// maxOpenFields bounds the metadata of a call, as in a header section.
const maxOpenFields = 200

// An opening is what is known of a call over WebSocket when that is open.
type opening struct {
	site   *Site
	m      *transport.Message
	method *method // nil: there is none
	path   string
	query  url.Values
	// anonymous: what browsers add of their own to tell who the user is does not count.
	anonymous bool
}

// call returns the route of the call, by the client's first message.
func (p *opening) call(op websocket.Opcode, first []byte) (*framedRoute, error) {
	if op != websocket.Text {
		return nil, badOpening("it is binary instead of text")
	}
	fields, timeout, err := parseOpening(first)
	if err != nil {
		return nil, err
	}
	if p.method == nil {
		service, name, ok := wire.SplitPath(p.path)
		if !ok {
			return nil, transport.NewStatus(wire.Unimplemented, "malformed method name "+wire.EncodeMessage(p.path))
		}
		return nil, transport.NewStatus(wire.Unimplemented, "unknown method "+name+" of service "+service)
	}
	r := &framedRoute{dialect: connectDialect{p.site.debug}}
	r.site, r.method = p.site, p.method
	r.fields = []transport.Field{} // not nil: there is a header, be it empty
	r.req.Path, r.req.Authority = p.method.Path, p.m.Authority
	if r.req.Codec = p.site.host.Codec(p.query.Get("encoding")); r.req.Codec == nil {
		return nil, transport.NewStatus(wire.InvalidArgument, "there is no encoding "+wire.Quote(p.query.Get("encoding")))
	}
	if timeout != "" {
		if r.req.Timeout, err = connect.ParseTimeout(timeout); err != nil {
			return nil, badOpening("timeoutMs is not a whole number of up to 10 digits")
		}
		r.req.HasTimeout = true
	}
	all := transport.Message{Fields: p.merge(fields)}
	if r.req.Header, err = transport.VisibleFields(all.Fields, connect.Visible); err != nil {
		return nil, asArgument(transport.StatusOf(err))
	}
	if len(r.req.Header) > maxOpenFields {
		return nil, transport.NewStatus(wire.ResourceExhausted, "more metadata than the limit of "+strconv.Itoa(maxOpenFields)+" fields")
	}
	r.limits()
	return r, nil
}

// merge returns the fields of the HTTP request and those of the opening message, which
// come instead of others of the same name.
func (p *opening) merge(fields []transport.Field) []transport.Field {
	var all []transport.Field
	for _, f := range p.m.Fields {
		switch {
		case strings.HasPrefix(f.Name, "sec-websocket-"):
		case p.anonymous && (f.Name == "cookie" || f.Name == "authorization"):
		case slices.ContainsFunc(fields, func(other transport.Field) bool { return other.Name == f.Name }):
		default:
			all = append(all, f)
		}
	}
	return append(all, fields...)
}

// parseOpening reads an opening message. timeout is what is written there, "" if there
// is none.
func parseOpening(b []byte) (fields []transport.Field, timeout string, err error) {
	// Into a struct package json would read members whose names differ in letter case.
	var members map[string]json.RawMessage
	if err := json.Unmarshal(b, &members); err != nil || members == nil {
		return nil, "", badOpening("it is not a JSON object")
	}
	var header map[string][]*string
	if raw, ok := members["header"]; ok && json.Unmarshal(raw, &header) != nil {
		return nil, "", badOpening("header is not an object of arrays of strings")
	}
	for _, name := range slices.Sorted(maps.Keys(header)) {
		for _, value := range header[name] {
			if value == nil {
				return nil, "", badOpening("header has a null among its values")
			}
			f := transport.Field{}
			if f.Name, f.Value, err = wire.ReceivedField(name, *value); err != nil {
				return nil, "", asArgument(transport.StatusOf(err))
			}
			if len(fields) == maxOpenFields {
				return nil, "", transport.NewStatus(wire.ResourceExhausted, "more metadata than the limit of "+strconv.Itoa(maxOpenFields)+" fields")
			}
			fields = append(fields, f)
		}
	}
	if timeout = string(members["timeoutMs"]); timeout == "null" {
		timeout = ""
	}
	return fields, timeout, nil
}

func badOpening(what string) error {
	return transport.NewStatus(wire.InvalidArgument, "the first message does not open a call: "+what)
}

// headerMessage returns the text message with a response's header.
func headerMessage(fields []transport.Field) ([]byte, error) {
	var m struct {
		Header map[string][]string `json:"header"`
	}
	m.Header = make(map[string][]string, len(fields))
	for _, f := range fields {
		m.Header[f.Name] = append(m.Header[f.Name], f.Value)
	}
	return json.Marshal(m)
}
