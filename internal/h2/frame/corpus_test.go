package frame

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A corpusCase is a file of testdata/http2-frame-test-case.
type corpusCase struct {
	Error []ErrCode
	Wire  string
	Frame *struct {
		Length   uint32
		Type     Type
		Flags    Flags
		StreamID uint32         `json:"stream_identifier"`
		Payload  map[string]any `json:"frame_payload"`
	}
}

// Errors that a frame alone does not show: the connection refuses PUSH_PROMISE
// altogether, and judges an increment of zero by its stream.
var beyondFrames = []string{
	"push_promise-frame-padding.json",
	"push_promise-frame-promised_stream-odd.json",
	"push_promise-frame-promised_stream-zero.json",
	"window_update-frame-increment.json",
}

func TestCorpus(t *testing.T) {
	files, err := filepath.Glob("testdata/http2-frame-test-case/*/*.json")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d files, error %v", len(files), err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var c corpusCase
		if err := json.Unmarshal(b, &c); err != nil {
			t.Fatal(file, err)
		}
		wire := unhex(c.Wire)
		h := ParseHeader(wire)
		got, err := meaning(h, wire[HeaderLen:])
		if c.Frame == nil {
			fe, _ := err.(*Error)
			if beyond := slices.Contains(beyondFrames, filepath.Base(file)); beyond != (err == nil) || !beyond && !slices.Contains(c.Error, fe.Code) {
				t.Errorf("%s: error %v, want one of %v", file, err, c.Error)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if want := (Header{c.Frame.Length, c.Frame.Type, c.Frame.Flags, c.Frame.StreamID}); h != want {
			t.Errorf("%s: header %+v, want %+v", file, h, want)
		}
		for name, want := range c.Frame.Payload {
			if value, ok := got[name]; ok && !equalJSON(t, value, want) {
				t.Errorf("%s: %s is %v, want %v", file, name, value, want)
			}
		}
		if again := rebuild(h, wire[HeaderLen:]); h.Flags&(FlagPadded|FlagPriority) == 0 && !bytes.Equal(again, wire) {
			t.Errorf("%s: appended as %x, want %x", file, again, wire)
		}
	}
}

func equalJSON(t *testing.T, a, b any) bool {
	t.Helper()
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	return bytes.Equal(x, y)
}

// meaning checks and parses a frame, and returns what it says by the corpus's names.
func meaning(h Header, payload []byte) (map[string]any, error) {
	if err := h.Check(DefaultMaxSize); err != nil {
		return nil, err
	}
	payload = payload[:h.Length]
	switch h.Type {
	case TypeData:
		data, err := ParseData(h, payload)
		return map[string]any{"data": string(data)}, err
	case TypeHeaders:
		fragment, prio, err := ParseHeaders(h, payload)
		m := map[string]any{"header_block_fragment": string(fragment)}
		if h.Flags.Has(FlagPriority) {
			m["stream_dependency"], m["exclusive"], m["weight"] = prio.DependsOn, prio.Exclusive, int(prio.Weight)+1
		}
		return m, err
	case TypePriority:
		prio := ParsePriority(payload)
		return map[string]any{"stream_dependency": prio.DependsOn, "exclusive": prio.Exclusive, "weight": int(prio.Weight) + 1}, nil
	case TypeRSTStream:
		return map[string]any{"error_code": ParseRSTStream(payload)}, nil
	case TypeSettings:
		settings := [][2]uint32{}
		for i := range len(payload) / 6 {
			s := SettingAt(payload, i)
			if err := s.Check(); err != nil {
				return nil, err
			}
			settings = append(settings, [2]uint32{uint32(s.ID), s.Value})
		}
		return map[string]any{"settings": settings}, nil
	case TypePing:
		return map[string]any{"opaque_data": string(payload)}, nil
	case TypeGoAway:
		last, code, debug := ParseGoAway(payload)
		return map[string]any{"last_stream_id": last, "error_code": code, "additional_debug_data": string(debug)}, nil
	case TypeWindowUpdate:
		return map[string]any{"window_size_increment": ParseWindowUpdate(payload)}, nil
	case TypeContinuation:
		return map[string]any{"header_block_fragment": string(payload)}, nil
	}
	return map[string]any{"payload": string(payload)}, nil
}

// rebuild appends a good frame anew, without padding, priority and flags that
// mean nothing.
func rebuild(h Header, payload []byte) []byte {
	switch h.Type {
	case TypeData:
		data, _ := ParseData(h, payload)
		return AppendData(nil, h.StreamID, h.Flags.Has(FlagEndStream), data)
	case TypeHeaders:
		fragment, _, _ := ParseHeaders(h, payload)
		b := AppendHeaders(nil, h.StreamID, h.Flags.Has(FlagEndStream), MaxMaxSize, fragment)
		PutHeader(b, Header{uint32(len(fragment)), TypeHeaders, h.Flags & (FlagEndStream | FlagEndHeaders), h.StreamID})
		return b
	case TypePriority:
		return AppendPriority(nil, h.StreamID, ParsePriority(payload))
	case TypeRSTStream:
		return AppendRSTStream(nil, h.StreamID, ParseRSTStream(payload))
	case TypeSettings:
		if h.Flags.Has(FlagAck) {
			return AppendSettingsAck(nil)
		}
		var settings []Setting
		for i := range len(payload) / 6 {
			settings = append(settings, SettingAt(payload, i))
		}
		return AppendSettings(nil, settings...)
	case TypePing:
		return AppendPing(nil, h.Flags.Has(FlagAck), [8]byte(payload))
	case TypeGoAway:
		last, code, debug := ParseGoAway(payload)
		return AppendGoAway(nil, last, code, string(debug))
	case TypeWindowUpdate:
		return AppendWindowUpdate(nil, h.StreamID, ParseWindowUpdate(payload))
	}
	return append(AppendHeader(nil, h), payload...)
}
