package faults

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/curlew-rpc/curlew"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
)

// A ledger is told of every request that is executed.
type ledger interface{ note(id string) }

// A memory is a ledger in this process.
type memory struct {
	mu    sync.Mutex
	times map[string]int
}

func (m *memory) note(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.times == nil {
		m.times = map[string]int{}
	}
	m.times[id]++
}

// executed returns how often a request was executed.
func (m *memory) executed(id string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.times[id]
}

// check returns what is wrong with what became of requests: those that
// succeeded were executed once, others once at most.
func (m *memory) check(outcomes map[string]error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	lost, twice := 0, 0
	for id, err := range outcomes {
		if m.times[id] == 0 && err == nil {
			lost++
		}
	}
	for _, n := range m.times {
		if n > 1 {
			twice++
		}
	}
	if lost+twice > 0 {
		return fmt.Errorf("of %d requests %d succeeded without having been executed, %d were executed more than once", len(outcomes), lost, twice)
	}
	return nil
}

// A service is the EchoService under test. A request's text is its id; its delay
// comes after the responses of a stream.
type service struct {
	ledger  ledger
	begun   atomic.Int64
	running atomic.Int64
	cut     atomic.Int64  // handlers that could not end as they would have
	gate    chan struct{} // closed to let requests go on that say so
}

func newService(l ledger) *service { return &service{ledger: l, gate: make(chan struct{})} }

const (
	// atGate is the message of requests that wait at the service's gate.
	atGate = "gate"
	// askRunning is the text of requests for the number of running handlers.
	askRunning = "running"
)

// forEver is a request whose handler goes on until its context ends.
func forEver(id string) *echov1.EchoRequest {
	return &echov1.EchoRequest{Text: id, Delay: durationpb.New(time.Hour)}
}

// begin notes that a request is executed. What it returns is to be called at the
// end, with where the handler's error is.
func (s *service) begin(ctx context.Context, id string) func(*error) {
	s.ledger.note(id)
	s.begun.Add(1)
	s.running.Add(1)
	return func(err *error) {
		if ctx.Err() != nil || *err != nil {
			s.cut.Add(1)
		}
		s.running.Add(-1)
	}
}

// wait waits for as long as a request says.
func (s *service) wait(ctx context.Context, req *echov1.EchoRequest) error {
	var gate <-chan struct{}
	timer := time.NewTimer(req.GetDelay().AsDuration())
	defer timer.Stop()
	due := timer.C
	if req.GetMessage() == atGate {
		gate, due = s.gate, nil
	}
	select {
	case <-due:
		return nil
	case <-gate:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *service) Unary(ctx context.Context, req *echov1.EchoRequest) (_ *echov1.EchoResponse, err error) {
	if req.GetText() == askRunning {
		return &echov1.EchoResponse{Count: int32(s.running.Load())}, nil
	}
	defer s.begin(ctx, req.GetText())(&err)
	if err := s.wait(ctx, req); err != nil {
		return nil, err
	}
	return &echov1.EchoResponse{Text: req.GetText(), Payload: req.GetPayload()}, nil
}

// respond sends the responses to a request and waits then.
func (s *service) respond(ctx context.Context, req *echov1.EchoRequest, out curlew.Sender[*echov1.EchoResponse]) error {
	for i := range req.GetRepeat() {
		if err := out.Send(&echov1.EchoResponse{Text: req.GetText(), Payload: req.GetPayload(), Count: i + 1}); err != nil {
			return err
		}
	}
	return s.wait(ctx, req)
}

func (s *service) ServerStream(ctx context.Context, req *echov1.EchoRequest, out curlew.Sender[*echov1.EchoResponse]) (err error) {
	if err := curlew.CallFrom(ctx).SendHeader(); err != nil {
		return err
	}
	defer s.begin(ctx, req.GetText())(&err)
	return s.respond(ctx, req, out)
}

func (s *service) ClientStream(ctx context.Context, reqs iter.Seq2[*echov1.EchoRequest, error]) (_ *echov1.EchoResponse, err error) {
	id := curlew.CallFrom(ctx).RequestHeader().Get(idHeader)
	defer s.begin(ctx, id)(&err)
	last := &echov1.EchoRequest{}
	var size, n int
	for req, err := range reqs {
		if err != nil {
			return nil, err
		}
		last = req
		size += len(req.GetPayload())
		n++
	}
	if err := s.wait(ctx, last); err != nil {
		return nil, err
	}
	return &echov1.EchoResponse{Text: fmt.Sprint(size), Count: int32(n)}, nil
}

func (s *service) Bidi(ctx context.Context, d *curlew.Duplex[*echov1.EchoRequest, *echov1.EchoResponse]) (err error) {
	id := curlew.CallFrom(ctx).RequestHeader().Get(idHeader)
	defer s.begin(ctx, id)(&err)
	for req, err := range d.All() {
		if err != nil {
			return err
		}
		if err := s.respond(ctx, req, d); err != nil {
			return err
		}
	}
	return nil
}

// idHeader carries the id of calls with streams of requests.
const idHeader = "x-id"
