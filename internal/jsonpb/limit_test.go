package jsonpb_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew/internal/jsonpb"
	"github.com/curlew-rpc/curlew/internal/jsonpb/internal/shoppb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/anypb"
)

// allocated returns how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// What is hostile is refused, or read, without taking more memory than its length
// warrants.
func TestHostileText(t *testing.T) {
	const size = 1 << 20
	late := strings.Repeat(`{"value":`, 45) + `{"a":"` + strings.Repeat("x", size) + `"}` + strings.Repeat(`,"@type":"x/google.protobuf.Any"}`, 45)
	for name, c := range map[string]struct {
		text string
		most uint64
	}{
		"open brackets":   {`{"list":` + strings.Repeat("[", size), size},
		"open objects":    {strings.Repeat(`{"oneKnown":`, size/12), size},
		"unknown":         {`{"x":` + strings.Repeat(`{"x":[`, size/6), size},
		"digits":          {`{"int32":` + strings.Repeat("1", size) + `}`, size},
		"zeros":           {`{"uint64":0.` + strings.Repeat("0", size) + `}`, size},
		"a large power":   {`{"uint64":1e2147483647}`, size},
		"no end":          {`{"string":"` + strings.Repeat(`\u00e4`, size/6), 3 * size},
		"a long key":      {`{"` + strings.Repeat("k", size) + `":1}`, size},
		"a long map key":  {`{"durationMap":{"` + strings.Repeat("1", size) + `":"1s"}}`, 3 * size},
		"lines":           {strings.Repeat("\n", size) + `x`, size},
		"types that late": {`{"any":` + late + `}`, 4 * size},
	} {
		for _, o := range []jsonpb.Options{{}, {DiscardUnknown: true}} {
			n := allocated(func() { _ = o.Unmarshal([]byte(c.text), new(shoppb.Known)) })
			if n > c.most+uint64(len(c.text))+1<<18 {
				t.Errorf("%s: %d bytes were allocated", name, n)
			}
		}
	}
}

// Messages of type Any nest only so deep when encoding: each level copies those within.
func TestNestedAnys(t *testing.T) {
	wrap := func(n int) *anypb.Any {
		m := new(anypb.Any)
		for range n {
			b, err := proto.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			m = &anypb.Any{TypeUrl: "x/google.protobuf.Any", Value: b}
		}
		return m
	}
	checkAppend(t, jsonpb.Options{}, wrap(99))
	if out, err := (jsonpb.Options{}).Append(nil, wrap(101)); err == nil {
		t.Errorf("101 levels are %.20s", out)
	}
	if out, err := (jsonpb.Options{MaxDepth: 3}).Append(nil, wrap(4)); err == nil {
		t.Errorf("4 levels are %s", out)
	}
}

// Types that are made as a program goes are not kept for good.
func TestTypesAreNotKept(t *testing.T) {
	// One file of many types: making files takes long.
	const count = 5000
	file := &descriptorpb.FileDescriptorProto{Name: proto.String("many.proto"), Package: proto.String("many"), Syntax: proto.String("proto3")}
	for i := range count {
		file.MessageType = append(file.MessageType, &descriptorpb.DescriptorProto{
			Name: proto.String(fmt.Sprint("M", i)),
			Field: []*descriptorpb.FieldDescriptorProto{{
				Name: proto.String("name"), Number: proto.Int32(1), Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
				Type: descriptorpb.FieldDescriptorProto_TYPE_STRING.Enum(), JsonName: proto.String("name"),
			}},
		})
	}
	fd, err := protodesc.NewFile(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range count {
		m := dynamicpb.NewMessage(fd.Messages().Get(i))
		if err := (jsonpb.Options{}).Unmarshal([]byte(`{"name":"a"}`), m); err != nil {
			t.Fatal(err)
		}
		if n := jsonpb.Tables(); n > 2048 {
			t.Fatalf("%d tables are kept", n)
		}
	}
}
