package transcode

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/curlew-rpc/curlew/internal/wire/grpc"
	"github.com/curlew-rpc/curlew/internal/wire/rest"
)

// A Request is what an HTTP request says.
type Request struct {
	Vars        []string // the values of the template's variables, in its order
	Query       string   // what follows the question mark, "" if there is none
	Body        []byte   // empty if there is none
	ContentType string   // of the body, for a google.api.HttpBody
}

// Fill sets the fields of a request's message, which must be empty and of the method's
// type. The body comes first, then the path, whose variables stand against equal fields
// of the body, then the query for the rest. A body that is JSON is taken whatever the
// content type is, which is for the caller to look at. The message keeps the strings of
// the request, and a google.api.HttpBody the slice of the body.
//
// What is wrong with the request is a [*grpc.Error] with InvalidArgument: besides values
// that their fields cannot have, a field without repetition that is given twice, two
// fields of a oneof, a parameter for what the path or the body has, and, unless they are
// ignored, parameters and fields that do not exist.
func (b *Binding) Fill(msg proto.Message, in Request) error {
	m := msg.ProtoReflect()
	if m.Descriptor() != b.input || len(in.Vars) != len(b.vars) {
		return &grpc.Error{Code: grpc.Internal, Message: "a request was routed to another method's rule"}
	}
	if err := b.fillBody(m, &in); err != nil {
		return invalid(err)
	}
	t := b.targetOf(msg, m)
	for i := range b.vars {
		if err := b.fillVar(&t, &b.vars[i], in.Vars[i]); err != nil {
			return invalid(fmt.Errorf("field %s: %w", b.vars[i].name(), err))
		}
	}
	if err := b.fillQuery(&t, in.Query); err != nil {
		return invalid(err)
	}
	if b.mask != nil && !m.Has(b.mask) && len(in.Body) > 0 {
		if err := b.deriveMask(m, in.Body); err != nil {
			return invalid(fmt.Errorf("body: %w", err))
		}
	}
	if err := proto.CheckInitialized(msg); err != nil {
		return invalid(err)
	}
	return nil
}

func invalid(err error) error {
	return &grpc.Error{Code: grpc.InvalidArgument, Message: err.Error()}
}

func (b *Binding) fillBody(m protoreflect.Message, in *Request) error {
	var err error
	switch {
	case b.wholeIn && b.rawIn:
		err = setHTTPBody(m, in)
	case b.rawIn:
		if len(in.Body) > 0 || in.ContentType != "" {
			err = setHTTPBody(m.Mutable(b.bodyIn).Message(), in)
		}
	case len(in.Body) == 0:
	case b.wholeIn:
		err = b.options.JSON.Unmarshal(in.Body, m.Interface())
	case b.bodyIn != nil:
		err = b.options.JSON.UnmarshalField(in.Body, m, b.bodyIn)
	case !b.options.IgnoreUnknown:
		err = errors.New("there is one, which the method's rule has not")
	}
	if err != nil {
		return fmt.Errorf("body: %w", err)
	}
	return nil
}

// fillVar sets the field of a variable. What the body has of another field of its oneof
// goes.
func (b *Binding) fillVar(t *target, p *param, text string) error {
	m := t.Message
	for _, fd := range p.path[:len(p.path)-1] {
		m = m.Mutable(fd).Message()
	}
	return b.set(t, m, p, text)
}

// set sets the field of a parameter in m, the message of the target that has it.
func (b *Binding) set(t *target, m protoreflect.Message, p *param, text string) error {
	fd := p.leaf()
	if p.kind != scalar {
		v, err := parseText(fd, p.kind, text, func() protoreflect.Value { return m.NewField(fd) }, &b.options.JSON)
		if err == nil {
			m.Set(fd, v)
		}
		return err
	}
	v, err := parseScalar(fd, text)
	switch {
	case err != nil:
		return err
	case p.goField > 0 && t.v.IsValid():
		setGo(t.v.Field(p.goField-1), fd.Kind(), v)
	default:
		m.Set(fd, v)
	}
	return nil
}

func (b *Binding) fillQuery(t *target, query string) error {
	if query == "" {
		return nil
	}
	var space [8]rest.Pair
	pairs, err := rest.AppendQuery(space[:0], query, b.options.Query)
	if err != nil {
		return err
	}
	var seen seen
	for i := range pairs {
		if err := b.fillParam(t, &pairs[i], &seen); err != nil {
			return fmt.Errorf("query parameter %s: %w", quote(pairs[i].Name), err)
		}
	}
	return nil
}

var (
	errWholeBody = errors.New("the body has all that the path has not")
	errUnknown   = errors.New("there is no such field")
	errTwice     = errors.New("it is given twice")
	errKey       = errors.New("it is a map, whose parameters have a key, as in labels[key]")
	errNoKey     = errors.New("it is no map, so it has no key")
	errMessage   = errors.New("it is a message; parameters name its fields")
	errMessages  = errors.New("it has many messages, which a query cannot have")
	errAny       = errors.New("a query cannot have a google.protobuf.Any")
)

func (b *Binding) fillParam(t *target, pair *rest.Pair, seen *seen) error {
	p, key, hasKey := b.find(pair.Name)
	switch {
	case (p == nil || b.wholeIn) && b.options.IgnoreUnknown:
		return nil
	case p == nil:
		return errUnknown
	case b.wholeIn:
		return errWholeBody
	}
	if err := b.check(p, hasKey); err != nil {
		return err
	}
	fd := p.leaf()
	if !fd.IsList() && !fd.IsMap() && !seen.add(p) {
		return errTwice
	}
	m := t.Message
	for i, step := range p.path {
		if p.oneof {
			if other := otherMember(m, step); other != nil {
				return fmt.Errorf("%s and %s are both of oneof %s", step.Name(), other.Name(), other.ContainingOneof().Name())
			}
		}
		if i < len(p.path)-1 {
			m = m.Mutable(step).Message()
		}
	}
	switch {
	case fd.IsMap():
		return b.setEntry(m, p, key, pair.Value)
	case fd.IsList():
		return b.appendItem(m, p, pair.Value)
	}
	return b.set(t, m, p, pair.Value)
}

// check returns an error if a parameter cannot set a field, whatever its value is.
func (b *Binding) check(p *param, hasKey bool) error {
	fd := p.leaf()
	switch {
	case b.bodyIn != nil && p.path[0] == b.bodyIn:
		return errors.New("the body has it")
	case fd.IsMap() && !hasKey:
		return errKey
	case !fd.IsMap() && hasKey:
		return errNoKey
	case p.kind == opaque:
		return errAny
	case p.kind == composite && (fd.IsMap() || fd.IsList()):
		return errMessages
	case p.kind == composite:
		return errMessage
	}
	for i := range b.vars {
		if v := &b.vars[i]; p.within(v) || v.within(p) {
			return fmt.Errorf("the path has %s", v.name())
		}
	}
	return nil
}

// otherMember returns the field of fd's oneof that is set in m and is not fd.
func otherMember(m protoreflect.Message, fd protoreflect.FieldDescriptor) protoreflect.FieldDescriptor {
	if od := realOneof(fd); od != nil {
		if set := m.WhichOneof(od); set != nil && set != fd {
			return set
		}
	}
	return nil
}

func (b *Binding) appendItem(m protoreflect.Message, p *param, text string) error {
	fd := p.leaf()
	list := m.Mutable(fd).List()
	v, err := parseText(fd, p.kind, text, list.NewElement, &b.options.JSON)
	if err == nil {
		list.Append(v)
	}
	return err
}

func (b *Binding) setEntry(m protoreflect.Message, p *param, key, text string) error {
	fd := p.leaf()
	k, err := parseKey(fd, key)
	if err != nil {
		return err
	}
	entries := m.Mutable(fd).Map()
	if entries.Has(k) {
		return errTwice
	}
	v, err := parseText(fd.MapValue(), p.kind, text, entries.NewValue, &b.options.JSON)
	if err == nil {
		entries.Set(k, v)
	}
	return err
}
