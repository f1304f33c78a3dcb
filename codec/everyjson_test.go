package codec

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

// checkJSON encodes a message as JSON in both ways, and reports whether the results
// differ. It returns the JSON, or nil if there is none.
func checkJSON(t *testing.T, m proto.Message) []byte {
	t.Helper()
	want, wantErr := protojson.Marshal(m)
	got, gotErr := JSON().Append([]byte("dst"), m)
	if !bytes.HasPrefix(got, []byte("dst")) {
		t.Fatalf("%T: the destination is lost: %s", m, got)
	}
	if (wantErr == nil) != (gotErr == nil) {
		t.Fatalf("%T: encoding %v: the error is %v, of the library %v", m, m, gotErr, wantErr)
	}
	if gotErr != nil {
		return nil
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, want); err != nil {
		t.Fatal(err)
	}
	if got = got[3:]; !bytes.Equal(got, compact.Bytes()) {
		t.Fatalf("%T: %v is encoded as\n%s, by the library as\n%s", m, m, got, compact.Bytes())
	}
	return got
}

// checkFromJSON decodes JSON in both ways, and reports whether the results differ.
// The library takes some for JSON that is none, such as {"number":1e}; that we refuse.
func checkFromJSON(t *testing.T, empty proto.Message, text []byte) {
	t.Helper()
	want, got := newOf(empty), newOf(empty)
	wantErr := protojson.UnmarshalOptions{DiscardUnknown: true, RecursionLimit: maxDepth}.Unmarshal(text, want)
	src := bytes.Clone(text)
	gotErr := JSON().Unmarshal(src, got)
	for i := range src {
		src[i] = 0xff
	}
	if wantOK := wantErr == nil && json.Valid(text); wantOK != (gotErr == nil) {
		t.Fatalf("%T: decoding %s: the error is %v, of the library %v", empty, text, gotErr, wantErr)
	}
	if gotErr == nil && !proto.Equal(want, got) {
		t.Fatalf("%T: %s is decoded as\n%v, by the library as\n%v", empty, text, got, want)
	}
}

// everyJSON are the messages of every, and such as are reached in no other way than by
// reflection.
func everyJSON() []proto.Message {
	all := every
	for _, m := range every {
		all = append(all, dynamicpb.NewMessage(m.ProtoReflect().Descriptor()))
	}
	return all
}

// What is encoded is what the library encodes, and whole texts, damaged ones and parts
// of them are decoded as by the library, or refused.
func TestEveryJSONAgainstLibrary(t *testing.T) {
	rounds := 20
	if testing.Short() {
		rounds = 5
	}
	for _, empty := range everyJSON() {
		r := rand.New(rand.NewPCG(1, 2))
		checkJSON(t, empty)
		for range rounds {
			m := newOf(empty)
			scramble(r, m.ProtoReflect(), 2)
			setKnown(r, m.ProtoReflect())
			text := checkJSON(t, m)
			if text == nil {
				if text, _ = (protojson.MarshalOptions{AllowPartial: true}).Marshal(m); text == nil {
					continue
				}
			}
			checkFromJSON(t, empty, text)
			for range 10 {
				checkFromJSON(t, empty, damage(r, text))
			}
		}
	}
}

// setKnown makes of what scramble has set, in well-known types, something that JSON
// can say.
func setKnown(r *rand.Rand, m protoreflect.Message) {
	fields := m.Descriptor().Fields()
	switch m.Descriptor().FullName() {
	case "google.protobuf.Timestamp":
		m.Set(fields.ByName("seconds"), protoreflect.ValueOfInt64(r.Int64N(253402300799)))
		m.Set(fields.ByName("nanos"), protoreflect.ValueOfInt32(r.Int32N(1000)*[]int32{1, 1000, 1000000, 0}[r.IntN(4)]))
		return
	case "google.protobuf.Any":
		m.Set(fields.ByName("type_url"), protoreflect.ValueOfString("a/curlew.codec.every.open.Every"))
		m.Set(fields.ByName("value"), protoreflect.ValueOfBytes([]byte("\x08\x01\xea\x06\x01a")))
		return
	case "google.protobuf.Value":
		if o := m.Descriptor().Oneofs().Get(0); m.WhichOneof(o) == nil || m.WhichOneof(o).Name() == "number_value" {
			m.Set(fields.ByName("number_value"), protoreflect.ValueOfFloat64(r.NormFloat64()))
		}
	}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.IsMap() && f.MapValue().Message() != nil:
			v.Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool {
				setKnown(r, v.Message())
				return true
			})
		case f.IsMap() || f.Message() == nil:
		case f.IsList():
			for i := range v.List().Len() {
				setKnown(r, v.List().Get(i).Message())
			}
		default:
			setKnown(r, v.Message())
		}
		return true
	})
}

// FuzzEveryJSON decodes any text as each of the messages, and encodes what comes of it.
func FuzzEveryJSON(f *testing.F) {
	all := everyJSON()
	r := rand.New(rand.NewPCG(3, 4))
	for i, empty := range all {
		f.Add(uint8(i), []byte(`{"oneInt32":1e2}`))
		for levels := range 3 {
			m := newOf(empty)
			scramble(r, m.ProtoReflect(), levels)
			setKnown(r, m.ProtoReflect())
			if text, err := (protojson.MarshalOptions{AllowPartial: true}).Marshal(m); err == nil {
				f.Add(uint8(i), text)
			}
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, text []byte) {
		empty := all[int(which)%len(all)]
		checkFromJSON(t, empty, text)
		m := newOf(empty)
		if JSON().Unmarshal(text, m) == nil {
			checkJSON(t, m)
		}
	})
}
