package gen

import "google.golang.org/protobuf/compiler/protogen"

// client writes the client of the service.
func (w writer) client() {
	n := w.names
	doc(w.g, w.svc.Desc, "",
		n.client+" calls "+string(w.svc.Desc.FullName())+". It is a small value that may be copied, and",
		"used by several goroutines at once.")
	w.g.P("type ", n.client, " struct {")
	w.g.P("caller ", w.curlew("Caller"))
	w.g.P("}")
	w.g.P()
	doc(w.g, w.svc.Desc, "", n.newClient+" returns a client that makes its calls through c.")
	w.g.P("func ", n.newClient, "(c *", w.curlew("Client"), ") ", n.client, " {")
	w.g.P("return ", n.client, "{c.Caller()}")
	w.g.P("}")
	w.g.P()
	w.g.P("// With returns a client whose calls have the options opts too.")
	w.g.P("func (c ", n.client, ") With(opts ...", w.curlew("CallOption"), ") ", n.client, " {")
	w.g.P("return ", n.client, "{c.caller.With(opts...)}")
	w.g.P("}")
	w.g.P()
	for _, m := range w.svc.Methods {
		w.call(m)
	}
}

func (w writer) call(m *protogen.Method) {
	params, results, args := "ctx "+w.context(), "", ""
	switch kind(m) {
	case "Bidi":
		results = "(*" + w.curlew("BidiCall") + w.both(m) + ", error)"
	case "ClientStream":
		params += ", reqs " + w.requests(m)
		results, args = "("+w.out(m)+", error)", ", reqs"
	case "ServerStream":
		params += ", req " + w.in(m)
		results, args = w.id(iterPackage, "Seq2")+"["+w.out(m)+", error]", ", req"
	default:
		params += ", req " + w.in(m)
		results, args = "("+w.out(m)+", error)", ", req"
	}
	doc(w.g, m.Desc, m.Comments.Leading, w.method(m)+" calls "+methodPath(m)+".")
	w.g.AnnotateSymbol(w.names.client+"."+w.method(m), protogen.Annotation{Location: m.Location})
	w.g.P("func (c ", w.names.client, ") ", w.method(m), "(", params, ") ", results, " {")
	w.g.P("return ", w.curlew("Call"+kind(m)), "(ctx, c.caller, ", w.descriptor(m), args, ")")
	w.g.P("}")
	w.g.P()
}
