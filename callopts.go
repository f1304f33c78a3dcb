package curlew

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/curlew-rpc/curlew/codec"
	"github.com/curlew-rpc/curlew/compress"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// A CallOption is a setting of calls. Options are applied once, by the With of a
// generated client, and then hold for every call made through what it returns.
// What is wrong with one fails those calls with Internal.
type CallOption func(*callSettings) error

// callSettings are what options say about a call. They are shared by calls and
// never change.
type callSettings struct {
	common       *common
	header       Header
	intoHeader   *Header
	intoTrailer  *Header
	intoPeer     *Peer
	timeout      time.Duration // 0: none
	waitForReady *bool         // nil: as the service config says
	oneWay       bool
	token        TokenSource
	codec        codec.Codec         // nil: the default
	compressor   compress.Compressor // nil: none
	maxReceive   int                 // 0: the client's
	maxSend      int
	err          error

	prepared *methodCache // *Method to *prepared, shared by settings that have the same
}

// with returns the settings changed by opts.
func (s *callSettings) with(opts []CallOption) (*callSettings, error) {
	n := *s
	for _, o := range opts {
		if err := o(&n); err != nil {
			return nil, fmt.Errorf("curlew: %w", err)
		}
	}
	if n.prepared == nil || n.codec != s.codec || n.compressor != s.compressor ||
		n.maxReceive != s.maxReceive || n.maxSend != s.maxSend || n.waitForReady != s.waitForReady {
		n.prepared = new(methodCache)
	}
	return &n, nil
}

// SetHeader sends a header field with the request, in place of earlier ones of
// that name.
func SetHeader(name string, values ...string) CallOption {
	return func(s *callSettings) error {
		s.header.Set(name, values...)
		return nil
	}
}

// AddHeader sends a header field with the request, beside earlier ones of that name.
func AddHeader(name string, values ...string) CallOption {
	return func(s *callSettings) error {
		s.header.Add(name, values...)
		return nil
	}
}

// CaptureHeader stores the response header in h when the call has ended, or
// when a stream's first message has been received. Calls that run at the same
// time need options of their own.
func CaptureHeader(h *Header) CallOption {
	return func(s *callSettings) error {
		s.intoHeader = h
		return nil
	}
}

// CaptureTrailer stores the response trailer in h when the call has ended.
func CaptureTrailer(h *Header) CallOption {
	return func(s *callSettings) error {
		s.intoTrailer = h
		return nil
	}
}

// CapturePeer stores in p which endpoint answered the call.
func CapturePeer(p *Peer) CallOption {
	return func(s *callSettings) error {
		s.intoPeer = p
		return nil
	}
}

// Timeout gives each call a deadline, unless its context has an earlier one.
func Timeout(d time.Duration) CallOption {
	return func(s *callSettings) error {
		s.timeout = d
		if d <= 0 {
			return fmt.Errorf("Timeout(%v): the timeout must be positive", d)
		}
		return nil
	}
}

// WaitForReady has calls wait for a connection as long as their deadline allows,
// where otherwise they fail at once when the endpoints cannot be reached.
func WaitForReady() CallOption {
	return func(s *callSettings) error {
		s.waitForReady = new(bool)
		*s.waitForReady = true
		return nil
	}
}

// FailFast has calls fail at once when the endpoints cannot be reached, although the
// service config says that they wait for a connection.
func FailFast() CallOption {
	return func(s *callSettings) error {
		s.waitForReady = new(bool)
		return nil
	}
}

// OneWay has unary calls return when the request is written. The response is
// discarded, whatever it is, and the response message returned is empty. The
// call still ends at the deadline, or after a minute without one.
func OneWay() CallOption {
	return func(s *callSettings) error {
		s.oneWay = true
		return nil
	}
}

// Compression compresses request messages by the compressor of that name, such
// as "gzip"; "identity" is none. The server must know it.
func Compression(name string) CallOption {
	return func(s *callSettings) error {
		s.compressor = s.common.compressor(name)
		if s.compressor == nil && name != wire.Identity {
			return fmt.Errorf("Compression(%q): the client has no such compressor; see WithCompressors", name)
		}
		return nil
	}
}

// Codec encodes messages by the codec of that name, such as "json".
func Codec(name string) CallOption {
	return func(s *callSettings) error {
		i := slices.IndexFunc(s.common.codecs, func(c codec.Codec) bool { return c.Name() == name })
		if i < 0 {
			return fmt.Errorf("Codec(%q): the client has no such codec; see WithCodecs", name)
		}
		s.codec = s.common.codecs[i]
		return nil
	}
}

// MaxReceiveBytes limits the response messages of calls, in place of the
// client's limit.
func MaxReceiveBytes(n int) CallOption {
	return func(s *callSettings) error {
		s.maxReceive = n
		return checkLimit("MaxReceiveBytes", n)
	}
}

// MaxSendBytes limits the request messages of calls, in place of the client's limit.
func MaxSendBytes(n int) CallOption {
	return func(s *callSettings) error {
		s.maxSend = n
		return checkLimit("MaxSendBytes", n)
	}
}

func checkLimit(option string, n int) error {
	if n < 1 || n > math.MaxInt32 {
		return fmt.Errorf("%s(%d): the limit must be from 1 to 2147483647", option, n)
	}
	return nil
}
