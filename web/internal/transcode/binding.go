package transcode

import (
	"fmt"
	"reflect"
	"slices"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/curlew-rpc/curlew/internal/jsonpb"
	"github.com/curlew-rpc/curlew/internal/wire/rest"
)

// Options say how requests are read and responses written.
type Options struct {
	// JSON is for bodies. Its DiscardUnknown is taken from IgnoreUnknown.
	JSON jsonpb.Options
	// IgnoreUnknown ignores what a request has that no field takes: parameters and
	// fields of the body that do not exist, parameters where the body is the whole
	// message, a body where the rule has none. Without it they are errors, so that
	// nothing that a client says is lost.
	IgnoreUnknown bool
	// Query bounds the query.
	Query rest.QueryLimits
}

// A Binding is one rule of a method, ready for its calls. It does not change and may be
// used concurrently.
type Binding struct {
	verb     string
	template *rest.Template
	input    protoreflect.MessageDescriptor
	output   protoreflect.MessageDescriptor
	options  Options

	vars     []param
	query    map[string]*param // the fields of the request by both names
	wholeIn  bool              // the body is the whole request
	bodyIn   protoreflect.FieldDescriptor
	rawIn    bool // the body is a google.api.HttpBody
	mask     protoreflect.FieldDescriptor
	bodyOut  protoreflect.FieldDescriptor
	rawOut   bool
	goType   reflect.Type // of the request, nil if it is not known
	describe string
}

// Compile makes a binding of a method's rule. Additional rules are not looked at. An
// error names method, rule and field.
func Compile(md protoreflect.MethodDescriptor, rule rest.Rule, options Options) (*Binding, error) {
	b := &Binding{
		verb: rule.Method, input: md.Input(), output: md.Output(), options: options,
		describe: fmt.Sprintf("%s: %s %s", md.FullName(), rule.Method, rule.Template),
	}
	b.options.JSON.DiscardUnknown = options.IgnoreUnknown
	if err := b.compile(rule); err != nil {
		return nil, fmt.Errorf("%s: %w", b.describe, err)
	}
	return b, nil
}

// String returns method, verb and template.
func (b *Binding) String() string { return b.describe }

// Verb returns the verb of HTTP, "*" for any.
func (b *Binding) Verb() string { return b.verb }

// Template returns the template of paths.
func (b *Binding) Template() *rest.Template { return b.template }

// RawRequest reports whether the request's body is a google.api.HttpBody, which takes
// any bytes of any type and not JSON.
func (b *Binding) RawRequest() bool { return b.rawIn }

// HasBody reports whether the rule has a request body.
func (b *Binding) HasBody() bool { return b.wholeIn || b.bodyIn != nil }

func (b *Binding) compile(rule rest.Rule) (err error) {
	if !rest.ValidVerb(rule.Method) {
		return fmt.Errorf("%q is no verb of HTTP", rule.Method)
	}
	if b.template, err = rest.ParseTemplate(rule.Template); err != nil {
		return err
	}
	for _, v := range b.template.Vars() {
		p, err := pathParam(b.input, v.Field)
		if err != nil {
			return err
		}
		for i := range b.vars {
			if err := together(&b.vars[i], p); err != nil {
				return err
			}
		}
		b.vars = append(b.vars, *p)
	}
	if err := b.compileBodies(rule); err != nil {
		return err
	}
	b.compileQuery()
	b.findGoFields()
	b.findMask()
	return nil
}

func (b *Binding) compileBodies(rule rest.Rule) (err error) {
	switch rule.Body {
	case "":
	case "*":
		b.wholeIn = true
		b.rawIn = isHTTPBody(b.input)
	default:
		if b.bodyIn, err = topField(b.input, "body", rule.Body); err != nil {
			return err
		}
		b.rawIn = !b.bodyIn.IsList() && isHTTPBody(b.bodyIn.Message())
		for i := range b.vars {
			if p := &b.vars[i]; len(p.path) == 1 && p.path[0] == b.bodyIn {
				return fmt.Errorf("field %s is both the body and a variable of the path", p.name())
			}
		}
	}
	if rule.ResponseBody == "" {
		b.rawOut = isHTTPBody(b.output)
		return nil
	}
	if b.bodyOut, err = topField(b.output, "response_body", rule.ResponseBody); err != nil {
		return err
	}
	b.rawOut = !b.bodyOut.IsList() && isHTTPBody(b.bodyOut.Message())
	return nil
}

// topField returns the field of a message that is a body.
func topField(md protoreflect.MessageDescriptor, what, name string) (protoreflect.FieldDescriptor, error) {
	if fd := md.Fields().ByName(protoreflect.Name(name)); fd != nil {
		return fd, nil
	}
	return nil, fmt.Errorf("%s: %s has no field %s", what, md.FullName(), name)
}

// compileQuery lists the fields that parameters can name. Those of nested messages are
// found from there.
func (b *Binding) compileQuery() {
	b.query = map[string]*param{}
	fields := b.input.Fields()
	for i := range fields.Len() {
		p := newParam([]protoreflect.FieldDescriptor{fields.Get(i)})
		b.query[p.path[0].JSONName()] = p
	}
	// Where the name of one field is the JSON name of another, the field's own stands.
	for i := range fields.Len() {
		fd := fields.Get(i)
		if p := b.query[fd.JSONName()]; p.path[0] == fd {
			b.query[string(fd.Name())] = p
		} else {
			b.query[string(fd.Name())] = newParam([]protoreflect.FieldDescriptor{fd})
		}
	}
}

// findMask finds the mask of an update that says which fields of the body count: what
// a PATCH leaves out can be told from the body (grpc-gateway's rule).
func (b *Binding) findMask() {
	if b.verb != "PATCH" || b.bodyIn == nil || b.rawIn || b.bodyIn.IsList() || b.bodyIn.IsMap() {
		return
	}
	fd := b.input.Fields().ByName("update_mask")
	if b.bodyIn.Message() == nil || fd == nil || fd.IsList() || fd.Message() == nil || fd.Message().FullName() != "google.protobuf.FieldMask" {
		return
	}
	if kindOf(b.bodyIn) == composite && !slices.ContainsFunc(b.vars, func(p param) bool { return p.path[0] == fd }) {
		b.mask = fd
	}
}

// RawResponse reports whether the response's body is a google.api.HttpBody, and so any
// bytes of any type.
func (b *Binding) RawResponse() bool { return b.rawOut }
