package h2

import (
	"net"
	"time"
)

// Config is what both ends of a connection can be told. It is shared by
// connections and must not change once one uses it.
type Config struct {
	// MaxStreams is how many streams the peer may have open at once; for a
	// server also how many handlers run for one connection. Not used by clients,
	// which take no streams of the peer's.
	MaxStreams uint32
	// StreamWindow is the receive window of a stream to begin with, in bytes. It
	// grows with bandwidth x delay up to MaxWindow.
	StreamWindow int32
	// MaxWindow bounds the receive windows.
	MaxWindow int32
	// ConnBuffer is how many received bytes, not yet taken, a connection holds
	// over all streams before it lets only one of those go on that wait for more
	// than their window. It is also the connection's receive window.
	ConnBuffer int32
	// SendBuffer is how many bytes may wait for the socket before senders of
	// DATA wait too.
	SendBuffer int
	// MaxHeaderBytes and MaxHeaderFields bound one decoded header section.
	MaxHeaderBytes  uint32
	MaxHeaderFields int
	// HandshakeTimeout bounds the preface, the first SETTINGS and their
	// acknowledgement, and one header block from its first to its last frame.
	HandshakeTimeout time.Duration
	// ReadTimeout bounds how long a request that is awaited whole may take.
	ReadTimeout time.Duration
	// WriteTimeout bounds how long the socket may accept nothing.
	WriteTimeout time.Duration
	// KeepaliveTime is how long the connection may be silent before it is
	// probed with a PING; KeepaliveTimeout how long the answer may take. Zero
	// KeepaliveTime: never. Without KeepaliveIdle only while streams are open.
	KeepaliveTime    time.Duration
	KeepaliveTimeout time.Duration
	KeepaliveIdle    bool
	// Suspicion is how long a client waits for an answer before it asks whether the
	// server is there at all; 0: it does not. A server that does not answer that
	// either is silent, and is given up after SilenceTimeout.
	Suspicion      time.Duration
	SilenceTimeout time.Duration
	// MaxAge is after how long a server drains a connection, give or take a tenth,
	// and MaxAgeGrace how long it then waits before it cuts what is left; MaxIdle
	// after how long without streams it drains one. Zero: never.
	MaxAge      time.Duration
	MaxAgeGrace time.Duration
	MaxIdle     time.Duration
	// PingInterval is how often a client may send PING while it neither gets
	// responses nor makes requests; PingIdle whether it may without streams. Zero:
	// as often as it likes, as far as MaxGlitches goes.
	PingInterval time.Duration
	PingIdle     bool
	// Farewell tells the client of a stream that is cut why; nil: nothing does.
	Farewell Farewell
	// MaxGlitches is the budget for frames that cost us work and the peer nothing.
	MaxGlitches int32

	// Workers run a server's streams.
	Workers *Workers
	// Foreign, when set, takes over a server connection that does not open with
	// the HTTP/2 preface: read is what it has sent so far. It is called on the
	// reading goroutine and may keep it.
	Foreign func(nc net.Conn, read []byte)
}

// Defaults returns the configuration that servers and clients start from.
func Defaults() Config {
	return Config{
		MaxStreams:       1000,
		StreamWindow:     128 << 10,
		MaxWindow:        16 << 20,
		ConnBuffer:       16 << 20,
		SendBuffer:       64 << 10,
		MaxHeaderBytes:   16 << 10,
		MaxHeaderFields:  200,
		HandshakeTimeout: 10 * time.Second,
		ReadTimeout:      2 * time.Minute,
		WriteTimeout:     30 * time.Second,
		KeepaliveTimeout: 20 * time.Second,
		MaxGlitches:      1000,
	}
}

// initialConnWindow is what RFC 9113 §6.9.2 gives every connection.
const initialConnWindow = 65535

// connWindow is the connection's receive window: all that may be buffered.
func (cfg *Config) connWindow() int32 { return max(cfg.ConnBuffer, initialConnWindow) }
