package curlewtest

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/curlew-rpc/curlew"
)

// A Recorder keeps what happened in calls, at a server or at a client, for a test
// to look at. Its Intercept is the interceptor; the zero value is ready:
//
//	var rec curlewtest.Recorder
//	s := curlewtest.NewServer(t, register, curlewtest.WithServer(curlew.WithInterceptors(rec.Intercept)))
//
// Its methods may be called concurrently.
type Recorder struct {
	mu    sync.Mutex
	calls []*Record
	ended int
	news  chan struct{} // closed when another call has ended; nil: nobody waits
}

// A Record is what a Recorder has seen of one call.
type Record struct {
	// Method is the full name, "/package.Service/Method".
	Method string
	Kind   curlew.Kind
	// Server: the call was recorded at the server.
	Server bool

	// The metadata: of the request when the call began, and all of it anew when it
	// ended.
	RequestHeader  curlew.Header
	ResponseHeader curlew.Header
	Trailer        curlew.Header

	// Sent and Received are the messages that this side has sent, or tried to, and
	// received. Protobuf messages are copies, as they were at the time.
	Sent, Received []any

	// Ended: the call is over, and Err is its outcome.
	Ended bool
	Err   error
}

// Code returns the code of a call that has ended.
func (r *Record) Code() curlew.Code { return curlew.CodeOf(r.Err) }

// Intercept is a curlew.Interceptor. It sees what the interceptors within it leave
// of a call.
func (r *Recorder) Intercept(ctx context.Context, call *curlew.Call, next curlew.Handler) (err error) {
	m := call.Method()
	rec := &Record{Method: m.Path, Kind: m.Kind, Server: call.IsServer(), RequestHeader: *call.RequestHeader()}
	r.mu.Lock()
	r.calls = append(r.calls, rec)
	r.mu.Unlock()
	call.Stream = &recordedStream{call.Stream, r, rec}
	err = curlew.Errorf(curlew.Internal, "the handler panicked") // unless next returns
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		rec.RequestHeader, rec.ResponseHeader, rec.Trailer = *call.RequestHeader(), *call.ResponseHeader(), *call.Trailer()
		rec.Ended, rec.Err = true, err
		r.ended++
		if r.news != nil {
			close(r.news)
			r.news = nil
		}
	}()
	err = next(ctx, call)
	return err
}

// Calls returns what has been recorded so far, in the order in which calls began.
func (r *Recorder) Calls() []Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.callsLocked()
}

func (r *Recorder) callsLocked() []Record {
	calls := make([]Record, len(r.calls))
	for i, rec := range r.calls {
		calls[i] = *rec
		calls[i].Sent, calls[i].Received = slices.Clone(rec.Sent), slices.Clone(rec.Received)
	}
	return calls
}

// waitTime is how long a test waits for what must happen.
const waitTime = 10 * time.Second

// Wait waits until n calls have ended and returns all that are recorded. A server's
// call may end after its client has seen the end. The test fails if ten seconds pass.
func (r *Recorder) Wait(t testing.TB, n int) []Record {
	t.Helper()
	late := time.NewTimer(waitTime)
	defer late.Stop()
	for {
		r.mu.Lock()
		ended := r.ended
		if ended >= n {
			defer r.mu.Unlock()
			return r.callsLocked()
		}
		if r.news == nil {
			r.news = make(chan struct{})
		}
		news := r.news
		r.mu.Unlock()
		select {
		case <-news:
		case <-late.C:
			t.Fatalf("%d calls have ended after %v, not %d", ended, waitTime, n)
		}
	}
}

// A recordedStream notes the messages that pass.
type recordedStream struct {
	curlew.Stream
	recorder *Recorder
	rec      *Record
}

func (s *recordedStream) Send(msg any) error {
	// Noted first: whoever has received it may look.
	s.note(&s.rec.Sent, msg)
	return s.Stream.Send(msg)
}

func (s *recordedStream) Recv(msg any) error {
	err := s.Stream.Recv(msg)
	if err == nil {
		s.note(&s.rec.Received, msg)
	}
	return err
}

func (s *recordedStream) note(list *[]any, msg any) {
	msg = clone(msg)
	s.recorder.mu.Lock()
	defer s.recorder.mu.Unlock()
	*list = append(*list, msg)
}

// clone copies the messages of the codecs that come with Curlew.
func clone(msg any) any {
	switch m := msg.(type) {
	case proto.Message:
		return proto.Clone(m)
	case *[]byte:
		b := bytes.Clone(*m)
		return &b
	case []byte:
		return bytes.Clone(m)
	}
	return msg
}
