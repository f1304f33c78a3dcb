package curlew_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
)

// Methods of the servers of fault schedules.
var (
	faultDo   = &curlew.MethodOf[*str, *str]{Method: curlew.Method{Path: "/t.F/Do"}, NewRequest: newStr, NewResponse: newStr}
	faultLook = &curlew.MethodOf[*str, *str]{Method: curlew.Method{Path: "/t.F/Look", Idempotency: curlew.Idempotent}, NewRequest: newStr, NewResponse: newStr}
	faultList = &curlew.MethodOf[*str, *str]{Method: curlew.Method{Path: "/t.F/List", Kind: curlew.KindServerStream}, NewRequest: newStr, NewResponse: newStr}
	faultTalk = &curlew.MethodOf[*str, *str]{Method: curlew.Method{Path: "/t.F/Talk", Kind: curlew.KindBidi}, NewRequest: newStr, NewResponse: newStr}
)

// faultMessages is how many a stream has.
const faultMessages = 4

// A faultCall is a call to be made.
type faultCall struct {
	id       string
	method   *curlew.Method
	options  []curlew.CallOption
	deadline time.Duration // 0: none
	cancel   time.Duration // 0: never
}

// plan draws a call.
func (w *faultWorld) plan(i int) *faultCall {
	methods := []*curlew.Method{&faultDo.Method, &faultDo.Method, &faultLook.Method, &faultLook.Method, &faultList.Method, &faultTalk.Method}
	c := &faultCall{id: fmt.Sprint("call ", i), method: methods[w.rnd.IntN(len(methods))]}
	if w.rnd.IntN(2) == 0 {
		c.options = append(c.options, curlew.WaitForReady())
	}
	if w.rnd.IntN(4) > 0 {
		c.deadline = 50*time.Millisecond + time.Duration(w.rnd.Int64N(int64(5*time.Second)))
	}
	if w.rnd.IntN(6) == 0 {
		c.cancel = time.Duration(1 + w.rnd.Int64N(int64(time.Second)))
	}
	return c
}

// A faultLog is what became of calls, at both ends.
type faultLog struct {
	mu       sync.Mutex
	executed map[string]int // how many handlers there were of a call
	ended    []faultEnd
}

// A faultEnd is how a call ended.
type faultEnd struct {
	*faultCall
	answers []string
	err     error
}

// execute notes that a handler has begun, and returns its number among those of the call.
func (l *faultLog) execute(id string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.executed == nil {
		l.executed = map[string]int{}
	}
	l.executed[id]++
	return l.executed[id]
}

// work is what every handler does: each answer says of which execution it is.
func (n *faultNode) work(ctx context.Context, id string, answers int, send func(*str) error) error {
	number := n.w.calls.execute(id)
	for i := range answers {
		code, delay := n.behaviour()
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return ctx.Err()
		}
		if code != curlew.OK {
			return curlew.Errorf(code, "as the schedule says")
		}
		if err := send(wrapperspb.String(fmt.Sprintf("%s, execution %d, answer %d", id, number, i))); err != nil {
			return err
		}
	}
	return nil
}

func (n *faultNode) service() curlew.Service {
	one := func(ctx context.Context, in *str) (res *str, err error) {
		err = n.work(ctx, in.GetValue(), 1, func(s *str) error { res = s; return nil })
		return res, err
	}
	return curlew.Service{Name: "t.F", Methods: []curlew.MethodHandler{
		curlew.HandleUnary(faultDo, one),
		curlew.HandleUnary(faultLook, one),
		curlew.HandleServerStream(faultList, func(ctx context.Context, in *str, out curlew.Sender[*str]) error {
			return n.work(ctx, in.GetValue(), faultMessages, out.Send)
		}),
		curlew.HandleBidi(faultTalk, func(ctx context.Context, d *curlew.Duplex[*str, *str]) error {
			in, err := d.Recv()
			if err != nil {
				return err
			}
			return n.work(ctx, in.GetValue(), faultMessages, func(s *str) error {
				if err := d.Send(s); err != nil {
					return err
				}
				_, err := d.Recv()
				if errors.Is(err, io.EOF) {
					err = nil
				}
				return err
			})
		}),
	}}
}

// make makes a call and takes down how it ends.
func (w *faultWorld) make(c *curlew.Client, call *faultCall) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if call.deadline > 0 {
		var end func()
		ctx, end = context.WithTimeout(ctx, call.deadline)
		defer end()
	}
	if call.cancel > 0 {
		defer time.AfterFunc(call.cancel, cancel).Stop()
	}
	end := faultEnd{faultCall: call}
	end.answers, end.err = call.perform(ctx, c.Caller().With(call.options...))
	w.calls.mu.Lock()
	defer w.calls.mu.Unlock()
	w.calls.ended = append(w.calls.ended, end)
}

func (call *faultCall) perform(ctx context.Context, c curlew.Caller) (answers []string, err error) {
	req := wrapperspb.String(call.id)
	switch call.method {
	case &faultList.Method:
		for res, err := range curlew.CallServerStream(ctx, c, faultList, req) {
			if err != nil {
				return answers, err
			}
			answers = append(answers, res.GetValue())
		}
		return answers, nil
	case &faultTalk.Method:
		return call.talk(ctx, c)
	}
	m := faultDo
	if call.method == &faultLook.Method {
		m = faultLook
	}
	res, err := curlew.CallUnary(ctx, c, m, req)
	if err == nil {
		answers = append(answers, res.GetValue())
	}
	return answers, err
}

func (call *faultCall) talk(ctx context.Context, c curlew.Caller) (answers []string, err error) {
	b, err := curlew.CallBidi(ctx, c, faultTalk)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	for range faultMessages {
		// What is wrong when Send fails Recv says.
		if err := b.Send(wrapperspb.String(call.id)); err != nil && !errors.Is(err, io.EOF) {
			return answers, err
		}
		res, err := b.Recv()
		if err != nil {
			return answers, err
		}
		answers = append(answers, res.GetValue())
	}
	if err := b.CloseSend(); err != nil && !errors.Is(err, io.EOF) {
		return answers, err
	}
	if _, err := b.Recv(); !errors.Is(err, io.EOF) {
		return answers, err
	}
	return answers, nil
}

// worksAgain has calls succeed when everything is well.
func (w *faultWorld) worksAgain(c *curlew.Client) {
	for i := range 3 * len(w.nodes) {
		call := &faultCall{id: fmt.Sprint("again ", i), method: &faultDo.Method, options: []curlew.CallOption{curlew.WaitForReady()}, deadline: settleTime}
		w.make(c, call)
	}
	w.calls.mu.Lock()
	defer w.calls.mu.Unlock()
	i := slices.IndexFunc(w.calls.ended, func(e faultEnd) bool { return e.deadline == settleTime && e.err != nil })
	if i >= 0 {
		w.t.Errorf("%s, when everything was well: %v", w.calls.ended[i].id, w.calls.ended[i].err)
	}
}
