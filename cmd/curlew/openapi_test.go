package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/curlew-rpc/curlew/internal/openapi"
	"go.yaml.in/yaml/v3"
)

// The name of a file says in which format it is written, and both say the same.
func TestOpenAPIFiles(t *testing.T) {
	dir := t.TempDir()
	written := make(map[string][]byte)
	for _, name := range []string{"a.json", "a.yaml", "a.YML"} {
		file := filepath.Join(dir, name)
		var stderr bytes.Buffer
		args := []string{"openapi", "--proto", "demo/orders/v1/orders.proto", "-I", "internal", "-o", file}
		if status := run(t.Context(), args, nil, io.Discard, &stderr); status != 0 {
			t.Fatalf("status %d: %s", status, &stderr)
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		written[name] = b
	}
	if !bytes.Equal(written["a.yaml"], written["a.YML"]) {
		t.Error("a.yaml and a.YML differ")
	}
	sameValues(t, written["a.json"], written["a.yaml"])
	golden := filepath.Join("testdata", "rpc", "orders.openapi.yaml")
	if *update {
		if err := os.WriteFile(golden, written["a.yaml"], 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(written["a.yaml"], want) {
		t.Errorf("got\n%s", written["a.yaml"])
	}
}

// sameValues fails the test if a library reads other values from YAML than from JSON.
func sameValues(t *testing.T, asJSON, asYAML []byte) {
	t.Helper()
	var fromJSON, fromYAML any
	if err := json.Unmarshal(asJSON, &fromJSON); err != nil {
		t.Fatalf("%s: %v", asJSON, err)
	}
	if err := yaml.Unmarshal(asYAML, &fromYAML); err != nil {
		t.Fatalf("%s: %v", asYAML, err)
	}
	if !reflect.DeepEqual(floats(fromYAML), fromJSON) {
		t.Errorf("YAML\n%s\nis %v, JSON\n%s\nis %v", asYAML, fromYAML, asJSON, fromJSON)
	}
}

// floats returns a value with all numbers as JSON's decoder has them.
func floats(v any) any {
	switch v := v.(type) {
	case int:
		return float64(v)
	case int64:
		return float64(v)
	case uint64:
		return float64(v)
	case []any:
		for i := range v {
			v[i] = floats(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = floats(v[name])
		}
	}
	return v
}

// Whatever text a document has, YAML has it too.
func FuzzOpenAPIYAML(f *testing.F) {
	for _, s := range []string{
		"", "plain", "two words", "true", "No", "~", "null", "1e5", "0x1f", "0o7", "1_000", "12:30:45", "2024-01-02", ".inf", "<<", "=",
		"a: b", "a #b", "- a", "? a", ": a", "%a", "@a", "`a", "!a", "&a", "*a", "|", ">", "{a", "[a", "'a", `"a`, "a,b", "a]", "---", "...",
		"line\nline", "line\n\n  more\nend", "end\n", "\nbegin", " begin\nx", "a \nb", "a\t\nb", "a\n---\nb", "a\n...\n# b", "a\r\nb",
		"\x00\x1b\x7f\u0085\u2028\u2029\ufeff\ufffe", "ä😀", "/v1/{name=a/*}:b", "a/b.c-d (e), f", "y", "x\n\u00a0",
	} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		document, err := json.Marshal(map[string]any{
			"openapi": "3.1.0",
			"x":       map[string]any{name: value, name + "2": []any{value, []any{name}, map[string]any{name: map[string]any{value: name}}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		d, err := openapi.Parse(document)
		if err != nil {
			t.Skip(err)
		}
		sameValues(t, d.JSON(), d.YAML())
	})
}
