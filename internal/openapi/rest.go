package openapi

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/curlew-rpc/curlew/internal/wire/rest"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// itemSchema is the name of the schema of a stream's messages: what OpenAPI 3.2 calls
// itemSchema.
const itemSchema = "x-oai-itemSchema"

// restRoutes adds the operations of a method's google.api.http.
func (b *builder) restRoutes(md protoreflect.MethodDescriptor) error {
	encoded := httpRule(md)
	if encoded == nil {
		return nil
	}
	rule, err := rest.ParseRule(encoded)
	if err != nil {
		return fmt.Errorf("%s: %w", md.FullName(), err)
	}
	for i, r := range append([]rest.Rule{rule}, rule.Additional...) {
		if err := b.restRoute(md, r, i); err != nil {
			return err
		}
	}
	return nil
}

// restRoute adds the operation of the nth rule of a method.
func (b *builder) restRoute(md protoreflect.MethodDescriptor, r rest.Rule, n int) error {
	t, err := rest.ParseTemplate(r.Template)
	if err != nil {
		return fmt.Errorf("%s: google.api.http: %w", md.FullName(), err)
	}
	if err := b.router.Add(string(md.FullName()), r.Method, t, struct{}{}); err != nil {
		return err
	}
	if b.isConnect(md, r) {
		return nil // described as that
	}
	binding := &binding{builder: b, md: md, rule: r, route: newRoute(t), bound: make(map[string]bool)}
	for _, v := range t.Vars() {
		binding.bound[v.Field] = true
	}
	suffix := ""
	if n > 0 {
		suffix = strconv.Itoa(n + 1)
	}
	b.rest[md.FullName()] = true
	return binding.add(suffix)
}

// isConnect reports whether a rule is what the Connect protocol has for the method
// anyway.
func (b *builder) isConnect(md protoreflect.MethodDescriptor, r rest.Rule) bool {
	if b.cfg.NoConnect || r.Template != connectPath(md) {
		return false
	}
	return r.Method == "POST" || r.Method == "GET" && hasConnectGet(md)
}

// A binding is a rule of a method that becomes an operation.
type binding struct {
	*builder
	md    protoreflect.MethodDescriptor
	rule  rest.Rule
	route route
	bound map[string]bool // the paths of fields that are variables
}

func (b *binding) add(suffix string) error {
	e := b.entry(b.route)
	var notes []string
	verb := b.rule.Method
	if verb == "*" {
		notes = append(notes, "Any HTTP method is accepted.")
		if verb = "GET"; b.rule.Body != "" {
			verb = "POST"
		}
	}
	o := b.operation(b.md, b.id(b.md, suffix), notes...)
	if b.route.path != b.rule.Template {
		o.set("x-http-template", text(b.rule.Template))
	}
	parameters, err := b.parameters(e)
	if err == nil && len(parameters) > 0 {
		o.set("parameters", parameters)
	}
	if err == nil {
		err = b.requestBody(o)
	}
	if err == nil {
		err = b.responses(o)
	}
	if err != nil {
		return fmt.Errorf("%s: google.api.http: %s %s: %w", b.md.FullName(), b.rule.Method, b.rule.Template, err)
	}
	return e.add(verb, fmt.Sprintf("%s (%s)", b.md.FullName(), b.rule.Template), o)
}

// parameters returns those of the path, under the names that the entry has, and those
// of the query.
func (b *binding) parameters(e *entry) (array, error) {
	var all array
	for i, p := range b.route.params {
		o, err := b.pathParameter(p)
		if err != nil {
			return nil, err
		}
		o.set("name", text(e.route.params[i].name))
		all = append(all, o)
	}
	if b.rule.Body == "*" || hasOwnJSON(b.md.Input()) {
		return all, nil
	}
	taken := map[string]bool{b.rule.Body: true}
	for field := range b.bound {
		taken[field] = true
	}
	q := query{schemas: b.schemas, taken: taken}
	q.message(b.md.Input(), "", "", true)
	return append(all, q.params...), nil
}

func (b *binding) pathParameter(p pathParam) (*object, error) {
	o := obj(member{"name", text(p.name)}, member{"in", text("path")})
	var says, slashes string
	schema := obj(member{"type", text("string")})
	if p.field != "" {
		fd, err := b.lookUp(p.field)
		if err != nil {
			return nil, err
		}
		says = comment(fd)
		if p.pattern == "" {
			schema = queryValue(b.schemas, fd)
		} else {
			says = joined("A part of `"+p.field+"`, which is `"+p.pattern+"`.", says)
		}
		o.set("deprecated", trueOrNil(isDeprecated(fd)))
	}
	if p.deep {
		slashes = "May have several segments: slashes in it are not escaped."
	} else if t, ok := schema.get("type").(text); ok && t == "string" && len(schema.members) == 1 {
		schema.set("pattern", text("^[^/]+$"))
	}
	o.set("description", textOrNil(joined(says, slashes)))
	o.set("required", boolean(true))
	o.set("schema", schema)
	return o, nil
}

// lookUp returns the field that a variable names.
func (b *binding) lookUp(path string) (protoreflect.FieldDescriptor, error) {
	md := b.md.Input()
	names := strings.Split(path, ".")
	for i, name := range names {
		fd := md.Fields().ByName(protoreflect.Name(name))
		if fd == nil {
			return nil, fmt.Errorf("%s has no field %s", md.FullName(), name)
		}
		if last := i == len(names)-1; last {
			if fd.IsList() || fd.IsMap() || !isQueryValue(fd) {
				return nil, fmt.Errorf("field %s cannot be in a path: it is no single scalar", fd.FullName())
			}
			return fd, nil
		}
		if fd.Message() == nil || fd.IsList() || fd.IsMap() {
			return nil, fmt.Errorf("field %s is no message", fd.FullName())
		}
		md = fd.Message()
	}
	return nil, fmt.Errorf("no field %q", path)
}

// requestBody adds the body, if the rule has one.
func (b *binding) requestBody(o *object) error {
	if b.rule.Body == "" {
		return nil
	}
	md, prefix := b.md.Input(), ""
	var schema *object
	if b.rule.Body != "*" {
		fd := md.Fields().ByName(protoreflect.Name(b.rule.Body))
		if fd == nil {
			return fmt.Errorf("the body is the field %s, which %s does not have", b.rule.Body, md.FullName())
		}
		md, prefix, schema = fd.Message(), b.rule.Body+".", b.schemas.field(fd)
		if fd.IsMap() || fd.IsList() {
			md = nil
		}
	}
	body := new(object)
	switch {
	case md != nil && md.FullName() == httpBody:
		body.set("content", anyContent())
	default:
		if skip := b.boundIn(md, prefix); len(skip) > 0 {
			schema = b.schemas.without(md, skip)
		} else if schema == nil {
			schema = b.schemas.message(md)
		}
		if b.md.IsStreamingClient() {
			body.set("description", text("Any number of messages, each on a line of its own."))
			body.set("content", obj(member{"application/x-ndjson", lines(schema)}))
			break
		}
		body.set("content", obj(member{"application/json", obj(member{"schema", schema})}))
	}
	body.set("required", boolean(true))
	o.set("requestBody", body)
	return nil
}

// boundIn returns the fields of the body that are in the path and so need not be in the
// body: all of them if the body is the request, and otherwise those without which the
// body would not fit its schema.
func (b *binding) boundIn(md protoreflect.MessageDescriptor, prefix string) map[protoreflect.Name]bool {
	if md == nil {
		return nil
	}
	skip := make(map[protoreflect.Name]bool)
	for field := range b.bound {
		name, ok := strings.CutPrefix(field, prefix)
		fd := md.Fields().ByName(protoreflect.Name(name))
		if ok && fd != nil && (prefix == "" || behaviorOf(fd).has(required)) {
			skip[fd.Name()] = true
		}
	}
	return skip
}

// httpBody is the message that stands for what is no message.
const httpBody = "google.api.HttpBody"

// anyContent returns the content of a body that has a media type of its own.
func anyContent() *object { return obj(member{"*/*", new(object)}) }

// lines returns the media type of JSON values on lines.
func lines(item *object) *object {
	return obj(member{"schema", obj(member{"type", text("string")})}, member{itemSchema, item})
}

// responses adds the response and that of errors.
func (b *binding) responses(o *object) error {
	md := b.md.Output()
	schema := (*object)(nil)
	if name := b.rule.ResponseBody; name != "" {
		fd := md.Fields().ByName(protoreflect.Name(name))
		if fd == nil {
			return fmt.Errorf("the body of the response is the field %s, which %s does not have", name, md.FullName())
		}
		schema = b.schemas.field(fd)
		if md = fd.Message(); fd.IsList() || fd.IsMap() {
			md = nil
		}
	}
	response := obj(member{"description", text(responseText)})
	switch {
	case md != nil && md.FullName() == httpBody:
		response.set("content", anyContent())
	default:
		if schema == nil {
			schema = b.schemas.message(md)
		}
		if !b.md.IsStreamingServer() {
			response.set("content", obj(member{"application/json", obj(member{"schema", schema})}))
			break
		}
		response.set("description", text(streamText))
		response.set("content", obj(
			member{"application/x-ndjson", lines(schema)},
			member{"text/event-stream", lines(obj(
				member{"type", text("object")},
				member{"properties", obj(
					member{"event", obj(member{"type", text("string")})},
					member{"data", obj(member{"type", text("string")},
						member{"contentMediaType", text("application/json")}, member{"contentSchema", schema})},
				)},
			))},
		))
	}
	o.set("responses", obj(
		member{"200", response},
		member{"default", obj(member{"$ref", text("#/components/responses/" + restError)})},
	))
	return nil
}

const streamText = "Any number of messages: each on a line of its own or, if the request accepts `text/event-stream`, " +
	"each the data of an event, followed by an event named `end`. If the call fails after the first message, the last line is " +
	"`{\"error\": ...}`, or the last event is named `error`; what it holds is a `google.rpc.Status`."
