package openapi

import (
	"regexp"
	"slices"
	"testing"

	"github.com/curlew-rpc/curlew/internal/openapi"
	"github.com/pb33f/libopenapi"
)

// Every document is what the schema of OpenAPI asks for, and the library reads it, as
// JSON and as YAML.
func TestDocumentsAreValid(t *testing.T) {
	meta := metaschema(t)
	for _, set := range sets {
		t.Run(set.name, func(t *testing.T) {
			d := build(t, compile(t, set.root, set.files))
			if err := meta.Validate(unmarshal(t, d.JSON())); err != nil {
				t.Errorf("%#v", err)
			}
			for _, text := range [][]byte{d.JSON(), d.YAML()} {
				read(t, text)
			}
			checkOperations(t, d)
		})
	}
}

// The schema of OpenAPI refuses what is wrong.
func TestMetaschemaRefuses(t *testing.T) {
	meta := metaschema(t)
	for _, document := range []string{
		`{"openapi":"3.1.0","info":{"title":"x"},"paths":{}}`,
		`{"openapi":"3.1.0","info":{"title":"x","version":"1"},"paths":{"/x":{"get":{"parameters":[{"name":"a","in":"path","schema":{}}]}}}}`,
	} {
		if meta.Validate(unmarshal(t, []byte(document))) == nil {
			t.Errorf("%s is taken for valid", document)
		}
	}
}

func read(t *testing.T, text []byte) {
	t.Helper()
	document, err := libopenapi.NewDocument(text)
	if err != nil {
		t.Fatal(err)
	}
	model, err := document.BuildV3Model()
	if err != nil {
		t.Fatal(err)
	}
	if model.Model.Paths.PathItems.Len() == 0 {
		t.Error("the library sees no paths")
	}
	if loops := model.Index.GetCircularReferences(); len(loops) > 0 {
		for _, loop := range loops {
			if loop.IsInfiniteLoop {
				t.Errorf("%s has no end", loop.GenerateJourneyPath())
			}
		}
	}
}

var templated = regexp.MustCompile(`\{([^}]*)\}`)

// checkOperations fails the test where a document breaks a rule that the schema of
// OpenAPI cannot say.
func checkOperations(t *testing.T, d *openapi.Document) {
	t.Helper()
	ids, shapes := map[string]bool{}, map[string]bool{}
	for path, item := range d.Root().Get("paths").Members() {
		shape := templated.ReplaceAllString(path, "{}")
		if shapes[shape] {
			t.Errorf("%s is there under another name", path)
		}
		shapes[shape] = true
		var want []string
		for _, m := range templated.FindAllStringSubmatch(path, -1) {
			want = append(want, m[1])
		}
		slices.Sort(want)
		for verb, o := range item.Members() {
			id := o.Get("operationId").Text()
			if id == "" {
				continue // additional operations, which only OpenAPI 3.2 knows
			}
			if ids[id] {
				t.Errorf("%s %s: the id %s is there twice", verb, path, id)
			}
			ids[id] = true
			var got []string
			seen := map[string]bool{}
			for p := range o.Get("parameters").Items() {
				key := p.Get("in").Text() + " " + p.Get("name").Text() + p.Get("$ref").Text()
				if seen[key] {
					t.Errorf("%s %s: the parameter %s is there twice", verb, path, key)
				}
				seen[key] = true
				if p.Get("in").Text() == "path" {
					got = append(got, p.Get("name").Text())
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s %s has the parameters %q", verb, path, got)
			}
		}
	}
}
