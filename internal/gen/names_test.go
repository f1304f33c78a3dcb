package gen

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strings"
	"testing"

	gengo "google.golang.org/protobuf/cmd/protoc-gen-go/internal_gengo"
	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

// FuzzNames checks that no name is declared twice, by protoc-gen-go and this generator
// together. Its input is a file's declarations, as words is.
func FuzzNames(f *testing.F) {
	for i := range 64 {
		seed := make([]byte, 3*i)
		for j := range seed {
			seed[j] = byte(i*31 + j*j*7 + j>>1)
		}
		f.Add(seed, i%2 == 0)
	}
	f.Fuzz(func(t *testing.T, data []byte, opaque bool) {
		checkNames(t, words(data), opaque)
	})
}

func TestNames(t *testing.T) {
	for _, declarations := range []string{
		"mM sS rDo",
		"mcallsClient mnewCallsClient mcallsName sCalls rGet rget rWith",
		"stwin_service sTwinService sTwinServiceClient sNewTwinService",
		"mOuter nInner fcase dName ekind xnote sOuter_Inner sOuter_Case sDefault_Outer_Name sE_Note skind_One",
		"sSplit rUpDo sSplitUp rDo",
		"mS ss_builder sFile_f_proto",
		"ss rA rA_ rA__ ra mA_ sA",
	} {
		t.Run(declarations, func(t *testing.T) {
			for _, opaque := range []bool{false, true} {
				if !checkNames(t, declarations, opaque) {
					t.Error("not a file")
				}
			}
		})
	}
}

// words returns declarations, each a letter and a name: m message, n nested message, f
// oneof field, d field with a default, e enum, x extension, s service, r method. Names
// are made of few parts, so that they meet.
func words(data []byte) string {
	parts := []string{
		"a", "A", "_", "b", "_a", "_A", "Name", "name", "Client", "client", "New", "new", "Register", "Unimplemented",
		"With", "_builder", "E_", "Default_", "File_f_proto", "1",
	}
	var b strings.Builder
	scopes := map[bool]map[string]bool{true: {"Message": true}, false: {}}
	for ; len(data) >= 3; data = data[3:] {
		kind := "mnfdexssrr"[data[0]%10]
		name := ""
		for _, c := range []byte{data[0] / 10, data[1], data[2]}[:1+data[1]%3] {
			name += parts[int(c)%len(parts)]
		}
		outer := strings.IndexByte("mexs", kind) >= 0
		if outer && kind != 'e' && kind != 'x' {
			scopes[false] = make(map[string]bool)
		}
		if !scopes[outer][name] && !scopes[outer][name+"_ZERO"] && name[0] != '1' {
			b.WriteString(string(kind) + name + " ")
		}
		scopes[outer][name] = true
	}
	return b.String()
}

// checkNames returns false if the declarations are not a file that compiles.
func checkNames(t *testing.T, declarations string, opaque bool) bool {
	t.Helper()
	req := request(declarations)
	if req == nil {
		return false
	}
	if opaque {
		req.Parameter = proto.String("default_api_level=API_OPAQUE")
	}
	p, err := protogen.Options{}.New(req)
	if err != nil {
		return false
	}
	gengo.GenerateFile(p, p.Files[len(p.Files)-1])
	declared := make(map[string]bool)
	for _, content := range contents(t, p.Response()) {
		if declare(t, declared, content) != "" {
			return false
		}
	}
	if p, err = (protogen.Options{}).New(req); err != nil {
		t.Fatal(err)
	}
	Generate(p, Options{})
	for _, content := range contents(t, p.Response()) {
		if name := declare(t, declared, content); name != "" {
			t.Errorf("%s declares %s twice:\n%s", declarations, name, content)
		}
	}
	return true
}

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,30}$`)

// request returns the plugin's request for a file, or nil if it cannot be one.
func request(declarations string) *pluginpb.CodeGeneratorRequest {
	file := &descriptorpb.FileDescriptorProto{
		Name:       proto.String("f.proto"),
		Dependency: []string{"google/protobuf/descriptor.proto"},
		Options:    &descriptorpb.FileOptions{GoPackage: proto.String("example.com/f")},
		MessageType: []*descriptorpb.DescriptorProto{
			{Name: proto.String("Message"), OneofDecl: []*descriptorpb.OneofDescriptorProto{{Name: proto.String("one")}}},
		},
	}
	for i, word := range strings.Fields(declarations) {
		if i > 40 || !identifier.MatchString(word[1:]) {
			return nil
		}
		if !add(file, word[0], word[1:], int32(i+1)) {
			return nil
		}
	}
	for _, m := range file.MessageType {
		if n := len(m.GetField()); n == 0 || m.Field[0].OneofIndex == nil {
			m.OneofDecl = nil
		}
	}
	return &pluginpb.CodeGeneratorRequest{
		FileToGenerate: []string{"f.proto"},
		ProtoFile:      []*descriptorpb.FileDescriptorProto{protodesc.ToFileDescriptorProto(descriptorpb.File_google_protobuf_descriptor_proto), file},
	}
}

// add adds a declaration to a file.
func add(file *descriptorpb.FileDescriptorProto, kind byte, name string, number int32) bool {
	last := file.MessageType[len(file.MessageType)-1]
	field := &descriptorpb.FieldDescriptorProto{
		Name: &name, Number: &number,
		Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
		Type:  descriptorpb.FieldDescriptorProto_TYPE_STRING.Enum(),
	}
	switch kind {
	case 'm':
		file.MessageType = append(file.MessageType, &descriptorpb.DescriptorProto{
			Name: &name, OneofDecl: []*descriptorpb.OneofDescriptorProto{{Name: proto.String("one")}},
		})
	case 'n':
		last.NestedType = append(last.NestedType, &descriptorpb.DescriptorProto{Name: &name})
	case 'f':
		field.OneofIndex = proto.Int32(0)
		last.Field = append([]*descriptorpb.FieldDescriptorProto{field}, last.Field...)
	case 'd':
		field.DefaultValue = proto.String("none")
		last.Field = append(last.Field, field)
	case 'e':
		value := &descriptorpb.EnumValueDescriptorProto{Name: proto.String(name + "_ZERO"), Number: proto.Int32(0)}
		file.EnumType = append(file.EnumType, &descriptorpb.EnumDescriptorProto{Name: &name, Value: []*descriptorpb.EnumValueDescriptorProto{value}})
	case 'x':
		field.Number, field.Extendee = proto.Int32(50000+number), proto.String(".google.protobuf.MethodOptions")
		file.Extension = append(file.Extension, field)
	case 's':
		file.Service = append(file.Service, &descriptorpb.ServiceDescriptorProto{Name: &name})
	case 'r':
		if len(file.Service) == 0 {
			return true // of no service
		}
		s := file.Service[len(file.Service)-1]
		s.Method = append(s.Method, &descriptorpb.MethodDescriptorProto{
			Name: &name, InputType: proto.String(".Message"), OutputType: proto.String(".Message"),
		})
	default:
		return false
	}
	return true
}

// declare adds a file's names to those declared: T for a type, T.M for a method or a
// field. It returns one that was declared already.
func declare(t *testing.T, declared map[string]bool, source string) (twice string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "", source, 0)
	if err != nil {
		t.Fatalf("%v\n%s", err, source)
	}
	add := func(name string) {
		if name != "_" && name != "init" && declared[name] {
			twice = name
		}
		declared[name] = true
	}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			add(receiver(d) + d.Name.Name)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				declareSpec(spec, add)
			}
		}
	}
	return twice
}

func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	typ := d.Recv.List[0].Type
	if pointer, ok := typ.(*ast.StarExpr); ok {
		typ = pointer.X
	}
	return typ.(*ast.Ident).Name + "."
}

func declareSpec(spec ast.Spec, add func(string)) {
	switch spec := spec.(type) {
	case *ast.ValueSpec:
		for _, name := range spec.Names {
			add(name.Name)
		}
	case *ast.TypeSpec:
		add(spec.Name.Name)
		if methods, ok := spec.Type.(*ast.InterfaceType); ok {
			for _, m := range methods.Methods.List {
				for _, name := range m.Names {
					add(spec.Name.Name + "." + name.Name)
				}
			}
		}
	}
}
