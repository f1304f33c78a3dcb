package gen

import (
	"strconv"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/types/descriptorpb"
)

const (
	contextPackage = protogen.GoImportPath("context")
	iterPackage    = protogen.GoImportPath("iter")
	curlewPackage  = protogen.GoImportPath("github.com/curlew-rpc/curlew")
)

// writer writes the code of a service.
//
// Names of parameters may equal names of imported packages: a parameter's scope is
// the body of its function, and bodies here refer to no package but curlew.
type writer struct {
	g     *protogen.GeneratedFile
	file  *protogen.File
	svc   *protogen.Service
	names *serviceNames
}

// id writes a name of another package.
func (w writer) id(p protogen.GoImportPath, name string) string {
	return w.g.QualifiedGoIdent(p.Ident(name))
}

func (w writer) curlew(name string) string { return w.id(curlewPackage, name) }
func (w writer) context() string           { return w.id(contextPackage, "Context") }

// in returns the type of a method's request, out that of its response.
func (w writer) in(m *protogen.Method) string  { return "*" + w.g.QualifiedGoIdent(m.Input.GoIdent) }
func (w writer) out(m *protogen.Method) string { return "*" + w.g.QualifiedGoIdent(m.Output.GoIdent) }

// both returns the two as type arguments.
func (w writer) both(m *protogen.Method) string {
	return "[" + w.in(m) + ", " + w.out(m) + "]"
}

func (w writer) method(m *protogen.Method) string { return w.names.methods[m].method }

func (w writer) descriptor(m *protogen.Method) string { return w.names.methods[m].descriptor }

// kind returns the end of the names of curlew's Kinds, and of its functions that
// handle and make calls.
func kind(m *protogen.Method) string {
	switch client, server := m.Desc.IsStreamingClient(), m.Desc.IsStreamingServer(); {
	case client && server:
		return "Bidi"
	case client:
		return "ClientStream"
	case server:
		return "ServerStream"
	}
	return "Unary"
}

func methodPath(m *protogen.Method) string {
	return "/" + string(m.Parent.Desc.FullName()) + "/" + string(m.Desc.Name())
}

func (w writer) name() {
	w.g.P("// ", w.names.nameConst, " is the full name of the service ", w.svc.Desc.Name(), ".")
	w.g.P("const ", w.names.nameConst, " = ", strconv.Quote(string(w.svc.Desc.FullName())))
	w.g.P()
}

// descriptors writes a variable a method, made of constants and functions alone, so
// that the linker lays it out and nothing runs when the program starts.
func (w writer) descriptors() {
	if len(w.svc.Methods) == 0 {
		return
	}
	w.g.P("var (")
	for _, m := range w.svc.Methods {
		w.g.P(w.descriptor(m), " = &", w.curlew("MethodOf"), w.both(m), "{")
		w.g.P("Method: ", w.curlew("Method"), "{")
		w.g.P("Path: ", strconv.Quote(methodPath(m)), ",")
		w.g.P("Kind: ", w.curlew("Kind"+kind(m)), ",")
		switch m.Desc.Options().(*descriptorpb.MethodOptions).GetIdempotencyLevel() {
		case descriptorpb.MethodOptions_NO_SIDE_EFFECTS:
			w.g.P("Idempotency: ", w.curlew("NoSideEffects"), ",")
		case descriptorpb.MethodOptions_IDEMPOTENT:
			w.g.P("Idempotency: ", w.curlew("Idempotent"), ",")
		}
		w.g.P("},")
		w.g.P("NewRequest: func() ", w.in(m), " { return new(", m.Input.GoIdent, ") },")
		w.g.P("NewResponse: func() ", w.out(m), " { return new(", m.Output.GoIdent, ") },")
		w.g.P("}")
	}
	w.g.P(")")
	w.g.P()
}
