package h2

import (
	"testing"
	"testing/synctest"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
)

// A busybody is an owner who uses stream and connection when it is told that the
// stream has ended.
type busybody struct {
	Stream
	told chan error
}

func (b *busybody) Serve() { <-b.told }

func (b *busybody) Aborted(err error) {
	b.Reset(frame.CodeCancel)
	b.Conn().Active()
	b.told <- err
}

type acceptorFunc func(m *Message) (*Stream, Start)

func (f acceptorFunc) AcceptOnReader(m *Message) (*Stream, Start) { return f(m) }

// Owners may use the connection in Aborted, whatever ended their stream.
func TestAbortedOwnersMayUseTheConnection(t *testing.T) {
	for name, end := range map[string]string{
		"reset by the peer":    "RST_STREAM 1 CANCEL",
		"reset for a breach":   "WINDOW_UPDATE 1 0",
		"breach of content":    "DATA 1 es 5",
		"connection error":     "DATA 0 5",
		"connection lost":      "",
		"GOAWAY with an error": "GOAWAY last=0 PROTOCOL_ERROR",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newScriptRun(t)
				owner := &busybody{told: make(chan error, 1)}
				owner.Init(owner)
				r.connectTo(acceptorFunc(func(*Message) (*Stream, Start) { return &owner.Stream, Start{} }))
				defer r.end()
				r.step([]string{"> HEADERS 1 POST content-length=2"})
				if end != "" {
					r.step([]string{"> " + end})
				}
				r.step([]string{"> CLOSE"})
				r.step([]string{"sleep 2s"})
				<-r.conn.Done()
				if got := len(owner.told); got != 0 {
					t.Errorf("told %d times too often", got)
				}
			})
		})
	}
}
