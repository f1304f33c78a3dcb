package wiretap

import (
	"fmt"
	"strings"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/h2/hpack"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
	"google.golang.org/protobuf/proto"
)

// noLimits has field blocks decoded whole: both ends are the program's own.
var noLimits = hpack.Limits{MaxBytes: 1 << 30, MaxFields: 1 << 20}

// decode fills in what the payload says.
func (h *half) decode(e *Event, payload []byte) {
	// A frame that breaks the rules ends the connection, which is for its ends to say.
	if e.Frame.Check(1<<24-1) != nil {
		h.deaf = true
		e.Note = "malformed"
		return
	}
	switch e.Frame.Type {
	case frame.TypeData:
		h.data(e, payload)
	case frame.TypeHeaders:
		fragment, _, err := frame.ParseHeaders(e.Frame, payload)
		if err != nil {
			h.deaf = true
			e.Note = "malformed"
			return
		}
		h.block = append(h.block[:0], fragment...)
		h.headers(e)
	case frame.TypeContinuation:
		h.block = append(h.block, payload...)
		h.headers(e)
	case frame.TypeRSTStream:
		e.Note = frame.ParseRSTStream(payload).String()
		h.end(e.Frame.StreamID, 2)
	case frame.TypeSettings:
		e.Note = settings(e.Frame, payload)
		if !e.Frame.Flags.Has(frame.FlagAck) {
			h.unacked++
			h.tap.open++
		} else if h.unacked > 0 {
			h.unacked--
			h.tap.endedLocked(1)
		}
	case frame.TypeWindowUpdate:
		e.Note = fmt.Sprintf("+%d", frame.ParseWindowUpdate(payload))
	case frame.TypeGoAway:
		last, code, debug := frame.ParseGoAway(payload)
		e.Note = strings.TrimSpace(fmt.Sprintf("%v, last stream %d %q", code, last, debug))
	case frame.TypePing:
		if e.Frame.Flags.Has(frame.FlagAck) {
			e.Note = "ACK"
		}
	}
	if e.EndStream() {
		h.end(e.Frame.StreamID, 1)
	}
}

// end notes that so many sides have ended a stream.
func (h *half) end(id uint32, sides int) {
	s := h.streams[id]
	if s == nil {
		return
	}
	if s.sides -= sides; s.sides <= 0 {
		delete(h.streams, id)
		h.tap.endedLocked(1)
	}
}

// headers decodes a field block that is complete.
func (h *half) headers(e *Event) {
	if !e.Frame.Flags.Has(frame.FlagEndHeaders) {
		return
	}
	fields, _, err := h.hpack.Decode(nil, h.block, noLimits)
	if err != nil {
		// A table of another size than ours, for instance.
		h.deaf = true
		e.Note = err.Error()
		return
	}
	e.Fields = fields
	if !h.client || h.streams[e.Frame.StreamID] != nil {
		return
	}
	s := &stream{sides: 2}
	for _, f := range fields {
		if f.Name == ":path" {
			s.path = f.Value
		}
	}
	h.streams[e.Frame.StreamID] = s
	h.tap.open++
}

// data collects the messages that end in a frame.
func (h *half) data(e *Event, payload []byte) {
	data, err := frame.ParseData(e.Frame, payload)
	s := h.streams[e.Frame.StreamID]
	if err != nil || s == nil {
		return
	}
	buf := &s.down
	if h.client {
		buf = &s.up
	}
	b := append(*buf, data...)
	for len(b) >= wire.PrefixLen {
		prefix, err := wire.ParsePrefix(b)
		if err != nil {
			break
		}
		end := wire.PrefixLen + int(prefix.Length)
		if len(b) < end {
			break
		}
		e.Messages = append(e.Messages, h.message(s.path, prefix, b[wire.PrefixLen:end]))
		b = b[end:]
	}
	*buf = append([]byte(nil), b...)
}

func (h *half) message(path string, prefix wire.Prefix, body []byte) Message {
	m := Message{Size: len(body), Compressed: prefix.Compressed}
	if m.Compressed {
		return m
	}
	if msg := h.tap.types(path, h.client); msg != nil && proto.Unmarshal(body, msg) == nil {
		m.Msg = msg
	}
	return m
}

var settingNames = map[frame.SettingID]string{
	frame.SettingHeaderTableSize:       "HEADER_TABLE_SIZE",
	frame.SettingEnablePush:            "ENABLE_PUSH",
	frame.SettingMaxConcurrentStreams:  "MAX_CONCURRENT_STREAMS",
	frame.SettingInitialWindowSize:     "INITIAL_WINDOW_SIZE",
	frame.SettingMaxFrameSize:          "MAX_FRAME_SIZE",
	frame.SettingMaxHeaderListSize:     "MAX_HEADER_LIST_SIZE",
	frame.SettingEnableConnectProtocol: "ENABLE_CONNECT_PROTOCOL",
	frame.SettingNoRFC7540Priorities:   "NO_RFC7540_PRIORITIES",
}

func settings(h frame.Header, payload []byte) string {
	if h.Flags.Has(frame.FlagAck) {
		return "ACK"
	}
	var all []string
	for i := range len(payload) / 6 {
		s := frame.SettingAt(payload, i)
		name := settingNames[s.ID]
		if name == "" {
			name = fmt.Sprintf("0x%x", uint16(s.ID))
		}
		all = append(all, fmt.Sprintf("%s=%d", name, s.Value))
	}
	return strings.Join(all, " ")
}
