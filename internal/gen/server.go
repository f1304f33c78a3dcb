package gen

import (
	"strconv"

	"google.golang.org/protobuf/compiler/protogen"
)

// server writes what a server needs: the interface, its registration and the
// implementation that has no method.
func (w writer) server() {
	w.service()
	w.register()
	w.unimplemented()
}

func (w writer) service() {
	doc(w.g, w.svc.Desc, w.svc.Comments.Leading, w.names.service+" is the service "+string(w.svc.Desc.FullName())+".")
	w.g.AnnotateSymbol(w.names.service, protogen.Annotation{Location: w.svc.Location})
	w.g.P("type ", w.names.service, " interface {")
	for _, m := range w.svc.Methods {
		doc(w.g, m.Desc, m.Comments.Leading)
		w.g.AnnotateSymbol(w.names.service+"."+w.method(m), protogen.Annotation{Location: m.Location})
		w.g.P(w.method(m), w.serverSignature(m, true))
	}
	w.g.P("}")
	w.g.P()
}

// serverSignature returns a method's parameters and results. Their names help an
// editor that writes the methods of an implementation.
func (w writer) serverSignature(m *protogen.Method, named bool) string {
	param := func(name, typ string) string {
		if named {
			return name + " " + typ
		}
		return typ
	}
	ctx := "(" + param("ctx", w.context()) + ", "
	switch kind(m) {
	case "Bidi":
		return ctx + param("stream", "*"+w.curlew("Duplex")+w.both(m)) + ") error"
	case "ClientStream":
		return ctx + param("reqs", w.requests(m)) + ") (" + w.out(m) + ", error)"
	case "ServerStream":
		return ctx + param("req", w.in(m)) + ", " + param("stream", w.curlew("Sender")+"["+w.out(m)+"]") + ") error"
	}
	return ctx + param("req", w.in(m)) + ") (" + w.out(m) + ", error)"
}

// requests returns the type of a client stream's input.
func (w writer) requests(m *protogen.Method) string {
	return w.id(iterPackage, "Seq2") + "[" + w.in(m) + ", error]"
}

func (w writer) register() {
	n := w.names
	doc(w.g, w.svc.Desc, "", n.register+" has s serve impl as "+string(w.svc.Desc.FullName())+".")
	w.g.P("func ", n.register, "(s *", w.curlew("Server"), ", impl ", n.service, ", opts ...", w.curlew("ServiceOption"), ") {")
	w.g.P("s.Register(", w.curlew("Service"), "{")
	w.g.P("Name: ", n.nameConst, ",")
	w.g.P("File: ", strconv.Quote(w.file.Desc.Path()), ",")
	w.g.P("Methods: []", w.curlew("MethodHandler"), "{")
	for _, m := range w.svc.Methods {
		w.g.P(w.curlew("Handle"+kind(m)), "(", w.descriptor(m), ", impl.", w.method(m), "),")
	}
	w.g.P("},")
	w.g.P("}, opts...)")
	w.g.P("}")
	w.g.P()
}

func (w writer) unimplemented() {
	n := w.names
	doc(w.g, w.svc.Desc, "",
		n.unimplemented+" answers every method with "+w.curlew("Unimplemented")+". Embed it, by value,",
		"in an implementation that shall go on compiling when the service gets methods.")
	w.g.P("type ", n.unimplemented, " struct{}")
	w.g.P()
	for _, m := range w.svc.Methods {
		w.g.P("func (", n.unimplemented, ") ", w.method(m), w.serverSignature(m, false), " {")
		result := ""
		if !m.Desc.IsStreamingServer() {
			result = "nil, "
		}
		w.g.P("return ", result, w.curlew("Errorf"), "(", w.curlew("Unimplemented"), ", ",
			strconv.Quote(methodPath(m)+" is not implemented"), ")")
		w.g.P("}")
		w.g.P()
	}
}
