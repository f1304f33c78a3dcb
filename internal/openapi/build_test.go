package openapi

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
)

var update = flag.Bool("update", false, "write the golden files")

func TestStore(t *testing.T) {
	f := newFiles(t)
	f.load("status.txtpb")
	services := servicesOf(f.load("store.txtpb"))
	for _, c := range []struct {
		golden string
		cfg    Config
	}{
		{"store.yaml", Config{Title: "Store", Version: "1.2.3", Description: "What is kept.", Servers: []string{"https://a", "https://b"}, Bearer: true}},
		{"store-rest.yaml", Config{NoConnect: true}},
		{"store-connect.yaml", Config{NoREST: true}},
	} {
		d, err := Build(services, c.cfg)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(d.JSON())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(again.JSON(), d.JSON()) || !bytes.Equal(again.YAML(), d.YAML()) {
			t.Errorf("%s changes when it is parsed", c.golden)
		}
		file := "testdata/" + c.golden
		if *update {
			if err := os.WriteFile(file, d.YAML(), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(d.YAML(), want) {
			t.Errorf("%s is out of date (-update writes it):\n%s", file, d.YAML())
		}
	}
}

// small returns the text of a file with methods whose request has the fields name, tags,
// labels and inner, a message.
func small(methods string) string {
	return `name: "a.proto" package: "a" syntax: "proto3" dependency: "google/api/annotations.proto"
service { name: "S" ` + methods + ` }
message_type {
  name: "M"
  field { name: "name" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL json_name: "name" }
  field { name: "tags" number: 2 type: TYPE_STRING label: LABEL_REPEATED json_name: "tags" }
  field { name: "inner" number: 3 type: TYPE_MESSAGE type_name: ".a.M" label: LABEL_OPTIONAL json_name: "inner" }
}`
}

func method(name, rule string) string {
	return `method { name: "` + name + `" input_type: ".a.M" output_type: ".a.M" options { [google.api.http] { ` + rule + ` } } } `
}

func TestMistakes(t *testing.T) {
	for _, c := range []struct{ methods, want string }{
		{method("A", `get: "/v1/x"`) + method("B", `get: "/v1/x"`),
			"a.S.B: GET /v1/x matches the same paths as /v1/x of a.S.A"},
		{method("A", `get: "/v1/{name}"`) + method("B", `get: "/v1/{inner.name}"`),
			"a.S.B: GET /v1/{inner.name} matches the same paths as /v1/{name} of a.S.A"},
		{method("A", `get: "/v1/{name}"`) + method("B", `get: "/v1/{name=**}"`),
			"a.S.A (/v1/{name}) and a.S.B (/v1/{name=**}) have the same path to OpenAPI, GET /v1/{name}"},
		{method("A", `get: "/v1/x"`) + method("B", `post: "/a.S/A"`),
			"a.S.B (/a.S/A) and /a.S/A of the Connect protocol have the same path to OpenAPI, POST /a.S/A"},
		{method("A", `get: "v1"`), `a.S.A: google.api.http: template "v1": no leading slash at offset 0`},
		{method("A", `body: "*"`), "a.S.A: google.api.http: no verb"},
		{method("A", `get: "/{nobody}"`), "a.S.A: google.api.http: GET /{nobody}: a.M has no field nobody"},
		{method("A", `get: "/{tags}"`), "field a.M.tags cannot be in a path"},
		{method("A", `get: "/{inner}"`), "field a.M.inner cannot be in a path"},
		{method("A", `get: "/{name.x}"`), "field a.M.name is no message"},
		{method("A", `post: "/x" body: "nobody"`), "the body is the field nobody, which a.M does not have"},
		{method("A", `get: "/x" response_body: "nobody"`), "the body of the response is the field nobody, which a.M does not have"},
	} {
		fd := newFiles(t).add(small(c.methods))
		_, err := Build(servicesOf(fd), Config{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\ngives %v, want %s", c.methods, err, c.want)
		}
	}
}

// All that is wrong is told at once.
func TestAllMistakes(t *testing.T) {
	fd := newFiles(t).add(small(method("A", `get: "v1"`) + method("B", `get: "v2"`)))
	_, err := Build(servicesOf(fd), Config{})
	if err == nil || !strings.Contains(err.Error(), "a.S.A") || !strings.Contains(err.Error(), "a.S.B") {
		t.Errorf("got %v", err)
	}
}

func TestOperationIDs(t *testing.T) {
	f := newFiles(t)
	one := f.add(small(method("A", `get: "/1" additional_bindings { get: "/2" } additional_bindings { get: "/3" }`) +
		method("A_2", `get: "/4"`)))
	other := f.add(`name: "b.proto" package: "b" syntax: "proto3" dependency: "a.proto"
service { name: "S" method { name: "A" input_type: ".a.M" output_type: ".a.M" } }
service { name: "T" method { name: "A" input_type: ".a.M" output_type: ".lost.M" } }`)
	d, err := Build(servicesOf(one, other), Config{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, item := range d.Root().Get("paths").Members() {
		for _, o := range item.Members() {
			got = append(got, o.Get("operationId").Text())
		}
	}
	const want = "a_S_A a_S_A_2_2 a_S_A_3 a_S_A_2 a_S_A_connect a_S_A_2_connect b_S_A T_A"
	if strings.Join(got, " ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
	}
	info := d.Root().Get("info")
	if info.Get("title").Text() != "API" || info.Get("version").Text() != "0.0.0" {
		t.Errorf("info is %s", info.JSON())
	}
	if !strings.Contains(string(d.JSON()), "A message lost.M, whose definition is not known.") {
		t.Error("a message that is not known is not told of")
	}
}

func TestNoServices(t *testing.T) {
	d, err := Build(nil, Config{Title: "None"})
	if err != nil {
		t.Fatal(err)
	}
	const want = "openapi: \"3.1.0\"\ninfo:\n  title: None\n  version: \"0.0.0\"\npaths: {}\n"
	if got := string(d.YAML()); got != want {
		t.Errorf("got\n%s", got)
	}
}

func TestInfrastructure(t *testing.T) {
	for name, want := range map[protoreflect.FullName]bool{
		"grpc.reflection.v1.ServerReflection": true,
		"grpc.health.v1.Health":               true,
		"grpcx.health.v1.Health":              false,
		"store.v1.Store":                      false,
	} {
		if Infrastructure(name) != want {
			t.Errorf("%s: %t", name, !want)
		}
	}
}
