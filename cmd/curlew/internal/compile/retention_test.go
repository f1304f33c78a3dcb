package compile

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
)

func TestWithoutSourceOptions(t *testing.T) {
	write(t, map[string]string{
		"options.proto": `syntax = "proto2";
package o;
import "google/protobuf/descriptor.proto";
message Scope {
  extend google.protobuf.FieldOptions {
    optional string source = 50001 [retention = RETENTION_SOURCE];
    optional string both = 50002;
  }
}
`,
		"a.proto": `syntax = "proto2";
import "options.proto";
message A {
  optional int32 a = 1 [(o.Scope.source) = "for readers", (o.Scope.both) = "for all"];
  optional int32 b = 2 [(o.Scope.source) = "for readers"];
  extensions 100 to 199 [declaration = { number: 100, full_name: ".x", type: "int32" }];
}
`,
		"b.proto":   `syntax = "proto2"; import "options.proto"; message B { optional int32 b = 1 [(o.Scope.both) = "for all"]; }`,
		"set.proto": `syntax = "proto2"; message Set { option message_set_wire_format = true; extensions 4 to max; }`,
	})
	result, err := New(Roots{"."}).Compile(t.Context(), []string{"a.proto", "b.proto"})
	if err != nil {
		t.Fatal(err)
	}
	stripped, err := WithoutSourceOptions(result.Files)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range result.Files {
		text := func(m proto.Message) string {
			data, err := proto.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			return string(data)
		}
		before, after := text(f), text(stripped[f.GetName()])
		if f.GetName() != "a.proto" {
			if before != after && f.GetName() != "google/protobuf/descriptor.proto" {
				t.Errorf("%s is changed", f.GetName())
			}
			continue
		}
		if !strings.Contains(before, "for readers") || strings.Contains(after, "for readers") || !strings.Contains(after, "for all") {
			t.Errorf("got %q of %q", after, before)
		}
		a := stripped["a.proto"].MessageType[0]
		if a.Field[1].Options != nil || a.ExtensionRange[0].Options != nil {
			t.Errorf("empty options are left: %v", a)
		}
	}
	// Message sets, which Go does not support, do no harm.
	if result, err = New(Roots{"."}).Compile(t.Context(), []string{"set.proto"}); err != nil {
		t.Fatal(err)
	}
	if stripped, err = WithoutSourceOptions(result.Files); err != nil || stripped["set.proto"] == nil {
		t.Errorf("got %v and %v", stripped, err)
	}
}
