package h2

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/h2/hpack"
)

// The frames of scripts are lines like
//
//	HEADERS 1 es POST content-length=5
//	DATA 1 es pad=3 "hello"
//	SETTINGS INITIAL_WINDOW_SIZE=0
//
// A number stands for as many octets, hex=... for those octets. A frame that
// begins a stream's header block carries END_HEADERS unless -eh says otherwise.

// A framer writes the frames of scripts and describes those that come back.
type framer struct {
	enc *hpack.Encoder
	dec *hpack.Decoder
}

func newFramer() *framer { return &framer{hpack.NewEncoder(), hpack.NewDecoder(4096)} }

// macros are the usual header sections.
var macros = map[string]string{
	"GET":  ":method=GET :scheme=http :authority=h :path=/",
	"POST": ":method=POST :scheme=http :authority=h :path=/",
	"200":  ":status=200",
	"103":  ":status=103",
}

var scriptFlags = map[string]frame.Flags{
	"es": frame.FlagEndStream, "eh": frame.FlagEndHeaders, "ack": frame.FlagAck,
}

var settingNames = []string{"", "HEADER_TABLE_SIZE", "ENABLE_PUSH", "MAX_CONCURRENT_STREAMS", "INITIAL_WINDOW_SIZE", "MAX_FRAME_SIZE", "MAX_HEADER_LIST_SIZE"}

// words splits a line at spaces outside of quotes.
func words(line string) (out []string) {
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
		end := 0
		for quoted := false; end < len(line) && (quoted || line[end] != ' '); end++ {
			if line[end] == '"' && (end == 0 || line[end-1] != '\\') {
				quoted = !quoted
			}
		}
		out = append(out, line[:end])
		line = line[end:]
	}
	return out
}

// unquote returns what a word in quotes means, and other words as they are.
func unquote(t testing.TB, word string) string {
	if !strings.Contains(word, `"`) {
		return word
	}
	s, err := strconv.Unquote(word)
	if err != nil {
		t.Fatalf("%s: %v", word, err)
	}
	return s
}

// fieldOf parses name=value; names of pseudo-header fields begin with a colon.
func fieldOf(t testing.TB, word string) hpack.Field {
	name, value, ok := strings.Cut(word, "=")
	if !ok {
		t.Fatalf("%q is no field", word)
	}
	return hpack.Field{Name: unquote(t, name), Value: unquote(t, value)}
}

// fieldsOf parses fields and macros, of which "FILL=300" is a field of that size.
func fieldsOf(t testing.TB, ws []string) (fields []hpack.Field) {
	for _, w := range ws {
		if m, ok := macros[w]; ok {
			fields = append(fields, fieldsOf(t, words(m))...)
			continue
		}
		f := fieldOf(t, w)
		if f.Name == "FILL" {
			f = hpack.Field{Name: "fill", Value: strings.Repeat("~", number(t, f.Value)-len("fill")-32), NoIndex: true}
		}
		fields = append(fields, f)
	}
	return fields
}

func number(t testing.TB, s string) int {
	n, err := strconv.ParseInt(s, 0, 64)
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}

// A frameLine is a line of a script, taken apart.
type frameLine struct {
	h       frame.Header
	ws      []string // what is left to look at
	payload []byte
	pad     int
	prio    *frame.Priority
	split   int // cut a header block into as many frames
	length  int // announced in place of the true one
}

// bytes returns what a line of a script puts on the wire.
func (fr *framer) bytes(t testing.TB, line string) []byte {
	ws := words(line)
	if len(ws) > 2 && ws[1] == "*" {
		var all []byte
		for i := range number(t, ws[0]) {
			all = append(all, fr.bytes(t, strings.Join(nth(t, ws[2:], i), " "))...)
		}
		return all
	}
	switch ws[0] {
	case "PREFACE":
		return []byte(frame.Preface)
	case "BYTES":
		return []byte(unquote(t, ws[1]))
	}
	l := &frameLine{length: -1, split: 1, pad: -1}
	l.h.Type = frameType(t, ws[0])
	l.ws = ws[1:]
	if len(l.ws) > 0 && l.h.Type != frame.TypeSettings && l.h.Type != frame.TypePing && l.h.Type != frame.TypeGoAway {
		l.h.StreamID = uint32(number(t, l.ws[0]))
		l.ws = l.ws[1:]
	}
	l.options(t)
	fr.payload(t, l)
	return l.assemble()
}

// nth returns the words of the i-th of repeated frames, in which the stream @3
// is 3, then 5, and so on.
func nth(t testing.TB, ws []string, i int) []string {
	ws = slices.Clone(ws)
	for at, w := range ws {
		if first, ok := strings.CutPrefix(w, "@"); ok {
			ws[at] = strconv.Itoa(number(t, first) + 2*i)
		}
	}
	return ws
}

func frameType(t testing.TB, name string) frame.Type {
	for i := range frame.TypeContinuation + 1 {
		if i.String() == name {
			return i
		}
	}
	hex, ok := strings.CutPrefix(name, "TYPE:")
	if !ok {
		t.Fatalf("%s is no type of frame", name)
	}
	return frame.Type(number(t, hex))
}

// options takes what any frame may have from the line.
func (l *frameLine) options(t testing.TB) {
	if l.h.Type == frame.TypeHeaders || l.h.Type == frame.TypePushPromise {
		l.h.Flags |= frame.FlagEndHeaders
	}
	l.ws = slices.DeleteFunc(l.ws, func(w string) bool {
		if f, ok := scriptFlags[w]; ok {
			l.h.Flags |= f
			return true
		}
		name, value, _ := strings.Cut(w, "=")
		switch name {
		case "-eh":
			l.h.Flags &^= frame.FlagEndHeaders
		case "flags":
			l.h.Flags |= frame.Flags(number(t, value))
		case "stream":
			l.h.StreamID = uint32(number(t, value))
		case "pad":
			l.h.Flags |= frame.FlagPadded
			l.pad = number(t, value)
		case "dep":
			l.prio = &frame.Priority{DependsOn: uint32(number(t, value)), Weight: 15}
		case "split":
			l.split = number(t, value)
		case "length":
			l.length = number(t, value)
		case "hex":
			b, err := hex.DecodeString(value)
			if err != nil {
				t.Fatal(err)
			}
			l.payload = append(l.payload, b...)
		default:
			return false
		}
		return true
	})
}

// payload makes the payload of what is left of the line.
func (fr *framer) payload(t testing.TB, l *frameLine) {
	if l.prio != nil {
		l.payload = frame.AppendPriority(nil, 0, *l.prio)[frame.HeaderLen:]
		if l.h.Type == frame.TypeHeaders {
			l.h.Flags |= frame.FlagPriority
		}
	}
	switch l.h.Type {
	case frame.TypeHeaders, frame.TypePushPromise, frame.TypeContinuation:
		l.payload = fr.enc.Append(l.payload, fieldsOf(t, l.ws))
		return
	}
	for _, w := range l.ws {
		switch {
		case l.h.Type == frame.TypeSettings:
			name, value, _ := strings.Cut(w, "=")
			if name == "FILL" { // so many settings
				for range number(t, value) {
					l.payload = append(l.payload, frame.AppendSettings(nil, frame.Setting{ID: frame.SettingInitialWindowSize, Value: 1})[frame.HeaderLen:]...)
				}
				continue
			}
			id := slices.Index(settingNames, name)
			if id < 0 {
				id = number(t, name)
			}
			s := frame.Setting{ID: frame.SettingID(id), Value: uint32(number(t, value))}
			l.payload = append(l.payload, frame.AppendSettings(nil, s)[frame.HeaderLen:]...)
		case strings.HasPrefix(w, "last="):
			l.payload = append(l.payload, frame.AppendWindowUpdate(nil, 0, uint32(number(t, w[5:])))[frame.HeaderLen:]...)
		case w[0] == '"':
			l.payload = append(l.payload, unquote(t, w)...)
		case l.h.Type == frame.TypeRSTStream || l.h.Type == frame.TypeGoAway:
			l.payload = append(l.payload, frame.AppendRSTStream(nil, 0, errCode(t, w))[frame.HeaderLen:]...)
		case l.h.Type == frame.TypeWindowUpdate:
			l.payload = append(l.payload, frame.AppendWindowUpdate(nil, 0, uint32(number(t, w)))[frame.HeaderLen:]...)
		default:
			l.payload = append(l.payload, make([]byte, number(t, w))...)
		}
	}
}

func errCode(t testing.TB, name string) frame.ErrCode {
	for c := range frame.CodeHTTP11Required + 1 {
		if c.String() == name {
			return c
		}
	}
	return frame.ErrCode(number(t, name))
}

// assemble puts the frame, or the frames of a split block, together.
func (l *frameLine) assemble() (out []byte) {
	if l.split > 1 {
		size := (len(l.payload) + l.split - 1) / l.split
		return frame.AppendHeaders(nil, l.h.StreamID, l.h.Flags.Has(frame.FlagEndStream), uint32(size), l.payload)
	}
	if l.pad >= 0 {
		l.payload = append([]byte{byte(l.pad)}, l.payload...)
		l.payload = append(l.payload, make([]byte, l.pad)...)
	}
	l.h.Length = uint32(len(l.payload))
	if l.length >= 0 {
		l.h.Length = uint32(l.length)
	}
	return append(frame.AppendHeader(nil, l.h), l.payload...)
}

// describe takes the first frame off b and writes it as scripts do; "" if it
// has not arrived whole.
func (fr *framer) describe(b []byte) (line string, rest []byte) {
	if len(b) < frame.HeaderLen {
		return "", b
	}
	h := frame.ParseHeader(b)
	if len(b) < frame.HeaderLen+int(h.Length) {
		return "", b
	}
	p, rest := b[frame.HeaderLen:frame.HeaderLen+h.Length], b[frame.HeaderLen+h.Length:]
	ws := []string{h.Type.String()}
	add := func(format string, args ...any) { ws = append(ws, fmt.Sprintf(format, args...)) }
	if h.StreamID != 0 || h.Type == frame.TypeWindowUpdate {
		add("%d", h.StreamID)
	}
	switch h.Type {
	case frame.TypeData:
		addFlag(&ws, h, frame.FlagEndStream, "es")
		add("%s", describeData(p))
	case frame.TypeHeaders, frame.TypeContinuation:
		addFlag(&ws, h, frame.FlagEndStream, "es")
		if !h.Flags.Has(frame.FlagEndHeaders) || h.Type == frame.TypeContinuation {
			add("%d octets of a block", len(p)) // which is not put together here
			break
		}
		fields, _, err := fr.dec.Decode(nil, p, hpack.Limits{MaxBytes: 1 << 20, MaxFields: 1000})
		for _, f := range fields {
			add("%s=%s", f.Name, f.Value)
		}
		if err != nil {
			add("%v", err)
		}
	case frame.TypeSettings:
		addFlag(&ws, h, frame.FlagAck, "ack")
		for i := range len(p) / 6 {
			s := frame.SettingAt(p, i)
			add("%s=%d", settingNames[s.ID], s.Value)
		}
	case frame.TypePing:
		addFlag(&ws, h, frame.FlagAck, "ack")
		add("%q", p)
	case frame.TypeGoAway:
		last, code, debug := frame.ParseGoAway(p)
		add("last=%d %v %q", last, code, debug)
	case frame.TypeRSTStream:
		add("%v", frame.ParseRSTStream(p))
	case frame.TypeWindowUpdate:
		add("%d", frame.ParseWindowUpdate(p))
	}
	return strings.Join(ws, " "), rest
}

func addFlag(ws *[]string, h frame.Header, f frame.Flags, name string) {
	if h.Flags.Has(f) {
		*ws = append(*ws, name)
	}
}

// describeData writes short text as it is, and of anything else the length.
func describeData(p []byte) string {
	if len(p) > 40 || slices.ContainsFunc(p, func(c byte) bool { return c < ' ' || c > '~' }) {
		return strconv.Itoa(len(p))
	}
	return strconv.Quote(string(p))
}
