// Package schema knows the services of a server and their messages: from the server
// itself, by reflection, or from files.
package schema

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/curlew-rpc/curlew/cmd/curlew/internal/msgjson"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/suggest"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// A Source knows a schema. Its methods may be called concurrently.
type Source interface {
	// Services returns the full names of the services, in order.
	Services(ctx context.Context) ([]string, error)
	// Find returns what has a full name. The error is ErrNotFound if there is none.
	Find(ctx context.Context, name protoreflect.FullName) (protoreflect.Descriptor, error)
	// Resolver finds types for JSON; what it has to ask a server for, it asks in ctx.
	Resolver(ctx context.Context) msgjson.Resolver
}

// ErrNotFound is that of Source.Find.
var ErrNotFound = errors.New("not found")

// A NameError says that a name does not exist. It is the user's mistake.
type NameError struct {
	what, name, hint string
}

// Error says what does not exist, and what may have been meant.
func (e *NameError) Error() string {
	s := fmt.Sprintf("there is no %s %s", e.what, e.name)
	if e.hint != "" {
		s += "\n" + e.hint
	}
	return s
}

// SplitMethod splits "package.Service/Method" or "package.Service.Method".
func SplitMethod(name string) (service, method string, ok bool) {
	name = strings.TrimPrefix(name, "/")
	i := strings.LastIndexByte(name, '/')
	if i < 0 {
		i = strings.LastIndexByte(name, '.')
	}
	if i <= 0 || i == len(name)-1 {
		return "", "", false
	}
	return name[:i], name[i+1:], true
}

// Service returns a service.
func Service(ctx context.Context, s Source, name string) (protoreflect.ServiceDescriptor, error) {
	if protoreflect.FullName(name).IsValid() {
		d, err := s.Find(ctx, protoreflect.FullName(name))
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, err
		}
		if sd, ok := d.(protoreflect.ServiceDescriptor); ok {
			return sd, nil
		}
	}
	all, err := s.Services(ctx)
	if err != nil {
		return nil, err
	}
	return nil, &NameError{"service", name, suggest.For(name, "services", all)}
}

// Method returns a method of a service.
func Method(ctx context.Context, s Source, service, method string) (protoreflect.MethodDescriptor, error) {
	sd, err := Service(ctx, s, service)
	if err != nil {
		return nil, err
	}
	methods := sd.Methods()
	if md := methods.ByName(protoreflect.Name(method)); md != nil {
		return md, nil
	}
	var all []string
	for i := range methods.Len() {
		all = append(all, string(methods.Get(i).Name()))
	}
	return nil, &NameError{"method", method + " in " + service, suggest.For(method, "methods", all)}
}

// Symbol returns a service, method, message, enum or another thing by its full name.
// Methods may have the slash.
func Symbol(ctx context.Context, s Source, name string) (protoreflect.Descriptor, error) {
	name = strings.ReplaceAll(strings.Trim(name, "./"), "/", ".")
	full := protoreflect.FullName(name)
	if full.IsValid() {
		d, err := s.Find(ctx, full)
		if err == nil || !errors.Is(err, ErrNotFound) {
			return d, err
		}
	}
	all, err := s.Services(ctx)
	if err != nil {
		return nil, err
	}
	hint := suggest.For(name, "services", all)
	if sd, err := s.Find(ctx, full.Parent()); full.IsValid() && err == nil {
		hint = suggest.For(string(full.Name()), "it has", children(sd))
	}
	return nil, &NameError{"symbol", name, hint}
}

// children returns the names within a descriptor.
func children(d protoreflect.Descriptor) (all []string) {
	switch d := d.(type) {
	case protoreflect.ServiceDescriptor:
		for i := range d.Methods().Len() {
			all = append(all, string(d.Methods().Get(i).Name()))
		}
	case protoreflect.MessageDescriptor:
		for i := range d.Fields().Len() {
			all = append(all, string(d.Fields().Get(i).Name()))
		}
		for i := range d.Messages().Len() {
			all = append(all, string(d.Messages().Get(i).Name()))
		}
	}
	slices.Sort(all)
	return all
}
