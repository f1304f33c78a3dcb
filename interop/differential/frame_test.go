package differential

import (
	"bytes"
	"fmt"
	"testing"

	"golang.org/x/net/http2"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
)

// Frames of any octets mean the same to both, or are refused by both.
func FuzzFrame(f *testing.F) {
	f.Add(frame.AppendData(nil, 1, true, []byte("ab")))
	f.Add(frame.AppendHeaders(nil, 3, true, 100, []byte{0x82}))
	f.Add(frame.AppendPriority(nil, 3, frame.Priority{DependsOn: 1, Exclusive: true, Weight: 7}))
	f.Add(frame.AppendRSTStream(nil, 1, frame.CodeCancel))
	f.Add(frame.AppendSettings(nil, frame.Setting{ID: frame.SettingMaxFrameSize, Value: 0}))
	f.Add(frame.AppendPing(nil, true, [8]byte{1}))
	f.Add(frame.AppendGoAway(nil, 1, frame.CodeNo, "bye"))
	f.Add(frame.AppendWindowUpdate(nil, 1, 1<<31-1))
	f.Add([]byte("\x00\x00\x07\x01\x2d\x00\x00\x00\x03\x01\x80\x00\x00\x03\x10\x00"))
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) < frame.HeaderLen {
			return
		}
		h, payload := frame.ParseHeader(in), in[frame.HeaderLen:]
		if h.Type > frame.TypeContinuation || h.Type == frame.TypePushPromise {
			return // x/net reads extensions that we do not, and pushes, which we refuse
		}
		if h.Length <= frame.DefaultMaxSize { // then it is as long as it says
			h.Length = min(h.Length, uint32(len(payload)))
			in = append(frame.AppendHeader(nil, h), payload[:h.Length]...)
			payload = payload[:h.Length]
		}
		ours, err := meaning(h, payload)
		theirs, theirErr := theirMeaning(in)
		if (err == nil) != (theirErr == nil) {
			t.Fatalf("%v: we say %v, they %v", h, err, theirErr)
		}
		if err == nil && ours != theirs {
			t.Fatalf("%v is\n%s to us,\n%s to them", h, ours, theirs)
		}
	})
}

// meaning is what a frame says to us.
func meaning(h frame.Header, payload []byte) (string, error) {
	if err := h.Check(frame.DefaultMaxSize); err != nil {
		return "", err
	}
	head := fmt.Sprintf("%d on %d, ", h.Type, h.StreamID)
	switch h.Type {
	case frame.TypeData:
		data, err := frame.ParseData(h, payload)
		return fmt.Sprintf("%send %v: %x", head, h.Flags.Has(frame.FlagEndStream), data), err
	case frame.TypeHeaders:
		block, prio, err := frame.ParseHeaders(h, payload)
		return fmt.Sprintf("%send %v, %v: %x %v", head, h.Flags.Has(frame.FlagEndStream), h.Flags.Has(frame.FlagEndHeaders), block, prio), err
	case frame.TypePriority:
		return fmt.Sprint(head, frame.ParsePriority(payload)), nil
	case frame.TypeRSTStream:
		return fmt.Sprintf("%s%d", head, frame.ParseRSTStream(payload)), nil
	case frame.TypeSettings:
		for i := range len(payload) / 6 {
			s := frame.SettingAt(payload, i)
			if err := s.Check(); err != nil {
				return "", err
			}
			head += fmt.Sprintf("%d=%d ", uint16(s.ID), s.Value)
		}
		return fmt.Sprint(head, h.Flags.Has(frame.FlagAck)), nil
	case frame.TypePing:
		return fmt.Sprintf("%s%v %x", head, h.Flags.Has(frame.FlagAck), payload), nil
	case frame.TypeGoAway:
		last, code, debug := frame.ParseGoAway(payload)
		return fmt.Sprintf("%s%d %d %x", head, last, code, debug), nil
	case frame.TypeWindowUpdate:
		n := frame.ParseWindowUpdate(payload)
		if n == 0 { // what it ends depends on the stream, so that is found elsewhere
			return "", fmt.Errorf("no increment")
		}
		return fmt.Sprintf("%s%d", head, n), nil
	}
	return fmt.Sprintf("%s%v %x", head, h.Flags.Has(frame.FlagEndHeaders), payload), nil
}

// theirMeaning is what it says to x/net, in the same words.
func theirMeaning(in []byte) (string, error) {
	r := http2.NewFramer(nil, bytes.NewReader(in))
	r.SetMaxReadFrameSize(frame.DefaultMaxSize)
	r.AllowIllegalReads = true // CONTINUATION may be the first
	f, err := r.ReadFrame()
	if err != nil {
		return "", err
	}
	head := fmt.Sprintf("%d on %d, ", f.Header().Type, f.Header().StreamID)
	switch f := f.(type) {
	case *http2.DataFrame:
		return fmt.Sprintf("%send %v: %x", head, f.StreamEnded(), f.Data()), nil
	case *http2.HeadersFrame:
		prio := frame.Priority{DependsOn: f.Priority.StreamDep, Exclusive: f.Priority.Exclusive, Weight: f.Priority.Weight}
		return fmt.Sprintf("%send %v, %v: %x %v", head, f.StreamEnded(), f.HeadersEnded(), f.HeaderBlockFragment(), prio), nil
	case *http2.PriorityFrame:
		return fmt.Sprint(head, frame.Priority{DependsOn: f.StreamDep, Exclusive: f.Exclusive, Weight: f.Weight}), nil
	case *http2.RSTStreamFrame:
		return fmt.Sprintf("%s%d", head, f.ErrCode), nil
	case *http2.SettingsFrame:
		err := f.ForeachSetting(func(s http2.Setting) error {
			head += fmt.Sprintf("%d=%d ", uint16(s.ID), s.Val)
			return valid(s)
		})
		return fmt.Sprint(head, f.IsAck()), err
	case *http2.PingFrame:
		return fmt.Sprintf("%s%v %x", head, f.IsAck(), f.Data), nil
	case *http2.GoAwayFrame:
		return fmt.Sprintf("%s%d %d %x", head, f.LastStreamID, f.ErrCode, f.DebugData()), nil
	case *http2.WindowUpdateFrame:
		return fmt.Sprintf("%s%d", head, f.Increment), nil
	case *http2.ContinuationFrame:
		return fmt.Sprintf("%s%v %x", head, f.HeadersEnded(), f.HeaderBlockFragment()), nil
	}
	return "", fmt.Errorf("a %T", f)
}

// valid judges settings as x/net does, and that of RFC 9218 §2.1, which it lets be
// anything.
func valid(s http2.Setting) error {
	if s.ID == http2.SettingID(frame.SettingNoRFC7540Priorities) && s.Val > 1 {
		return fmt.Errorf("%v", s)
	}
	return s.Valid()
}
