package msgjson

import (
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/anypb"
)

func TestFormat(t *testing.T) {
	detail := &errdetails.ResourceInfo{ResourceType: "<t>", ResourceName: "n"}
	packed, err := anypb.New(detail)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		format Format
		msg    proto.Message
		want   string
	}{
		{"one line", Format{}, detail, `{"resourceType":"<t>","resourceName":"n"}`},
		{"empty", Format{Indent: "  "}, &errdetails.ResourceInfo{}, `{}`},
		{"indented", Format{Indent: "  "}, detail, "{\n  \"resourceType\": \"<t>\",\n  \"resourceName\": \"n\"\n}"},
		{"defaults", Format{Defaults: true}, detail, `{"resourceType":"<t>","resourceName":"n","owner":"","description":""}`},
		{"any", Format{Resolver: protoregistry.GlobalTypes}, packed, `{"@type":"type.googleapis.com/google.rpc.ResourceInfo","resourceType":"<t>","resourceName":"n"}`},
	}
	for _, test := range tests {
		for range 20 { // protojson's white space varies
			got, err := test.format.Append([]byte("> "), test.msg)
			if err != nil || string(got) != "> "+test.want {
				t.Fatalf("%s: got %s, %v, want %s", test.name, got, err, test.want)
			}
		}
	}
}

func TestUnknownType(t *testing.T) {
	unknown := &anypb.Any{TypeUrl: "type.googleapis.com/no.such.Type", Value: []byte{1}}
	if got, err := (Format{}).Append([]byte("x"), unknown); err == nil || string(got) != "x" {
		t.Errorf("got %q, %v", got, err)
	}
	line := Format{Indent: "  "}.Line(unknown)
	if !strings.HasPrefix(line, "(google.protobuf.Any: ") || !strings.Contains(line, "no.such.Type") {
		t.Errorf("the line says %q", line)
	}
}
