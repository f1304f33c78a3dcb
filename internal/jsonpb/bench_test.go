package jsonpb_test

import (
	"fmt"
	"testing"

	"github.com/curlew-rpc/curlew/internal/jsonpb"
	"github.com/curlew-rpc/curlew/internal/jsonpb/internal/shoppb"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

func user() *shoppb.User {
	return &shoppb.User{Id: 1234567, Name: "Ada Lovelace", Email: "ada@example.com", Active: true, Created: &timestamppb.Timestamp{Seconds: 1700000000, Nanos: 123000000}, Roles: []string{"admin", "author"}, Age: proto.Int32(36)}
}

func order() *shoppb.Order {
	m := &shoppb.Order{
		OrderId: "order-2024-000123", Customer: user(), State: shoppb.Order_STATE_PAID, CreatedAt: &timestamppb.Timestamp{Seconds: 1700000000},
		Labels: map[string]string{"env": "prod", "tier": "gold", "region": "eu-west"}, Users: map[string]*shoppb.User{"owner": user(), "editor": user()},
		Numbers: []int64{1, 22, 333, 4444, 55555}, Receipt: make([]byte, 100), Payment: &shoppb.Order_Card{Card: "4111-1111"}, Ttl: durationpb.New(90e9),
	}
	for i := range 5 {
		m.Items = append(m.Items, &shoppb.Order_Item{Sku: fmt.Sprint("SKU-", i), Title: "Analytical engine, käse edition", Count: 2, Price: 1299.5, Tags: []string{"brass", "steam"}})
	}
	return m
}

func loose() *structpb.Struct {
	m, err := structpb.NewStruct(map[string]any{"name": "a", "list": []any{1, 2.5, "x", true, nil}, "more": map[string]any{"b": "c", "d": map[string]any{"e": 1}}})
	if err != nil {
		panic(err)
	}
	return m
}

func dynamic(m proto.Message) proto.Message {
	b, err := proto.Marshal(m)
	out := dynamicpb.NewMessage(m.ProtoReflect().Descriptor())
	if err == nil {
		err = proto.Unmarshal(b, out)
	}
	if err != nil {
		panic(err)
	}
	return out
}

func BenchmarkJSON(b *testing.B) {
	for name, m := range map[string]proto.Message{"user": user(), "order": order(), "struct": loose(), "dynamic": dynamic(order())} {
		text, err := jsonpb.Options{}.Append(nil, m)
		if err != nil {
			b.Fatal(err)
		}
		got := m.ProtoReflect().New().Interface()
		run := func(what string, f func() error) {
			b.Run(name+"/"+what, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := f(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		out := make([]byte, 0, 2*len(text))
		run("Append", func() (err error) { out, err = jsonpb.Options{}.Append(out[:0], m); return err })
		run("Append-protojson", func() (err error) { out, err = protojson.MarshalOptions{}.MarshalAppend(out[:0], m); return err })
		run("Unmarshal", func() error { return jsonpb.Options{DiscardUnknown: true}.Unmarshal(text, got) })
		run("Unmarshal-protojson", func() error { return protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(text, got) })
	}
}

// Encoding allocates nothing, decoding what the message is made of.
func TestAllocations(t *testing.T) {
	raceOff(t)
	out := make([]byte, 0, 1<<14)
	for name, m := range map[string]proto.Message{"user": user(), "order": order(), "struct": loose()} {
		var err error
		if n := testing.AllocsPerRun(100, func() { out, err = jsonpb.Options{}.Append(out[:0], m) }); n > 0 || err != nil {
			t.Errorf("%s: encoding takes %v allocations, %v", name, n, err)
		}
	}
	// The message of a timestamp, five strings and the list of two of them, the age.
	text, _ := jsonpb.Options{}.Append(nil, user())
	got := new(shoppb.User)
	if n := testing.AllocsPerRun(100, func() { _ = jsonpb.Options{}.Unmarshal(text, got) }); n > 7 {
		t.Errorf("decoding a user takes %v allocations", n)
	}
	plain := []byte(`{"id":"5","active":true,"unknown":{"a":["b\n",1.5]},"email":""}`)
	if n := testing.AllocsPerRun(100, func() { _ = jsonpb.Options{DiscardUnknown: true}.Unmarshal(plain, got) }); n > 0 {
		t.Errorf("decoding what is no memory of its own takes %v allocations", n)
	}
}
