package openapi

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/curlew-rpc/curlew/internal/openapi"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
)

const documentURL = "https://example.com/openapi.json"

// schemasOf returns the schemas of a document by name, as JSON Schema 2020-12 has them.
func schemasOf(t *testing.T, d *openapi.Document) map[string]*jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	if err := c.AddResource(documentURL, unmarshal(t, d.JSON())); err != nil {
		t.Fatal(err)
	}
	all := make(map[string]*jsonschema.Schema)
	for name := range d.Root().Get("components").Get("schemas").Members() {
		s, err := c.Compile(documentURL + "#/components/schemas/" + name)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = s
	}
	return all
}

// messagesOf returns all messages of files, nested ones too.
func messagesOf(files []protoreflect.FileDescriptor) (all []protoreflect.MessageDescriptor) {
	var add func(protoreflect.MessageDescriptors)
	add = func(messages protoreflect.MessageDescriptors) {
		for i := range messages.Len() {
			all = append(all, messages.Get(i))
			add(messages.Get(i).Messages())
		}
	}
	for _, f := range files {
		add(f.Messages())
		for i := range f.Imports().Len() {
			add(f.Imports().Get(i).Messages())
		}
	}
	return all
}

// What protobuf's own encoder writes of messages fits their schemas.
func TestMessagesFitSchemas(t *testing.T) {
	for _, set := range sets {
		t.Run(set.name, func(t *testing.T) {
			files := compile(t, set.root, set.files)
			schemas := schemasOf(t, build(t, files))
			judged := 0
			for _, md := range messagesOf(files) {
				s := schemas[string(md.FullName())]
				if s == nil {
					continue // it is not used, or has JSON of its own
				}
				judged++
				for seed := range uint64(100) {
					m := maker{t, rand.New(rand.NewPCG(seed, 0))}
					text, err := protojson.Marshal(m.message(md, 4).Interface())
					if err != nil {
						t.Fatal(err)
					}
					if err := s.Validate(unmarshal(t, text)); err != nil {
						t.Fatalf("seed %d of %s: %s: %v", seed, md.FullName(), text, err)
					}
				}
			}
			if judged == 0 {
				t.Error("no message was judged")
			}
		})
	}
}

// Schemas refuse what the JSON of a message cannot be.
func TestSchemasRefuse(t *testing.T) {
	schemas := map[string]*jsonschema.Schema{}
	for _, set := range sets[:2] {
		for name, s := range schemasOf(t, build(t, compile(t, set.root, set.files))) {
			schemas[name] = s
		}
	}
	for _, c := range []struct{ name, good, bad string }{
		{"torture.v1.Every", `{}`, `[]`},
		{"torture.v1.Every", `{"fInt64":"-7"}`, `{"fInt64":-7}`},
		{"torture.v1.Every", `{"fUint64":"7"}`, `{"fUint64":"-7"}`},
		{"torture.v1.Every", `{"fUint32":7}`, `{"fUint32":-7}`},
		{"torture.v1.Every", `{"fDouble":"NaN"}`, `{"fDouble":"nan"}`},
		{"torture.v1.Every", `{"fEnum":"KIND_ONE"}`, `{"fEnum":"KIND_TWO"}`},
		{"torture.v1.Every", `{"fString":"x"}`, `{"fString":1}`},
		{"torture.v1.Every", `{"fSelf":{"fSelf":{}}}`, `{"fSelf":{"fSelf":{"fBool":0}}}`},
		{"torture.v1.Every", `{"rInt64":["1"]}`, `{"rInt64":"1"}`},
		{"torture.v1.Every", `{"mInt32":{"-1":{}}}`, `{"mInt32":{"x":{}}}`},
		{"torture.v1.Every", `{"mUint64":{"1":0.5}}`, `{"mUint64":{"-1":0.5}}`},
		{"torture.v1.Every", `{"mBool":{"true":"KIND_ONE"}}`, `{"mBool":{"1":"KIND_ONE"}}`},
		{"torture.v1.Every", `{"wTimestamp":"2024-01-02T03:04:05.678Z"}`, `{"wTimestamp":"2024-01-02"}`},
		{"torture.v1.Every", `{"wDuration":"-1.5s"}`, `{"wDuration":"1.5"}`},
		{"torture.v1.Every", `{"wMask":"a.bC,d"}`, `{"wMask":"a,,d"}`},
		{"torture.v1.Every", `{"wInt64":null}`, `{"wInt64":1}`},
		{"torture.v1.Every", `{"wNull":null}`, `{"wNull":0}`},
		{"torture.v1.Every", `{"twoA":1}`, `{"twoA":1,"twoB":{}}`},
		{"torture.v1.Every", `{"threeA":"x"}`, `{"threeA":"x","threeC":"KIND_ONE"}`},
		{"torture.v1.Old", `{"id":1,"color":"RED"}`, `{"id":1}`},
		{"library.v1.Book", `{"name":"a","title":"b"}`, `{"name":"a"}`},
		{"connect.error", `{"code":"not_found"}`, `{"code":"NOT_FOUND"}`},
	} {
		s := schemas[c.name]
		if s == nil {
			t.Fatalf("there is no schema %s", c.name)
		}
		if err := s.Validate(unmarshal(t, []byte(c.good))); err != nil {
			t.Errorf("%s refuses %s: %v", c.name, c.good, err)
		}
		if s.Validate(unmarshal(t, []byte(c.bad))) == nil {
			t.Errorf("%s takes %s", c.name, c.bad)
		}
	}
}

// Defaults are values that their own schemas take.
func TestDefaultsFit(t *testing.T) {
	d := build(t, compile(t, "testdata", []string{"torture/v1/torture.proto"}))
	schemas := schemasOf(t, d)
	given := map[string]json.RawMessage{"id": json.RawMessage("1")}
	for name, p := range d.Root().Get("components").Get("schemas").Get("torture.v1.Old").Get("properties").Members() {
		if v := p.Get("default"); !v.IsZero() {
			given[name] = json.RawMessage(v.JSON())
		}
	}
	if len(given) != 12 {
		t.Errorf("%d defaults", len(given)-1)
	}
	text, err := json.Marshal(given)
	if err != nil {
		t.Fatal(err)
	}
	if err := schemas["torture.v1.Old"].Validate(unmarshal(t, text)); err != nil {
		t.Error(err)
	}
}
