package jsonpb_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/curlew-rpc/curlew/internal/jsonpb"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

func optionsOf(n uint8) jsonpb.Options {
	return jsonpb.Options{DiscardUnknown: n&1 != 0, EmitDefaults: n&2 != 0, UseProtoNames: n&4 != 0, EnumNumbers: n&8 != 0, MaxDepth: int(n >> 4)}
}

// Messages of random content are encoded as protojson has it, with all options, and
// what comes of it, whole and damaged, is decoded likewise.
func TestAgainstProtojson(t *testing.T) {
	rounds := 50
	if testing.Short() {
		rounds = 20
	}
	r := rand.New(rand.NewPCG(5, 6))
	encoded := 0
	for _, empty := range kinds() {
		for i := range rounds {
			m := empty.ProtoReflect().New().Interface()
			scramble(r, m.ProtoReflect(), 3)
			o := optionsOf(uint8(i & 15))
			text := checkAppend(t, o, m)
			if text == nil {
				continue
			}
			encoded++
			if _, err := checkUnmarshal(t, o, empty, text); err != nil {
				t.Fatalf("%s is encoded and not decoded: %v", text, err)
			}
			for range 15 {
				_, _ = checkUnmarshal(t, o, empty, damage(r, text))
			}
		}
	}
	if want := len(kinds()) * rounds / 2; encoded < want {
		t.Errorf("only %d messages could be encoded, want %d", encoded, want)
	}
}

// damage changes tokens of a text.
func damage(r *rand.Rand, text []byte) []byte {
	text = bytes.Clone(text)
	for range 1 + r.IntN(3) {
		i := r.IntN(len(text))
		j := min(len(text), i+1+r.IntN(12))
		token := []string{"null", "1", `"1"`, "{}", "[]", ",", ":", "1e2", `"@type"`, "true", " ", `\u00e4`, "0.5"}[r.IntN(13)]
		switch r.IntN(5) {
		case 0:
			text[i] = byte(r.Uint32())
		case 1:
			text = append(text[:i:i], text[j:]...)
		case 2:
			text = append(text[:j:j], text[i:]...)
		case 3:
			text = append(text[:i:i], append([]byte(token), text[i:]...)...)
		case 4:
			text = append(text[:i:i], append([]byte(token), text[j:]...)...)
		}
		if len(text) == 0 {
			return text
		}
	}
	return text
}

func FuzzUnmarshal(f *testing.F) {
	all := kinds()
	r := rand.New(rand.NewPCG(7, 8))
	for i, empty := range all {
		for levels := range 4 {
			m := empty.ProtoReflect().New().Interface()
			scramble(r, m.ProtoReflect(), levels)
			if text, err := (protojson.MarshalOptions{AllowPartial: true}).Marshal(m); err == nil {
				f.Add(uint8(i), uint8(levels), text)
			}
		}
	}
	for _, in := range tricky {
		f.Add(uint8(0), uint8(1), []byte(in.text))
	}
	f.Fuzz(func(t *testing.T, which, options uint8, text []byte) {
		o := optionsOf(options)
		m, err := checkUnmarshal(t, o, all[int(which)%len(all)], text)
		var e *jsonpb.Error
		if err == nil {
			checkAppend(t, o, m)
		} else if errors.As(err, &e) && (e.Line < 1 || e.Column < 1 || e.Text == "" || len(e.Path) > 1000) {
			t.Fatalf("%s: %+v", text, e)
		}
	})
}

// FuzzAppend encodes what is in protobuf binary.
func FuzzAppend(f *testing.F) {
	all := kinds()
	r := rand.New(rand.NewPCG(9, 10))
	for i, empty := range all {
		m := empty.ProtoReflect().New().Interface()
		scramble(r, m.ProtoReflect(), 3)
		wire, err := proto.MarshalOptions{AllowPartial: true}.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(i), uint8(i), wire)
	}
	f.Fuzz(func(t *testing.T, which, options uint8, wire []byte) {
		m := all[int(which)%len(all)].ProtoReflect().New().Interface()
		o := proto.UnmarshalOptions{AllowPartial: true, RecursionLimit: 50}
		if o.Unmarshal(wire, m) == nil {
			checkAppend(t, optionsOf(options&15), m)
		}
	})
}

// FuzzNext takes text apart as encoding/json does.
func FuzzNext(f *testing.F) {
	for _, s := range []string{``, ` `, `{}{}`, "{\"a\":\"}\\\"\"}\n[1,2]", `1 2`, `"a"null`, `{"a":[`, `tru`, `,`, `"\`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		dec := json.NewDecoder(bytes.NewReader(src))
		for rest := src; ; {
			var want json.RawMessage
			wantErr := dec.Decode(&want)
			value, after, err := jsonpb.Next(rest)
			// Of words that are none, such as 00, encoding/json takes a part.
			if wantErr == nil && !bytes.Equal(value, bytes.TrimSpace(want)) {
				if err != nil || json.Valid(value) {
					t.Fatalf("%q: the next of %q is %q, %v, want %q", src, rest, value, err, want)
				}
				return
			}
			if err != nil {
				if !bytes.Equal(after, rest) {
					t.Fatalf("%q: after an error the rest is %q", src, after)
				}
				if errors.Is(err, io.EOF) != (len(bytes.Trim(rest, " \t\r\n")) == 0) {
					t.Fatalf("%q: the rest is %q, the error %v", src, rest, err)
				}
				return
			}
			if wantErr != nil || len(value) == 0 || len(after) >= len(rest) {
				return // what is no JSON is found out when it is decoded
			}
			rest = after
		}
	})
}
