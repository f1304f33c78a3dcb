package codec

import (
	"bytes"
	"slices"
	"testing"

	"github.com/curlew-rpc/curlew/codec/internal/everypb/opaque"
	"github.com/curlew-rpc/curlew/codec/internal/everypb/open"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// longBytes is long enough to be left out of an encoding, and shortBytes is not.
var (
	longBytes  = bytes.Repeat([]byte("long"), 8<<10)
	shortBytes = longBytes[1:]
)

// joined encodes m without its long parts, and puts them in their places.
func joined(t *testing.T, m proto.Message) (all []byte, parts []Part) {
	t.Helper()
	c := Proto().(PartedAppender)
	size, long := c.Size(m), c.Long(m)
	out, parts, err := c.AppendParted(make([]byte, 3, 3+size), m, size)
	if err != nil {
		t.Fatal(err)
	}
	from, left := 0, 0
	for _, p := range parts {
		all = append(append(all, out[from:p.At]...), p.Bytes...)
		from = p.At
		left += len(p.Bytes)
	}
	all = append(all, out[from:]...)
	if left != long || len(out) != 3+size-long {
		t.Fatalf("%T: %d bytes are left out and %d not, want %d and %d", m, left, len(out)-3, long, size-long)
	}
	return all[3:], parts
}

// The long fields of every message, of any API, alone and in lists and oneofs, are left
// where they are; with them in their places the encoding is the library's.
func TestAppendParted(t *testing.T) {
	fields := 0
	for _, empty := range every {
		descs := empty.ProtoReflect().Descriptor().Fields()
		for i := range descs.Len() {
			fd := descs.Get(i)
			if fd.Kind() != protoreflect.BytesKind {
				continue
			}
			fields++
			for _, value := range [][]byte{longBytes, shortBytes} {
				m := newOf(empty)
				r := m.ProtoReflect()
				n := 1
				if fd.IsList() {
					n = 3
					list := r.Mutable(fd).List()
					list.Append(protoreflect.ValueOfBytes(value))
					list.Append(protoreflect.ValueOfBytes([]byte("short")))
					list.Append(protoreflect.ValueOfBytes(value))
					list.Append(protoreflect.ValueOfBytes(value))
				} else {
					r.Set(fd, protoreflect.ValueOfBytes(value))
				}
				if proto.CheckInitialized(m) != nil {
					continue
				}
				want, err := library.marshal.Marshal(m)
				if err != nil {
					t.Fatal(err)
				}
				got, parts := joined(t, m)
				if !bytes.Equal(got, want) {
					t.Errorf("%s: the encoding differs", fd.FullName())
				}
				if len(value) < len(longBytes) {
					n = 0
				}
				if len(parts) != n {
					t.Errorf("%s of %d bytes: %d parts, want %d", fd.FullName(), len(value), len(parts), n)
				}
				for _, p := range parts {
					if &p.Bytes[0] != &value[0] {
						t.Errorf("%s: the part is a copy", fd.FullName())
					}
				}
			}
		}
	}
	if fields < 20 {
		t.Errorf("only %d fields of bytes are there", fields)
	}
}

// Long fields stand among others, and before fields that nobody knows.
func TestPartsAmongOthers(t *testing.T) {
	library := proto.MarshalOptions{}
	m := wrapperspb.Bytes(longBytes) // it has none of our methods
	if all, parts := joined(t, m); parts != nil || !bytes.Equal(all, must(library.Marshal(m))) {
		t.Error("a message of the library's has parts, or is encoded otherwise")
	}
	for _, every := range []proto.Message{new(open.Every), new(opaque.Every)} {
		r := every.ProtoReflect()
		names := []protoreflect.Name{}
		for i := range r.Descriptor().Fields().Len() {
			fd := r.Descriptor().Fields().Get(i)
			switch {
			case fd.IsList() || fd.IsMap() || fd.ContainingOneof() != nil:
			case fd.Kind() == protoreflect.BytesKind:
				r.Set(fd, protoreflect.ValueOfBytes(longBytes))
				names = append(names, fd.Name())
			case fd.Kind() == protoreflect.StringKind:
				r.Set(fd, protoreflect.ValueOfString(string(longBytes)))
			}
		}
		r.SetUnknown([]byte{0xf8, 0xff, 0x3f, 1})
		all, parts := joined(t, every)
		if !bytes.Equal(all, must(library.Marshal(every))) || len(parts) != len(names) {
			t.Errorf("%T: %d parts of %v, or another encoding", every, len(parts), names)
		}
	}
}

// Without parts to give them to, long fields are encoded as all others.
func TestMarshalLong(t *testing.T) {
	m := new(open.Every)
	m.ManyBytes = [][]byte{longBytes, shortBytes}
	want := must(library.marshal.Marshal(m))
	if got := must(Proto().Append(nil, m)); !bytes.Equal(got, want) {
		t.Error("Append encodes long bytes otherwise than the library")
	}
	c := Proto().(PartedAppender)
	if got := must(c.AppendSized(nil, m, c.Size(m))); !bytes.Equal(got, want) {
		t.Error("AppendSized encodes long bytes otherwise than the library")
	}
}

// What is wrong with a message is found in parts as well.
func TestAppendPartedRefuses(t *testing.T) {
	c := Proto().(PartedAppender)
	bad := &open.Every{ManyBytes: [][]byte{longBytes}}
	bad.ProtoReflect().Set(bad.ProtoReflect().Descriptor().Fields().ByName("plain_string"), protoreflect.ValueOfString("\xff"))
	if out, parts, err := c.AppendParted([]byte("dst"), bad, c.Size(bad)); err == nil || parts != nil || string(out) != "dst" {
		t.Errorf("text that is not UTF-8: %d bytes, %v, %v", len(out), parts, err)
	}
	m := &open.Every{ManyBytes: [][]byte{longBytes}}
	size := c.Size(m)
	m.ManyBytes = append(m.ManyBytes, nil)
	if _, _, err := c.AppendParted(nil, m, size+10); err == nil {
		t.Error("a wrong size is no error")
	}
	for _, msg := range []any{nil, "text", (*open.Every)(nil)} {
		got, parts, err := c.AppendParted(nil, msg, c.Size(msg))
		want, wantErr := c.AppendSized(nil, msg, c.Size(msg))
		if (err == nil) != (wantErr == nil) || !slices.Equal(got, want) || parts != nil || c.Long(msg) != 0 {
			t.Errorf("%T: %x, %v, %v; AppendSized has %x, %v", msg, got, parts, err, want, wantErr)
		}
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}
