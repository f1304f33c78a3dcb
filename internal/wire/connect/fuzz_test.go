package connect

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/url"
	"reflect"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// plain is what the standard library reads of an object, whose keys it does not tell
// apart by their case alone.
func plain(b []byte) (map[string]json.RawMessage, bool) {
	var m map[string]json.RawMessage
	err := json.Unmarshal(b, &m)
	return m, err == nil && m != nil
}

func FuzzError(f *testing.F) {
	f.Add([]byte(`{"code":"aborted","message":"m","details":[{"type":"a.B","value":"YWI","debug":{}}]}`))
	f.Add([]byte(`{"code":null,"x":[{"a":"\\\"]}"},1e9,true]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		code, message, details, ok := ParseError(b)
		m, isObject := plain(b)
		if ok != isObject {
			t.Fatalf("ParseError(%q): %v", b, ok)
		}
		if !ok {
			return
		}
		var wantMessage, name string
		_ = json.Unmarshal(m["message"], &wantMessage)
		_ = json.Unmarshal(m["code"], &name)
		wantCode, _ := ParseCode(name)
		if code != wantCode || message != wantMessage || !utf8.ValidString(message) {
			t.Fatalf("ParseError(%q) = %v, %q, want %v, %q", b, code, message, wantCode, wantMessage)
		}
		if code == grpc.OK {
			code = grpc.Unknown
		}
		again := AppendError(nil, code, message, details, nil)
		code2, message2, details2, ok := ParseError(again)
		if !ok || code2 != code || message2 != message || len(details2) > len(details) {
			t.Fatalf("%s comes back as %v, %q, %v, %v", again, code2, message2, details2, ok)
		}
	})
}

func FuzzErrorText(f *testing.F) {
	f.Add("a\"\\\n<\xff>\u2028", "type.googleapis.com/a.B", []byte("value"))
	f.Fuzz(func(t *testing.T, message, typeURL string, value []byte) {
		want, _ := json.Marshal(message)
		if got := appendString(nil, message); !bytes.Equal(got, want) {
			t.Fatalf("%q becomes %s, want %s", message, got, want)
		}
		body := AppendError(nil, grpc.Internal, message, []grpc.Detail{{TypeURL: typeURL, Value: value}}, nil)
		code, text, details, ok := ParseError(body)
		if !ok || code != grpc.Internal || text != string([]rune(message)) {
			t.Fatalf("%s: %v, %q, %v", body, code, text, ok)
		}
		if len(details) == 1 && !bytes.Equal(details[0].Value, value) {
			t.Fatalf("%s: detail %q", body, details[0].Value)
		}
	})
}

func FuzzEndStream(f *testing.F) {
	f.Add([]byte(`{"error":{"code":"aborted"},"metadata":{"a":["1","2"],"b-bin":["YWI"]}}`))
	f.Add([]byte(`{"error":null,"metadata":{"X":[" v "]}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		got := map[string][]string{}
		var pairs []pair
		code, message, details, err := ParseEndStream(b, func(name, value string) {
			got[name] = append(got[name], value)
			pairs = append(pairs, pair{name, value})
		})
		if err != nil {
			return
		}
		if _, ok := plain(b); !ok {
			t.Fatalf("ParseEndStream accepts %q", b)
		}
		for _, p := range pairs {
			if !Visible(p.name) {
				t.Fatalf("ParseEndStream(%q) gives %q", b, p.name)
			}
		}
		again := AppendEndStream(nil, code, message, details, nil, each(pairs))
		back := map[string][]string{}
		code2, message2, _, err := ParseEndStream(again, func(name, value string) { back[name] = append(back[name], value) })
		// Values that are not UTF-8 cannot be said in JSON, so none is ever parsed.
		if err != nil || code2 != code || message2 != message || !maps.EqualFunc(got, back, func(a, b []string) bool { return reflect.DeepEqual(a, b) }) {
			t.Fatalf("%s: %v, %q, %q, %v", again, code2, message2, back, err)
		}
	})
}

func FuzzGet(f *testing.F) {
	f.Add("connect=v1&base64=1&compression=gzip&encoding=proto&message=YWI%3D", []byte("ab"))
	f.Add("message=%7B+%7D&x&encoding=json", []byte("{ }"))
	f.Fuzz(func(t *testing.T, query string, message []byte) {
		for _, inBase64 := range []bool{false, true} {
			text := string(AppendGet(nil, "json", "", message, inBase64))
			g, err := ParseGet(text)
			if err != nil || !bytes.Equal(g.Message, message) || g.Encoding != "json" || g.Base64 != inBase64 || g.Version != "v1" || g.Compression != "" {
				t.Fatalf("%q comes back as %+v, %v", text, g, err)
			}
			values, err := url.ParseQuery(text)
			if err != nil || values.Get("encoding") != "json" || !inBase64 && values.Get("message") != string(message) {
				t.Fatalf("%q is to others %v, %v", text, values, err)
			}
		}
		g, err := ParseGet(query)
		if err != nil {
			return
		}
		if values, err := url.ParseQuery(query); err == nil && (values.Get("encoding") != g.Encoding || !g.Base64 && values.Get("message") != string(g.Message)) {
			t.Fatalf("ParseGet(%q) = %+v, others read %v", query, g, values)
		}
	})
}

func FuzzPrefix(f *testing.F) {
	f.Add([]byte{3, 0, 0, 1, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < PrefixLen {
			return
		}
		p, err := ParsePrefix(b)
		if (err == nil) != (b[0] <= 3) {
			t.Fatalf("ParsePrefix(%x) = %+v, %v", b, p, err)
		}
		if err != nil {
			return
		}
		var again [PrefixLen]byte
		PutPrefix(again[:], p)
		if string(again[:]) != string(b[:PrefixLen]) {
			t.Fatalf("%x comes back as %x", b, again)
		}
	})
}

// FuzzFields is for the small fields whose rules are one function each.
func FuzzFields(f *testing.F) {
	f.Add("application/connect+json; charset=utf-8", int64(1))
	f.Add("1500", int64(time.Hour))
	f.Fuzz(func(t *testing.T, s string, ns int64) {
		if codec, stream, ok := ParseContentType(s); ok {
			again, stream2, ok := ParseContentType(ContentType(codec, stream))
			// A codec may have a name that is a stream's.
			if ok && (again != codec || stream2 != stream) {
				t.Fatalf("%q of %q comes back as %q", codec, s, again)
			}
		}
		if d, err := ParseTimeout(s); err == nil && (d < 0 || d%time.Millisecond != 0) {
			t.Fatalf("ParseTimeout(%q) = %v", s, d)
		}
		d := max(time.Duration(ns), 0)
		back, err := ParseTimeout(string(AppendTimeout(nil, time.Duration(ns))))
		if err != nil || d <= maxTimeout*time.Millisecond && (back < d || back-d >= time.Millisecond) {
			t.Fatalf("timeout %v comes back as %v, %v", d, back, err)
		}
		if CheckName(s) == nil && !Visible(s) {
			t.Fatalf("CheckName accepts %q", s)
		}
		if name, ok := TrailerName(s); ok && name != "" && TrailerField(name) != s {
			t.Fatalf("TrailerName(%q) = %q", s, name)
		}
		_ = ChooseEncoding(s, func(name string) bool { return name == "gzip" })
	})
}
