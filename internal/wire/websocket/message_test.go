package websocket

import (
	"strings"
	"testing"
)

// A part is a frame in short: what ends in + has fragments to follow.
type part struct {
	op   Opcode
	text string
}

// assemble gives the parts to a, in pieces of step bytes, and returns the messages.
func assemble(a *Assembler, parts []part, step int) (messages []part, err error) {
	for i, p := range parts {
		text, more := strings.CutSuffix(p.text, "+")
		h := Header{Final: !more, Opcode: p.op, Masked: i%2 == 0, Key: sampleKey}
		wire := AppendFrame(nil, h, []byte(text))
		h, n, err := ParseHeader(wire, h.Masked)
		if err != nil {
			return messages, err
		}
		if err := a.Begin(h); err != nil {
			return messages, err
		}
		for wire = wire[n:]; len(wire) > 0; {
			piece := wire[:min(step, len(wire))]
			wire = wire[len(piece):]
			if rest, err := a.Append(piece); err != nil || len(rest) != 0 {
				return messages, err
			}
		}
		if a.Done() {
			op, data := a.Message()
			messages = append(messages, part{op, string(data)})
		}
	}
	return messages, nil
}

func TestAssembler(t *testing.T) {
	parts := []part{
		{Text, "Hello"},
		{Text, "Hel+"}, {Continuation, "lo"},
		{Binary, "\xff+"}, {Continuation, "+"}, {Continuation, "\x00+"}, {Continuation, ""},
		{Text, ""},
		{Text, "+"}, {Continuation, "x"},
		{Text, "k\xc3+"}, {Continuation, "\xa4se \xf0\x9f+"}, {Continuation, "\x98+"}, {Continuation, "\x80"},
		{Binary, strings.Repeat("0123456789", 10)},
	}
	want := []part{{Text, "Hello"}, {Text, "Hello"}, {Binary, "\xff\x00"}, {Text, ""}, {Text, "x"}, {Text, "käse 😀"}, {Binary, strings.Repeat("0123456789", 10)}}
	for step := 1; step < 12; step++ {
		a := Assembler{Limit: 100}
		got, err := assemble(&a, parts, step)
		if err != nil || len(got) != len(want) {
			t.Fatalf("pieces of %d: %q, %v", step, got, err)
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("pieces of %d: message %d is %q", step, i, got[i])
			}
		}
	}
}

func TestAssemblerRefuses(t *testing.T) {
	tests := []struct {
		name  string
		parts []part
		want  CloseCode
	}{
		{"continuation of nothing", []part{{Continuation, "x"}}, ProtocolError},
		{"continuation of what has ended", []part{{Text, "x"}, {Continuation, "x"}}, ProtocolError},
		{"text within text", []part{{Text, "x+"}, {Text, "x"}}, ProtocolError},
		{"binary within text", []part{{Text, "x+"}, {Continuation, "x+"}, {Binary, "x"}}, ProtocolError},
		{"ping", []part{{Ping, ""}}, ProtocolError},
		{"too big", []part{{Binary, strings.Repeat("x", 101)}}, TooBig},
		{"too big in fragments", []part{{Binary, strings.Repeat("x", 99) + "+"}, {Continuation, "xx"}}, TooBig},
		{"no UTF-8", []part{{Text, "a\xffb"}}, InvalidPayload},
		{"no UTF-8 in a fragment", []part{{Text, "a\xff+"}}, InvalidPayload},
		{"surrogate", []part{{Text, "\xed\xa0+"}}, InvalidPayload},
		{"too long", []part{{Text, "\xc0+"}}, InvalidPayload},
		{"beyond Unicode", []part{{Text, "\xf4\x90+"}}, InvalidPayload},
		{"lone continuation bytes", []part{{Text, "\x80\x80\x80\x80+"}}, InvalidPayload},
		{"broken over fragments", []part{{Text, "\xe2\x82+"}, {Continuation, "x"}}, InvalidPayload},
		{"cut off", []part{{Text, "\xe2\x82"}}, InvalidPayload},
		{"cut off by an empty fragment", []part{{Text, "\xe2\x82+"}, {Continuation, ""}}, InvalidPayload},
	}
	for _, test := range tests {
		for step := 1; step < 5; step++ {
			a := Assembler{Limit: 100}
			_, err := assemble(&a, test.parts, step)
			wantError(t, test.name, err, test.want)
		}
	}
}

func TestAssemblerLimit(t *testing.T) {
	a := Assembler{Limit: 10}
	if err := a.Begin(Header{Final: true, Opcode: Binary, Length: 10}); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	wantError(t, "within a frame", a.Begin(Header{Final: true, Opcode: Binary}), ProtocolError)
	a.Reset()
	wantError(t, "huge claim", a.Begin(Header{Final: true, Opcode: Binary, Length: 1<<63 - 1}), TooBig)
	none := Assembler{}
	if err := none.Begin(Header{Final: true, Opcode: Binary}); err != nil || !none.Done() {
		t.Errorf("an empty message: %v", err)
	}
	wantError(t, "no limit set", none.Begin(Header{Final: true, Opcode: Binary, Length: 1}), TooBig)
}

func TestAssemblerBoundsEmptyFragments(t *testing.T) {
	a := Assembler{Limit: 10}
	h := Header{Opcode: Binary}
	for range maxEmpty {
		if err := a.Begin(h); err != nil {
			t.Fatal(err)
		}
		h.Opcode = Continuation
	}
	wantError(t, "empty fragments", a.Begin(h), PolicyViolated)
}

func TestAssemblerLeavesWhatFollows(t *testing.T) {
	a := Assembler{Limit: 10}
	if err := a.Begin(Header{Final: true, Opcode: Binary, Length: 3}); err != nil {
		t.Fatal(err)
	}
	if a.Done() || a.Left() != 3 {
		t.Errorf("Done %v, Left %d", a.Done(), a.Left())
	}
	rest, err := a.Append([]byte("abcdef"))
	if string(rest) != "def" || err != nil || !a.Done() || a.Left() != 0 {
		t.Errorf("Append leaves %q, %v; Done %v, Left %d", rest, err, a.Done(), a.Left())
	}
	if rest, err = a.Append(rest); string(rest) != "def" || err != nil {
		t.Errorf("Append after the end leaves %q, %v", rest, err)
	}
	if _, data := a.Message(); string(data) != "abc" {
		t.Errorf("Message = %q", data)
	}
}
