package curlew

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/curlew-rpc/curlew/codec"
	"github.com/curlew-rpc/curlew/compress"
	"github.com/curlew-rpc/curlew/internal/h2"
	"github.com/curlew-rpc/curlew/internal/transport"
)

// A ServerOption changes a server's default. What is wrong with one is said by
// the server's first Serve.
type ServerOption interface {
	applyServer(*serverConfig) error
}

// A ClientOption changes a client's default. NewClient says what is wrong with one.
type ClientOption interface {
	applyClient(*clientConfig) error
}

// An Option is for servers and for clients.
type Option interface {
	ServerOption
	ClientOption
}

// common is what servers and clients have both.
type common struct {
	log          *slog.Logger
	interceptors []Interceptor
	tls          *tls.Config
	codecs       []codec.Codec
	compressors  []compress.Compressor
	maxReceive   int
	maxSend      int
	h2           h2.Config
}

const defaultMaxReceive = 4 << 20

func defaults() common {
	return common{
		log:         slog.New(slog.DiscardHandler),
		codecs:      []codec.Codec{codec.Proto(), codec.JSON()},
		compressors: []compress.Compressor{compress.Gzip()},
		maxReceive:  defaultMaxReceive,
		maxSend:     math.MaxInt32,
		h2:          h2.Defaults(),
	}
}

func (c *common) compressor(name string) compress.Compressor {
	return transport.Named(c.compressors, name)
}

type option func(*common) error

func (o option) applyServer(c *serverConfig) error { return o(&c.common) }
func (o option) applyClient(c *clientConfig) error { return o(&c.common) }

// set returns an option that sets a value after checking it.
func set[T any](name string, v T, ok bool, what string, at func(*common) *T) Option {
	return option(func(c *common) error {
		if !ok {
			return fmt.Errorf("curlew: %s(%v): %s", name, v, what)
		}
		*at(c) = v
		return nil
	})
}

// WithLogger has events logged: connections that end in error, handlers that
// panic or fail with an error that is not sent. The default is silence.
func WithLogger(l *slog.Logger) Option {
	return set("WithLogger", l, l != nil, "the logger is nil", func(c *common) **slog.Logger { return &c.log })
}

// WithInterceptors surrounds every call with interceptors, the first outermost.
// Given more than once, later ones are further inside.
func WithInterceptors(interceptors ...Interceptor) Option {
	return option(func(c *common) error {
		for _, ic := range interceptors {
			if ic == nil {
				return fmt.Errorf("curlew: WithInterceptors: an interceptor is nil")
			}
		}
		c.interceptors = append(c.interceptors, interceptors...)
		return nil
	})
}

// WithTLS has connections secured by TLS 1.2 or later with HTTP/2 negotiated by
// ALPN. A server needs a certificate in cfg, and ClientAuth and ClientCAs for
// mutual TLS; a client verifies the target's host name unless cfg.ServerName
// says another. cfg is copied. The default is cleartext.
func WithTLS(cfg *tls.Config) Option {
	return option(func(c *common) error {
		if cfg == nil {
			return fmt.Errorf("curlew: WithTLS: the configuration is nil")
		}
		c.tls = cfg.Clone()
		return nil
	})
}

// WithCodecs replaces the codecs, which are protobuf (the default for requests
// that name none) and JSON. The first is the default; clients use it.
func WithCodecs(codecs ...codec.Codec) Option {
	return set("WithCodecs", codecs, len(codecs) > 0, "at least one codec is needed", func(c *common) *[]codec.Codec { return &c.codecs })
}

// WithCompressors replaces the compressors that peers may use, which are gzip
// alone. None at all switches compression off.
func WithCompressors(compressors ...compress.Compressor) Option {
	return set("WithCompressors", compressors, true, "", func(c *common) *[]compress.Compressor { return &c.compressors })
}

// WithMaxReceiveBytes limits a received message, before and after
// decompression. A larger one fails its call with ResourceExhausted. The
// default is 4 MiB.
func WithMaxReceiveBytes(n int) Option {
	return set("WithMaxReceiveBytes", n, n > 0 && n <= math.MaxInt32, "the limit must be from 1 to 2147483647", func(c *common) *int { return &c.maxReceive })
}

// WithMaxSendBytes limits a message to send, before compression. The default is
// 2147483647.
func WithMaxSendBytes(n int) Option {
	return set("WithMaxSendBytes", n, n > 0 && n <= math.MaxInt32, "the limit must be from 1 to 2147483647", func(c *common) *int { return &c.maxSend })
}

// WithMaxHeaderBytes limits a received header section, counted as RFC 9113
// §6.5.2 does: 32 bytes a field more than its name and value. The default is 16 KiB.
func WithMaxHeaderBytes(n int) Option {
	return set("WithMaxHeaderBytes", uint32(n), n >= 1024 && n <= 1<<24, "the limit must be from 1 KiB to 16 MiB", func(c *common) *uint32 { return &c.h2.MaxHeaderBytes })
}

// WithHandshakeTimeout limits how long a new connection may take for TLS, the
// HTTP/2 preface and settings. The default is 10 seconds.
func WithHandshakeTimeout(d time.Duration) Option {
	return set("WithHandshakeTimeout", d, d > 0, "the timeout must be positive", func(c *common) *time.Duration { return &c.h2.HandshakeTimeout })
}

// WithWriteTimeout limits how long a peer may leave everything unread that it
// is sent before the connection is given up. A server also gives up a response
// of which the client has let out, by its flow-control windows, less than 16 KiB
// within the timeout; where one message of several waits, only if more than 16 MiB
// wait on the connection. The default is 30 seconds.
func WithWriteTimeout(d time.Duration) Option {
	return set("WithWriteTimeout", d, d > 0, "the timeout must be positive", func(c *common) *time.Duration { return &c.h2.WriteTimeout })
}

// WithKeepalive probes a connection that has been silent for the interval with
// an HTTP/2 PING, and gives it up when nothing is heard for the timeout after
// that. Connections without calls are probed only by WithIdleKeepalive. The
// default is not to probe. Servers, of other stacks and [WithKeepaliveEnforcement],
// end connections that are probed more often than once in five minutes, unless told
// otherwise.
func WithKeepalive(interval, timeout time.Duration) Option {
	return option(func(c *common) error {
		if interval < time.Second || timeout <= 0 {
			return fmt.Errorf("curlew: WithKeepalive(%v, %v): the interval must be at least 1s and the timeout positive", interval, timeout)
		}
		c.h2.KeepaliveTime, c.h2.KeepaliveTimeout = interval, timeout
		return nil
	})
}

// WithIdleKeepalive is WithKeepalive for connections without calls too.
func WithIdleKeepalive(interval, timeout time.Duration) Option {
	return option(func(c *common) error {
		c.h2.KeepaliveIdle = true
		return WithKeepalive(interval, timeout).(option)(c)
	})
}
